"""Rich text (RTF 1.9.1): paragraphs, headings, lists, tables, links, notes and pictures, by its control words."""

from __future__ import annotations

import binascii
import html
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from markerd.convert.office.canonical_html.pictures import Pictures
from markerd.convert.office.readers.rtf_blocks import Blocks
from markerd.convert.office.readers.rtf_words import DESTINATIONS, MARKS, NOT_IGNORED, PAGES, SIGNS, SKIPPED, TEXTS
from markerd.convert.office.readers.unreadable import build_unreadable_error
from markerd.convert.protocol import DocumentLimits

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)"
)
"""A word with its number, a byte in hexadecimal, a sign, a bracket, or text."""
_LINK = re.compile(r'HYPERLINK\s+(\\l\s+)?"([^"]*)"(?:\s*\\l\s*"([^"]*)")?', re.IGNORECASE)
_DEEPEST = 1_000
"""Groups within one another; office programs write some twenty."""
_LONGEST_ADDRESS = 8_192
"""Most characters of a link's address, as web servers take them."""
_CONTROLS = {number: None for number in range(32) if chr(number) not in "\t\n"}


@dataclass(frozen=True)
class _State:
    """What holds within a group: the kind of its destination, the marks on its text, and how characters are coded."""

    kind: str = "text"
    marks: frozenset[str] = frozenset()
    link: str = ""
    unicode_skip: int = 1
    page: int | None = None  # that of the document


@dataclass
class _Held:
    """The texts of destinations that are not shown as they stand."""

    styles: dict[int, str] = field(default_factory=dict)
    pages: dict[int, int] = field(default_factory=dict)
    monospaced: set[int] = field(default_factory=set)
    style: int = 0
    font: int = 0
    page: int = 1252
    pieces: list[str] = field(default_factory=list)

    def take(self) -> str:
        text = "".join(self.pieces)
        self.pieces.clear()
        return text


def read(path: Path, pictures: Pictures, _: DocumentLimits) -> list[str]:
    """Return the document as one page. Raises DocumentError for one whose groups are nested without end."""
    return [convert(path.read_bytes(), pictures)]


def convert(data: bytes, pictures: Pictures) -> str:
    """Return a rich text as HTML."""
    return _Reader(pictures).read(data)


class _Reader:
    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures
        self._blocks = Blocks()
        self._state = _State()
        self._stack: list[_State] = []
        self._held = _Held()
        self._skip = 0  # characters that stand for a Unicode character before them
        self._high = 0  # the first half of a character beyond the basic plane
        self._bytes = bytearray()
        self._is_optional = False

    def read(self, data: bytes) -> str:
        at = 0
        while (token := _TOKEN.search(data, at)) is not None:
            at = token.end()
            if token[3] is not None:
                self._add_bytes(bytes([int(token[3], 16)]))
            elif token[6] is not None:
                self._add_bytes(token[6])
            elif token[1] == b"bin":
                at += self._add_binary(data[at : at + int(token[2] or 0)])
            elif token[0].strip(b"\r\n"):
                self._flush_bytes()
                self._do_token(token)
        self._flush_bytes()
        return self._blocks.finish()

    def _do_token(self, token: re.Match[bytes]) -> None:
        if token[1] is not None:
            self._do_word(token[1].decode(), int(token[2]) if token[2] else None)
        elif token[4] is not None:
            self._do_sign(token[4])
        elif token[5] == b"{":
            self._open_group()
        else:
            self._close_group()

    def _open_group(self) -> None:
        if len(self._stack) > _DEEPEST:
            raise build_unreadable_error("groups are nested too deep in the RTF document")
        self._stack.append(self._state)
        self._skip = 0

    def _close_group(self) -> None:
        self._skip = 0
        closed = self._state
        self._state = self._stack.pop() if self._stack else _State()
        if closed.kind == self._state.kind:
            return
        text = self._held.take()
        if closed.kind == "fldinst":
            found = _LINK.search(text[: 2 * _LONGEST_ADDRESS])
            place = f"#{found[3]}" if found and found[3] else ""
            address = f"{'#' * bool(found[1])}{found[2]}{place}" if found else ""
            if address and self._stack and len(address) <= _LONGEST_ADDRESS:
                self._state = replace(self._state, link=address)
        elif closed.kind == "listtext":
            self._blocks.label = " ".join(text.split())
        elif closed.kind == "pict":
            self._add_picture(text)
        elif closed.kind == "style" and text.strip():
            self._held.styles[self._held.style] = text.strip().rstrip(";")
        elif closed.kind == "footnote":
            self._blocks.end_note()
        elif closed.kind == "bookmark":
            self._blocks.add_place(text.strip(), self._state.link)

    def _do_sign(self, sign: bytes) -> None:
        if sign == b"*":
            self._is_optional = True
        elif sign in (b"\n", b"\r"):
            self._do_word("par", None)
        elif self._skip:
            self._skip -= 1
        else:
            self._add_text(SIGNS.get(sign, ""))

    def _do_word(self, word: str, number: int | None) -> None:
        is_optional, self._is_optional = self._is_optional, False
        if self._enter_destination(word, is_optional):
            return
        if word in TEXTS:
            self._add_text(TEXTS[word])
        elif word in MARKS:
            self._set_mark(MARKS[word], number != 0)
        elif word == "nosupersub":
            self._state = replace(self._state, marks=self._state.marks - {"sup", "sub"})
        elif word == "plain":
            self._state = replace(self._state, marks=frozenset())
        elif word == "u" and number is not None:
            self._add_unicode(number % 65_536)
        elif word == "uc":
            self._state = replace(self._state, unicode_skip=min(number or 0, 10))
        elif word == "fmodern":
            self._held.monospaced.add(self._held.font)
        elif word in ("ansicpg", "f", "fcharset", "s"):
            self._do_number(word, number or 0)
        elif self._state.kind in ("text", "footnote"):
            self._blocks.do_word(word, number, self._held.styles)

    def _do_number(self, word: str, number: int) -> None:
        if word == "ansicpg":
            self._held.page = number
        elif word == "f":
            self._held.font = number
            if self._state.kind != "fonts":
                self._state = replace(self._state, page=self._held.pages.get(number, self._state.page))
                self._set_mark("code", number in self._held.monospaced)
        elif word == "fcharset" and self._state.kind == "fonts" and number in PAGES and number:
            self._held.pages[self._held.font] = PAGES[number]
        elif word == "s":
            self._held.style = number
            if self._state.kind in ("text", "footnote"):
                self._blocks.set_style(self._held.styles.get(number, ""))

    def _enter_destination(self, word: str, is_optional: bool) -> bool:
        """Enter what a control word begins; one that may be ignored, and is not known here, is skipped."""
        if self._state.kind == "skipped":
            return True
        if word in SKIPPED:
            self._state = replace(self._state, kind="skipped")
            return True
        if word in DESTINATIONS:
            if word == "footnote":
                self._blocks.begin_note()
            self._held.take()
            self._state = replace(self._state, kind=DESTINATIONS[word])
            return True
        if word == "ud" or (word == "shptxt" and self._state.kind == "unshown"):
            self._state = replace(self._state, kind="text")
            return True
        if is_optional and word not in NOT_IGNORED:
            self._state = replace(self._state, kind="skipped" if word != "s" else self._state.kind)
            return word != "s"
        if self._state.kind == "style" and word == "s":
            self._held.take()
        return False

    def _set_mark(self, mark: str, is_on: bool) -> None:
        marks = self._state.marks | {mark} if is_on else self._state.marks - {mark}
        self._state = replace(self._state, marks=marks)

    def _add_unicode(self, code: int) -> None:
        self._skip = self._state.unicode_skip
        if 0xD800 <= code < 0xDC00:
            self._high = code
            return
        if 0xDC00 <= code < 0xE000 and self._high:
            code = 0x10000 + ((self._high - 0xD800) << 10) + (code - 0xDC00)
        self._high = 0
        if not 0xD800 <= code < 0xE000:
            self._put(chr(code))

    def _flush_bytes(self) -> None:
        """Decode what stands between two control words; two bytes may be one character, written as numbers or not."""
        if self._bytes:
            data = bytes(self._bytes)
            self._bytes.clear()
            self._put(_decode(data, self._state.page or self._held.page))

    def _add_bytes(self, data: bytes) -> None:
        if self._skip:
            skipped, self._skip = min(self._skip, len(data)), max(self._skip - len(data), 0)
            data = data[skipped:]
        self._bytes += data

    def _add_binary(self, data: bytes) -> int:
        """Take the bytes of a picture as they are, and return how many there are."""
        if self._state.kind == "pict":
            self._held.pieces.append(data.hex())
        return len(data)

    def _add_text(self, text: str) -> None:
        if self._skip and text:
            self._skip -= 1
        elif text:
            self._put(text)

    def _put(self, text: str) -> None:
        state, text = self._state, text.translate(_CONTROLS)
        if state.kind in ("text", "footnote"):
            if "hidden" not in state.marks:
                self._blocks.add_text(html.escape(text, quote=False), state.marks, state.link)
        elif state.kind != "skipped":
            self._held.pieces.append(text)

    def _add_picture(self, text: str) -> None:
        digits = re.sub(r"[^0-9a-fA-F]", "", text)
        try:
            data = binascii.unhexlify(digits[: len(digits) // 2 * 2])
        except binascii.Error:
            return
        self._blocks.add_markup(self._pictures.tag(data, ""), self._state.link)


def _decode(data: bytes, page: int) -> str:
    try:
        return data.decode("mac_roman" if page == 10000 else f"cp{page}", "replace")
    except LookupError:
        return data.decode("cp1252", "replace")
