"""E-mails (RFC 5322): the headers that a reader looks at, the body, and what is attached, each attachment a page."""

from __future__ import annotations

import html
import re
import tempfile
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from urllib.parse import unquote

from PIL import Image

from markerd.convert.checks.input_limits import check_package
from markerd.convert.office.canonical_html.pictures import Pictures
from markerd.convert.office.readers import html as pages
from markerd.convert.office.readers import pdf_text
from markerd.convert.office.readers.mail_parts import (
    is_body,
    list_children,
    list_parts,
    parse_message,
    read_content,
    read_header,
    read_name,
    read_text,
)
from markerd.convert.office.readers.unreadable import DAMAGED
from markerd.convert.protocol import DocumentLimits
from markerd.errors import DocumentError

_SHOWN = ("From", "To", "Cc", "Date")
_HEAD = re.compile(rb"\A(?:from |[!-9;-~]+:[ \t])", re.IGNORECASE)
_SAYS_MAIL = re.compile(
    rb"^(received|mime-version|message-id|from|return-path|delivered-to|to|subject|date|reply-to):",
    re.IGNORECASE | re.MULTILINE,
)
_LEAST_HEADERS = 2
_IS_SENT = {b"received", b"message-id", b"return-path", b"delivered-to", b"to"}
"""Headers that a page lacks which a browser archives as a message (MHTML)."""
_ARCHIVE = re.compile(rb"^content-type:\s*multipart/related", re.IGNORECASE | re.MULTILINE)
_DEEPEST = 20
"""Messages within messages that are read. Each of them is a part of the one around it, so that all of them together
take no more time than their bytes."""
_CID = re.compile(r"cid:([^\"'\s<>)]+)", re.IGNORECASE)
_SUFFIXES = {
    "text/csv": ".csv", "text/markdown": ".md", "text/plain": ".txt", "text/tab-separated-values": ".tsv",
}  # fmt: skip
"""Those of the kinds that are known by their names alone."""
_MESSAGE = "message/rfc822"
_REFUSED = (*DAMAGED, DocumentError, OSError)
"""What readers raise at an attachment that they cannot read. It is named, and the message is read all the same."""

ChooseReader = Callable[[Path], Callable[[Path, Pictures, DocumentLimits], list[str]] | None]


def is_mail(head: bytes) -> bool:
    """Whether a file begins as a message does."""
    top = re.split(rb"\r?\n\r?\n", head.lstrip(), maxsplit=1)[0]
    kinds = {found.lower() for found in _SAYS_MAIL.findall(top)}
    is_archive = bool(_ARCHIVE.search(top)) and not kinds & _IS_SENT
    return bool(_HEAD.match(top)) and len(kinds) >= _LEAST_HEADERS and not is_archive


def read(path: Path, pictures: Pictures, limits: DocumentLimits, choose_reader: ChooseReader) -> list[str]:
    """Return the message as a page, and the pages of its attachments. `choose_reader` finds readers for these.

    Raises DocumentError for more pages, or for attachments that unpack to more, than `limits` allow.
    """
    return _Mail(pictures, limits, choose_reader).read(parse_message(path.read_bytes()), 0)


class _Mail:
    """Reads a file's message and those within it, and counts what their attachments take together."""

    def __init__(self, pictures: Pictures, limits: DocumentLimits, choose_reader: ChooseReader) -> None:
        self._pictures = pictures
        self._limits = limits
        self._choose_reader = choose_reader
        self._unpacked = 0

    def read(self, message: Message, depth: int) -> list[str]:
        parts = list(list_parts(message))
        self._limits.check_pages(len(parts))
        bodies = [part for part in parts if is_body(part)]
        texts = [read_text(part) for part in bodies]
        shown = {unquote(name) for text in texts for name in _CID.findall(text)}
        held = _hold_related(parts)
        found = [_write_headers(message) + "".join(map(self._write_body, bodies, texts, [held] * len(bodies)))]
        for part in parts:
            if not is_body(part) and _read_id(part) not in shown:
                found += self._read_attachment(part, depth)
                self._limits.check_pages(len(found))
        return found

    def _write_body(self, part: Message, text: str, held: pages.Held) -> str:
        if part.get_content_type() == "text/html":
            return pages.prepare_page(text, self._pictures, held)
        return write_plain(text)

    def _read_attachment(self, part: Message, depth: int) -> list[str]:
        """Return the pages of an attachment below its name; only the name of one that cannot be read here."""
        kind = part.get_content_type()
        name = read_name(part) or ("message.eml" if kind == _MESSAGE else "")
        title = f"<h2>{html.escape(name or kind)}</h2>"
        try:
            found = self._convert(part, name, depth)
        except _REFUSED as error:
            if isinstance(error, DocumentError) and error.kind in ("unpacks_too_large", "too_many_pages"):
                raise  # what it asks for counts for the whole mail
            found = None
        return [title + found[0], *found[1:]] if found else [f"{title}<p>(not converted)</p>"]

    def _convert(self, part: Message, name: str, depth: int) -> list[str] | None:
        kind = part.get_content_type()
        if kind == _MESSAGE:
            return self.read(list_children(part)[0], depth + 1) if depth < _DEEPEST else None
        suffix = Path(name).suffix.lower() or _SUFFIXES.get(kind, "")
        if kind.startswith("image/") or Image.registered_extensions().get(suffix) in Image.OPEN:
            tag = self._pictures.tag(read_content(part), "")
            return [f"<p>{tag}</p>"] if tag else None
        found = self._convert_file(read_content(part), suffix, depth)
        if found is None and (kind.startswith("text/") or part.is_multipart()):
            return [write_plain(read_text(part))]
        return found

    def _convert_file(self, data: bytes, suffix: str, depth: int) -> list[str] | None:
        if is_mail(data[:65_536]):
            return self.read(parse_message(data), depth + 1) if depth < _DEEPEST else None
        with tempfile.NamedTemporaryFile(suffix=suffix) as file:
            file.write(data)
            file.flush()
            path = Path(file.name)
            if data.startswith(b"PK\x03\x04"):
                self._unpacked += check_package(path, self._limits)
                self._limits.check_unpacked("what is attached to the mail", self._unpacked)
            reader = pdf_text.read if data.startswith(pdf_text.MAGIC) else self._choose_reader(path)
            return reader(path, self._pictures, self._limits) if reader is not None else None


def _write_headers(message: Message) -> str:
    subject = read_header(message, "Subject")
    lines = [f"<b>{name}:</b> {html.escape(text)}" for name in _SHOWN if (text := read_header(message, name))]
    return f"<h1>{html.escape(subject)}</h1>" * bool(subject) + f"<p>{'<br>'.join(lines)}</p>"


def write_plain(text: str) -> str:
    """Write plain text as paragraphs, with what is quoted from other messages as quotations."""
    out = []
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").strip("\n")):
        lines = block.split("\n")
        is_quoted = all(line.startswith(">") for line in lines)
        shown = "<br>".join(html.escape(line.lstrip("> ") if is_quoted else line.rstrip()) for line in lines)
        if shown:
            out.append(f"<blockquote><p>{shown}</p></blockquote>" if is_quoted else f"<p>{shown}</p>")
    return "".join(out)


def _hold_related(parts: list[Message]) -> pages.Held:
    """Find the pictures that a body shows by the ids of their parts."""
    named = {name: part for part in parts if (name := _read_id(part))}

    def held(address: str) -> bytes | None:
        part = named.get(unquote(address[4:])) if address.lower().startswith("cid:") else None
        return read_content(part) if part is not None else None

    return held


def _read_id(part: Message) -> str:
    return str(part.get("Content-ID") or "").strip().strip("<>")
