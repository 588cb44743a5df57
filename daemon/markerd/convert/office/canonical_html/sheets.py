"""What a page's own style sheets and `style` attributes say of its elements, as far as it changes what a reader reads.

Rules for a medium or a state do not count. Sheets elsewhere are not fetched. A page with so many rules and elements
that matching them all would take minutes gets the first of its rules only, and the log says so.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
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
_LAST_PART = re.compile(r"[^\s>+~]*$")
_NAME = re.compile(r"[A-Za-z][\w-]*")
_ASKS_SIBLINGS = re.compile(r"~|:(?:nth|has|(?:first|last|only)-of)")
"""Parts of a selector for which the neighbours of an element are looked at, one after the other."""
_MOST_TESTS = 300_000
"""How many elements are tried against selectors, a neighbour that is looked at counting as one: up to 9 microseconds
each, so 3 seconds. The page of an encyclopaedia, with 2,608 elements, needed 3,140."""

_logger = logging.getLogger(__name__)

Rank = tuple[int, int, int, int]
"""How strongly a rule holds: whether it is important, then its ids, its classes and its types."""
_INLINE: Rank = (0, 1_000_000, 0, 0)


@dataclass
class _Told:
    """What is said of one element: the value of each property, and how strongly."""

    element: Tag
    values: dict[str, tuple[Rank, str]] = field(default_factory=dict)


class _Elements:
    """The elements of a page by what selectors ask for last, so that few of them are tried against each selector."""

    def __init__(self, soup: BeautifulSoup) -> None:
        self._all = soup.find_all(True)
        self._by_name: dict[str, list[Tag]] = {}
        self._by_class: dict[str, list[Tag]] = {}
        for element in self._all:
            self._by_name.setdefault(element.name, []).append(element)
            for name in element.get_attribute_list("class"):
                self._by_class.setdefault(str(name), []).append(element)
        self._most_children = max((len(element.contents) for element in self._all), default=0)
        self._tests = 0

    def select(self, selector: str) -> list[Tag]:
        """Return the elements that a selector means; none for one that is not understood, or is one too many."""
        candidates = self._find_candidates(selector)
        if not candidates or selector == "*":
            return []
        if _NAME.fullmatch(selector):
            return list(candidates)
        weight = max(1, self._most_children) if _ASKS_SIBLINGS.search(selector) else 1
        if self._tests + len(candidates) * weight > _MOST_TESTS:
            _logger.warning("a style sheet has too many rules for so many elements: %s was left out", selector[:80])
            return []
        self._tests += len(candidates) * weight
        try:
            wanted = soupsieve.compile(selector)
            return [element for element in candidates if wanted.match(element)]
        except (soupsieve.SelectorSyntaxError, NotImplementedError, ValueError):
            return []  # a reader's browser skips such a rule too

    def _find_candidates(self, selector: str) -> Sequence[Tag]:
        bare = _IN_BRACKETS.sub("", selector)
        if any(name not in self._by_class for name in _CLASS.findall(bare)):
            return ()
        last = _LAST_PART.search(bare)
        if last is None or "," in bare:
            return self._all
        classes = _CLASS.findall(last[0])
        if classes:
            return min((self._by_class[name] for name in classes), key=len)
        name = _NAME.match(last[0])
        return self._by_name.get(name[0].lower(), ()) if name else self._all


class Sheets:
    """The values that a page's styles give to elements. Elements are kept by identity, because those of BeautifulSoup
    are equal when they look alike.
    """

    def __init__(self, soup: BeautifulSoup) -> None:
        self._told: dict[int, _Told] = {}
        self._elements = _Elements(soup)
        for sheet in soup.find_all("style"):
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
            rank = _rank(selector)
            for element in self._elements.select(selector.strip()):
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
