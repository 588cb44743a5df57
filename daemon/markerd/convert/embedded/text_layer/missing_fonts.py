"""Replaces Chinese, Japanese and Korean fonts that neither the document nor the system has.

PDFium's own substitute has no glyph for their characters. Text without glyphs has boxes of no height or no width, is
missing from the text layer where it runs downwards, and cannot be seen on the page's picture. Our placeholder has a
frame for every character, so that such text is as complete as any other. A font of the system takes precedence.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Mapping
from typing import Any

from pypdfium2 import raw

from markerd.files.shipped import PLACEHOLDER_FONT

JAPANESE, KOREAN, SIMPLIFIED, TRADITIONAL = 128, 129, 134, 136  # PDFium's charsets, which are those of Windows
EAST_ASIAN = frozenset({JAPANESE, KOREAN, SIMPLIFIED, TRADITIONAL})
_ANY_CHARSET = 1
_NAME = b"Placeholder\0"
_HANDLE_TARGET = ctypes.create_string_buffer(1)
_HANDLE = ctypes.addressof(_HANDLE_TARGET)  # an address that no font of the system can have
_kept: list[Any] = []  # keeps alive what PDFium calls until the process ends


def install_placeholder() -> None:
    """Give PDFium the placeholder; called once, before a document is opened. Later calls change nothing."""
    if _kept:
        return
    system = raw.FPDF_GetDefaultSystemFontInfo()
    interface = _build_interface(system, PLACEHOLDER_FONT.read_bytes())
    _kept.extend([system, interface])
    raw.FPDF_SetSystemFontInfo(interface)


def _build_interface(system: Any, placeholder: bytes) -> Any:
    """Build PDFium's interface to fonts: the system's fonts as PDFium finds them, and ours where it finds none."""
    own = system.contents
    calls = _build_calls(system, _read_tables(placeholder))
    types = {name: kind for name, kind, *_ in raw.FPDF_SYSFONTINFO._fields_}
    offered = {name: types[name](call) for name, call in calls.items() if getattr(own, name)}
    return raw.FPDF_SYSFONTINFO(version=own.version, **offered)


def _build_calls(system: Any, tables: Mapping[int, bytes]) -> dict[str, Callable[..., Any]]:
    """Build the functions that PDFium calls, by name: each knows the placeholder, and asks the system otherwise."""
    own = system.contents

    def map_font(_: Any, weight: int, italic: int, charset: int, pitch: int, face: Any, exact: Any) -> Any:
        found = own.MapFont(system, weight, italic, charset, pitch, face, exact)
        return _HANDLE if not found and charset in EAST_ASIAN else found

    def read_font_data(_: Any, font: Any, table: int, buffer: Any, size: int) -> int:
        if font != _HANDLE:
            return int(own.GetFontData(system, font, table, buffer, size))
        return _copy(tables.get(table, b""), buffer, size)

    def read_face_name(_: Any, font: Any, buffer: Any, size: int) -> int:
        return _copy(_NAME, buffer, size) if font == _HANDLE else int(own.GetFaceName(system, font, buffer, size))

    def read_charset(_: Any, font: Any) -> int:
        return _ANY_CHARSET if font == _HANDLE else int(own.GetFontCharset(system, font))

    def delete_font(_: Any, font: Any) -> None:
        if font != _HANDLE:
            own.DeleteFont(system, font)

    return {
        "EnumFonts": lambda _, mapper: own.EnumFonts(system, mapper),
        "MapFont": map_font,
        "GetFont": lambda _, face: own.GetFont(system, face),
        "GetFontData": read_font_data,
        "GetFaceName": read_face_name,
        "GetFontCharset": read_charset,
        "DeleteFont": delete_font,
    }


def _copy(data: bytes, buffer: Any, size: int) -> int:
    """Copy the data if there is room for it, and return its length: PDFium asks twice."""
    if buffer and size >= len(data):
        ctypes.memmove(buffer, data, len(data))
    return len(data)


def _read_tables(font: bytes) -> dict[int, bytes]:
    """Read a font's tables by their tags as numbers; 0 is the whole file."""
    (count,) = struct.unpack_from(">4xH", font)
    records = [struct.unpack_from(">LLLL", font, 12 + 16 * record) for record in range(count)]
    return {0: font, **{tag: font[start : start + length] for tag, _, start, length in records}}
