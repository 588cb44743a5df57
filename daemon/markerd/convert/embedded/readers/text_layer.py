"""Reads a page's text layer as PDFium gives it: the plainest reader, which knows lines and nothing else.

Importing this module imports pypdfium2.
"""

from __future__ import annotations

import sys
from contextlib import closing
from ctypes import byref, c_double
from types import TracebackType
from typing import Any

from pypdfium2 import PdfDocument, PdfiumError, raw

from markerd.convert.embedded.readers.read_block import ReadBlock, build_text_block
from markerd.convert.embedded.readers.thresholds import THRESHOLDS

_HYPHENS = str.maketrans("\x02\ufffe", "--")
"""How PDFium gives the hyphen of a word that the end of a line breaks."""
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"
"""Replaces numbers that a font calls characters and Unicode does not know: PDFium gives them unchanged."""


class TextLayer:
    """The text of a PDF's pages, with form fields and notes as they are shown. Not thread-safe; a context manager.

    Pages count from 0.
    """

    def __init__(self, path: str) -> None:
        self._pdf = PdfDocument(path)
        try:
            self._pdf.init_forms()
        except BaseException:
            self._pdf.close()
            raise

    def __enter__(self) -> TextLayer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pdf.close()

    def read_text(self, number: int) -> str:
        """Read all characters of a page in the PDF's order; empty for a page that cannot be loaded."""
        try:
            return self._read(number, lambda _, layer: str(layer.get_text_range()))
        except PdfiumError:
            return ""

    def read_shown_text(self, number: int) -> str:
        """Read the same without what lies outside the page, or is drawn twice at one place. This is slower."""
        try:
            return self._read(number, _read_shown)
        except PdfiumError:
            return ""

    def read_blocks(self, number: int) -> list[ReadBlock]:
        """Read the page's text as one block, with a line for each line."""
        text = self.read_shown_text(number).translate(_HYPHENS)
        lines = [line.strip() for line in text.splitlines()]
        text = "\n".join(line for line in lines if line)
        return [build_text_block(text, (0.0, 0.0, *self._pdf.get_page_size(number)))] if text else []

    def _read(self, number: int, what: Any) -> str:
        with closing(self._pdf[number]) as page:
            raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
        with closing(self._pdf[number]) as page, closing(page.get_textpage()) as layer:
            return str(what(page, layer))


def _read_shown(page: Any, layer: Any) -> str:
    left, bottom, right, top = page.get_bbox()
    seen: set[tuple[int, int, int]] = set()
    shown = []
    for index in range(layer.count_chars()):
        code = raw.FPDFText_GetUnicode(layer, index)
        character = chr(code) if code <= sys.maxunicode else _UNKNOWN
        x, y = _find_origin(layer, index)
        place = code, round(x / THRESHOLDS.same_place_pt), round(y / THRESHOLDS.same_place_pt)
        is_space = character.isspace()
        if is_space or (place not in seen and left <= x <= right and bottom <= y <= top):
            shown.append(character)
        if not is_space:
            seen.add(place)
    # PDFium gives a character beyond the basic plane as two halves; one that has lost the other is none.
    return "".join(shown).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _find_origin(layer: Any, index: int) -> tuple[float, float]:
    x, y = c_double(), c_double()
    raw.FPDFText_GetCharOrigin(layer, index, byref(x), byref(y))
    return x.value, y.value
