"""An Office package as the readers expect it: names in one spelling, namespaces of the transitional form.

The standard (ECMA-376 part 2) compares names of parts without case, and some programs write a backslash for a slash;
its strict form (part 1) has namespaces of its own. No reader knows all of that, so an unusual package is copied once,
before a reader sees it.
"""

from __future__ import annotations

import posixpath
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from lxml import etree

from markerd.convert.office.ooxml.packages import Relation, is_strict, make_transitional, parse_xml, read_relations

TYPES = "[Content_Types].xml"
_RELATIONS_OF = re.compile(r"(.*?)_rels/([^/]*)\.rels$", re.IGNORECASE)
_LOOKED_AT = 4096  # bytes that hold the namespaces of a root; a large workbook declares them in 2,000
_XML = (".xml", ".rels", ".vml")
_FIXED_NAMES = {
    "styles": "xl/styles.xml",
    "theme": "xl/theme/theme1.xml",
}  # where openpyxl always looks


@contextmanager
def open_canonical(path: Path) -> Iterator[Path]:
    """Yield the package itself where it is usual, else a copy among the temp files, which is removed at the end.

    Raises what zipfile and lxml raise for a damaged package.
    """
    with zipfile.ZipFile(path) as archive:
        package = _Package(archive)
        if package.is_usual():
            yield path
            return
        with tempfile.NamedTemporaryFile(suffix=path.suffix) as file:
            package.write(zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1))
            file.flush()
            yield Path(file.name)


def read_content_types(archive: zipfile.ZipFile) -> bytes:
    """Return what a package says of the kinds of its parts; nothing where the archive is no package."""
    found = map_names(archive).get(TYPES.lower())
    return archive.read(found) if found else b""


def map_names(archive: zipfile.ZipFile) -> dict[str, str]:
    """Map the names of an archive's members, in lower case and with slashes, to the names as they are."""
    return {_normalise_name(name).lower(): name for name in archive.namelist() if not name.endswith(("/", "\\"))}


def _normalise_name(name: str) -> str:
    return posixpath.normpath("/" + name.replace("\\", "/")).lstrip("/")


class _Package:
    """The members of an archive, by the name that each gets."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members = _name_members(archive)
        self._spelled = {name.lower(): name for name in self._members}
        self._is_strict = any(is_strict(self._read_head(name)) for name in self._members if name.lower().endswith(_XML))

    def _read_head(self, name: str) -> bytes:
        with self._archive.open(self._members[name]) as member:
            return member.read(_LOOKED_AT)

    def is_usual(self) -> bool:
        """Whether every reader finds every part, and knows its elements."""
        if self._is_strict or any(name != info.filename for name, info in self._members.items()):
            return False
        return self._find_misplaced() == {} and all(
            relation.is_external or relation.target in self._members or self._find_spelling(relation.target) is None
            for _, relation in self._iterate_relations()
        )

    def _find_spelling(self, target: str) -> str | None:
        """Return the name of the part that a relation leads to; None where there is no such part."""
        return self._spelled.get(target.lower()) or self._spelled.get(quote(target).lower())

    def _iterate_relations(self) -> Iterator[tuple[str, Relation]]:
        for name in self._members:
            found = _RELATIONS_OF.match(name)
            if found is not None:
                part = found[1] + found[2]
                yield from ((part, relation) for relation in self._read_relations_of(part).values())

    def _read_relations_of(self, part: str) -> dict[str, Relation]:
        return read_relations(self._archive, part, {name: info.filename for name, info in self._members.items()})

    def _find_misplaced(self) -> dict[str, str]:
        """Map the names under which openpyxl looks for a workbook's parts to their own names, where these differ."""
        main = next((r.target for r in self._read_relations_of("").values() if r.kind == "officeDocument"), "")
        if not main.lower().startswith("xl/"):
            return {}
        of_main = self._read_relations_of(self._find_spelling(main) or main).values()
        wanted = {_FIXED_NAMES[r.kind]: self._find_spelling(r.target) for r in of_main if r.kind in _FIXED_NAMES}
        return {fixed: name for fixed, name in wanted.items() if name and fixed not in self._members}

    def write(self, target: zipfile.ZipFile) -> None:
        """Write the package with every part under its name, and every relation with the name of its part."""
        with target:
            for name, fixed in [*((name, name) for name in self._members), *_swap(self._find_misplaced())]:
                target.writestr(fixed, self._build_content(name))

    def _build_content(self, name: str) -> bytes:
        data = self._archive.read(self._members[name])
        if self._is_strict and name.lower().endswith(_XML):
            data = make_transitional(data)
        if name == TYPES:
            return self._correct_targets(data, "PartName", "")
        found = _RELATIONS_OF.match(name)
        return data if found is None else self._correct_targets(data, "Target", found[1])

    def _correct_targets(self, data: bytes, attribute: str, folder: str) -> bytes:
        """Replace each differently spelled name of a part by its own name, from the package's root on."""
        root = parse_xml(data)
        for element in root:
            target = str(element.get(attribute) or "")
            if not target or element.get("TargetMode") == "External":
                continue
            resolved = _normalise_name(posixpath.join("/", folder, unquote(target.replace("\\", "/"))))
            spelling = self._find_spelling(resolved)
            if spelling is not None and (spelling != resolved or "\\" in target):
                element.set(attribute, f"/{spelling}")
        return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


def _swap(names: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, fixed) for fixed, name in names.items()]


def _name_members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Map the names that members get to them: the last one of each name, with relations beside their part."""
    by_lower: dict[str, tuple[str, Any]] = {}
    for info in archive.infolist():
        if not info.filename.endswith(("/", "\\")):
            by_lower[_normalise_name(info.filename).lower()] = (_normalise_name(info.filename), info)
    found = {}
    for name, info in by_lower.values():
        of_part = _RELATIONS_OF.match(name)
        if name.lower() == TYPES.lower():
            found[TYPES] = info
        elif of_part is not None:
            part = by_lower.get((of_part[1] + of_part[2]).lower(), (of_part[1] + of_part[2], None))[0]
            folder, own = posixpath.split(part)
            found[posixpath.join(folder, "_rels", f"{own}.rels")] = info
        else:
            found[name] = info
    return found
