"""How files travel to an actor and back: as bytes, with a head, and a hash over all of it.

    SHA256\\n HEAD-AND-TABLE-OF-CONTENTS\\n the files, one behind the other

A parcel names its places ("source", "output_dir"), never a path of the sender. Whoever opens it says where each lies.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markerd.files import trees, untrusted
from markerd.values import demand_plain_name

_FOLDER = -1
"""The size that stands for a folder."""
_DIGEST_BYTES = 64


class ParcelError(Exception):
    """The parcel is not what was sent, is too large, or holds what is no regular file."""


@dataclass(frozen=True)
class _Entry:
    """A file or a folder: the place, its path below it (empty for the place itself), and its size in bytes."""

    place: str
    parts: tuple[str, ...]
    size: int


def pack(head: Mapping[str, Any], places: Mapping[str, Path], most_bytes: int) -> bytes:
    """Put the files at the places, and all that is in the folders there, into a parcel.

    Raises ParcelError for more than `most_bytes` and for what is no regular file; links are not followed.
    """
    contents: list[bytes] = []
    entries: list[_Entry] = []
    left = most_bytes
    for place, path in places.items():
        for parts in _list_parts(path):
            file = path.joinpath(*parts)
            if file.is_dir() and not file.is_symlink():
                entries.append(_Entry(place, parts, _FOLDER))
                continue
            content = _read(file, left, most_bytes)
            left -= len(content)
            contents.append(content)
            entries.append(_Entry(place, parts, len(content)))
    table = [[entry.place, list(entry.parts), entry.size] for entry in entries]
    described = json.dumps({"head": dict(head), "entries": table}).encode("ascii")
    body = b"".join((described, b"\n", *contents))
    return hashlib.sha256(body).hexdigest().encode("ascii") + b"\n" + body


def _list_parts(path: Path) -> Iterator[tuple[str, ...]]:
    """List the place itself and all below it, a folder before what is in it, always in the same order."""
    yield ()
    if path.is_dir() and not path.is_symlink():
        found = []
        for folder, names in trees.walk(str(path)):
            above = Path(folder).relative_to(path).parts
            found += [above] if above else []
            found += [(*above, name) for name in names]
        yield from sorted(found)


def _read(file: Path, left: int, most_bytes: int) -> bytes:
    try:
        return untrusted.read_file(file, left)
    except ValueError as error:
        if not file.is_file():
            raise ParcelError(f"{file.name!r} is no regular file") from error
        raise ParcelError(f"it is larger than {most_bytes} bytes") from error
    except OSError as error:
        if file.is_symlink():
            raise ParcelError(f"{file.name!r} is no regular file, but a link") from error
        raise ParcelError(f"{file.name!r} cannot be read: {error.strerror}") from error


def read_head(parcel: bytes) -> dict[str, Any]:
    """Return the head. Raises ParcelError for a parcel that is not what was sent."""
    head, _, _ = _open(parcel)
    return head


def unpack(parcel: bytes, places: Mapping[str, Path]) -> dict[str, Any]:
    """Write what the parcel holds for these places, where nothing or an empty folder may lie; return its head.

    Raises ParcelError, before anything is written, for a parcel that is not what was sent or leads elsewhere.
    """
    head, entries, at = _open(parcel)
    if sum(max(entry.size, 0) for entry in entries) != len(parcel) - at:
        raise ParcelError("its table of contents does not fit")
    for entry in entries:
        if entry.place in places:
            _write(places[entry.place].joinpath(*entry.parts), parcel, at, entry.size)
        at += max(entry.size, 0)
    return head


def _write(file: Path, parcel: bytes, at: int, size: int) -> None:
    if size == _FOLDER:
        file.mkdir(parents=True, exist_ok=True)
        return
    with file.open("xb") as target:
        target.write(memoryview(parcel)[at : at + size])


def _open(parcel: bytes) -> tuple[dict[str, Any], list[_Entry], int]:
    """Return the head, the table of contents, and where the files begin."""
    digest, body = parcel[:_DIGEST_BYTES], memoryview(parcel)[_DIGEST_BYTES + 1 :]
    if hashlib.sha256(body).hexdigest().encode("ascii") != digest:
        raise ParcelError("its bytes are not those that were sent")
    end = parcel.index(b"\n", _DIGEST_BYTES + 1)
    try:
        described = untrusted.parse_json(parcel[_DIGEST_BYTES + 1 : end])
        head, entries = described["head"], [_parse_entry(*each) for each in described["entries"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ParcelError(f"it has no known form ({error!r})") from error
    if not isinstance(head, dict):
        raise ParcelError("it has no head")
    return head, entries, end + 1


def _parse_entry(place: object, parts: list[object], size: object) -> _Entry:
    """Raises ValueError for a path that leads out of its place."""
    if isinstance(size, bool) or not isinstance(size, int) or size < _FOLDER:
        raise ValueError(f"no size: {size!r}")
    names = tuple(demand_plain_name(part) for part in parts)
    for name in names:
        os.fsencode(name)
    return _Entry(str(place), names, size)
