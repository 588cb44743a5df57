"""The properties of packages: those of Office Open XML, of OpenDocument and of EPUB, all close to Dublin Core."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lxml import etree

from markerd.convert.office.ooxml.canonical_packages import map_names
from markerd.convert.office.ooxml.packages import make_transitional, parse_xml
from markerd.document_metadata import DocumentMetadata

_PLACES = ("docprops/core.xml", "meta.xml")
"""Where Office Open XML and OpenDocument keep them, in small letters; an EPUB says where."""
_CONTAINER = "meta-inf/container.xml"
_MOST_BYTES = 1 << 20
"""What is read of a part with properties: those of books with a long list of files come to 300 kB."""
_SEPARATORS = re.compile(r"\s*[;,\n]\s*")
_BETWEEN_AUTHORS = re.compile(r"\s*;\s*")
_FIRST: Mapping[str, Sequence[str]] = {
    "title": ("title",),
    "subject": ("subject", "description"),
    "language": ("language",),
    "created": ("created", "creation-date", "dcterms:created"),
    "modified": ("modified", "dcterms:modified"),
}
"""Which elements, by their local names, say what; the first that is there counts."""


def read_package(path: Path) -> DocumentMetadata:
    """Return the properties of a ZIP package; nothing where it has none."""
    with zipfile.ZipFile(path) as archive:
        names = map_names(archive)
        if _CONTAINER in names:
            return _read_book(archive, names)
        place = next((names[place] for place in _PLACES if place in names), None)
        return DocumentMetadata() if place is None else _read_elements(_collect(_parse(archive, place)))


def _read_book(archive: zipfile.ZipFile, names: Mapping[str, str]) -> DocumentMetadata:
    container = _parse(archive, names[_CONTAINER])
    places = container.xpath("string((.//*[local-name()='rootfile']/@full-path)[1])")
    found = _collect(_parse(archive, names[str(places).replace("\\", "/").lower()]))
    subjects, dates = found.pop("subject", []), found.get("date", [])
    book = {**found, "keyword": subjects, "created": dates[:1]}
    return _read_elements(book)


def _read_elements(found: Mapping[str, list[str]]) -> DocumentMetadata:
    first = {name: next((text for key in keys for text in found.get(key, ())), "") for name, keys in _FIRST.items()}
    authors = found.get("initial-creator") or found.get("creator") or []
    words = [word for text in found.get("keywords", ()) for word in _SEPARATORS.split(text)]
    # In OpenDocument `dc:creator` and `dc:date` are those of the last change.
    modified = first["modified"] or (found.get("date") or [""])[0] if "initial-creator" in found else first["modified"]
    return DocumentMetadata.of(
        **{
            **first,
            "authors": [name for text in authors for name in _BETWEEN_AUTHORS.split(text)],
            "keywords": [*found.get("keyword", ()), *words],
            "modified": modified,
        }
    )


def _collect(root: Any) -> dict[str, list[str]]:
    """Collect the texts of all elements by their local names; those of an EPUB's `meta` by their property."""
    found: dict[str, list[str]] = {}
    for element in root.iter(etree.Element):
        text = "".join(element.itertext()).strip() if len(element) == 0 else ""
        if text:
            name = etree.QName(element).localname
            found.setdefault(str(element.get("property", name)) if name == "meta" else name, []).append(text)
    return found


def _parse(archive: zipfile.ZipFile, name: str) -> Any:
    """Parse a part; of one that is too long, what its beginning has: a book's list of files follows its properties."""
    with archive.open(name) as file:
        content, is_whole = file.read(_MOST_BYTES), not file.read(1)
    if is_whole:
        return parse_xml(content)
    root = etree.fromstring(
        make_transitional(content),
        etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, recover=True),
    )
    if root is None:
        raise ValueError(f"no properties in the first {_MOST_BYTES} bytes")
    return root
