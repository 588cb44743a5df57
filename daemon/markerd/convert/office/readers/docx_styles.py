"""What Word's styles mean for a paragraph: a heading, a quotation, code, an item of a list."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from markerd.convert.office.ooxml.packages import q, xpath

_HEADING = re.compile(r"heading\s?([1-9])$", re.IGNORECASE)
_LIST = re.compile(r"list (?:bullet|number) ([2-9])$")
_ROLES = {
    "title": "title",
    "caption": "caption",
    "quote": "quote",
    "intense quote": "quote",
    "block text": "quote",
    "quotations": "quote",
    "code": "code",
    "source code": "code",
    "code block": "code",
    "html preformatted": "code",
    "preformatted text": "code",
    "macro": "code",
    "macro text": "code",
}
_CODE_CHARACTERS = ("html code", "verbatim char", "code char", "inline code", "source text", "html typewriter")


@dataclass
class _Style:
    name: str
    parent: str
    outline: int | None
    numbering: tuple[str, str] | None


@dataclass
class Styles:
    """The styles of a document by their id."""

    _styles: dict[str, _Style] = field(default_factory=dict)
    default: str = ""

    @classmethod
    def of(cls, root: Any | None) -> Styles:
        made = cls()
        for style in xpath(root, "./w:style") if root is not None else []:
            made._styles[str(style.get(q("w:styleId")))] = _read_style(style)
            if style.get(q("w:type")) == "paragraph" and style.get(q("w:default")) in ("1", "true"):
                made.default = str(style.get(q("w:styleId")))
        return made

    def find_role(self, style_id: str) -> str:
        """Return `heading-1` to `heading-9`, `title`, `caption`, `quote`, `code`, or an empty string."""
        for style in self._list_chain(style_id):
            if heading := _HEADING.match(style.name):
                return f"heading-{heading[1]}"
            if style.name in _ROLES:
                return _ROLES[style.name]
            if style.outline is not None:
                return f"heading-{style.outline + 1}" if style.outline < 9 else ""
        return ""

    def numbering(self, style_id: str) -> tuple[str, str] | None:
        return next((style.numbering for style in self._list_chain(style_id) if style.numbering), None)

    def find_list_depth(self, style_id: str) -> int:
        """Return how deep a list's style lies by its name, as in `List Bullet 2`; 0 where it says nothing."""
        found = [_LIST.match(style.name) for style in self._list_chain(style_id)]
        return next((int(match[1]) - 1 for match in found if match), 0)

    def is_code(self, style_id: str) -> bool:
        """Whether a character style is one of program text."""
        return any(style.name in _CODE_CHARACTERS for style in self._list_chain(style_id))

    def _list_chain(self, style_id: str) -> list[_Style]:
        """Return a style and those it is based on, the nearest first."""
        found: list[_Style] = []
        while (style := self._styles.get(style_id)) and style not in found and len(found) < 20:
            found.append(style)
            style_id = style.parent
        return found


def _read_style(style: Any) -> _Style:
    outline = read_value(style, "./w:pPr/w:outlineLvl")
    number = read_value(style, "./w:pPr/w:numPr/w:numId")
    level = read_value(style, "./w:pPr/w:numPr/w:ilvl") or "0"
    return _Style(
        name=read_value(style, "./w:name").lower(),
        parent=read_value(style, "./w:basedOn"),
        outline=int(outline) if outline.isdigit() else None,
        numbering=(number, level) if number else None,
    )


def read_value(element: Any, path: str) -> str:
    """Return the `w:val` of the first element of a path; an empty string where there is none."""
    found = xpath(element, path)
    return str(found[0].get(q("w:val")) or "") if found else ""
