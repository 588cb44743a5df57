"""Restores characters beyond the basic plane, which the reader of the text layer gives as two unknown ones.

PDFium gives the two halves of UTF-16, and pdftext turns each into a replacement character. Most letters of modern
mathematics are such characters. Only modules that run with Marker import this one.
"""

from __future__ import annotations

from typing import Any

import pypdfium2.raw as pdfium

from markerd.convert.embedded.geometry import as_box, union

LOST = "\ufffd"


def join_surrogates(provider: Any, page_id: int, pdftext_page: Any) -> None:
    """Put the characters themselves into the page's spans, in place, where a pair of lost ones stands for one."""
    spans = [s for block in (pdftext_page or {}).get("blocks", ()) for line in block["lines"] for s in line["spans"]]
    broken = [span for span in spans if LOST * 2 in span["text"]]
    if not broken:
        return
    with provider.get_doc() as document:
        page = document.get_page(page_id)
        text = page.get_textpage()
        try:
            for span in broken:
                _mend_span(span, text.raw)
        finally:
            text.close()
            page.close()


def _mend_span(span: Any, text: Any) -> None:
    chars: list[Any] = []
    for char in span["chars"]:
        last = chars[-1] if chars else None
        whole = _read_whole(text, last["char_idx"]) if last and last["char"] == char["char"] == LOST else None
        if last is not None and whole is not None and char["char_idx"] == last["char_idx"] + 1:
            box = union([as_box(last["bbox"]), as_box(char["bbox"])])
            chars[-1] = {**last, "char": whole, "bbox": list(box)}
            span["text"] = span["text"].replace(LOST * 2, whole, 1)
        else:
            chars.append(char)
    span["chars"] = chars


def _read_whole(text: Any, index: int) -> str | None:
    high, low = pdfium.FPDFText_GetUnicode(text, index), pdfium.FPDFText_GetUnicode(text, index + 1)
    if not (0xD800 <= high < 0xDC00 <= low < 0xE000):
        return None
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
