"""The finished parts of a big document, kept in the folder of its job from attempt to attempt.

<job>/parts/key.json    what they are parts of, how they were made, and how many pages the document has
            kept/       what the first part left for the later ones
            000000/ …   a part each, in order: whole, or not there at all

The converter, which read untrusted bytes, wrote them: no name and no content in them is trusted here. It works on links
to them in the folder of the job, so that they stay whatever happens to it.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from markerd.errors import DocumentError
from markerd.files import durable, moves, trees
from markerd.files.untrusted import parse_json, read_file

FOLDER = "parts"
_KEY, _KEPT = "key.json", "kept"
_MOST_PAGES = 1_000_000
"""A bound for the number of pages, which comes from the document."""
_KEY_MAX_BYTES = 16 << 20
"""A bound for `key.json`: versions and the options of a configuration take some kB."""


@dataclass(frozen=True)
class _Found:
    """What `key.json` says."""

    key: dict[str, Any]
    pages: Annotated[int, Field(strict=True, ge=1, le=_MOST_PAGES)]


_FOUND = TypeAdapter(_Found)


class Parts:
    """Those in `job`, made with this `key`, of at most `part_pages` pages; others that lie there are removed."""

    def __init__(self, job: Path, key: Mapping[str, Any], part_pages: int) -> None:
        self._job = job
        self._folder = job / FOLDER
        self._key = json.loads(json.dumps({**key, "part_pages": part_pages}, default=str))
        self._part_pages = part_pages
        self.pages = self._read_pages()
        """How many pages the document has; None until the first part is there."""
        if self.pages is None:
            trees.remove(self._folder)

    def _read_pages(self) -> int | None:
        try:
            found = _FOUND.validate_python(parse_json(read_file(self._folder / _KEY, _KEY_MAX_BYTES)))
        except (OSError, ValueError):
            return None
        return found.pages if found.key == self._key else None

    @property
    def count(self) -> int:
        """How many parts there will be."""
        return -(-(self.pages or 0) // self._part_pages)

    @property
    def missing(self) -> list[int]:
        """The numbers of the parts that are not there yet."""
        return [number for number in range(self.count) if not (self._folder / name_part(number)).is_dir()]

    @property
    def pages_done(self) -> int:
        return (self.pages or 0) * (self.count - len(self.missing)) // max(self.count, 1)

    def add(self, number: int, pages: int, output: Path, kept: Path) -> None:
        """Take over durably what the converter left in `output` as the part of that number; it counted `pages` in all.

        Raises DocumentError for what is no part.
        """
        if self.pages is None:
            self._begin(pages, kept)
        _sync(output)
        output.rename(self._folder / name_part(number))
        _sync_folder(self._folder)

    def _begin(self, pages: int, kept: Path) -> None:
        if pages > _MOST_PAGES:
            raise DocumentError(f"it has {pages} pages, more than {_MOST_PAGES}", kind="too_large", is_permanent=True)
        self._folder.mkdir(exist_ok=True)
        trees.remove(self._folder / _KEPT)
        _sync(kept)
        kept.rename(self._folder / _KEPT)
        durable.write_file(self._folder, _KEY, json.dumps({"key": self._key, "pages": pages}, indent=1).encode())
        self.pages = pages

    def link_kept(self, target: Path) -> None:
        """Give the converter, in the new folder `target`, what the first part left."""
        target.mkdir()
        if self.pages is not None:
            _link(self._folder / _KEPT, target)

    def link_all(self, target: Path) -> None:
        """Give the converter all parts, a folder each, in the new folder `target`."""
        target.mkdir()
        for number in range(self.count):
            (target / name_part(number)).mkdir()
            _link(self._folder / name_part(number), target / name_part(number))


def name_part(number: int) -> str:
    """Name the folder of a part; the order of the names is that of the parts."""
    return f"{number:06d}"


def _sync(folder: Path) -> None:
    """Force all that is in the folder to the disk."""
    for name in os.listdir(folder):
        fd = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise DocumentError(f"the converter left what is no regular file: {name!r}")
            os.fsync(fd)
        finally:
            os.close(fd)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _link(source: Path, target: Path) -> None:
    with durable.open_folder(source, create=False) as source_fd, durable.open_folder(target, create=False) as target_fd:
        for name in os.listdir(source_fd):
            moves.link_or_copy(name, source_fd, name, target_fd)
