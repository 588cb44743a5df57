"""What a document says of itself, read from where its format keeps it.

Nothing here may cost a document anything: what is damaged, too large or of another form is as good as absent.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from markerd.convert.checks.faults import MetFault, catch_fault
from markerd.convert.office.readers import recognition
from markerd.convert.preflight.package_properties import read_package
from markerd.convert.preflight.pdf_properties import read_pdf
from markerd.convert.preflight.text_properties import read_mail, read_page, read_rich_text
from markerd.document_metadata import NOTHING_SAID, DocumentMetadata
from markerd.errors import DocumentError

_LOOKED_AT = 256 << 10
"""Bytes from the beginning in which the head of a web page, of a mail or of a rich text is looked for."""
_PDF_HEAD_BYTES = 1024


def read_properties(path: Path) -> DocumentMetadata:
    """Return what the document says of itself; nothing where it says nothing, or cannot be read."""
    try:
        found = catch_fault(lambda: _read(path))
    except (DocumentError, OSError):  # a place in a package may lie before its beginning
        return NOTHING_SAID
    return NOTHING_SAID if isinstance(found, MetFault) else found


def _read(path: Path) -> DocumentMetadata:
    with path.open("rb") as file:
        head = file.read(_LOOKED_AT)
    if b"%PDF-" in head[:_PDF_HEAD_BYTES] and not head.startswith(b"PK\3\4"):
        return read_pdf(path)
    if zipfile.is_zipfile(path):
        return read_package(path)
    if head.startswith(recognition.RTF_MAGIC):
        return read_rich_text(head)
    if recognition.is_mail(head):
        return read_mail(head)
    return read_page(head) if recognition.is_markup(path) else NOTHING_SAID
