"""Pages of a PDF that PDFium cannot load: in a copy each is replaced by a page that says so, and the others stay.

Without this Marker gives up a whole document for one such page.
"""

from __future__ import annotations

import ctypes
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from pypdfium2 import PdfDocument, PdfiumError, raw

from markerd.errors import DocumentError

_A4_PT = (595, 842)
_NOTE_AT_PT, _NOTE_SIZE_PT = (72, 500), 10  # in mid-page, where nothing is taken for a running head


def find_damaged_pages(path: Path) -> tuple[int, ...]:
    """Return their numbers, from 0. Raises DocumentError, permanent, where no page can be read."""
    with closing(PdfDocument(path)) as pdf:
        damaged = tuple(number for number in range(len(pdf)) if not _is_readable(pdf, number))
        if len(damaged) == len(pdf):
            raise DocumentError("no page of the PDF can be read", kind="unreadable", is_permanent=True)
    return damaged


def _is_readable(pdf: PdfDocument, number: int) -> bool:
    try:
        pdf.get_page_size(number)
        pdf[number].close()
    except PdfiumError:
        return False
    return True


def replace_with_notes(path: Path, damaged: Collection[int], target: Path) -> Path:
    """Write a copy to `target`, and return it.

    The copy is made from the pages that can be read, since PDFium crashes when it is to remove the others.
    """
    with closing(PdfDocument(path)) as pdf, closing(PdfDocument.new()) as copy:
        for number in range(len(pdf)):
            if number in damaged:
                _add_note(copy, f"Page {number + 1} is damaged and could not be read.")
            else:
                copy.import_pages(pdf, [number])
        copy.save(target)
    return target


def _add_note(pdf: PdfDocument, text: str) -> None:
    page = pdf.new_page(*_A4_PT)
    note = raw.FPDFPageObj_NewTextObj(pdf.raw, b"Helvetica", ctypes.c_float(_NOTE_SIZE_PT))
    characters = ctypes.create_string_buffer(f"{text}\0".encode("utf-16-le"))
    raw.FPDFText_SetText(note, ctypes.cast(characters, ctypes.POINTER(ctypes.c_ushort)))
    raw.FPDFPageObj_Transform(note, 1, 0, 0, 1, *_NOTE_AT_PT)
    raw.FPDFPage_InsertObject(page.raw, note)
    page.gen_content()
    page.close()
