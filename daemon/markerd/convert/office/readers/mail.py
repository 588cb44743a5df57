"""E-mails (RFC 5322): the headers that a reader looks at, the body, and what is attached, each attachment a page."""

from __future__ import annotations

import email
import email.policy
import html
import re
import tempfile
from collections.abc import Callable, Iterator
from email.message import EmailMessage, MIMEPart
from pathlib import Path

from markerd.convert.office.canonical_html.pictures import Pictures
from markerd.convert.office.readers import html as pages
from markerd.convert.protocol import DocumentLimits
from markerd.errors import DocumentError

_SHOWN = ("From", "To", "Cc", "Date")
_HEAD = re.compile(rb"\A(?:from |[!-9;-~]+:[ \t])", re.IGNORECASE)
_SAYS_MAIL = re.compile(rb"^(?:received|mime-version|message-id|from|return-path):", re.IGNORECASE | re.MULTILINE)
_LEAST_HEADERS = 2
_DEEPEST = 3
"""Messages within messages that are read."""
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/tiff", "image/bmp", "image/svg+xml")

ChooseReader = Callable[[Path], Callable[[Path, Pictures, DocumentLimits], list[str]] | None]


def is_mail(head: bytes) -> bool:
    """Whether a file begins as a message does."""
    top = re.split(rb"\r?\n\r?\n", head.lstrip(), maxsplit=1)[0]
    kinds = {found.lower() for found in _SAYS_MAIL.findall(top)}
    return bool(_HEAD.match(top)) and len(kinds) >= _LEAST_HEADERS


def read(
    path: Path, pictures: Pictures, limits: DocumentLimits, choose_reader: ChooseReader, depth: int = 0
) -> list[str]:
    """Return the message as a page, and the pages of its attachments. `choose_reader` finds readers for these."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    found = [_write_headers(message) + _write_body(message, pictures)]
    for part in _list_attachments(message):
        found += _read_attachment(part, pictures, limits, choose_reader, depth)
    limits.check_pages(len(found))
    return found


def _write_headers(message: EmailMessage) -> str:
    subject = str(message.get("Subject") or "").strip()
    lines = [f"<b>{name}:</b> {html.escape(str(message[name]).strip())}" for name in _SHOWN if message.get(name)]
    return f"<h1>{html.escape(subject)}</h1>" * bool(subject) + f"<p>{'<br>'.join(lines)}</p>"


def _write_body(message: EmailMessage, pictures: Pictures) -> str:
    body = message.get_body(("html", "plain"))
    if body is None:
        return ""
    data = body.get_payload(decode=True)
    content = data if isinstance(data, bytes) else b""
    if body.get_content_type() == "text/html":
        return pages.prepare_page(_decode(body, content), pictures, _hold_related(message))
    return write_plain(_decode(body, content))


def write_plain(text: str) -> str:
    """Write plain text as paragraphs, with what is quoted from other messages as quotations."""
    out = ""
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").strip("\n")):
        lines = block.split("\n")
        is_quoted = all(line.startswith(">") for line in lines)
        shown = "<br>".join(html.escape(line.lstrip("> ") if is_quoted else line.rstrip()) for line in lines)
        out += (f"<blockquote><p>{shown}</p></blockquote>" if is_quoted else f"<p>{shown}</p>") if shown else ""
    return out


def _decode(part: MIMEPart, data: bytes) -> str:
    try:
        return data.decode(str(part.get_content_charset() or ""))
    except (LookupError, UnicodeError):
        return pages.decode(data)


def _hold_related(message: EmailMessage) -> pages.Held:
    """Find the pictures that a body shows by the ids of their parts."""
    named = {
        f"cid:{str(part['Content-ID']).strip().strip('<>')}": part for part in message.walk() if part["Content-ID"]
    }

    def held(address: str) -> bytes | None:
        data = named[address].get_payload(decode=True) if address in named else None
        return data if isinstance(data, bytes) else None

    return held


def _list_attachments(message: EmailMessage) -> Iterator[EmailMessage]:
    """Yield what is attached. Pictures that the body shows are part of it."""
    body = message.get_body(("html", "plain"))
    shown = body.get_payload(decode=True) if body is not None else b""
    for part in message.iter_attachments():
        cid = str(part.get("Content-ID") or "").strip().strip("<>")
        if not (cid and isinstance(shown, bytes) and f"cid:{cid}".encode() in shown):
            yield part


def _read_attachment(
    part: EmailMessage, pictures: Pictures, limits: DocumentLimits, choose_reader: ChooseReader, depth: int
) -> list[str]:
    """Return the pages of an attachment below its name; only the name of one that cannot be read here."""
    name = str(part.get_filename() or "")
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload(0)
        name, data = name or "message.eml", inner.as_bytes() if isinstance(inner, EmailMessage) else b""
    else:
        payload = part.get_payload(decode=True)
        data = payload if isinstance(payload, bytes) else b""
    title = f"<h2>{html.escape(name or part.get_content_type())}</h2>"
    if part.get_content_type() in _PICTURES:
        return [f"{title}<p>{pictures.tag(data, '')}</p>"]
    with tempfile.NamedTemporaryFile(suffix=Path(name).suffix.lower()) as file:
        file.write(data)
        file.flush()
        try:
            found = _read_file(Path(file.name), pictures, limits, choose_reader, depth)
        except (DocumentError, OSError, ValueError, LookupError, SyntaxError, RuntimeError):
            found = None  # one that cannot be read is named; the message is read all the same
    return [title + found[0], *found[1:]] if found else [f"{title}<p>(not converted)</p>"]


def _read_file(
    path: Path, pictures: Pictures, limits: DocumentLimits, choose_reader: ChooseReader, depth: int
) -> list[str] | None:
    from markerd.convert.checks.input_limits import check_package

    with path.open("rb") as file:
        head = file.read(65_536)
    if is_mail(head):
        return read(path, pictures, limits, choose_reader, depth + 1) if depth < _DEEPEST else None
    if head.startswith(b"PK\x03\x04"):
        check_package(path, limits)
    reader = choose_reader(path)
    return reader(path, pictures, limits) if reader is not None else None
