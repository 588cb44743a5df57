"""In which encoding a text is written, and what it says."""

from __future__ import annotations

import codecs

import webencodings
from bs4.dammit import EncodingDetector, UnicodeDammit

from markerd.convert.office.canonical_html.parsing import parse_html

_SEVEN_BIT = ("iso-2022-jp", "iso-2022-kr", "iso-2022-cn", "hz-gb-2312", "utf-7")


def is_binary(data: bytes) -> bool:
    """Whether binary data is among the text, which would become pages of signs. In UTF-16 zeros are part of the
    text.
    """
    return (
        b"\x00" in data and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not _guess_utf16(data)
    )


def decode(data: bytes) -> str:
    """Decode by the byte order mark; as UTF-8 where the data is valid; by what it declares; else by statistics."""
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return str(webencodings.decode(data, "utf-8")[0])
    declared = EncodingDetector.find_declared_encoding(data[:4096], is_html=True, search_entire_document=True)
    text = _decode_strictly(data, "utf-8") if (declared or "").lower() not in _SEVEN_BIT else None
    if text is not None and text.count("\x00") * 4 <= len(text):
        return text
    for encoding in (declared, *_guess_utf16(data)):
        codec = webencodings.lookup(encoding) if encoding else None
        name = codec.codec_info.name if codec else encoding
        if name and (text := _decode_strictly(data, name)) is not None:
            return text
    return _decode_by_statistics(data)


def _decode_by_statistics(data: bytes) -> str:
    """Guess the encoding. Statistics confuse the Western encodings, so Latin letters are decoded as browsers do."""
    guess = UnicodeDammit(data, is_html=True).unicode_markup or ""
    letters = [character for character in parse_html(guess).get_text() if character.isalpha()]
    is_latin = 2 * sum(character.isascii() for character in letters) >= len(letters)
    return str(webencodings.decode(data, "windows-1252")[0]) if is_latin else guess


def _decode_strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _guess_utf16(data: bytes) -> list[str]:
    """Return the encodings for UTF-16 without a mark: every other byte of its markup is zero."""
    head = data[:2000]
    if not head or head.count(0) * 4 < len(head):
        return []
    return ["utf-16-be", "utf-16-le"] if head[0] == 0 else ["utf-16-le", "utf-16-be"]
