"""Emphasis as Word shows it: what a run says itself, else its styles of character, paragraph and table together.

mammoth reads only what stands in the run, so here that becomes the whole. Properties that are on or off are toggled by
styles (ECMA-376 part 1, 17.7.3): a strong word in a bold paragraph is not bold.
"""

from __future__ import annotations

from functools import reduce
from operator import xor
from typing import Any

from lxml import etree

from markerd.convert.office.ooxml.packages import q, xpath
from markerd.convert.office.readers.docx_elements import build_element, remove_element
from markerd.convert.office.readers.docx_styles import Styles, read_value

_SHOWN = ("b", "i", "strike")
_COMPLEX = {"b": "bCs", "i": "iCs"}
"""The properties that hold in a run of complex script, such as Arabic."""
_ALIKE = {"strike": ("strike", "dstrike")}
_OFF = ("0", "false", "off")
_OF_FIELDS = (q("w:rPr"), q("w:fldChar"), q("w:instrText"))
_REFERENCES = "./w:footnoteReference | ./w:endnoteReference | ./w:commentReference"
_LOOKS = (("lastRow", 0x40, "lastRow"), ("firstColumn", 0x80, "firstCol"), ("lastColumn", 0x100, "lastCol"))
"""What a table takes from its style: the attribute, its bit in the older form, and the part of the style. A first row
is the head of its table, which says more than bold type."""


class Emphasis:
    """Writes emphasis into the runs of a part, and takes out what is hidden."""

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._of_cells: dict[Any, list[Any]] = {}
        self._of_styles: dict[tuple[str, str], bool] = {}

    def apply(self, root: Any) -> None:
        for table in xpath(root, "//w:tbl[w:tblPr/w:tblStyle]"):
            self._note_cells(table)
        for run in xpath(root, "//w:r"):
            paragraph = next(run.iterancestors(q("w:p")), None)
            style = read_value(paragraph, "./w:pPr/w:pStyle") if paragraph is not None else ""
            cell = next(run.iterancestors(q("w:tc")), None) if self._of_cells else None
            self._write(run, style or self._styles.default, self._of_cells.get(cell, []))
        for paragraph in xpath(root, "//w:p[w:pPr]"):
            self._drop_hidden_paragraph(paragraph)
        self._of_cells.clear()

    def _note_cells(self, table: Any) -> None:
        """Note what the style of a table says of the text of each cell."""
        style = read_value(table, "./w:tblPr/w:tblStyle")
        whole, parts = self._styles.list_characters(style), self._styles.find_conditions(style)
        if not whole and not parts:
            return
        look = _read_look(table)
        rows = table.findall(q("w:tr"))
        for row in rows:
            cells = row.findall(q("w:tc"))
            for cell in cells:
                places = {"lastRow": row is rows[-1], "firstCol": cell is cells[0], "lastCol": cell is cells[-1]}
                named = [part for part in look if places[part] and row is not rows[0]]
                told = [characters for part in named for characters in parts.get(part, [])]
                if told or whole:
                    self._of_cells[cell] = [*told, *whole]

    def _write(self, run: Any, style: str, of_cell: list[Any]) -> None:
        """Write into a run how it is shown; one that is hidden keeps only marks of fields."""
        own = run.find(q("w:rPr"))
        if own is None and not of_cell and not self._says_anything(style):
            return
        character = read_value(own, "./w:rStyle") if own is not None else ""
        if self._is_on("vanish", own, character, style, of_cell):
            for child in [child for child in run if child.tag not in _OF_FIELDS]:
                remove_element(child)
            return
        is_complex = own is not None and bool(xpath(own, "./w:rtl | ./w:cs"))
        for name in _SHOWN:
            property_name = _COMPLEX.get(name, name) if is_complex else name
            is_on = self._is_on(property_name, own, character, style, of_cell)
            own = _set(run, own, name, is_on and not self._is_usual(property_name, style))
        if own is not None:
            _set_raised(run, own, self._find_raised(own, character, style))

    def _says_anything(self, style: str) -> bool:
        """Whether the style of a paragraph may change how a run is shown."""
        return any(self._is_on_in_style(name, style) for name in ("vanish", *_SHOWN)) or self._is_raised(style)

    def _is_raised(self, style: str) -> bool:
        return any(read_value(told, "./w:vertAlign") for told in self._styles.list_characters(style))

    def _is_on(self, name: str, own: Any | None, character: str, style: str, of_cell: list[Any]) -> bool:
        direct = _read_toggle(name, [own] if own is not None else [])
        if direct is not None:
            return direct
        toggles = [self._is_on_in_style(name, each) for each in (character, style)]
        return reduce(xor, [*toggles, bool(_read_toggle(name, of_cell))])

    def _is_on_in_style(self, name: str, style: str) -> bool:
        if (name, style) not in self._of_styles:
            self._of_styles[name, style] = bool(_read_toggle(name, self._styles.list_characters(style)))
        return self._of_styles[name, style]

    def _is_usual(self, name: str, style: str) -> bool:
        """Whether all text is so, or all of a heading, a caption, a quotation: then it stresses nothing."""
        is_role = bool(self._styles.find_role(style))
        return self._is_on_in_style(name, style if is_role else self._styles.default)

    def _find_raised(self, own: Any, character: str, style: str) -> str:
        of_style = [] if self._styles.find_role(style) else self._styles.list_characters(style)
        told = [own, *self._styles.list_characters(character), *of_style]
        return next((value for each in told if (value := read_value(each, "./w:vertAlign"))), "")

    def _drop_hidden_paragraph(self, paragraph: Any) -> None:
        """Take out a paragraph whose end is hidden too, so that it does not count as an item."""
        style = read_value(paragraph, "./w:pPr/w:pStyle") or self._styles.default
        mark = next(iter(xpath(paragraph, "./w:pPr/w:rPr")), None)
        character = read_value(mark, "./w:rStyle") if mark is not None else ""
        is_empty = not xpath(paragraph, ".//w:r/*[not(self::w:rPr)] | .//m:oMath | .//w:sectPr")
        if is_empty and len(paragraph.getparent()) > 1 and self._is_on("vanish", mark, character, style, []):
            following = paragraph.getnext()
            if following is not None or paragraph.getparent().tag != q("w:tc"):
                remove_element(paragraph)


def _read_look(table: Any) -> list[str]:
    """Return the parts of its style that a table shows."""
    for look in xpath(table, "./w:tblPr/w:tblLook"):
        value = str(look.get(q("w:val")) or "0")
        bits = int(value, 16) if all(digit in "0123456789abcdefABCDEF" for digit in value) else 0
        return [part for name, bit, part in _LOOKS if look.get(q(f"w:{name}"), "1" if bits & bit else "0") not in _OFF]
    return []


def _read_toggle(name: str, told: list[Any]) -> bool | None:
    """Return whether the nearest `w:rPr` that says anything switches a property on; None where none does."""
    for properties in told:
        found = [properties.find(q(f"w:{each}")) for each in _ALIKE.get(name, (name,))]
        values = [str(each.get(q("w:val"), "1")) not in _OFF for each in found if each is not None]
        if values:
            return any(values)
    return None


def _set(run: Any, own: Any | None, name: str, is_on: bool) -> Any | None:
    """Set a property in a run's `w:rPr`, and return that, which is made where it is needed."""
    old = own.find(q(f"w:{name}")) if own is not None else None
    if old is not None:
        remove_element(old)
    if not is_on:
        return own
    if own is None:
        own = etree.Element(q("w:rPr"))
        run.insert(0, own)
    own.append(etree.Element(q(f"w:{name}")))
    return own


def _set_raised(run: Any, own: Any, raised: str) -> None:
    """Set whether a run stands above or below the line; the number of a note is raised anyway."""
    for old in xpath(own, "./w:vertAlign"):
        remove_element(old)
    if raised and not xpath(run, _REFERENCES):
        own.append(build_element("w:vertAlign", raised))
