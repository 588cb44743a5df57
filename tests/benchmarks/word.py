"""How DOCX, ODT and RTF come out beside what pandoc reads: headings, items of lists, links and order, both ways.

    PYTHONPATH=tests:tests/support python tests/benchmarks/word.py FILE … --pandoc PATH [--each]

pandoc is a measuring tool, no dependency. Recall is the share of what it has that is in our Markdown, precision the
share of ours that it has; the means over the documents that have any are printed. Labels that Word shows and pandoc
drops ("1.1", "(b)", "[x]") do not count. Neither reader is the truth: `--each` prints every difference to look up.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import PageElement
from markdown_it import MarkdownIt

from benchmarks.office import build_converter
from fidelity_measures import words

_BLOCKS = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "td", "th", "pre", "blockquote")
_LISTS = ("ul", "ol", "p", "table", "blockquote", "pre", "div")
_LABEL = re.compile(r"^(?:[a-z]|[ivxlc]{1,6}|(?:part|chapter|section|article|annex) \w+|\d+(?: \d+)*) ")
_CELL_ITEM = re.compile(r"(?:-|\d{1,3}\.) ")
_TIMEOUT_S = 60


@dataclass(frozen=True)
class Reading:
    """What a reader has of a document, in its order; of an item its first paragraph."""

    headings: list[str]
    items: list[str]
    links: list[str]
    blocks: list[str]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("files", type=Path, nargs="+")
    options.add_argument("--pandoc", required=True)
    options.add_argument("--each", action="store_true")
    given = options.parse_args()
    convert = build_converter()
    shares: dict[str, list[float]] = {}
    for path in given.files:
        theirs = _ask_pandoc(given.pandoc, path)
        ours = _try(lambda path=path: parse_markdown(convert(path)))  # type: ignore[misc]
        if theirs is None or ours is None:
            print(f"{path.name}: not read by {'pandoc' if theirs is None else 'us'}", file=sys.stderr)
            continue
        _compare(path.name, theirs, ours, shares, is_each=given.each)
    print("| | documents | recall | precision |\n| --- | --- | --- | --- |")
    for name in ("headings", "items", "links"):
        got = shares.get(f"{name} recall", []), shares.get(f"{name} precision", [])
        print(f"| {name} | {len(got[0])} | {fmean(got[0] or [1]):.3f} | {fmean(got[1] or [1]):.3f} |")
    print(f"| order | {len(shares['order'])} | {fmean(shares['order']):.3f} | |")
    return 0


def parse_markdown(markdown: str) -> Reading:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return parse_page(parser.render(markdown))


def parse_page(markup: str) -> Reading:
    """Read headings, items, links and blocks from HTML. Numbers of notes and links within the document do not count;
    a picture that is not part of the document is a link. A heading in a cell beside others is text, as in Markdown.
    """
    page = BeautifulSoup(markup, "html.parser")
    for note in page.select("head, a.footnote-ref, a.footnote-back, section.footnotes > ol > li"):
        note.unwrap() if note.name == "li" else note.decompose()
    for heading in page.select("td :is(h1, h2, h3, h4, h5, h6), th :is(h1, h2, h3, h4, h5, h6)"):
        heading.name = "p" if len(heading.find_parent("table").find_all(["td", "th"])) > 1 else heading.name  # type: ignore[union-attr]
    for heading in page.select("p.heading"):
        heading.name = "h6"
    outside = [str(a["href"]) for a in page.find_all("a", href=True) if not str(a["href"]).startswith("#")]
    outside += [str(img["src"]) for img in page.find_all("img", src=True) if "://" in str(img["src"])]
    return Reading(
        [text for h in page.find_all(["h1", "h2", "h3", "h4", "h5", "h6"]) if (text := _normalise(h.get_text()))],
        [text for item in _list_items(page) if (text := _normalise(item))],
        [address.rstrip("/") for address in outside],
        [text for b in page.find_all(_BLOCKS) if not b.find(_BLOCKS) and (text := _normalise(b.get_text(" ")))],
    )


def _list_items(page: BeautifulSoup) -> list[str]:
    """List the items, also those that are lines of a cell in Markdown."""
    found = []
    for element in page.find_all(["li", "td", "th"]):
        if element.name == "li":
            found.append(_read_own(element))
        elif not element.find("li"):
            lines = "".join("\n" if _is_break(child) else child.get_text() for child in element.children).split("\n")
            found += [line.split(" ", 1)[1] for line in lines if _CELL_ITEM.match(line)]
    return found


def _is_break(element: PageElement) -> bool:
    return isinstance(element, Tag) and element.name == "br"


def _read_own(item: Tag) -> str:
    """Return the first paragraph of an item, without the lists in it."""
    out = ""
    for child in item.children:
        if isinstance(child, Tag) and child.name in _LISTS:
            if out.strip() or child.name in ("ul", "ol"):
                break
            return child.get_text()
        out += child.get_text()
    return out


def _normalise(text: str) -> str:
    return " ".join(words(text))


def _ask_pandoc(pandoc: str, path: Path) -> Reading | None:
    command = [pandoc, "-f", path.suffix[1:], "-t", "html", "--standalone", "--wrap=none", str(path)]
    asked = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False)
    return parse_page(asked.stdout.decode("utf-8")) if asked.returncode == 0 else None


def _try(read: Callable[[], Reading]) -> Reading | None:
    from markerd.errors import DocumentError

    try:
        return read()
    except DocumentError:
        return None


def _compare(name: str, theirs: Reading, ours: Reading, shares: dict[str, list[float]], *, is_each: bool) -> None:
    for kind in ("headings", "items", "links"):
        want = Counter(getattr(theirs, kind))
        got = Counter(_drop_label(text, want) for text in getattr(ours, kind))
        both = (want & got).total()
        for measure, whole in (("recall", want.total()), ("precision", got.total())):
            if whole:
                shares.setdefault(f"{kind} {measure}", []).append(both / whole)
        if is_each:
            for sign, rest in (("-", want - got), ("+", got - want)):
                for text in rest.elements():
                    print(f"{name} {kind} {sign} {text[:150]}")
    order = measure_order(theirs.blocks, ours.blocks)
    if order is not None:
        shares.setdefault("order", []).append(order)
        if is_each and order < 1:
            print(f"{name} order {order:.3f}")


def _drop_label(text: str, wanted: Counter[str]) -> str:
    """Return a text as the other reader has it, where it is the same but for a label."""
    bare = _LABEL.sub("", text)
    return bare if text not in wanted and bare in wanted else text


def measure_order(theirs: Sequence[str], ours: Sequence[str]) -> float | None:
    """Return the share of the blocks that both have once which can stay where they are; None without such blocks."""
    counts = Counter(theirs), Counter(ours)
    places = {text: place for place, text in enumerate(ours)}
    common: list[Any] = [places[text] for text in theirs if counts[0][text] == counts[1][text] == 1]
    longest: list[int] = []
    for place in common:
        at = next((i for i, last in enumerate(longest) if last > place), len(longest))
        longest[at : at + 1] = [place]
    return len(longest) / len(common) if common else None


if __name__ == "__main__":
    sys.exit(main())
