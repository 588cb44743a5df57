"""Reads the outline of a PDF, which viewers show beside its pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pypdfium2 import PdfiumError

from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS


@dataclass(frozen=True)
class OutlineEntry:
    """The title of an entry, and the place of its page among the pages that are read; None where it names none."""

    title: str
    page: int | None


def read_outline(pdf: Any, pages: Sequence[int]) -> list[OutlineEntry]:
    """Read the entries that lead to one of these pages, given by their numbers from 0, or name none.

    `pdf` is pypdfium2's document. An outline that PDFium cannot read has no entries.
    """
    places = {number: place for place, number in enumerate(pages)}
    found = []
    try:
        for item in islice(pdf.get_toc(), THRESHOLDS.max_outline_entries):
            target = item.get_dest()
            number = target.get_index() if target is not None else None
            if number is None or number in places:
                found.append(OutlineEntry(item.get_title() or "", None if number is None else places[number]))
    except PdfiumError:
        return []
    return found
