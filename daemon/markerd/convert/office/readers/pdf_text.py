"""The text layer of a PDF that comes with another document: the paragraphs of each page, without more structure."""

from __future__ import annotations

import html
import re
from contextlib import closing
from pathlib import Path

from markerd.convert.checks.input_limits import check_pdf_streams
from markerd.convert.office.canonical_html.pictures import Pictures
from markerd.convert.protocol import DocumentLimits

MAGIC = b"%PDF-"
_BLANK_LINE = re.compile(r"\n\s*\n")
_NO_TEXT = "(a page without a text layer)"


def read(path: Path, _: Pictures, limits: DocumentLimits) -> list[str]:
    """Return a page for each page; none where the PDF has no text layer at all, as a scan has not.

    Raises DocumentError for one that is beyond the limits, PdfiumError, a RuntimeError, for one that cannot be opened.
    """
    import pypdfium2
    from pdftext.extraction import paginated_plain_text_output

    check_pdf_streams(path, limits)
    with closing(pypdfium2.PdfDocument(path)) as pdf:
        limits.check_pages(len(pdf))
    texts = [str(text).strip() for text in paginated_plain_text_output(str(path))]
    return [_write_page(text) for text in texts] if any(texts) else []


def _write_page(text: str) -> str:
    blocks = _BLANK_LINE.split(text) if text else [_NO_TEXT]
    return "".join(f"<p>{html.escape(' '.join(block.split()))}</p>" for block in blocks)
