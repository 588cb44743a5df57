"""By what RTF, mails and pages are known, whatever their names: their first bytes. Importing this costs little."""

from __future__ import annotations

import re
from pathlib import Path

from markerd.convert.office.readers.text_encoding import decode, is_binary

RTF_MAGIC = b"{\\rtf"
_MARKUP = re.compile(r"<(?:!doctype\s+html|\?xml|html|head|body|svg|[a-z][a-z0-9]*)(?:[\s/>])", re.IGNORECASE)
_MHTML_HEAD = re.compile(rb"^(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?content-type:\s*multipart/related", re.IGNORECASE)
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
_LOOKED_AT = 65_536
_BINARY = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"RIFF", b"BM", b"\xd0\xcf\x11\xe0")
_HEAD = re.compile(rb"\A(?:from |[!-9;-~]+:[ \t])", re.IGNORECASE)
_SAYS_MAIL = re.compile(
    rb"^(received|mime-version|message-id|from|return-path|delivered-to|to|subject|date|reply-to):",
    re.IGNORECASE | re.MULTILINE,
)
_LEAST_HEADERS = 2
_IS_SENT = {b"received", b"message-id", b"return-path", b"delivered-to", b"to"}
"""Headers that a page lacks which a browser archives as a message (MHTML)."""
_ARCHIVE = re.compile(rb"^content-type:\s*multipart/related", re.IGNORECASE | re.MULTILINE)


def is_markup(path: Path) -> bool:
    """Whether a file is text with elements in it."""
    with path.open("rb") as file:
        head = file.read(_LOOKED_AT)
    if head.startswith(_BINARY) or b"%PDF-" in head[:1024]:
        return False
    return path.suffix.lower() in (".html", ".htm", ".xhtml", ".svg") or is_marked_up(head)


def is_archived_page(data: bytes) -> bool:
    """Whether it is a page archived with its pictures (MHTML)."""
    return bool(_MHTML_HEAD.match(data[:_LOOKED_AT].replace(b"\r\n", b"\n")))


def is_marked_up(head: bytes) -> bool:
    """Whether these first bytes belong to text with elements in it, or to a page archived with its pictures."""
    if is_archived_page(head):
        return True
    if is_binary(head):
        return False
    text = decode(head)
    return len(_NO_TEXT.findall(text)) * 100 <= len(text) and bool(_MARKUP.search(text))


def is_mail(head: bytes) -> bool:
    """Whether a file begins as a message does."""
    top = re.split(rb"\r?\n\r?\n", head.lstrip(), maxsplit=1)[0]
    kinds = {found.lower() for found in _SAYS_MAIL.findall(top)}
    is_archive = bool(_ARCHIVE.search(top)) and not kinds & _IS_SENT
    return bool(_HEAD.match(top)) and len(kinds) >= _LEAST_HEADERS and not is_archive
