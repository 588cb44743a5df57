"""E-mails (RFC 5322): the headers that a reader looks at, the body, and what is attached.

What is attached and has pages to look at, a PDF or a picture, is put into a folder for who reads the mail.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.message import Message
from pathlib import Path
from urllib.parse import unquote

from markerd.convert.checks.input_limits import check_package
from markerd.convert.office.canonical_html.pictures import Pictures
from markerd.convert.office.readers import html as pages
from markerd.convert.office.readers import recognition
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
from markerd.convert.protocol import DocumentLimits, locate_spooled_source
from markerd.errors import DocumentError
from markerd.values import make_harmless

_SHOWN = ("From", "To", "Cc", "Date")
_DEEPEST = 20
"""Messages within messages that are read. Each of them is a part of the one around it, so that all of them together
take no more time than their bytes."""
_CID = re.compile(r"cid:([^\"'\s<>)]+)", re.IGNORECASE)
_SUFFIXES = {
    "text/csv": ".csv", "text/markdown": ".md", "text/plain": ".txt", "text/tab-separated-values": ".tsv",
}  # fmt: skip
"""Those of the kinds that are known by their names alone."""
_MESSAGE = "message/rfc822"
REFUSED = (*DAMAGED, DocumentError, OSError)
"""What readers raise at an attachment that they cannot read. It is named, and the message is read all the same."""
COUNTS_FOR_ALL = ("unpacks_too_large", "too_many_pages")
"""The kinds of error by which what one attachment asks for is refused for the whole mail."""
_DAMAGED = "it is damaged, or uses its format in a way that is not known here"
_TOO_DEEP = f"of mails within mails, {_DEEPEST} are read"
_PDF_MAGIC, _PDF_HEAD_BYTES = b"%PDF-", 1024
_LONGEST_SUFFIX = 16
"""Characters of a suffix that a file is given here; the longest that is known has nine."""

ChooseReader = Callable[[Path], Callable[[Path, Pictures, DocumentLimits], list[str]] | None]


@dataclass(frozen=True)
class MailPart:
    """A message, or something attached to one; `name` is empty for the message that the mail itself is.

    It has `pages` of HTML, or a `file` with pages to look at, or `failed`, which says why it is not read.
    """

    name: str
    pages: tuple[str, ...] = ()
    file: Path | None = None
    failed: str = ""


@dataclass(frozen=True)
class MailReader:
    """Reads mails. `choose_reader` finds readers for what is attached, None for what has pages to look at."""

    choose_reader: ChooseReader

    def read(self, path: Path, pictures: Pictures, limits: DocumentLimits, folder: Path) -> list[MailPart]:
        """Return the message and what is attached, in order; what has pages to look at is put into `folder`.

        Raises DocumentError for more pages, or for attachments that unpack to more, than `limits` allow.
        """
        mail = _Mail(pictures, limits, self.choose_reader, folder)
        return mail.read(parse_message(path.read_bytes()), 0, "")


def describe_refusal(error: Exception) -> str:
    """Say why an attachment is not converted. An error of the system is raised again: it is not the attachment's."""
    if isinstance(error, OSError) and error.errno is not None:
        raise error
    return str(error) if isinstance(error, DocumentError) else _DAMAGED


class _Mail:
    """Reads a file's message and those within it, and counts what their attachments take together."""

    def __init__(self, pictures: Pictures, limits: DocumentLimits, choose_reader: ChooseReader, folder: Path) -> None:
        self._pictures = pictures
        self._limits = limits
        self._choose_reader = choose_reader
        self._folder = folder
        self._unpacked = 0
        self._pages = 0
        self._files = 0

    def read(self, message: Message, depth: int, name: str) -> list[MailPart]:
        parts = list(list_parts(message))
        self._limits.check_pages(len(parts))
        bodies = [part for part in parts if is_body(part)]
        texts = [read_text(part) for part in bodies]
        shown = {unquote(name) for text in texts for name in _CID.findall(text)}
        held = _hold_related(parts)
        page = _write_headers(message) + "".join(map(self._write_body, bodies, texts, [held] * len(bodies)))
        found = [self._count(MailPart(name, (page,)))]
        for part in parts:
            if not is_body(part) and _read_id(part) not in shown:
                found += self._read_attachment(part, depth)
        return found

    def _count(self, part: MailPart) -> MailPart:
        self._pages += max(len(part.pages), 1)
        self._limits.check_pages(self._pages)
        return part

    def _write_body(self, part: Message, text: str, held: pages.Held) -> str:
        if part.get_content_type() == "text/html":
            return pages.prepare_page(text, self._pictures, held)
        return write_plain(text)

    def _read_attachment(self, part: Message, depth: int) -> list[MailPart]:
        """Return an attachment, and those of a message that is attached. One that cannot be read here has failed."""
        kind = part.get_content_type()
        name = make_harmless(" ".join(read_name(part).split())) or ("message.eml" if kind == _MESSAGE else kind)
        try:
            return self._convert(part, name, depth)
        except REFUSED as error:
            if isinstance(error, DocumentError) and error.kind in COUNTS_FOR_ALL:
                raise  # what it asks for counts for the whole mail
            return [self._count(MailPart(name, failed=describe_refusal(error)))]

    def _convert(self, part: Message, name: str, depth: int) -> list[MailPart]:
        kind = part.get_content_type()
        if kind == _MESSAGE:
            return self._read_message(list_children(part)[0], depth, name)
        data = read_content(part)
        if recognition.is_mail(data[:65_536]):
            return self._read_message(parse_message(data), depth, name)
        is_pdf = _PDF_MAGIC in data[:_PDF_HEAD_BYTES]
        suffix = Path(read_name(part)).suffix.lower() or _SUFFIXES.get(kind, "")
        # liteparse, which reads tables, knows a PDF by its suffix; a part of a mail may have no name at all
        read = self._read_file(data, name, ".pdf" if is_pdf else suffix[: _LONGEST_SUFFIX + 1])
        is_text = kind.startswith("text/") or part.is_multipart()
        if read.file is not None and is_text and not is_pdf:
            read.file.unlink()
            read = replace(read, pages=(write_plain(read_text(part)),), file=None)
        return [self._count(read)]

    def _read_message(self, message: Message, depth: int, name: str) -> list[MailPart]:
        if depth < _DEEPEST:
            return self.read(message, depth + 1, name)
        return [self._count(MailPart(name, failed=_TOO_DEEP))]

    def _read_file(self, data: bytes, name: str, suffix: str) -> MailPart:
        path = self._write_file(data, suffix)
        if data.startswith(b"PK\x03\x04"):
            self._unpacked += check_package(path, self._limits)
            self._limits.check_unpacked("what is attached to the mail", self._unpacked)
        reader = self._choose_reader(path)
        if reader is None:
            return MailPart(name, file=path)
        try:
            return MailPart(name, tuple(reader(path, self._pictures, self._limits)))
        finally:
            path.unlink()

    def _write_file(self, data: bytes, suffix: str) -> Path:
        """Write an attachment into a folder of its own, so that two of one name do not meet."""
        self._files += 1
        folder = self._folder / str(self._files)
        folder.mkdir()
        path = locate_spooled_source(folder, f"a{suffix}")
        path.write_bytes(data)
        return path


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
