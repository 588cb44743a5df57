"""The parts of an e-mail in the order in which a reader meets them, and its headers as they are meant (RFC 2045-2047).

The rules of the older `compat32` are used: those of the newer policy fail on headers that are not well formed, and take
time that grows with the square of a header's length.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header
from email.message import Message

from markerd.convert.office.readers.text_encoding import decode
from markerd.errors import DocumentError

_FIELD = re.compile(rb"^content-(?:type|disposition)[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_LONGEST_FIELD = 16_384
"""Most bytes of a header that names a part's type: reading its parameters takes the square of that, 0.03 s here."""
_FOLD = re.compile(r"\r?\n[ \t]*")
_BODIES = ("text/plain", "text/html")


def parse_message(data: bytes) -> Message:
    """Parse a message. Raises DocumentError for one with a header that no program writes."""
    if any(len(field[0]) > _LONGEST_FIELD for field in _FIELD.finditer(data)):
        message = f"a header of the mail that names a type has more than {_LONGEST_FIELD:,} bytes"
        raise DocumentError(message, kind="unreadable", is_permanent=True)
    return email.message_from_bytes(data, policy=email.policy.compat32)


def list_parts(message: Message) -> Iterator[Message]:
    """Yield the parts without parts of their own, and messages within. Of alternatives, the page or else the last."""
    if message.get_content_maintype() != "multipart" or not message.is_multipart():
        yield message
        return
    children = list_children(message)
    if message.get_content_subtype() != "alternative":
        for child in children:
            yield from list_parts(child)
        return
    best = _choose_alternative(children)
    for child in children:
        yield from list_parts(child) if child is best else _list_attached(child)


def list_children(message: Message) -> list[Message]:
    payload = message.get_payload()
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def is_body(part: Message) -> bool:
    """Whether a part is read with the message, and is no file that comes along."""
    is_attached = part.get_content_disposition() == "attachment" or bool(read_name(part))
    return part.get_content_maintype() == "text" and not is_attached


def read_name(part: Message) -> str:
    """Return the name of the file that a part is; empty where it has none."""
    return decode_words(str(part.get_filename() or ""))


def read_content(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    if isinstance(data, bytes):
        return data
    return "\n".join(child.as_string() for child in list_children(part)).encode("utf-8", "replace")


def read_text(part: Message) -> str:
    data = read_content(part)
    try:
        return data.decode(str(part.get_content_charset() or ""))
    except (LookupError, UnicodeError):
        return decode(data)


def read_header(message: Message, name: str) -> str:
    """Return a header in one line; where it is there several times, all of it."""
    found = [str(value) for key, value in message.raw_items() if key.lower() == name.lower()]
    return ", ".join(decode_words(_FOLD.sub(" ", each).strip()) for each in found)


def decode_words(text: str) -> str:
    """Decode encoded words (RFC 2047), and bytes that are written without any encoding.

    What is decoded already, as the name of a file may be (RFC 2231), stays as it is.
    """
    try:
        pieces = decode_header(text)
    except (MessageError, ValueError):
        return text
    out = ""
    for piece, charset in pieces:
        data = piece.encode("utf-8", "surrogateescape") if isinstance(piece, str) and not piece.isascii() else piece
        out += data if isinstance(data, str) else _decode_bytes(data, charset)
    return out


def _decode_bytes(data: bytes, charset: str | None) -> str:
    try:
        return data.decode(charset or "ascii")
    except (LookupError, UnicodeError):
        return decode(data)


def _choose_alternative(children: list[Message]) -> Message | None:
    for kind in reversed(_BODIES):
        for child in reversed(children):
            if any(part.get_content_type() == kind for part in child.walk()):
                return child
    return children[-1] if children else None


def _list_attached(message: Message) -> Iterator[Message]:
    """Yield the files within an alternative that is not shown."""
    return (part for part in message.walk() if not part.is_multipart() and read_name(part) and not is_body(part))
