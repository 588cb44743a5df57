"""How much of Office and web documents is in their Markdown: words, headings, links, cells and pictures.

    PYTHONPATH=tests:tests/support python tests/benchmarks/office.py FILE … [--markdown FOLDER]

What should be there is read from the files themselves, by their raw XML or HTML, without the libraries that convert
them. So web pages are converted with all that is on them (`web_boilerplate = "keep"`). `--markdown` judges
`FOLDER/NAME.md` instead of converting, such as what another version made of the same files, or another program:

    for file in FILE …; do markitdown "$file" > "FOLDER/$(basename "$file").md"; done
"""

from __future__ import annotations

import argparse
import posixpath
import re
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from bs4 import BeautifulSoup, Comment
from lxml import etree
from markdown_it import MarkdownIt

from fidelity_measures import Shown, recall, words
from markerd.convert.engine import Engine
from markerd.convert.protocol import WEB_BOILERPLATE, ConversionRequest

_OPTIONS = {WEB_BOILERPLATE: "keep"}
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


@dataclass
class Content:
    """What a document holds; of pictures their number."""

    text: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    pictures: int = 0


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("files", type=Path, nargs="+", metavar="FILE")
    options.add_argument("--markdown", type=Path, metavar="FOLDER")
    given = options.parse_args()
    convert = _reader(given.markdown) if given.markdown else build_converter()
    print("| document | words | headings | links | cells | pictures | s |\n| --- | --- | --- | --- | --- | --- | --- |")
    for path in given.files:
        started = time.monotonic()
        markdown = convert(path)
        seconds = "" if given.markdown else f"{time.monotonic() - started:.2f}"
        print(f"| {path.name} | {' | '.join(_shares(content_of(path), markdown))} | {seconds} |", flush=True)
    return 0


def _reader(folder: Path) -> Any:
    return lambda path: (folder / f"{path.name}.md").read_text("utf-8") if (folder / f"{path.name}.md").exists() else ""


def build_converter() -> Any:
    engine = Engine(lambda *_, **__: None)
    engine.load()

    def convert(path: Path) -> str:
        with tempfile.TemporaryDirectory() as folder:
            out, scratch = Path(folder) / "out", Path(folder) / "scratch"
            out.mkdir()
            scratch.mkdir()
            request = ConversionRequest(path.name, str(path), str(out), str(scratch), ("markdown",), _OPTIONS)
            result = engine.convert(request, lambda _: None)
            return next((out / a.file_name).read_text("utf-8") for a in result.artifacts if a.role == "markdown")

    return convert


def _shares(wanted: Content, markdown: str) -> list[str]:
    """Found of wanted, for each kind of content."""
    shown = Shown(markdown)
    page = BeautifulSoup(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown), "html.parser")
    addresses = [str(a["href"]) for a in page.find_all("a", href=True)]
    pictures = len(page.find_all("img"))
    return [
        f"{100 * recall(words(' '.join(wanted.text)), words(page.get_text(' '))):.1f} %",
        _share([" ".join(words(text)) for text in wanted.headings], shown.headings),
        _share([*map(_plain_address, wanted.links)], [*map(_plain_address, addresses)]),
        _share([" ".join(words(text)) for text in wanted.cells], shown.cells),
        f"{min(pictures, wanted.pictures)}/{wanted.pictures}" if wanted.pictures else "",
    ]


def _plain_address(address: str) -> str:
    """Return the address without what may be written in several ways."""
    return unquote(f"https:{address}" if address.startswith("//") else address)


def _share(wanted: list[str], got: list[str]) -> str:
    left, found = list(got), 0
    asked = [text for text in wanted if text]
    for text in asked:
        if text in left:
            left.remove(text)
            found += 1
    return f"{found}/{len(asked)}" if asked else ""


def content_of(path: Path) -> Content:
    kinds = {".docx": _word, ".pptx": _slides, ".xlsx": _sheets, ".epub": _book}
    if path.suffix not in kinds:
        return _page(path.read_text("utf-8"))
    with zipfile.ZipFile(path) as archive:
        return kinds[path.suffix](archive)


def _page(markup: str) -> Content:
    soup = BeautifulSoup(markup, "html.parser")
    for element in soup(["script", "style", "head", "template", "noscript", "select", "textarea"]):
        element.decompose()
    for element in soup.select("[hidden], [style*='display:none'], [style*='display: none']"):
        element.decompose()
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    links = [str(a["href"]) for a in soup.find_all("a", href=True) if a.get_text(strip=True)]
    return Content(
        text=[soup.get_text(" ")],
        headings=[h.get_text(" ") for h in soup.find_all(re.compile("^h[1-6]$"))],
        links=[link for link in links if not link.startswith(("#", "javascript:"))],
        cells=[c.get_text(" ") for c in soup.find_all(["td", "th"]) if not c.find("table")],
        pictures=len(soup.select("img[src^='data:']")),
    )


def _book(archive: zipfile.ZipFile) -> Content:
    whole = Content()
    for name in archive.namelist():
        if name.endswith((".xhtml", ".html")) and "toc" not in name:
            part = _page(archive.read(name).decode("utf-8"))
            whole.text += part.text
            whole.headings += part.headings
            whole.links += [link for link in part.links if "://" in link]
            whole.pictures += len(re.findall(r"<img\b|<image\b", archive.read(name).decode("utf-8")))
    return whole


def _word(archive: zipfile.ZipFile) -> Content:
    styles = _all(archive, "word/styles.xml", f"{_W}style")
    names = {style.get(f"{_W}styleId"): style.find(f"{_W}name").get(f"{_W}val") for style in styles}
    targets = _targets(archive, "word/document.xml")
    content = Content()
    for root in _roots(archive, "word/document.xml"):
        for fallback in list(root.iter("{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback")):
            fallback.getparent().remove(fallback)
        for paragraph in root.iter(f"{_W}p"):
            own = [t.text or "" for t in paragraph.iter(f"{_W}t") if next(t.iterancestors(f"{_W}p")) is paragraph]
            text = "".join(own)
            content.text.append(text)
            style = paragraph.find(f"{_W}pPr/{_W}pStyle")
            name = names.get(style.get(f"{_W}val"), "") if style is not None else ""
            if re.match(r"(?i)heading \d|title$", name or ""):
                content.headings.append(text)
        content.cells = [" ".join(t.text or "" for t in c.iter(f"{_W}t")) for c in root.iter(f"{_W}tc")]
        content.links = [targets[i] for h in root.iter(f"{_W}hyperlink") if (i := h.get(f"{_R}id")) in targets]
        content.pictures = sum("://" not in targets.get(b.get(f"{_R}embed"), "://") for b in root.iter(f"{_A}blip"))
    return content


def _slides(archive: zipfile.ZipFile) -> Content:
    content = Content()
    for name in sorted(name for name in archive.namelist() if re.fullmatch(r"ppt/slides/slide\d+\.xml", name)):
        targets = _targets(archive, name)
        for root in _roots(archive, name):
            content.text += ["".join(t.text or "" for t in p.iter(f"{_A}t")) for p in root.iter(f"{_A}p")]
            content.cells += [" ".join(t.text or "" for t in c.iter(f"{_A}t")) for c in root.iter(f"{_A}tc")]
            links = [h.get(f"{_R}id") for h in root.iter(f"{_A}hlinkClick")]
            content.links += [targets[link] for link in links if "://" in targets.get(link, "")]
            content.pictures += sum(b.get(f"{_R}embed") is not None for b in root.iter(f"{_A}blip"))
            for shape in root.iter(f"{_P}sp"):
                placeholder = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
                if placeholder is not None and placeholder.get("type") in ("title", "ctrTitle"):
                    content.headings.append("".join(t.text or "" for t in shape.iter(f"{_A}t")))
    return content


def _sheets(archive: zipfile.ZipFile) -> Content:
    """Texts of cells alone are judged: numbers look as their format has them."""
    items = _all(archive, "xl/sharedStrings.xml", f"{_S}si")
    strings = ["".join(t.text or "" for t in item.iter(f"{_S}t")) for item in items]
    content = Content()
    targets = _targets(archive, "xl/workbook.xml")
    for sheet in _all(archive, "xl/workbook.xml", f"{_S}sheet"):
        if sheet.get("state", "visible") != "visible":
            continue
        content.headings.append(str(sheet.get("name")))
        for cell in _all(archive, posixpath.normpath(posixpath.join("xl", targets[sheet.get(f"{_R}id")])), f"{_S}c"):
            if cell.get("t") == "s":
                content.cells.append(strings[int(cell.findtext(f"{_S}v") or 0)])
    content.text = [*content.headings, *content.cells]
    drawings = [name for name in archive.namelist() if re.fullmatch(r"xl/drawings/drawing\d+\.xml", name)]
    content.pictures = sum(1 for name in drawings for _ in _all(archive, name, f"{_A}blip"))
    return content


def _targets(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    folder, name = posixpath.split(part)
    relations = [r for root in _roots(archive, f"{folder}/_rels/{name}.rels") for r in root]
    return {r.get("Id"): r.get("Target").removeprefix("/xl/") for r in relations}


def _all(archive: zipfile.ZipFile, part: str, tag: str) -> Iterator[Any]:
    for root in _roots(archive, part):
        yield from root.iter(tag)


def _roots(archive: zipfile.ZipFile, part: str) -> list[Any]:
    return [etree.fromstring(archive.read(part))] if part in archive.namelist() else []


if __name__ == "__main__":
    sys.exit(main())
