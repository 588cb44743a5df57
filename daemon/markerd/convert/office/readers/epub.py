"""EPUB: its chapters in the order of its spine, each as a page."""

from __future__ import annotations

import posixpath
import re
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

from bs4 import BeautifulSoup

from markerd.convert.office.canonical_html.parsing import parse_html
from markerd.convert.office.canonical_html.pictures import Pictures
from markerd.convert.office.canonical_html.targets import clean_name
from markerd.convert.office.ooxml.canonical_packages import map_names
from markerd.convert.office.ooxml.packages import parse_xml
from markerd.convert.office.readers import html
from markerd.convert.office.readers.text_encoding import decode
from markerd.convert.office.readers.unreadable import build_unreadable_error
from markerd.convert.protocol import DocumentLimits
from markerd.errors import DocumentError

_CONTAINER = "meta-inf/container.xml"
_ENCRYPTION = "meta-inf/encryption.xml"
_CHAPTER_KINDS = ("application/xhtml+xml", "text/html", "image/svg+xml", "application/x-dtbook+xml")


def is_book(archive: zipfile.ZipFile) -> bool:
    """Whether an archive says that it is an EPUB."""
    return _CONTAINER in map_names(archive)


def read(path: Path, pictures: Pictures, limits: DocumentLimits) -> list[str]:
    """Return a page for each chapter. Raises DocumentError where the text is encrypted, or there are too many
    chapters.
    """
    with zipfile.ZipFile(path) as archive:
        names = map_names(archive)
        chapters = _read_spine(archive, names)
        _refuse_encrypted(archive, names, chapters)
        # A spine names each file once (EPUB 3.3, 5.7.2); one that is named again is not read again.
        present = list({chapter.lower(): chapter for chapter in chapters if chapter.lower() in names}.values())
        limits.check_pages(len(present))
        if not present:
            raise build_unreadable_error("no chapter of the spine is in the book")
        anchors = {chapter.lower(): f"chapter-{number}" for number, chapter in enumerate(present, start=1)}
        return [_read_chapter(archive, names, chapter, anchors, pictures) for chapter in present]


def _read_chapter(
    archive: zipfile.ZipFile, names: dict[str, str], chapter: str, anchors: dict[str, str], pictures: Pictures
) -> str:
    def held(address: str) -> bytes | None:
        name = names.get(_resolve(chapter, address).lower())
        return archive.read(name) if name else None

    markup = decode(archive.read(names[chapter.lower()]))
    soup = parse_html(html.prepare_page(markup, pictures, held))
    _qualify_names(soup, chapter, anchors)
    return str(soup)


def _qualify_names(soup: BeautifulSoup, chapter: str, anchors: dict[str, str]) -> None:
    """Make names and links of one file valid in the whole book: each name gets its chapter's as a prefix."""
    own = anchors[chapter.lower()]
    for link in soup.find_all("a", href=True):
        file, fragment = urldefrag(str(link["href"]))
        target = anchors.get(_resolve(chapter, file).lower()) if file else own
        if target and not re.match(r"[a-z][a-z0-9+.-]*:", file, re.IGNORECASE):
            link["href"] = f"#{target}-{clean_name(fragment)}" if fragment else f"#{target}"
    for element in soup.find_all(True):
        name = element.get("id") or (element.get("name") if element.name == "a" else None)
        if name:
            element["id"] = f"{own}-{clean_name(str(name))}"
    if soup.body is not None:
        start = soup.new_tag("a", attrs={"id": own})
        soup.body.insert(0, start)


def _resolve(chapter: str, address: str) -> str:
    file = unquote(urldefrag(address)[0]).replace("\\", "/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(chapter.replace("\\", "/")), file)).lstrip("/")


def _read_spine(archive: zipfile.ZipFile, names: dict[str, str]) -> list[str]:
    """Return the names of the chapters' files."""
    container = parse_xml(archive.read(names[_CONTAINER]))
    root_file = next(
        (str(e.get("full-path")) for e in _find_elements(container, "rootfile") if e.get("full-path")), None
    )
    if root_file is None:
        raise build_unreadable_error("the book names no package")
    package = parse_xml(archive.read(names[_resolve("", root_file.replace("\\", "/")).lower()]))
    items = {str(item.get("id")): item for item in _find_elements(package, "item")}
    chapters = []
    for reference in _find_elements(package, "itemref"):
        item = items.get(str(reference.get("idref")))
        if item is not None and str(item.get("media-type", "")).lower() in _CHAPTER_KINDS:
            chapters.append(_resolve(root_file, str(item.get("href", ""))))
    return chapters


def _find_elements(root: Any, name: str) -> list[Any]:
    return root.xpath(".//*[local-name()=$name]", name=name)  # type: ignore[no-any-return]


def _refuse_encrypted(archive: zipfile.ZipFile, names: dict[str, str], chapters: list[str]) -> None:
    """Refuse a book whose chapters are encrypted and need the shop's program. Fonts may be obfuscated."""
    if _ENCRYPTION not in names:
        return
    root = parse_xml(archive.read(names[_ENCRYPTION]))
    encrypted = {unquote(str(e.get("URI"))) for e in _find_elements(root, "CipherReference")}
    if encrypted & set(chapters):
        raise DocumentError("the book is protected by digital rights management", kind="encrypted", is_permanent=True)
