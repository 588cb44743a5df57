"""HTML, XHTML, SVG and MHTML: one page, with the pictures that the file itself holds. Nothing is fetched."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable
from email.message import Message
from functools import partial
from pathlib import Path
from urllib.parse import unquote_to_bytes, urljoin

from markerd.convert.checks.input_limits import check_nesting_of
from markerd.convert.office.canonical_html import tex
from markerd.convert.office.canonical_html.parsing import parse_html
from markerd.convert.office.canonical_html.pictures import Pictures, write_img
from markerd.convert.office.canonical_html.stretches import Stretch, replace_stretches
from markerd.convert.office.canonical_html.targets import clean_address
from markerd.convert.office.readers import recognition
from markerd.convert.office.readers.mail_parts import parse_message, read_content
from markerd.convert.office.readers.text_encoding import decode, is_binary
from markerd.convert.office.readers.unreadable import build_unreadable_error
from markerd.convert.office.readers.web_boilerplate import drop_boilerplate
from markerd.convert.protocol import DocumentLimits

_DATA_URI = re.compile(  # only as the whole value of an attribute or of a style; elsewhere it is text
    r"""((?:=|\burl\()\s*(?:(")\s*|(')\s*)?)data:[\w.+/-]*((?:;[\w=.+-]*)*),((?(2)[^"]*|(?(3)[^']*|[^\s"'<>)]*)))""",
    re.IGNORECASE,
)
_COMMENT_OR_SCRIPT = re.compile(r"<!--|<(script|style)\b(?=[\s>])", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_SVG_URI = re.compile(r"""(["'])data:image/svg\+xml[^,"']*,\s*(?=<svg\b)""", re.IGNORECASE)
_SVG = re.compile(r"<svg\b", re.IGNORECASE)
_END_OF_SVG = re.compile(r"</svg\s*>", re.IGNORECASE)
_END_OF_SVG_URI = {quote: re.compile(rf"(</svg\s*>)\s*{quote}", re.IGNORECASE) for quote in "\"'"}
_ENDS: dict[str | None, re.Pattern[str]] = {
    None: re.compile("-->"),
    **{name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in ("script", "style")},
}
_BASE = re.compile(r"<base\b[^<>]*?href\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)

Held = Callable[[str], bytes | None]
"""The content of an address that comes with the document; None for any other."""


def hold_nothing(_: str) -> None:
    """Return nothing: a page that is a file alone comes with no other content."""


def read(path: Path, pictures: Pictures, _: DocumentLimits) -> list[str]:
    """Read a page without what stands there for its site alone."""
    soup = parse_html(convert_page(path.read_bytes(), pictures))
    drop_boilerplate(soup)
    return [str(soup)]


def read_whole(path: Path, pictures: Pictures, _: DocumentLimits) -> list[str]:
    """Read a page with its navigation, banners, dialogs and buttons."""
    return [convert_page(path.read_bytes(), pictures)]


def convert_page(data: bytes, pictures: Pictures) -> str:
    """Return the HTML of a page. Raises DocumentError for binary data."""
    if recognition.is_archived_page(data):
        return _convert_mhtml(data, pictures)
    if is_binary(data):
        raise build_unreadable_error("it holds binary data, which no text does")
    return prepare_page(decode(data), pictures)


def prepare_page(markup: str, pictures: Pictures, held: Held = hold_nothing) -> str:
    """Return the page with its pictures moved into `pictures`.

    `data:` pictures and SVG are taken out before anything parses the page: a parser drops long attributes, and does not
    keep the case of SVG's names. Raises DocumentError for elements that are nested too deep.
    """
    check_nesting_of(markup.encode("utf-8", "replace"))
    has_program = tex.is_drawn_by_program(markup)
    markup = _drop_comments(_DECLARATION.sub("", markup))
    markup = replace_stretches(
        markup, _SVG_URI, lambda found: _END_OF_SVG_URI[found[1]], partial(_replace_svg_uri, pictures)
    )
    markup = replace_stretches(markup, _SVG, lambda _: _END_OF_SVG, lambda svg, _: _replace_svg(svg, pictures))
    markup = _DATA_URI.sub(lambda found: found[1] + (pictures.hold(_decode_data_uri(found)) or ""), markup)
    markup = _correct_addresses(markup, pictures, held)
    if not has_program and "mwe-math" not in markup and "tex" not in markup:
        return markup
    soup = parse_html(markup)
    tex.find_formulas(soup, has_program)
    return str(soup)


def _drop_comments(markup: str) -> str:
    """Drop comments and scripts; style sheets stay, because they hide elements, and so do formulas."""

    def kept(written: str, stretch: Stretch) -> str:
        name = (stretch[0][1] or "").lower()
        return written if name == "style" else tex.keep_scripts(written) if name == "script" else ""

    return replace_stretches(markup, _COMMENT_OR_SCRIPT, lambda found: _ENDS[found[1] and found[1].lower()], kept)


def _correct_addresses(markup: str, pictures: Pictures, held: Held) -> str:
    """Correct the addresses of pictures that come along, and of links on a page that names its base."""
    base = _BASE.search(markup)
    if "<img" not in markup.lower() and "<image" not in markup.lower() and base is None:
        return markup
    soup = parse_html(markup)
    for element in soup.find_all(["img", "image"]):
        for name in ("src", "data-src", "xlink:href", "href"):
            content = held(str(element[name])) if element.has_attr(name) else None
            if content is not None and (address := pictures.hold(content)):
                element["src"] = address
                break
    for link in soup.find_all("a", href=True) if base else []:
        if not str(link["href"]).startswith("#") and clean_address(str(link["href"])):
            link["href"] = urljoin(html.unescape(base[1]), str(link["href"])) if base else link["href"]
    return str(soup)


def _replace_svg_uri(pictures: Pictures, written: str, stretch: Stretch) -> str:
    """Return the address of a quoted drawing, with quotes."""
    opening, end = stretch
    return f'"{pictures.hold(written[opening.end() - opening.start() : end.end(1) - opening.start()].encode()) or ""}"'


def _replace_svg(svg: str, pictures: Pictures) -> str:
    """Return a drawing as a picture with its labels as alternative text. One around a single picture is that
    picture.
    """
    soup = parse_html(svg)
    images = soup.find_all("image")
    texts = [" ".join(text.get_text(" ").split()) for text in soup.find_all("text")]
    if images and not any(texts) and not soup.find(["path", "rect", "circle", "line", "polygon"]):
        return "".join(str(image) for image in images)
    title = soup.find(["title", "desc"])
    alt = " ".join([title.get_text(strip=True) if title else "", *texts]).strip()
    address = pictures.hold(svg.encode("utf-8"))
    return write_img(address, alt) if address else (f"<p>{html.escape(alt)}</p>" if texts else "")


def _decode_data_uri(found: re.Match[str]) -> bytes:
    if ";base64" not in found[4].lower():
        return unquote_to_bytes(html.unescape(found[5]))
    try:
        return base64.b64decode(unquote_to_bytes(found[5]) + b"==")
    except (binascii.Error, ValueError):
        return b""


def _convert_mhtml(data: bytes, pictures: Pictures) -> str:
    """Convert MHTML: a page and its pictures as the parts of a message, named by location or by content id."""
    message = parse_message(data)
    parts = [part for part in message.walk() if not part.is_multipart()]
    page = next((part for part in parts if part.get_content_type() in ("text/html", "application/xhtml+xml")), None)
    if page is None:
        raise build_unreadable_error("no page in the MHTML file")
    named: dict[str, Message] = {}
    for part in parts:
        if part.get("Content-Location"):
            named[str(part["Content-Location"]).strip()] = part
        if part.get("Content-ID"):
            named[f"cid:{str(part['Content-ID']).strip().strip('<>')}"] = part
    base = str(page.get("Content-Location") or "").strip()

    def held(address: str) -> bytes | None:
        part = named.get(address) or named.get(urljoin(base, address))
        return read_content(part) if part is not None else None

    return prepare_page(decode(read_content(page)), pictures, held)
