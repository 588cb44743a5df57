"""Which reader a document is for, by its content."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from markerd.convert import foreign
from markerd.convert.limits import Limits
from markerd.convert.structured import book, presentation, spreadsheet, web, word
from markerd.convert.structured.canonical import canonical, content_types, names_in
from markerd.convert.structured.pictures import Pictures
from markerd.errors import DocumentError

Reader = Callable[[Path, Pictures, Limits], list[str]]
"""A document's pages as HTML, in order, which nobody has to trust; the pictures it holds are put into `Pictures`. One
that has more pages than may be is refused before they are read."""


def _of_canonical(read: Reader) -> Reader:
    def read_canonical(path: Path, pictures: Pictures, limits: Limits) -> list[str]:
        with canonical(path) as package:
            return read(package, pictures, limits)

    return read_canonical


_MAIN_PARTS: dict[bytes, Reader] = {
    name: _of_canonical(read)
    for name, read in (
        (b"wordprocessingml", word.read),
        (b"ms-word", word.read),
        (b"presentationml", presentation.read),
        (b"ms-powerpoint", presentation.read),
        (b"spreadsheetml", spreadsheet.read),
        (b"ms-excel", spreadsheet.read),
    )
}
_MAIN = re.compile(rb"application/vnd\.(?:openxmlformats-officedocument\.)?([\w-]+)\.[\w.]*main\+xml")


def reader_for(path: Path) -> Reader | None:
    """None for what Marker reads as a PDF or an image. Raises DocumentError for a package that nobody reads."""
    with path.open("rb") as file:
        head = file.read(4)
    if head == b"PK\x03\x04":
        return _packed(path)
    return web.read if web.is_markup(path) else None


def _packed(path: Path) -> Reader:
    """By what a ZIP file says of itself."""
    try:
        with zipfile.ZipFile(path) as archive:
            if book.is_book(archive):
                return book.read
            types = content_types(archive)
            found = [_MAIN_PARTS[name] for name in _MAIN.findall(types) if name in _MAIN_PARTS]
            if not found:
                name = foreign.described_package(archive, names_in(archive))
                raise _unreadable(f"{name}. {foreign.READ}")
            return found[0]
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError) as error:
        raise _unreadable(f"the document's ZIP package is damaged: {error}") from error


def _unreadable(message: str) -> DocumentError:
    return DocumentError(message, kind="unreadable", is_permanent=True)
