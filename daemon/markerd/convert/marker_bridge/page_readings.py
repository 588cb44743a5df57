"""How each page was read: who found its blocks, where its words come from, and why. For those who look into an output.

It is asked once Marker's builders have decided, before any step changes the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markerd.convert.protocol import PageCheck

_OCR = "surya"  # how Marker calls what OCR reads, whichever OCR that is


@dataclass(frozen=True)
class PageReading:
    """The fields of `PageCheck` with these names."""

    layout: str
    text: str
    text_reason: str = ""
    ocr_blocks: int = 0


def describe_readings(document: Any, provider: Any, options: Mapping[str, Any]) -> dict[int, PageReading]:
    """Describe the pages of Marker's document, by their numbers, counted from 0."""
    return {page.page_id: _describe(page, provider, options) for page in document.pages}


def _describe(page: Any, provider: Any, options: Mapping[str, Any]) -> PageReading:
    layout = _name_layout(page, options)
    if page.text_extraction_method == _OCR:
        return PageReading(layout, "OCR", _explain_page(page, provider, options))
    blocks = sum(page.get_block(block).text_extraction_method == _OCR for block in page.structure or ())
    if blocks:
        return PageReading(layout, "text layer and OCR", _explain_blocks(page), blocks)
    return PageReading(layout, "text layer")


def _name_layout(page: Any, options: Mapping[str, Any]) -> str:
    if options.get("force_layout_block"):
        return "forced"
    return "model and rules" if getattr(page, "is_laid_out_by_rules", False) else "model"


def _explain_page(page: Any, provider: Any, options: Mapping[str, Any]) -> str:
    if options.get("force_ocr"):
        return "force_ocr asks for it"
    if not (getattr(provider, "page_lines", {}) or {}).get(page.page_id):
        return "the page has no usable text layer"
    if page.ocr_errors_detected:
        return "its text layer is garbled"
    if getattr(page, "is_doubted_whole", False) or getattr(page, "doubted", ()):
        return "its fonts do not say what they show"
    return "its text layer does not fit the page"


def _explain_blocks(page: Any) -> str:
    if getattr(page, "doubted", ()):
        return "fonts of these blocks do not say what they show"
    return "these blocks have no words, or garbled ones, in the text layer"


def add_readings(checks: Sequence[PageCheck], readings: Mapping[int, PageReading]) -> list[PageCheck]:
    """Add to the check of each page how it was read; a page that another reader read alone has no reading."""
    found = ((check, readings.get(check.page - 1)) for check in checks)
    return [check if reading is None else replace(check, **vars(reading)) for check, reading in found]
