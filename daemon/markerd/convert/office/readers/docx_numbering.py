"""Word's numbering: the number of each item and heading, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from markerd.convert.office.canonical_html.number_formats import write_number
from markerd.convert.office.ooxml.packages import q, xpath
from markerd.convert.office.readers.docx_styles import Indent, read_indent, read_value

_PLACE = re.compile(r"%([1-9])")
_BOXES = {"☐": "☐", "□": "☐", "◻": "☐", "▢": "☐", "☑": "☑", "☒": "☒", "🗹": "☑", "🗷": "☒"}
_BOXES_OF_FONTS = {
    "wingdings": {0x6F: "☐", 0xA8: "☐", 0x78: "☒", 0xFD: "☒", 0xFE: "☑"},
    "wingdings 2": {0x2A: "☐", 0xA3: "☐", 0x52: "☑", 0x53: "☒", 0x54: "☒"},
}
_DEEPEST = 10


@dataclass(frozen=True)
class Item:
    """An item of a list: its numbering, its depth (0 is the outermost), and its number; None for a bullet.

    `label` is what Word writes before it, such as `3.`, `1.2` or `Article 4`; of bullets only boxes of a list of tasks.
    `indent` is None where the numbering does not say how far the text is indented. `is_blank` is
    true of a bullet that is not seen: such a paragraph goes on with the item before it.
    """

    numbering: str
    level: int
    number: int | None
    label: str = ""
    indent: Indent | None = None
    is_blank: bool = False

    @property
    def is_plainly_numbered(self) -> bool:
        """Whether a numbered list says the same as the label."""
        return self.number is not None and self.label.rstrip(".)") in ("", str(self.number))


@dataclass(frozen=True)
class _Level:
    """A level of a numbering: the format of its numbers, the first number, and a text with `%1` to `%9` for levels'
    numbers.

    `is_legal` writes all of them in digits, whatever the levels above have. `restart` is the level (from 1) that makes
    this one begin anew, 0 for none; without it every level above does.
    """

    kind: str = "decimal"
    start: int = 1
    text: str = ""
    is_legal: bool = False
    restart: int | None = None
    style: str = ""
    indent: Indent | None = None
    is_blank: bool = False

    def restarts_after(self, depth: int) -> bool:
        return self.restart is None or depth < self.restart


class Numbering:
    """Counts the items of a document, in their order.

    `find_numbering` returns the numbering that a style names, for lists that follow a style.
    """

    def __init__(self, root: Any | None, find_numbering: Callable[[str], str] = lambda _: "") -> None:
        self._levels: dict[str, dict[int, _Level]] = {}  # by abstract numbering
        self._abstract: dict[str, str] = {}
        self._own_levels: dict[tuple[str, int], _Level] = {}
        self._starts: dict[tuple[str, int], int] = {}
        self._unused: set[tuple[str, int]] = set()  # levels whose own start is still to come
        self._counts: dict[tuple[str, int], int] = {}
        for abstract in xpath(root, "./w:abstractNum") if root is not None else []:
            self._levels[str(abstract.get(q("w:abstractNumId")))] = _read_levels(abstract)
        for number in xpath(root, "./w:num") if root is not None else []:
            self._read_number(number)
        self._follow_styles(root, find_numbering)

    def _read_number(self, number: Any) -> None:
        name = str(number.get(q("w:numId")))
        self._abstract[name] = read_value(number, "./w:abstractNumId")
        for override in xpath(number, "./w:lvlOverride"):
            start = read_value(override, "./w:startOverride")
            level = str(override.get(q("w:ilvl")))
            if not level.isdigit():
                continue
            for depth, own in _read_levels(override).items():
                self._own_levels[name, depth] = own
            if start.isdigit():
                self._starts[name, int(level)] = int(start)
                self._unused.add((name, int(level)))

    def _follow_styles(self, root: Any | None, find_numbering: Callable[[str], str]) -> None:
        """Let each numbering that refers to a style be the one that the style names."""
        of_styles = {
            read_value(abstract, "./w:styleLink"): str(abstract.get(q("w:abstractNumId")))
            for abstract in (xpath(root, "./w:abstractNum[w:styleLink]") if root is not None else [])
        }
        followed = {}
        for abstract in xpath(root, "./w:abstractNum[w:numStyleLink]") if root is not None else []:
            style = read_value(abstract, "./w:numStyleLink")
            named = self._abstract.get(find_numbering(style), "")
            followed[str(abstract.get(q("w:abstractNumId")))] = of_styles.get(style) or named
        self._abstract = {name: followed.get(kind) or kind for name, kind in self._abstract.items()}

    def find_level_of_style(self, number: str, style: str) -> int | None:
        """Return the level of a numbering that is bound to a paragraph's style."""
        levels = self._levels.get(self._abstract.get(number, ""), {})
        return next((depth for depth, level in levels.items() if style and level.style == style), None)

    def next_item(self, number: str, level: str) -> Item | None:
        """Return the item that a paragraph with this numbering is; None where it has neither number nor bullet."""
        abstract = self._abstract.get(number)
        depth = int(level) if level.isdigit() else 0
        if abstract is None or not number or number == "0":
            return None
        level_of = self._find_level(number, depth)
        if level_of.kind == "none" and not level_of.text:
            return None
        count = self._count(number, abstract, depth)
        if level_of.kind == "bullet":
            return Item(abstract, depth, None, level_of.text, level_of.indent, level_of.is_blank)
        return Item(abstract, depth, count, self._write_label(number, level_of), level_of.indent)

    def _count(self, number: str, abstract: str, depth: int) -> int:
        start = self._get_start(number, depth)
        is_first = (number, depth) in self._unused
        self._unused.discard((number, depth))
        count = start if is_first else self._counts.get((abstract, depth), start - 1) + 1
        self._counts[abstract, depth] = count
        for deeper in range(depth + 1, _DEEPEST):
            if self._find_level(number, deeper).restarts_after(depth):
                self._counts.pop((abstract, deeper), None)
        return count

    def _get_start(self, number: str, depth: int) -> int:
        return self._starts.get((number, depth), self._find_level(number, depth).start)

    def _find_level(self, number: str, depth: int) -> _Level:
        own = self._own_levels.get((number, depth))
        return own or self._levels.get(self._abstract[number], {}).get(depth) or _Level()

    def _write_label(self, name: str, level: _Level) -> str:
        """Write the text of the level, with the numbers of this level and those above it in their places."""

        def number(found: re.Match[str]) -> str:
            depth = int(found[1]) - 1
            kind = "decimal" if level.is_legal else self._find_level(name, depth).kind
            return write_number(self._counts.get((self._abstract[name], depth), self._get_start(name, depth)), kind)

        return _PLACE.sub(number, level.text).strip()


def _read_levels(holder: Any) -> dict[int, _Level]:
    levels = {}
    for level in xpath(holder, "./w:lvl"):
        depth, start = str(level.get(q("w:ilvl"), "0")), read_value(level, "./w:start")
        restart = read_value(level, "./w:lvlRestart")
        kind = _read_kind(level)
        if depth.isdigit():
            levels[int(depth)] = _Level(
                kind=kind,
                start=int(start) if start.isdigit() else 1,
                text=_read_box(level) if kind == "bullet" else read_value(level, "./w:lvlText"),
                is_legal=bool(xpath(level, "./w:isLgl[not(@w:val='0' or @w:val='false')]")),
                restart=int(restart) if restart.isdigit() else None,
                style=read_value(level, "./w:pStyle"),
                indent=read_indent(level),
                is_blank=kind == "bullet" and _is_unseen(level),
            )
    return levels


def _is_unseen(level: Any) -> bool:
    """Whether a bullet is nothing but white space; a picture has no text either."""
    texts = xpath(level, "./w:lvlText/@w:val")
    return bool(texts) and not texts[0].strip() and not xpath(level, "./w:lvlPicBulletId | .//w:drawing")


def _read_kind(level: Any) -> str:
    """Return the format of a level's numbers; a format of the document's own with its pattern."""
    found = xpath(level, ".//w:numFmt")
    kind = str(found[0].get(q("w:val")) or "decimal") if found else "decimal"
    return f"custom {found[0].get(q('w:format'))}" if kind == "custom" else kind


def _read_box(level: Any) -> str:
    """Return the box of a list of tasks, ☐, ☑ or ☒; nothing for other bullets, which are ornaments."""
    text = read_value(level, "./w:lvlText").strip()
    fonts = [str(name).lower() for name in xpath(level, "./w:rPr/w:rFonts/@w:ascii | ./w:rPr/w:rFonts/@w:hAnsi")]
    signs: Mapping[int, str] = next((_BOXES_OF_FONTS[font] for font in fonts if font in _BOXES_OF_FONTS), {})
    return _BOXES.get(text, "") or (signs.get(ord(text) & 0xFF, "") if len(text) == 1 else "")
