"""Emphasis that a page gives by its styles, written as elements; what a style takes away again is marked."""

from __future__ import annotations

import re

from bs4 import Tag

from markerd.convert.office.canonical_html.emphasis import UNDO
from markerd.convert.office.canonical_html.sheets import Sheets

_BOLD = re.compile(r"\b(?:bold|bolder|[6-9]00|1000)\b")
_PLAIN_WEIGHT = re.compile(r"\b(?:normal|lighter|[1-4]00)\b")
_SLANTED = re.compile(r"\b(?:italic|oblique)\b")
_STRONG, _STRESSED = ("b", "strong"), ("i", "em", "cite", "dfn", "var")
_NOT_RAISED = frozenset({"td", "th", "tr", "img", "table", "input", "svg", "button"})
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6", "th")
_BASES = frozenset({"html", "body"})
"""What is so of the whole page stresses nothing."""
_EMPTY = frozenset({"img", "br", "hr", "input", "col", "math"})


def write_emphasis(sheets: Sheets) -> None:
    """Put the emphasis of styles into their elements, in place."""
    for element in sheets.list_elements():
        if not element.decomposed and element.name not in _BASES | _EMPTY:
            for name in _list_given(element, sheets):
                _wrap_content(element, name)
            for name, written in (("b", _STRONG), ("i", _STRESSED)):
                if _takes_away(element, sheets, name):
                    _undo(element, name, written)


def _list_given(element: Tag, sheets: Sheets) -> list[str]:
    """List the marks that the styles of an element give it and its own name does not."""
    font = sheets.read(element, "font")
    weight = sheets.read(element, "font-weight") or font
    decoration = sheets.read(element, "text-decoration") + sheets.read(element, "text-decoration-line")
    raised = sheets.read(element, "vertical-align") if element.name not in _NOT_RAISED else ""
    is_strong = bool(_BOLD.search(weight)) and element.name not in _STRONG and not _is_in_heading(element)
    is_slanted = bool(_SLANTED.search(sheets.read(element, "font-style") or font)) and element.name not in _STRESSED
    given = {
        "b": is_strong,
        "i": is_slanted and not _is_in_heading(element),
        "del": "line-through" in decoration and element.name not in ("s", "del", "strike"),
        "sup": raised in ("super", "text-super") and element.name != "sup",
        "sub": raised == "sub" and element.name != "sub",
    }
    return [name for name, applies in given.items() if applies]


def _is_in_heading(element: Tag) -> bool:
    return element.name in _HEADINGS or element.find_parent(_HEADINGS) is not None


def _takes_away(element: Tag, sheets: Sheets, name: str) -> bool:
    """Whether a style says of just this element, or of its class, that it is not stressed."""
    asked = "font-weight" if name == "b" else "font-style"
    value = sheets.read(element, asked)
    plain = _PLAIN_WEIGHT.search(value) if name == "b" else value == "normal"
    return bool(plain) and not sheets.is_by_type(element, asked)


def _wrap_content(element: Tag, name: str) -> None:
    wrapper = Tag(name=name)
    for child in list(element.children):
        wrapper.append(child.extract())
    element.append(wrapper)


def _undo(element: Tag, name: str, written: tuple[str, ...]) -> None:
    """Take the emphasis from an element; where it comes from around it, mark what has to leave it."""
    if element.name in written:
        element.name = "span"
    if element.find_parent(written) is not None:
        _wrap_content(element, UNDO[name])
