"""Parts of Office packages (ECMA-376 part 2): their XML, and how one names another."""

from __future__ import annotations

import codecs
import posixpath
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from lxml import etree

# Documents in the strict form of the standard differ in the names of namespaces and of relations (ECMA-376 part 4).
_STRICT_MARK = "http://purl.oclc.org/ooxml/"
_STRICT = {
    "wordprocessingml/main": "wordprocessingml/2006/main",
    "spreadsheetml/main": "spreadsheetml/2006/main",
    "presentationml/main": "presentationml/2006/main",
    "drawingml/": "drawingml/2006/",
    "officeDocument/extendedProperties": "officeDocument/2006/extended-properties",
    "officeDocument/customProperties": "officeDocument/2006/custom-properties",
    "officeDocument/relationships/extendedProperties": "officeDocument/2006/relationships/extended-properties",
    "officeDocument/relationships/customProperties": "officeDocument/2006/relationships/custom-properties",
    "officeDocument/": "officeDocument/2006/",
}
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
NAMESPACES = {
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "dgm": "http://schemas.openxmlformats.org/drawingml/2006/diagram",
    "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "xdr": "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
}


def q(name: str) -> str:
    """Return a qualified name as lxml writes it, for `prefix:name`."""
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def parse_xml(data: bytes) -> Any:
    """Return the root of a part. Entities are not expanded, nothing is loaded. Raises XMLSyntaxError, a SyntaxError."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    return etree.fromstring(make_transitional(data), parser)


def is_strict(data: bytes) -> bool:
    """Whether a part, or its beginning, names a namespace of the strict form."""
    return any(_STRICT_MARK.encode(encoding) in data for encoding in ("ascii", "utf-16-le", "utf-16-be"))


def make_transitional(data: bytes) -> bytes:
    """Return a part with the namespaces that all readers know."""
    if not is_strict(data):
        return data
    encoding = "utf-16" if data.startswith(_WIDE_MARKS) else "latin-1"  # latin-1 keeps every byte
    text = data.decode(encoding)
    for strict, usual in _STRICT.items():
        text = text.replace(_STRICT_MARK + strict, f"http://schemas.openxmlformats.org/{usual}")
    return text.encode(encoding)


def xpath(element: Any, path: str) -> list[Any]:
    # The class is used, because python-pptx's elements have an `xpath` of their own that knows only its namespaces.
    return etree._Element.xpath(element, path, namespaces=NAMESPACES)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Relation:
    """What a part refers to: another part of the package by its name, or an address outside."""

    kind: str
    target: str
    is_external: bool


def read_relations(
    archive: zipfile.ZipFile, part: str, members: Mapping[str, str] | None = None
) -> dict[str, Relation]:
    """Return the relations of a part by their id; none where it has none.

    `members` maps the names of parts to those in the archive, where they differ.
    """
    folder, name = posixpath.split(part)
    own = posixpath.join(folder, "_rels", f"{name}.rels")
    try:
        root = parse_xml(archive.read(own if members is None else members[own]))
    except KeyError:
        return {}
    found = {}
    for relation in root:
        target = str(relation.get("Target", ""))
        is_external = relation.get("TargetMode") == "External"
        if not is_external:
            target = posixpath.normpath(posixpath.join("/", folder, unquote(target.replace("\\", "/")))).lstrip("/")
        kind = str(relation.get("Type", "")).rpartition("/")[2]
        found[str(relation.get("Id"))] = Relation(kind, target, is_external)
    return found


def read_part(archive: zipfile.ZipFile, part: str) -> bytes | None:
    try:
        return archive.read(part)
    except KeyError:
        return None
