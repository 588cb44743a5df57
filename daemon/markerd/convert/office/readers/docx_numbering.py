"""Word's numbering: the number of each item and heading, and how it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from markerd.convert.office.ooxml.packages import q, xpath
from markerd.convert.office.readers.docx_styles import read_value

_PLACE = re.compile(r"%([1-9])")
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


@dataclass(frozen=True)
class Item:
    """An item of a list: its numbering, its depth (0 is the outermost), and its number; None for a bullet.

    `label` is what Word writes before it, such as `3.`, `1.2` or `Article 4`; nothing for a bullet.
    """

    numbering: str
    level: int
    number: int | None
    label: str = ""

    @property
    def is_plainly_numbered(self) -> bool:
        """Whether a numbered list says the same as the label."""
        return self.number is not None and self.label.rstrip(".)") in ("", str(self.number))


@dataclass(frozen=True)
class _Level:
    """A level of a numbering: the format of its numbers, the first number, and a text with `%1` to `%9` for levels'
    numbers.

    `is_legal` writes all of them in digits, whatever the levels above have.
    """

    kind: str = "decimal"
    start: int = 1
    text: str = ""
    is_legal: bool = False


class Numbering:
    """Counts the items of a document, in their order."""

    def __init__(self, root: Any | None) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}  # by abstract numbering
        self._abstract: dict[str, str] = {}
        self._restarts: dict[tuple[str, int], int] = {}
        self._counts: dict[tuple[str, int], int] = {}
        for abstract in xpath(root, "./w:abstractNum") if root is not None else []:
            self._levels[str(abstract.get(q("w:abstractNumId")))] = _read_levels(abstract)
        for number in xpath(root, "./w:num") if root is not None else []:
            self._read_number(number)

    def _read_number(self, number: Any) -> None:
        name = str(number.get(q("w:numId")))
        self._abstract[name] = read_value(number, "./w:abstractNumId")
        for override in xpath(number, "./w:lvlOverride[w:startOverride]"):
            start = read_value(override, "./w:startOverride")
            level = str(override.get(q("w:ilvl")))
            if start.isdigit() and level.isdigit():
                self._restarts[name, int(level)] = int(start)

    def next_item(self, number: str, level: str) -> Item | None:
        """Return the item that a paragraph with this numbering is; None where it has neither number nor bullet."""
        abstract = self._abstract.get(number)
        depth = int(level) if level.isdigit() else 0
        if abstract is None or not number or number == "0":
            return None
        level_of = self._find_level(abstract, depth)
        if level_of.kind == "none" and not level_of.text:
            return None
        restart = self._restarts.pop((number, depth), None)
        count = restart if restart is not None else self._counts.get((abstract, depth), level_of.start - 1) + 1
        self._counts[abstract, depth] = count
        for deeper in range(depth + 1, 10):
            self._counts.pop((abstract, deeper), None)
        if level_of.kind == "bullet":
            return Item(abstract, depth, None)
        return Item(abstract, depth, count, self._write_label(abstract, level_of))

    def _find_level(self, abstract: str, depth: int) -> _Level:
        return self._levels.get(abstract, {}).get(depth, _Level())

    def _write_label(self, abstract: str, level: _Level) -> str:
        """Write the text of the level, with the numbers of this level and those above it in their places."""

        def number(found: re.Match[str]) -> str:
            depth = int(found[1]) - 1
            above = self._find_level(abstract, depth)
            kind = "decimal" if level.is_legal else above.kind
            return write_number(self._counts.get((abstract, depth), above.start), kind)

        return _PLACE.sub(number, level.text).strip()


def _read_levels(abstract: Any) -> dict[int, _Level]:
    levels = {}
    for level in xpath(abstract, "./w:lvl"):
        depth, start = str(level.get(q("w:ilvl"), "0")), read_value(level, "./w:start")
        if depth.isdigit():
            levels[int(depth)] = _Level(
                kind=read_value(level, "./w:numFmt") or "decimal",
                start=int(start) if start.isdigit() else 1,
                text=read_value(level, "./w:lvlText"),
                is_legal=bool(xpath(level, "./w:isLgl[not(@w:val='0' or @w:val='false')]")),
            )
    return levels


def write_number(number: int, kind: str) -> str:
    """Write a number as Word does in a format of `w:numFmt`; in digits where the format is unusual."""
    if kind == "none":
        return ""
    if kind == "decimalZero":
        return f"{number:02d}"
    if kind in ("lowerLetter", "upperLetter"):
        text = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1) if 0 < number <= 780 else str(number)
    elif kind in ("lowerRoman", "upperRoman"):
        text = _write_roman(number)
    else:
        return str(number)
    return text.upper() if kind.startswith("upper") else text


def _write_roman(number: int) -> str:
    if not 0 < number < 4000:
        return str(number)
    text = ""
    for size, letters in _ROMAN:
        text += letters * (number // size)
        number %= size
    return text
