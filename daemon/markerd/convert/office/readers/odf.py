"""OpenDocument texts, spreadsheets and presentations (ISO/IEC 26300), by their elements."""

from __future__ import annotations

import html
import zipfile
from pathlib import Path
from typing import Any

from markerd.convert.office.canonical_html.pictures import Pictures
from markerd.convert.office.ooxml.packages import parse_xml
from markerd.convert.office.readers.odf_sheets import convert_sheet
from markerd.convert.office.readers.odf_styles import Styles, q, xpath
from markerd.convert.office.readers.odf_text import TextWriter, escape_text
from markerd.convert.office.readers.slide_order import Box, order_shapes
from markerd.convert.office.readers.unreadable import build_unreadable_error
from markerd.convert.protocol import DocumentLimits
from markerd.errors import DocumentError

_EMU = {"mm": 36_000.0, "cm": 360_000.0, "in": 914_400.0, "pt": 12_700.0, "px": 9_525.0}
_KINDS = (b"opendocument.text", b"opendocument.spreadsheet", b"opendocument.presentation")


def is_read(kind: bytes) -> bool:
    """Whether a package with this `mimetype` is read here."""
    return any(name in kind for name in _KINDS)


def read(path: Path, pictures: Pictures, limits: DocumentLimits) -> list[str]:
    """Return a page for a text, and one for each sheet or slide. Raises DocumentError for an encrypted document."""
    with zipfile.ZipFile(path) as archive:
        _refuse_encrypted(archive)
        content = parse_xml(archive.read("content.xml"))
        sheets = [parse_xml(archive.read("styles.xml"))] if "styles.xml" in archive.namelist() else []
        styles = Styles([*sheets, content])
        writer = TextWriter(archive, styles, pictures)
        for body in xpath(content, "./office:body/*"):
            if body.tag == q("office:spreadsheet"):
                return _read_sheets(body, styles, writer, limits)
            if body.tag in (q("office:presentation"), q("office:drawing")):
                return _read_slides(body, writer, limits)
            if body.tag == q("office:text"):
                return [writer.write_blocks(body) + writer.take_notes()]
    raise build_unreadable_error("the document has no content")


def _refuse_encrypted(archive: zipfile.ZipFile) -> None:
    try:
        manifest = archive.read("META-INF/manifest.xml")
    except KeyError:
        return
    if b"encryption-data" in manifest:
        raise DocumentError("the document is protected by a password", kind="encrypted", is_permanent=True)


def _read_sheets(body: Any, styles: Styles, writer: TextWriter, limits: DocumentLimits) -> list[str]:
    tables = [table for table in xpath(body, "./table:table") if not styles.is_hidden_table(table)]
    limits.check_pages(len(tables))
    pages = []
    for table in tables:
        name = html.escape(str(table.get(q("table:name")) or ""))
        drawn = "".join(writer.write_frame(frame) for frame in xpath(table, "./table:shapes/draw:frame"))
        pages.append(f"<h1>{name}</h1>{convert_sheet(table, writer)}{drawn}")
    if not pages:
        raise build_unreadable_error("the workbook shows no sheet")
    return pages


def _read_slides(body: Any, writer: TextWriter, limits: DocumentLimits) -> list[str]:
    slides = xpath(body, "./draw:page")
    limits.check_pages(len(slides))
    return [_convert_slide(slide, writer) for slide in slides]


def _convert_slide(slide: Any, writer: TextWriter) -> str:
    """Write a slide: its title, then its frames as they are seen, then its notes."""
    frames = xpath(slide, "./draw:*")
    titles = [frame for frame in frames if _is_title(frame)]
    others = [
        frame for frame in frames if not _is_title(frame) and xpath(frame, ".//text:p | .//draw:image | .//table:table")
    ]
    heading = " ".join(escape_text(" ".join("".join(frame.itertext()).split())) for frame in titles).strip()
    out = f"<h2>{heading}</h2>" if heading else ""
    boxes = [_find_box(frame) for frame in others]
    out += "".join(writer.write_frame(others[number]) for number in order_shapes(boxes))
    notes = "".join(writer.write_blocks(box) for box in xpath(slide, "./presentation:notes/draw:frame/draw:text-box"))
    quoted = f"<blockquote><p><b>Notes:</b></p>{notes}</blockquote>" if notes else ""
    return out + quoted + writer.take_notes()


def _is_title(frame: Any) -> bool:
    return bool(frame.get(q("presentation:class")) == "title")


def _find_box(frame: Any) -> Box:
    """Return where a frame stands; a group where its first frame does."""
    placed = frame if frame.get(q("svg:x")) else next(iter(xpath(frame, ".//*[@svg:x]")), frame)
    left, top, wide, tall = (_read_length(placed, f"svg:{name}") for name in ("x", "y", "width", "height"))
    length = sum(len("".join(text.itertext())) for text in xpath(frame, ".//text:p"))
    return Box(left, top, left + wide, top + tall, length, bool(xpath(frame, "./draw:image")) and not length)


def _read_length(element: Any, name: str) -> int:
    text = str(element.get(q(name)) or "0")
    number, unit = text.rstrip("abcdefghijklmnopqrstuvwxyz"), text.lstrip("-.0123456789")
    try:
        return round(float(number) * _EMU.get(unit, 0))
    except (ValueError, OverflowError):
        return 0
