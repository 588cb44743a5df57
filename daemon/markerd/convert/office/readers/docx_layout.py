"""What Word places by measure and a reader takes as one: cells moved to the right, and a first letter drawn large."""

from __future__ import annotations

from typing import Any

from lxml import etree

from markerd.convert.office.ooxml.packages import q, xpath
from markerd.convert.office.readers.docx_elements import build_element, remove_element
from markerd.convert.office.readers.docx_styles import read_value

_WIDEST = 63
"""Columns of a table in Word, at most."""


def fill_grid(root: Any) -> None:
    """Put an empty cell where a row begins after the table's first column, or ends before its last, in place."""
    for row in xpath(root, "//w:tr[w:trPr/w:gridBefore or w:trPr/w:gridAfter]"):
        properties = row.find(q("w:trPr"))
        before, after = (_read_width(properties, name) for name in ("w:gridBefore", "w:gridAfter"))
        if before:
            properties.addnext(_build_empty_cell(before))
        if after:
            row.append(_build_empty_cell(after))


def _read_width(properties: Any, name: str) -> int:
    digits = read_value(properties, f"./{name}")
    return min(int(digits), _WIDEST) if digits.isdigit() else 0


def _build_empty_cell(width: int) -> Any:
    cell = etree.Element(q("w:tc"))
    etree.SubElement(cell, q("w:tcPr")).append(build_element("w:gridSpan", str(width)))
    etree.SubElement(cell, q("w:p"))
    return cell


def join_drop_caps(root: Any) -> None:
    """Put a drop cap, which is a paragraph with a frame, before the text that it begins, in place."""
    for cap in xpath(root, "//w:p[w:pPr/w:framePr[@w:dropCap='drop' or @w:dropCap='margin']]"):
        text = cap.getnext()
        if text is None or text.tag != q("w:p"):
            continue
        at = 1 if text.find(q("w:pPr")) is not None else 0
        for child in reversed([child for child in cap if child.tag != q("w:pPr")]):
            for size in xpath(child, "./w:rPr/w:position | ./w:rPr/w:sz"):
                remove_element(size)
            text.insert(at, child)
        remove_element(cap)
