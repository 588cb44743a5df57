"""What Word's styles and numbering mean for a paragraph: a heading, a quotation, code, an item with its number."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from markerd.convert.structured.packages import q, xpath

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


@dataclass(frozen=True)
class Item:
    """A list's item: in which numbering, how deep (0 is the outermost), and its number; None for a bullet."""

    numbering: str
    level: int
    number: int | None


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
            made._styles[str(style.get(q("w:styleId")))] = _read(style)
            if style.get(q("w:type")) == "paragraph" and style.get(q("w:default")) in ("1", "true"):
                made.default = str(style.get(q("w:styleId")))
        return made

    def role(self, style_id: str) -> str:
        """`heading-1` to `heading-9`, `title`, `caption`, `quote`, `code`, or nothing in particular."""
        for style in self._chain(style_id):
            if heading := _HEADING.match(style.name):
                return f"heading-{heading[1]}"
            if style.name in _ROLES:
                return _ROLES[style.name]
            if style.outline is not None:
                return f"heading-{style.outline + 1}" if style.outline < 9 else ""
        return ""

    def numbering(self, style_id: str) -> tuple[str, str] | None:
        return next((style.numbering for style in self._chain(style_id) if style.numbering), None)

    def depth(self, style_id: str) -> int:
        """How deep a list's style lies by its name, as in `List Bullet 2`; 0 where it says nothing."""
        found = [_LIST.match(style.name) for style in self._chain(style_id)]
        return next((int(match[1]) - 1 for match in found if match), 0)

    def is_code(self, style_id: str) -> bool:
        """Whether a character style is one of program text."""
        return any(style.name in _CODE_CHARACTERS for style in self._chain(style_id))

    def _chain(self, style_id: str) -> list[_Style]:
        """A style and what it is based on, the nearest first."""
        found: list[_Style] = []
        while (style := self._styles.get(style_id)) and style not in found and len(found) < 20:
            found.append(style)
            style_id = style.parent
        return found


def _read(style: Any) -> _Style:
    outline = value(style, "./w:pPr/w:outlineLvl")
    number = value(style, "./w:pPr/w:numPr/w:numId")
    level = value(style, "./w:pPr/w:numPr/w:ilvl") or "0"
    return _Style(
        name=value(style, "./w:name").lower(),
        parent=value(style, "./w:basedOn"),
        outline=int(outline) if outline.isdigit() else None,
        numbering=(number, level) if number else None,
    )


def value(element: Any, path: str) -> str:
    """The `w:val` of the first element of a path; nothing where there is none."""
    found = xpath(element, path)
    return str(found[0].get(q("w:val")) or "") if found else ""


class Numbering:
    """Counts the items of a document, in their order."""

    def __init__(self, root: Any | None) -> None:
        self._levels: dict[str, dict[int, tuple[str, int]]] = {}  # by abstract numbering: format and start
        self._abstract: dict[str, str] = {}
        self._restarts: dict[tuple[str, int], int] = {}
        self._counts: dict[tuple[str, int], int] = {}
        for abstract in xpath(root, "./w:abstractNum") if root is not None else []:
            self._levels[str(abstract.get(q("w:abstractNumId")))] = _levels(abstract)
        for number in xpath(root, "./w:num") if root is not None else []:
            self._read_number(number)

    def _read_number(self, number: Any) -> None:
        name = str(number.get(q("w:numId")))
        self._abstract[name] = value(number, "./w:abstractNumId")
        for override in xpath(number, "./w:lvlOverride[w:startOverride]"):
            start = value(override, "./w:startOverride")
            level = str(override.get(q("w:ilvl")))
            if start.isdigit() and level.isdigit():
                self._restarts[name, int(level)] = int(start)

    def next_item(self, number: str, level: str) -> Item | None:
        """The item that a paragraph with this numbering is; None where it has neither number nor bullet."""
        abstract = self._abstract.get(number)
        depth = int(level) if level.isdigit() else 0
        if abstract is None or not number or number == "0":
            return None
        kind, start = self._levels.get(abstract, {}).get(depth, ("decimal", 1))
        if kind == "none":
            return None
        restart = self._restarts.pop((number, depth), None)
        count = restart if restart is not None else self._counts.get((abstract, depth), start - 1) + 1
        self._counts[abstract, depth] = count
        for deeper in range(depth + 1, 10):
            self._counts.pop((abstract, deeper), None)
        return Item(abstract, depth, None if kind == "bullet" else count)


def _levels(abstract: Any) -> dict[int, tuple[str, int]]:
    levels = {}
    for level in xpath(abstract, "./w:lvl"):
        depth, start = str(level.get(q("w:ilvl"), "0")), value(level, "./w:start")
        if depth.isdigit():
            kind = value(level, "./w:numFmt") or "decimal"
            levels[int(depth)] = (kind, int(start) if start.isdigit() else 1)
    return levels
