"""What a tagged PDF calls a heading: its structure tree names the kind of each piece of text."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np
from pypdfium2 import raw

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.text.patterns import HEADING_TAG
from markerd.convert.embedded.text_layer.display_space import bound_shown
from markerd.convert.embedded.text_layer.struck_text import mark_characters
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS

TAGGED = "is_tagged_heading"
"""Key in pdftext's fonts: whether the PDF's structure calls the characters a heading."""


def mark_tagged_headings(chars: Any, page: Any, page_bbox: Any, rotation: int) -> None:
    """Give characters of tagged headings a font of their own. `page` is PDFium's handle."""
    marked = _find_marked_content(page)
    if not marked:
        return
    middles = (chars.boxes[:, :2] + chars.boxes[:, 2:]) / 2
    inside = np.zeros(len(chars), dtype=bool)
    for box in _find_boxes(page, marked, page_bbox, rotation):
        inside |= (middles > box[:2]).all(axis=1) & (middles < box[2:]).all(axis=1)
    mark_characters(chars, np.flatnonzero(inside), {TAGGED: True})


def _find_marked_content(page: Any) -> frozenset[int]:
    """Find the numbers of the marked content that headings have on the page."""
    tree = raw.FPDF_StructTree_GetForPage(page)
    if not tree:
        return frozenset()
    with closing(_Tree(tree)) as opened:
        return frozenset(number for element in opened.walk() for number in _list_content(element))


class _Tree:
    """A structure tree, to be closed."""

    def __init__(self, tree: Any) -> None:
        self._tree = tree

    def close(self) -> None:
        raw.FPDF_StructTree_Close(self._tree)

    def walk(self) -> Iterator[Any]:
        """Yield the elements of headings and all elements inside them."""
        roots = [
            raw.FPDF_StructTree_GetChildAtIndex(self._tree, i)
            for i in range(raw.FPDF_StructTree_CountChildren(self._tree))
        ]
        waiting = [(element, False, 0) for element in roots]
        seen = 0
        while waiting and seen < THRESHOLDS.max_tagged_elements:
            element, is_inside, depth = waiting.pop()
            seen += 1
            if not element or depth > THRESHOLDS.max_tag_depth:
                continue
            is_heading = is_inside or bool(HEADING_TAG.fullmatch(_read_kind(element)))
            if is_heading:
                yield element
            children = range(max(0, raw.FPDF_StructElement_CountChildren(element)))
            waiting += [(raw.FPDF_StructElement_GetChildAtIndex(element, i), is_heading, depth + 1) for i in children]


def _read_kind(element: Any) -> str:
    size = raw.FPDF_StructElement_GetType(element, None, 0)
    buffer = ctypes.create_string_buffer(size)
    raw.FPDF_StructElement_GetType(element, buffer, size)
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\0")


def _list_content(element: Any) -> Iterator[int]:
    for index in range(max(0, raw.FPDF_StructElement_GetMarkedContentIdCount(element))):
        number = raw.FPDF_StructElement_GetMarkedContentIdAtIndex(element, index)
        if number >= 0:
            yield number


def _list_marks(item: Any) -> Iterator[int]:
    """Yield the numbers of the marked content that a text object lies in: marks may lie in each other."""
    number = ctypes.c_int()
    for index in range(max(0, raw.FPDFPageObj_CountMarks(item))):
        if raw.FPDFPageObjMark_GetParamIntValue(raw.FPDFPageObj_GetMark(item, index), b"MCID", number):
            yield number.value


def _find_boxes(page: Any, marked: frozenset[int], page_bbox: Any, rotation: int) -> Iterator[Box]:
    """Yield the boxes of the text objects with this marked content, on the page as it is shown."""
    sides = [ctypes.c_float() for _ in range(4)]
    for number in range(min(raw.FPDFPage_CountObjects(page), THRESHOLDS.max_tagged_objects)):
        item = raw.FPDFPage_GetObject(page, number)
        if raw.FPDFPageObj_GetType(item) != raw.FPDF_PAGEOBJ_TEXT:
            continue
        if not marked.isdisjoint(_list_marks(item)) and raw.FPDFPageObj_GetBounds(item, *sides):
            left, bottom, right, top = (side.value for side in sides)
            yield bound_shown([(left, bottom), (right, top)], page_bbox, rotation)
