"""How much of a document is in its Markdown: words, headings, cells and their order, each between 0 and 1.

Markdown is read as a browser would show it (markdown-it, then Beautiful Soup), so that emphasis, escapes and links
count as the words that they show.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bs4 import BeautifulSoup, Tag
from markdown_it import MarkdownIt
from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
_HYPHENS_AT_LINE_END = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010\ufffe\x02]\s*[\r\n]+\s*(?=[^\W\d_])|[\ufffe\x02\u00ad]")
# Scripts without spaces have a word for each character.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
_LAM_ALEF = re.compile("(\u0644)([\u0622\u0623\u0625\u0627])")
_SAME_HEADING = 85  # of 100: a number or a footnote's mark more or less is no other heading
_SAME_CELL = 90
_BLOCKS = ["p", "li", "tr", "pre", "h1", "h2", "h3", "h4", "h5", "h6"]


def words(text: str) -> list[str]:
    """In order, in lower case, compatibility forms (ligatures, Arabic presentation forms) as plain letters.

    Lam and alef, in whichever order: pdfium gives those of a ligature the wrong way round.
    """
    plain = unicodedata.normalize("NFKC", _HYPHENS_AT_LINE_END.sub("", text)).lower()
    return _WORD.findall(_LAM_ALEF.sub(r"\2\1", plain))


def recall(wanted: Sequence[str], got: Sequence[str]) -> float:
    """The share of the wanted words that are there, each as often as it is wanted. 1.0 where none is wanted.

    A word that was hyphenated on one side and not on the other counts: both are compared with their neighbours joined.
    """
    missing = Counter(wanted) - Counter(got)
    if not missing:
        return 1.0
    shown = "".join(got)
    lost = sum(count for word, count in missing.items() if len(word) < 4 or shown.count(word) < Counter(wanted)[word])
    return 1.0 - lost / len(wanted)


def order(wanted: Sequence[str], got: Sequence[str]) -> float:
    """Normalized edit similarity of the two sequences of words."""
    return float(Levenshtein.normalized_similarity(wanted, got))


def found_share(wanted: Sequence[str], got: Sequence[str], least: int) -> float | None:
    """Of the wanted texts those that are there, once each, alike to `least` of 100. None where none is wanted."""
    if not wanted:
        return None
    left, found = list(got), 0
    for text in wanted:
        best = max(left, key=lambda other: fuzz.ratio(text, other), default=None)
        if best is not None and fuzz.ratio(text, best) >= least:
            left.remove(best)
            found += 1
    return found / len(wanted)


@dataclass(frozen=True)
class Shown:
    """A Markdown text as a reader sees it."""

    markdown: str

    @cached_property
    def _page(self) -> Any:
        page = BeautifulSoup(_MARKDOWN.render(self.markdown), "html.parser")
        for picture in page.find_all("img"):
            picture.replace_with(f" {picture.get('alt', '')} ")  # what is read where pictures are not seen
        for numbered in page.find_all("ol"):
            for number, item in enumerate(
                numbered.find_all("li", recursive=False), int(str(numbered.get("start", "1")))
            ):
                item.insert(0, f"{number}. ")  # as a browser shows it
        return page

    @cached_property
    def words(self) -> list[str]:
        return words(self._page.get_text(" " if self._page.find("td") else ""))

    @cached_property
    def headings(self) -> list[str]:
        return [_plain(tag) for tag in self._page.find_all(re.compile(r"^h[1-6]$"))]

    @cached_property
    def lines(self) -> list[str]:
        """What stands by itself: headings, items, rows of tables, lines of code, and what paragraphs have between line
        breaks; only what holds something.
        """
        texts: dict[tuple[int, int], str] = {}
        breaks: Counter[int] = Counter()
        for node in self._page.descendants:
            block = _find_block(node)
            if isinstance(node, Tag):
                breaks[id(block)] += node.name == "br" and node.find_parent(["td", "th"]) is None
                continue
            for number, line in enumerate(node.split("\n") if node.find_parent("pre") else [node]):
                breaks[id(block)] += number > 0
                key = (id(block), breaks[id(block)])
                texts[key] = f"{texts.get(key, '')} {line}" if node.find_parent("tr") else texts.get(key, "") + line
        return [text for line in texts.values() if (text := " ".join(words(line)))]

    @cached_property
    def cells(self) -> list[str]:
        """Those that hold something."""
        return [text for tag in self._page.find_all(["td", "th"]) if (text := _plain(tag))]


@dataclass(frozen=True)
class Likeness:
    """Of a conversion to a published one; None where that has no headings or cells."""

    recall: float
    precision: float
    order: float
    headings: float | None
    cells: float | None


def likeness(truth: Shown, got: Shown) -> Likeness:
    return Likeness(
        recall=recall(truth.words, got.words),
        precision=recall(got.words, truth.words),
        order=order(truth.words, got.words),
        headings=found_share(truth.headings, got.headings, _SAME_HEADING),
        cells=found_share(truth.cells, got.cells, _SAME_CELL),
    )


def _find_block(node: Any) -> Any:
    """Return the block that a node's text belongs to; a paragraph of an item is the item."""
    block = node.find_parent(_BLOCKS)
    return block.parent if block is not None and block.name == "p" and block.parent.name == "li" else block


def _plain(tag: Any) -> str:
    return " ".join(words(tag.get_text(" ")))
