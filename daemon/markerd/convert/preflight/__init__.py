"""A look at a document before Marker gets it, and the names for the errors that Marker raises.

Only what can be known for certain is permanent: the document is encrypted, is no document, has no pages, or is beyond a
limit. Anything else may pass, and is tried again.
"""

from __future__ import annotations

import errno
import zipfile
from pathlib import Path
from typing import Any

from markerd.convert.checks import input_limits
from markerd.convert.checks.faults import Fault
from markerd.convert.office import foreign_formats
from markerd.convert.protocol import DocumentLimits
from markerd.errors import DocumentError

_FAULT = "a fault in the code that converts it; `details` has what a report of it needs"
_NO_PDF = "a PDF that is too damaged to be opened, or a file of no kind that is known here"
_TIFF_MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # the last two are BigTIFF
_PDFIUM_PASSWORD, _PDFIUM_SECURITY = 4, 5  # fpdfview.h: FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
_PDFIUM_UNREADABLE = {2, 3}  # FPDF_ERR_FILE, FPDF_ERR_FORMAT
_PDFIUM_PAGES = (
    "Failed to load page",
    "Failed to load text page",
)  # PDFium gives no error code for a PDF that opens but lacks a page


def examine(path: Path, limits: DocumentLimits) -> None:
    """Refuse a document that is certain to fail, or that asks for more than `limits` allow.

    Raises DocumentError, permanent.
    """
    with path.open("rb") as file:
        head = file.read(1024)
    if not head:
        raise _build_permanent_error("unreadable", "the file is empty")
    if head.startswith(foreign_formats.OLE_MAGIC):
        raise _build_ole_error(path)
    if b"%PDF-" in head and not head.startswith(b"PK\3\4"):  # a package may hold a PDF that is not packed
        input_limits.check_pdf_streams(path, limits)
        _examine_pdf(path, limits)
    elif zipfile.is_zipfile(path):
        input_limits.check_package(path, limits)
    elif head.startswith(_TIFF_MAGICS):
        input_limits.check_frames(path, limits)
    else:
        if b"<" in head:
            input_limits.check_nesting(path)
        name = foreign_formats.describe_file(path)
        if name is not None:
            raise _build_unsupported_error(name)


def _build_ole_error(path: Path) -> DocumentError:
    name = foreign_formats.describe_compound(path)
    return (
        _build_permanent_error("encrypted", "the document is protected by a password")
        if name is None
        else _build_unsupported_error(name)
    )


def _build_unsupported_error(name: str) -> DocumentError:
    return _build_permanent_error("unreadable", f"{name}. {foreign_formats.READ}")


def _examine_pdf(path: Path, limits: DocumentLimits) -> None:
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:  # it has no code where a filter is unknown to PDFium
        raise _translate_pdfium_error(error) or _build_permanent_error("unreadable", _NO_PDF) from error
    try:
        if len(pdf) == 0:
            raise _build_permanent_error("no_pages", "the PDF has no pages")
        limits.check_pages(len(pdf))
    finally:
        pdf.close()


def translate_error(error: BaseException) -> DocumentError:
    """Return the error that journal and log show for what Marker or a library below it raised."""
    if isinstance(error, DocumentError):
        return error
    for cause in _list_causes(error):
        found = _translate_known(cause)
        if found is not None:
            return found
    return DocumentError(_FAULT, details=Fault.of(error, _FAULT).details)


def _translate_known(error: BaseException) -> DocumentError | None:
    from pypdfium2 import PdfiumError

    if isinstance(error, PdfiumError):
        return _translate_pdfium_error(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DocumentError("no room in the spool", kind="disk_full")
    if isinstance(error, MemoryError):
        return DocumentError("not enough memory for this document", kind="converter_died")
    return _translate_image_error(error)


def _translate_image_error(error: BaseException) -> DocumentError | None:
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        return _build_permanent_error("unpacks_too_large", f"a picture in it is too large: {_shorten_text(error)}")
    if isinstance(error, UnidentifiedImageError):
        return _build_permanent_error("unreadable", "not an image that can be read")
    # Pillow raises OSError without a number where it cannot decode; errors of the system have one.
    if type(error) is OSError and error.errno is None:
        return _build_permanent_error("unreadable", f"an image is damaged: {_shorten_text(error)}")
    return None


def _translate_pdfium_error(error: Any) -> DocumentError | None:
    code = getattr(error, "err_code", None)
    if code in (_PDFIUM_PASSWORD, _PDFIUM_SECURITY):
        return _build_permanent_error("encrypted", "the PDF is protected by a password")
    if code in _PDFIUM_UNREADABLE:
        return _build_permanent_error("unreadable", _NO_PDF)
    if str(error).startswith(_PDFIUM_PAGES):
        return _build_permanent_error("unreadable", "a page of the PDF is too damaged to be read")
    return None


def _list_causes(error: BaseException | None) -> list[BaseException]:
    """Return the error and what led to it, the deepest cause first, since it is the most precise."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found[::-1]


def _build_permanent_error(kind: str, message: str) -> DocumentError:
    return DocumentError(message, kind=kind, is_permanent=True)


def _shorten_text(error: BaseException) -> str:
    return " ".join(str(error).split())[:500] or "no more is known"
