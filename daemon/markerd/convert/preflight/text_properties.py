"""The properties of what is text: the head of a web page, the headers of a mail, the information of a rich text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import getaddresses, parsedate_to_datetime
from html.parser import HTMLParser

from markerd.convert.office.readers.mail_parts import parse_message, read_header
from markerd.convert.office.readers.text_encoding import decode
from markerd.document_metadata import DocumentMetadata

_META: Mapping[str, tuple[str, ...]] = {
    "title": ("dcterms.title", "dc.title", "citation_title", "og:title"),
    "authors": ("author", "dcterms.creator", "dc.creator", "citation_author", "article:author"),
    "subject": ("description", "dcterms.description", "dc.description", "og:description"),
    "keywords": ("keywords", "dcterms.subject", "dc.subject", "article:tag"),
    "language": ("dcterms.language", "dc.language", "og:locale"),
    "created": ("article:published_time", "dcterms.created", "dc.date.created", "citation_publication_date", "date"),
    "modified": ("article:modified_time", "dcterms.modified", "last-modified"),
}
"""The names of `<meta>`, the best known first: HTML itself, Dublin Core, the tags of Highwire and of Open Graph."""
_BETWEEN_KEYWORDS = re.compile(r"\s*[;,]\s*")
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_RICH = re.compile(
    rb"\{\\(title|subject|author|keywords|doccomm)\s?((?:[^{}\\]|\\'[0-9a-fA-F]{2}|\\u-?\d+ ?\??|\\[{}\\])*)\}"
)
_RICH_SIGN = re.compile(r"\\'([0-9a-fA-F]{2})|\\u(-?\d+) ?\??|\\([{}\\])")
_RICH_TIME = re.compile(rb"\{\\(creatim|revtim)\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")


class _Head(HTMLParser):
    """Reads a page up to its body."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title: list[str] = []
        self.language = ""
        self.meta: dict[str, list[str]] = {}
        self._is_in_title = self._is_over = self._has_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_over = self._is_over or tag in ("body", "svg")
        if self._is_over:
            return
        given = {name: value or "" for name, value in attrs}
        self._is_in_title = tag == "title" and not self._has_title
        self._has_title = self._has_title or tag == "title"
        if tag == "html":
            self.language = given.get("lang") or given.get("xml:lang") or ""
        elif tag == "meta" and (name := given.get("name") or given.get("property") or given.get("http-equiv")):
            self.meta.setdefault(name.lower(), []).append(given.get("content", ""))

    def handle_endtag(self, tag: str) -> None:
        self._is_in_title = self._is_in_title and tag != "title"
        self._is_over = self._is_over or tag == "head"

    def handle_data(self, data: str) -> None:
        if self._is_in_title:
            self.title.append(data)


def read_page(head: bytes) -> DocumentMetadata:
    """Return what the beginning of a web page says of it."""
    page = _Head()
    page.feed(decode(head))
    found = {
        name: next((page.meta[key] for key in keys if any(page.meta.get(key, ()))), []) for name, keys in _META.items()
    }
    first: dict[str, object] = {
        name: (found[name] or [""])[0] for name in ("title", "subject", "language", "created", "modified")
    }
    return DocumentMetadata.of(
        **{
            **first,
            "title": "".join(page.title).strip() or first["title"],
            "authors": [name for name in found["authors"] if "://" not in name],
            "keywords": [word for text in found["keywords"] for word in _BETWEEN_KEYWORDS.split(text)],
            "language": page.language or first["language"],
        }
    )


def read_mail(head: bytes) -> DocumentMetadata:
    """Return what the headers of a mail say of it: its senders are its authors."""
    message = parse_message(_HEADERS_END.split(head.lstrip(), maxsplit=1)[0] + b"\n\n")
    senders = getaddresses([read_header(message, "From")])
    return DocumentMetadata.of(
        title=read_header(message, "Subject"),
        authors=[name or address for name, address in senders],
        keywords=_BETWEEN_KEYWORDS.split(read_header(message, "Keywords")),
        language=read_header(message, "Content-Language").partition(",")[0],
        created=_read_mail_date(read_header(message, "Date")),
    )


def _read_mail_date(text: str) -> str:
    try:
        return parsedate_to_datetime(text).isoformat(timespec="seconds")
    except (TypeError, ValueError, OverflowError):
        return ""


def read_rich_text(head: bytes) -> DocumentMetadata:
    """Return what the information group of a rich text says of it."""
    start = head.find(b"{\\info")
    if start < 0:
        return DocumentMetadata()
    found = {name.decode(): _decode_rich(text) for name, text in reversed(_RICH.findall(head, start))}
    times = {
        name.decode(): f"{int(year):04}-{int(month):02}-{int(day):02}"
        for name, year, month, day in _RICH_TIME.findall(head, start)
    }
    return DocumentMetadata.of(
        title=found.get("title", ""),
        authors=found.get("author", "").split(";"),
        subject=found.get("subject") or found.get("doccomm", ""),
        keywords=_BETWEEN_KEYWORDS.split(found.get("keywords", "")),
        created=times.get("creatim", ""),
        modified=times.get("revtim", ""),
    )


def _decode_rich(text: bytes) -> str:
    def decode_sign(sign: re.Match[str]) -> str:
        if sign[1]:
            return bytes.fromhex(sign[1]).decode("cp1252", "replace")
        return chr(int(sign[2]) % 0x10000) if sign[2] else sign[3]

    signs = _RICH_SIGN.sub(decode_sign, text.decode("latin-1").replace("\r", "").replace("\n", ""))
    return signs.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
