"""`w:altChunk`: other documents within a DOCX, which Word takes into the text when it opens it."""

from __future__ import annotations

import html
import io
import zipfile
from collections.abc import Callable
from typing import IO

from bs4 import BeautifulSoup

from markerd.convert.office.canonical_html.parsing import parse_html
from markerd.convert.office.canonical_html.pictures import Pictures
from markerd.convert.office.ooxml.packages import read_part, read_relations
from markerd.convert.office.readers import html as html_pages
from markerd.convert.office.readers import recognition, rtf
from markerd.convert.office.readers.text_encoding import decode
from markerd.errors import DocumentError

CHUNK_MARK = "markerd-chunk-"
"""The prefix of the bookmark that marks the place of a chunk; the id of its relation follows."""

_MOST_USES = 20
"""How often a chunk may be taken in, on average; programs write one chunk for each time."""

ReadPackage = Callable[[IO[bytes], Pictures], str]


def read_chunks(archive: zipfile.ZipFile, document: str) -> dict[str, bytes]:
    """Return the content of each chunk, by its relation."""
    found = {name: r.target for name, r in read_relations(archive, document).items() if r.kind == "aFChunk"}
    return {name: data for name, target in found.items() if (data := read_part(archive, target))}


def insert_chunks(soup: BeautifulSoup, held: dict[str, bytes], pictures: Pictures, read_package: ReadPackage) -> None:
    """Put the chunks where their marks stand.

    Raises DocumentError for a chunk that is taken in too often, or a package that is no document.
    """
    marks = soup.find_all("a", id=lambda name: bool(name) and str(name).startswith(CHUNK_MARK))
    names = [str(mark["id"]).removeprefix(CHUNK_MARK) for mark in marks]
    if len(marks) > _MOST_USES * len(set(names)):
        message = f"documents within it are taken into its text {len(marks):,} times: the most is {_MOST_USES} each"
        raise DocumentError(message, kind="too_many_parts", is_permanent=True)
    for mark, name in zip(marks, names, strict=True):
        data = held.get(name, b"")
        page = parse_html(_convert_chunk(data, pictures, read_package))
        block = mark.find_parent("p") or mark
        for child in list(page.body.children if page.body else []):
            block.insert_before(child.extract())
        block.decompose()


def _convert_chunk(data: bytes, pictures: Pictures, read_package: ReadPackage) -> str:
    """Return the HTML of a page, an archived page, another DOCX or plain text or rich text."""
    if data.startswith(b"PK"):
        return read_package(io.BytesIO(data), pictures)
    if data.lstrip().startswith(recognition.RTF_MAGIC):
        return rtf.convert(data, pictures)
    if recognition.is_marked_up(data):
        return html_pages.convert_page(data, pictures)
    return "".join(f"<p>{html.escape(line)}</p>" for line in decode(data).splitlines() if line.strip())
