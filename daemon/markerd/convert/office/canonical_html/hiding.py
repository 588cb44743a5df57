"""What a reader of the page would not see: scripts, and what is hidden by attribute, by style or by a style sheet."""

from __future__ import annotations

from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import PreformattedString

from markerd.convert.office.canonical_html.notes import is_note
from markerd.convert.office.canonical_html.sheets import Sheets

_NEVER_SHOWN = frozenset({
    "script", "style", "noscript", "template", "head", "title", "meta", "link", "base", "param",
    "area", "map", "datalist", "canvas", "audio", "video", "iframe", "frame", "applet",
    "colgroup", "col", "rp",
})  # fmt: skip
_EMPTY = ("wbr", "source", "track", "embed", "keygen")
"""Elements without an end, for which the parser expects one: what follows them is not theirs."""
_HIDING = {"display": ("none",), "visibility": ("hidden", "collapse"), "mso-hide": ("all",)}


def drop_unseen(soup: BeautifulSoup, sheets: Sheets) -> None:
    """Remove what is not seen, in place."""
    for text in soup.find_all(string=lambda text: isinstance(text, PreformattedString | Comment)):
        text.extract()
    for element in soup.find_all(_EMPTY):
        element.unwrap()
    waiting: list[Tag] = [soup]
    while waiting:
        for child in [child for child in waiting.pop().children if isinstance(child, Tag)]:
            if _is_unseen(child, sheets) and not (is_note(child) and child.name not in _NEVER_SHOWN):
                child.decompose()
            else:
                waiting.append(child)


def _is_unseen(element: Tag, sheets: Sheets) -> bool:
    if element.name in _NEVER_SHOWN or element.has_attr("hidden"):
        return True
    if element.name == "input" and str(element.get("type", "")).lower() == "hidden":
        return True
    if element.name == "dialog" and not element.has_attr("open"):
        return True
    return any(sheets.read(element, name) in values for name, values in _HIDING.items())
