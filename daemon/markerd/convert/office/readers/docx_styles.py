"""What Word's styles mean for a paragraph: a heading, a quotation, code, an item of a list."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from markerd.convert.office.ooxml.packages import q, xpath

_HEADING = re.compile(r"heading\s?([1-9])$", re.IGNORECASE)
_LIST = re.compile(r"list (?:bullet|number) ([2-9])$")
_CONTINUATION = re.compile(r"list (?:continue|paragraph)(?: [2-9])?$")
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


class Indent(NamedTuple):
    """Where the lines of a paragraph begin, and where the first one does, in twentieths of a point."""

    lines: int
    first: int


@dataclass
class _Style:
    """One style. `numbering` is its list and its level, empty where the list's own levels name the style.

    `characters` are the `w:rPr` of its text, `conditions` those of the parts of a table, by their kind.
    """

    style_id: str
    name: str
    parent: str
    outline: int | None
    numbering: tuple[str, str] | None
    indent: Indent | None
    characters: Any | None
    conditions: dict[str, Any]


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

    def numbering(self, style_id: str) -> tuple[str, str, str] | None:
        """Return the list and the level that a style gives, and the style of the chain that says so."""
        found = (style for style in self._list_chain(style_id) if style.numbering)
        return next(((*style.numbering, style.style_id) for style in found if style.numbering), None)

    def find_numbering(self, style_id: str) -> str:
        """Return the id of the list that a style gives; an empty string where it gives none."""
        found = self.numbering(style_id)
        return found[0] if found else ""

    def find_indent(self, style_id: str) -> Indent | None:
        """Return how far paragraphs are indented; None where no style says so."""
        return next((style.indent for style in self._list_chain(style_id) if style.indent is not None), None)

    def continues_items(self, style_id: str) -> bool:
        """Whether a style is for the further paragraphs of an item."""
        return any(_CONTINUATION.match(style.name) for style in self._list_chain(style_id)[:1])

    def list_characters(self, style_id: str) -> list[Any]:
        """List what a style and those it is based on say of characters (`w:rPr`), the nearest first."""
        return [style.characters for style in self._list_chain(style_id) if style.characters is not None]

    def find_conditions(self, style_id: str) -> dict[str, list[Any]]:
        """Return what a table's style says of the characters of its parts, such as `firstRow`, the nearest first."""
        found: dict[str, list[Any]] = {}
        for style in self._list_chain(style_id):
            for part, characters in style.conditions.items():
                found.setdefault(part, []).append(characters)
        return found

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
    level = read_value(style, "./w:pPr/w:numPr/w:ilvl")
    characters = style.find(q("w:rPr"))
    return _Style(
        style_id=str(style.get(q("w:styleId"))),
        name=read_value(style, "./w:name").lower(),
        parent=read_value(style, "./w:basedOn"),
        outline=int(outline) if outline.isdigit() else None,
        numbering=(number, level) if number else None,
        indent=read_indent(style),
        characters=characters,
        conditions={
            str(part.get(q("w:type"))): part.find(q("w:rPr")) for part in xpath(style, "./w:tblStylePr[w:rPr]")
        },
    )


def read_indent(element: Any) -> Indent | None:
    """Return how far a paragraph, a style or a level is indented; None where it does not say so."""
    properties = element if element.tag == q("w:pPr") else element.find(q("w:pPr"))
    for indent in xpath(properties, "./w:ind") if properties is not None else []:
        left = _read_measure(indent, "w:start", "w:left")
        if left is not None:
            out, back = _read_measure(indent, "w:firstLine") or 0, _read_measure(indent, "w:hanging") or 0
            return Indent(left, left - back if back else left + out)
    return None


def _read_measure(indent: Any, *names: str) -> int | None:
    for name in names:
        value = str(indent.get(q(name)) or "")
        if value.removeprefix("-").isdigit():
            return int(value)
    return None


def read_value(element: Any, path: str) -> str:
    """Return the `w:val` of the first element of a path; an empty string where there is none."""
    found = xpath(element, path)
    return str(found[0].get(q("w:val")) or "") if found else ""
