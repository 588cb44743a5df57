"""Which reader a document is for, decided by its content."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from markerd.convert.office import foreign_formats
from markerd.convert.office.canonical_html.pictures import Pictures
from markerd.convert.office.ooxml.canonical_packages import map_names, open_canonical, read_content_types
from markerd.convert.office.readers import docx, epub, html, mail, odf, pptx, recognition, rtf, text, xlsx
from markerd.convert.protocol import WEB_BOILERPLATE, DocumentLimits
from markerd.errors import DocumentError

Reader = Callable[[Path, Pictures, DocumentLimits], list[str]]
"""A document's pages as HTML, in order, which nobody has to trust; the pictures it holds are put into `Pictures`. One
that has more pages than may be is refused before they are read."""


def _read_canonically(read: Reader) -> Reader:
    def read_canonical(path: Path, pictures: Pictures, limits: DocumentLimits) -> list[str]:
        with open_canonical(path) as package:
            return read(package, pictures, limits)

    return read_canonical


_MAIN_PARTS: dict[bytes, Reader] = {
    name: _read_canonically(read)
    for name, read in (
        (b"wordprocessingml", docx.read),
        (b"ms-word", docx.read),
        (b"presentationml", pptx.read),
        (b"ms-powerpoint", pptx.read),
        (b"spreadsheetml", xlsx.read),
        (b"ms-excel", xlsx.read),
    )
}
_HEAD_BYTES = 65_536
_MAIN = re.compile(rb"application/vnd\.(?:openxmlformats-officedocument\.)?([\w-]+)\.[\w.]*main\+xml")


def choose_reader(path: Path, options: Mapping[str, Any] = MappingProxyType({})) -> Reader | mail.MailReader | None:
    """Return the reader; None for what Marker reads as a PDF or an image. `options` are those of the request.

    Raises DocumentError for a package that no reader reads.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head.startswith(b"PK\x03\x04"):
        return _choose_package_reader(path)
    if head.startswith(recognition.RTF_MAGIC):
        return rtf.read
    if (read_text := text.choose(path)) is not None:
        return read_text
    if recognition.is_mail(head):
        return mail.MailReader(partial(_choose_file_reader, options=options))
    if not recognition.is_markup(path):
        return None
    return html.read_whole if options.get(WEB_BOILERPLATE) == "keep" else html.read


def _choose_file_reader(path: Path, options: Mapping[str, Any]) -> Reader | None:
    """Choose the reader of a file that is no mail."""
    reader = choose_reader(path, options)
    return None if isinstance(reader, mail.MailReader) else reader


def _choose_package_reader(path: Path) -> Reader:
    """Choose the reader by what a ZIP file says of itself."""
    try:
        with zipfile.ZipFile(path) as archive:
            if epub.is_book(archive):
                return epub.read
            if odf.is_read(_read_kind(archive)):
                return odf.read
            types = read_content_types(archive)
            found = [_MAIN_PARTS[name] for name in _MAIN.findall(types) if name in _MAIN_PARTS]
            if not found:
                name = foreign_formats.describe_package(archive, map_names(archive))
                raise _build_unreadable_error(f"{name}. {foreign_formats.READ}")
            return found[0]
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError) as error:
        raise _build_unreadable_error(f"the document's ZIP package is damaged: {error}") from error


def _read_kind(archive: zipfile.ZipFile) -> bytes:
    """Return what an OpenDocument package says that it is; nothing for others."""
    name = map_names(archive).get("mimetype")
    return archive.read(name)[:200] if name else b""


def _build_unreadable_error(message: str) -> DocumentError:
    return DocumentError(message, kind="unreadable", is_permanent=True)
