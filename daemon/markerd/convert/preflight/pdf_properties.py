"""The properties of a PDF: its information dictionary and its language, and its XMP where the dictionary is silent."""

from __future__ import annotations

import ctypes
import mmap
import re
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from markerd.convert.office.ooxml.packages import parse_xml
from markerd.document_metadata import DocumentMetadata

_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(Z|[+-]\d\d'?(?:\d\d)?'?)?")
_BETWEEN_AUTHORS = re.compile(r"\s*(?:;|\band\b)\s*")
_BETWEEN_KEYWORDS = re.compile(r"\s*[;,]\s*")
_MOST_UNITS = 100
"""UTF-16 units of a language tag."""
_XMP_START, _XMP_END = b"<x:xmpmeta", b"</x:xmpmeta>"
_XMP_BYTES = 1 << 20
_STREAM = re.compile(rb"/Type\s*/Metadata\b[^\0]{0,200}stream\r?\n(?:<\?xpacket[^>]{0,200}\?>\s*)?$")
"""What is right before the XMP of a document, or of an object in it; that of a JPEG has other bytes before it."""
_LOOKED_BEFORE = 512
_VALUES = {
    "title": ".//dc:title//rdf:li", "authors": ".//dc:creator//rdf:li", "subject": ".//dc:description//rdf:li",
    "keywords": ".//dc:subject//rdf:li", "language": ".//dc:language//rdf:li",
}  # fmt: skip
_NAMESPACES = {"dc": "http://purl.org/dc/elements/1.1/", "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#"}


def read_pdf(path: Path) -> DocumentMetadata:
    """Return the properties of a PDF; of one that has a password, nothing."""
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError:
        return DocumentMetadata()
    with closing(pdf):
        said = pdf.get_metadata_dict(skip_empty=True)
        language = _read_language(pdf)
    packet = {} if said.get("Title") and said.get("Author") else _read_packet(path)
    authors = _BETWEEN_AUTHORS.split(said["Author"]) if said.get("Author") else packet.get("authors", [])
    keywords = _BETWEEN_KEYWORDS.split(said["Keywords"]) if said.get("Keywords") else packet.get("keywords", [])
    return DocumentMetadata.of(
        title=said.get("Title") or _take_first(packet, "title"),
        authors=authors,
        subject=said.get("Subject") or _take_first(packet, "subject"),
        keywords=keywords,
        language=language or _take_first(packet, "language"),
        created=read_pdf_date(said.get("CreationDate", "")),
        modified=read_pdf_date(said.get("ModDate", "")),
    )


def _read_language(pdf: Any) -> str:
    """Return the language of the catalog; PDFium before 2025 cannot tell it."""
    import pypdfium2.raw

    ask = getattr(pypdfium2.raw, "FPDFCatalog_GetLanguage", None)
    if ask is None:
        return ""
    units = (ctypes.c_ushort * _MOST_UNITS)()
    size = ask(pdf.raw, units, ctypes.sizeof(units))
    if not 2 <= size <= ctypes.sizeof(units):
        return ""
    return bytes(units)[: size - 2].decode("utf-16-le", "replace")


def read_pdf_date(text: str) -> str:
    """Return the date of a PDF (ISO 32000-2, 7.9.4) as ISO 8601 has it; an empty text for anything else."""
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return ""
    year, month, day, hour, minute, second, zone = found.groups()
    date = "-".join(part for part in (year, month, month and day) if part)
    if not (day and hour):
        return date
    digits = re.sub(r"\D", "", zone or "")
    offset = f"{zone[0]}{digits[:2]}:{digits[2:] or '00'}" if zone and digits else "+00:00" if zone else ""
    return f"{date}T{hour}:{minute or '00'}:{second or '00'}{offset}"


def _read_packet(path: Path) -> dict[str, list[str]]:
    """Read the last XMP that stands in the file as text, which is that of the document's latest state."""
    with path.open("rb") as file, closing(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) as content:
        start = content.rfind(_XMP_START)
        end = content.find(_XMP_END, max(start, 0), max(start, 0) + _XMP_BYTES)
        if start < 0 or end < 0 or not _STREAM.search(content[max(start - _LOOKED_BEFORE, 0) : start]):
            return {}
        root = parse_xml(content[start : end + len(_XMP_END)])
    return {
        name: ["".join(each.itertext()) for each in root.iterfind(place, _NAMESPACES)]
        for name, place in _VALUES.items()
    }


def _take_first(packet: Mapping[str, list[str]], name: str) -> str:
    return next(iter(packet.get(name, ())), "")
