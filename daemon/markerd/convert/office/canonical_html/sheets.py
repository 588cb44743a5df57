"""What a page's own style sheets and `style` attributes say of its elements, as far as it changes what a reader reads.

Rules for a medium or a state do not count. Sheets elsewhere are not fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import soupsieve
import tinycss2
from bs4 import BeautifulSoup, Tag

PROPERTIES = frozenset({
    "display", "visibility", "font", "font-weight", "font-style", "text-decoration", "text-decoration-line",
    "vertical-align", "mso-hide", "mso-list", "list-style", "list-style-type",
})  # fmt: skip
_CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
_IN_BRACKETS = re.compile(r"\[[^\]]*\]|\([^)]*\)")
_TYPE = re.compile(r"(?:^|[\s>+~])[A-Za-z]")
_BARE = re.compile(r"[A-Za-z][\w-]*|\*")

Rank = tuple[int, int, int, int]
"""How strongly a rule holds: whether it is important, then its ids, its classes and its types."""
_INLINE: Rank = (0, 1_000_000, 0, 0)


@dataclass
class _Told:
    """What is said of one element: the value of each property, and how strongly."""

    element: Tag
    values: dict[str, tuple[Rank, str]] = field(default_factory=dict)


class Sheets:
    """The values that a page's styles give to elements. Elements are kept by identity, because those of BeautifulSoup
    are equal when they look alike.
    """

    def __init__(self, soup: BeautifulSoup) -> None:
        self._told: dict[int, _Told] = {}
        self._soup = soup
        sheets = soup.find_all("style")
        self._classes = {name for each in soup.find_all(class_=True) for name in each.get_attribute_list("class")}
        for sheet in sheets:
            for rule in tinycss2.parse_stylesheet(sheet.get_text(), skip_comments=True, skip_whitespace=True):
                if rule.type == "qualified-rule" and (declared := list(_read_declarations(rule.content))):
                    self._apply_rule(tinycss2.serialize(rule.prelude), declared)
        for element in soup.find_all(style=True):
            for name, value, is_important in _read_declarations(str(element["style"])):
                self._note(element, name, value, (int(is_important), *_INLINE[1:]))

    def read(self, element: Tag, name: str) -> str:
        """Return the value of a property in lower case; an empty string where nothing gives one."""
        told = self._told.get(id(element))
        return told.values[name][1] if told is not None and name in told.values else ""

    def is_by_type(self, element: Tag, name: str) -> bool:
        """Whether a value is given to all elements of a name, as sheets do that begin from nothing."""
        told = self._told.get(id(element))
        return told is not None and name in told.values and told.values[name][0][1:3] == (0, 0)

    def list_elements(self) -> list[Tag]:
        """List the elements that something is said of."""
        return [told.element for told in self._told.values()]

    def _apply_rule(self, prelude: str, declared: list[tuple[str, str, bool]]) -> None:
        for selector in prelude.split(",") if "(" not in prelude else [prelude]:
            if set(_CLASS.findall(_IN_BRACKETS.sub("", selector))) - self._classes:
                continue  # no element has it, which is quick to say
            rank = _rank(selector)
            for element in _select(self._soup, selector):
                for name, value, is_important in declared:
                    self._note(element, name, value, (int(is_important), *rank))

    def _note(self, element: Tag, name: str, value: str, rank: Rank) -> None:
        told = self._told.setdefault(id(element), _Told(element))
        if name not in told.values or told.values[name][0] <= rank:
            told.values[name] = (rank, value)


def _read_declarations(content: str | list[object]) -> Iterator[tuple[str, str, bool]]:
    """Yield the name, the value and the importance of the properties that matter here."""
    for declaration in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if declaration.type == "declaration" and declaration.lower_name in PROPERTIES:
            value = tinycss2.serialize(declaration.value).strip().lower()
            yield declaration.lower_name, value, bool(declaration.important)


def _rank(selector: str) -> tuple[int, int, int]:
    bare = _IN_BRACKETS.sub("", selector)
    named = len(_CLASS.findall(bare)) + selector.count("[") + bare.count(":")
    return bare.count("#"), named, len(_TYPE.findall(bare))


def _select(soup: BeautifulSoup, selector: str) -> list[Tag]:
    if _BARE.fullmatch(selector.strip()):
        return [] if "*" in selector else soup.find_all(selector.strip().lower())
    try:
        return list(soupsieve.select(selector, soup))
    except (soupsieve.SelectorSyntaxError, NotImplementedError, ValueError):
        return []
