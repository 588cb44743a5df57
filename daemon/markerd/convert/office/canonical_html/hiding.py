"""What a reader of the page would not see: scripts, and what is hidden by attribute, by style or by a style sheet."""

from __future__ import annotations

import re

import soupsieve
import tinycss2
from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import PreformattedString

_NEVER_SHOWN = frozenset({
    "script", "style", "noscript", "template", "head", "title", "meta", "link", "base", "param", "source", "track",
    "area", "map", "datalist", "canvas", "audio", "video", "iframe", "frame", "applet",
    "embed", "colgroup", "col", "rp", "wbr",
})  # fmt: skip
_HIDDEN_STYLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))", re.IGNORECASE)


def drop_unseen(soup: BeautifulSoup) -> None:
    """Remove what is not seen, in place."""
    hidden = _find_hidden_by_sheets(soup)
    for text in soup.find_all(string=lambda text: isinstance(text, PreformattedString | Comment)):
        text.extract()
    waiting: list[Tag] = [soup]
    while waiting:
        for child in [child for child in waiting.pop().children if isinstance(child, Tag)]:
            if child in hidden or _is_unseen(child):
                child.decompose()
            else:
                waiting.append(child)


def _is_unseen(element: Tag) -> bool:
    if element.name in _NEVER_SHOWN or element.has_attr("hidden"):
        return True
    if element.name == "input" and str(element.get("type", "")).lower() == "hidden":
        return True
    if element.name == "dialog" and not element.has_attr("open"):
        return True
    return bool(_HIDDEN_STYLE.search(str(element.get("style", ""))))


class _Hidden:
    """A set of elements by identity, because elements of BeautifulSoup are equal when they look alike."""

    def __init__(self) -> None:
        self._elements: dict[int, Tag] = {}

    def __contains__(self, element: Tag) -> bool:
        return id(element) in self._elements

    def note(self, element: Tag, is_hidden: bool) -> None:
        if is_hidden:
            self._elements[id(element)] = element
        else:
            self._elements.pop(id(element), None)


def _find_hidden_by_sheets(soup: BeautifulSoup) -> _Hidden:
    """Find elements by the `display` of the page's own sheets. The last rule wins; rules for a medium or a state do
    not count.
    """
    hidden = _Hidden()
    for sheet in soup.find_all("style"):
        for rule in tinycss2.parse_stylesheet(sheet.get_text(), skip_comments=True, skip_whitespace=True):
            if rule.type == "qualified-rule" and (display := _read_display(rule.content)):
                for element in _select(soup, tinycss2.serialize(rule.prelude)):
                    hidden.note(element, display == "none")
    return hidden


def _read_display(content: list[object]) -> str:
    declared = tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True)
    values = [
        tinycss2.serialize(declaration.value).strip().lower()
        for declaration in declared
        if declaration.type == "declaration" and declaration.lower_name == "display"
    ]
    return values[-1] if values else ""


def _select(soup: BeautifulSoup, selector: str) -> list[Tag]:
    try:
        return soupsieve.select(selector, soup)
    except (soupsieve.SelectorSyntaxError, NotImplementedError, ValueError):
        return []
