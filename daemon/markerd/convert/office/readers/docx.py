"""DOCX, read by mammoth from a package rewritten for it.

The document is one page, because Word breaks pages only when it draws them.
"""

from __future__ import annotations

import html
import zipfile
from pathlib import Path
from typing import IO, Any

from bs4 import BeautifulSoup, Tag

from markerd.convert.checks.input_limits import check_package
from markerd.convert.office.canonical_html.parsing import parse_html
from markerd.convert.office.canonical_html.pictures import Pictures, clean_alt
from markerd.convert.office.ooxml.packages import Relation, parse_xml, read_part, read_relations, xpath
from markerd.convert.office.readers import docx_chunks
from markerd.convert.office.readers.docx_items import NUMBER_MARK
from markerd.convert.office.readers.docx_parts import rewrite_package
from markerd.convert.office.readers.unreadable import build_unreadable_error
from markerd.convert.protocol import DocumentLimits

_DEEPEST_LIST = 9
_DEEPEST_CHUNK = 3


def _write_style_map() -> str:
    """Say how mammoth makes HTML of the styles that `docx_parts` assigns."""
    lines = [
        *(f"p.markerd-heading-{level} => h{min(level, 6)}:fresh" for level in range(1, 10)),
        "p.markerd-title => h1:fresh",
        "p.markerd-caption => figcaption:fresh",
        "p.markerd-quote => blockquote > p:fresh",
        "p.markerd-code => pre:separator('\\n')",
        "r.markerd-code => code",
        "r.markerd-formula => math:fresh",
        "r.markerd-formula-block => math.display:fresh",
        "u => u",
    ]
    for level in range(1, _DEEPEST_LIST + 1):
        outer = "ul|ol > li > " * (level - 1)
        lines.append(f"p.markerd-bullet-{level} => {outer}ul > li:fresh")
        lines.append(f"p.markerd-number-{level} => {outer}ol > li:fresh")
        lines.append(f"p.markerd-further-{level} => {outer}ul|ol > li > p:fresh")
    return "\n".join(lines)


def read(path: Path, pictures: Pictures, limits: DocumentLimits) -> list[str]:
    with path.open("rb") as file:
        return [_convert_package(file, pictures, limits)]


def _convert_package(file: IO[bytes], pictures: Pictures, limits: DocumentLimits, depth: int = 0) -> str:
    """Return the HTML of a document. `depth` counts the documents that this one lies in."""
    with zipfile.ZipFile(file) as archive:
        parts = _find_parts(archive)
        around = _read_headers_and_footers(archive, parts["document"])
        held = docx_chunks.read_chunks(archive, parts["document"]) if depth < _DEEPEST_CHUNK else {}
        package = rewrite_package(archive, parts)

    def inner(chunk: IO[bytes], into: Pictures) -> str:
        check_package(chunk, limits)
        return _convert_package(chunk, into, limits, depth + 1)

    soup = parse_html(f"<body>{_run_mammoth(package, pictures)}</body>")
    _mark_block_formulas(soup)
    _apply_numbers(soup)
    _move_notes(soup)
    docx_chunks.insert_chunks(soup, held, pictures, inner)
    return around["header"] + str(soup) + around["footer"]


def _run_mammoth(package: IO[bytes], pictures: Pictures) -> str:
    import mammoth

    def convert_image(image: Any) -> list[Any]:
        return _hold_picture(image, pictures)

    result = mammoth.convert_to_html(
        package,
        style_map=_write_style_map(),
        include_default_style_map=False,
        include_embedded_style_map=False,
        convert_image=convert_image,
    )
    return str(result.value)


def _find_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the names of the parts with text, styles and numbering. Raises DocumentError where there is no
    document.
    """
    found = [r.target for r in read_relations(archive, "").values() if r.kind == "officeDocument"]
    main = next((name for name in [*found, "word/document.xml"] if name in archive.namelist()), None)
    if main is None:
        raise build_unreadable_error("the package holds no document")
    of_document = read_relations(archive, main).values()
    others = {r.kind: r.target for r in of_document if r.kind in ("footnotes", "endnotes", "styles", "numbering")}
    return {**others, "document": main}


def _read_headers_and_footers(archive: zipfile.ZipFile, document: str) -> dict[str, str]:
    """Return the texts at the edges of the pages, each once, as blocks that Marker keeps when it is asked to."""
    around = {"header": "", "footer": ""}
    seen: set[str] = set()
    for relation in read_relations(archive, document).values():
        if relation.kind in around and not relation.is_external:
            text = " ".join(_read_text(archive, relation).split())
            if text and text not in seen:
                seen.add(text)
                around[relation.kind] += f'<div data-markerd="page{relation.kind}">{html.escape(text)}</div>'
    return around


def _read_text(archive: zipfile.ZipFile, relation: Relation) -> str:
    data = read_part(archive, relation.target)
    return " ".join("".join(xpath(p, ".//w:t/text()")) for p in xpath(parse_xml(data), ".//w:p")) if data else ""


def _hold_picture(image: Any, pictures: Pictures) -> list[Any]:
    """Return nodes of mammoth's HTML for a picture; its alternative text where the document does not hold it."""
    from mammoth import html as mammoth_html

    alt = clean_alt(image.alt_text)
    try:
        with image.open() as data:
            address = pictures.hold(data.read())
    except (KeyError, OSError):
        address = None
    if address is None:
        return [mammoth_html.text(alt)] if alt else []
    return [mammoth_html.element("img", {"src": address, "alt": alt})]


def _mark_block_formulas(soup: BeautifulSoup) -> None:
    for formula in soup.find_all("math"):
        if "display" in formula.get_attribute_list("class"):
            formula["display"] = "block"


def _apply_numbers(soup: BeautifulSoup) -> None:
    """Give items their numbers."""
    for mark in soup.find_all("a", id=lambda name: bool(name) and str(name).startswith(NUMBER_MARK)):
        item = mark.find_parent("li")
        if item is not None:
            item["value"] = str(mark["id"]).removeprefix(NUMBER_MARK)
        mark.decompose()
    for group in soup.find_all(["ul", "ol"])[::-1]:
        _remove_empty_level(group)


def _remove_empty_level(group: Tag) -> None:
    """Remove a list that only holds another: mammoth makes it for an item that has none above."""
    items = group.find_all("li", recursive=False)
    inner = [child for child in items[0].contents if child.get_text(strip=True)] if len(items) == 1 else []
    if len(inner) == 1 and isinstance(inner[0], Tag) and inner[0].name in ("ul", "ol"):
        group.replace_with(inner[0].extract())


def _move_notes(soup: BeautifulSoup) -> None:
    """Move footnotes and endnotes to the end as blocks, each with its number, which a link leads to."""
    for reference in soup.find_all("a", id=_is_note_reference):
        reference.string = reference.get_text().strip("[]")
    numbers: dict[int, int] = {}  # of the last note, by the list that it stands in
    for item in soup.find_all("li", id=lambda name: bool(name) and str(name).startswith(("footnote-", "endnote-"))):
        for back in item.find_all("a", href=lambda href: bool(href) and _is_note_reference(str(href)[1:])):
            back.decompose()
        numbers[id(item.parent)] = number = numbers.get(id(item.parent), 0) + 1
        note = Tag(name="div", attrs={"data-markerd": "footnote", "id": str(item["id"])})
        note.append(BeautifulSoup(f"<sup>{number}</sup> ", "html.parser"))
        for paragraph in item.find_all("p"):
            paragraph.append(" ")
            paragraph.unwrap()
        for child in list(item.children):
            note.append(child.extract())
        (soup.body or soup).append(note)
    for group in soup.find_all("ol"):
        if not group.find("li"):
            group.decompose()


def _is_note_reference(name: str | None) -> bool:
    return bool(name) and str(name).startswith(("footnote-ref-", "endnote-ref-"))
