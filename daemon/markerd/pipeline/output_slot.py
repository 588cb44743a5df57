"""Where the output of one document goes: the folder above it and the names that it may have there.

A slot is made once for each attempt at a document. Sweeping, looking for an earlier output and publishing all work in
the same slot.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from markerd.errors import PublishError
from markerd.files import durable
from markerd.pipeline import manifest
from markerd.pipeline.manifest import Manifest
from markerd.pipeline.output_names import name_output, name_parents
from markerd.values import make_printable, shorten_name


class OutputSlot:
    """The place of the document whose path below the hot folder `folder` is `path`, below the folder `output`.

    Which names are taken is looked up at each call, because others may change the output folder at any time.
    """

    def __init__(self, output: Path, folder: str, path: str) -> None:
        self.output = output
        self.names = name_output(folder, path)
        """The stem of the document, and the name for it where that is taken."""
        self._document = make_printable(folder), make_printable(path)
        self._wanted_parents = name_parents(path)

    @property
    def wanted_parent(self) -> Path:
        """The folder that the output goes into, unless a document's output is in its way. It need not exist."""
        return self.output.joinpath(*self._wanted_parents)

    @property
    def parent(self) -> Path:
        """The folder that the output goes into. It need not exist. Raises OSError where the way to it is barred."""
        return self.output.joinpath(*self._parents)

    @contextmanager
    def open_parent(self, *, create: bool) -> Iterator[int]:
        """The descriptor of `parent`. Raises OSError; FileNotFoundError where it is missing and not to be made."""
        with durable.open_folder(self.output, *self._parents, create=create) as fd:
            yield fd

    def iterate_outputs(self, parent_fd: int) -> Iterator[tuple[str, Manifest]]:
        """Iterate over the names that hold an output of this document, each with its manifest. It can have two: its
        plain name may have become free after it got the other one."""
        for name in self.names:
            found = read_manifest(parent_fd, name)
            if found is not None and self._is_ours(found):
                yield name, found

    def choose_name(self, parent_fd: int) -> str:
        """Return the first name that is free or holds an output of this document. Raises PublishError."""
        for name in self.names:
            found = read_manifest(parent_fd, name)
            if found is not None and self._is_ours(found):
                return name
            if found is None and not exists(parent_fd, name):
                return name
        taken = " and ".join(str(self.parent / name) for name in self.names)
        raise PublishError(f"{taken} stand in the way: markerd did not write them, or not for this document")

    def _is_ours(self, found: Manifest) -> bool:
        return (found.source.folder, found.source.path) == self._document

    @cached_property
    def _parents(self) -> tuple[str, ...]:
        """A folder on the way that is itself a document's output is not used, because replacing that document would
        take this one along: the folder beside it gets a mark."""
        parents: list[str] = []
        for part in self._wanted_parents:
            mark = "-" + hashlib.sha256(os.fsencode("/".join([*parents, part]))).hexdigest()[:8]
            is_document = self._is_document(parents, part)
            parents.append(shorten_name(part, mark) if is_document else part)
        return tuple(parents)

    def _is_document(self, parents: list[str], part: str) -> bool:
        try:
            with durable.open_folder(self.output, *parents, create=False) as fd:
                return read_manifest(fd, part) is not None
        except FileNotFoundError:  # nothing was published there yet
            return False


def read_manifest(fd: int, name: str) -> Manifest | None:
    """Read the manifest of the output `name` in the folder `fd`; None where that is no output of markerd."""
    try:
        with open_child(fd, name) as folder:
            return manifest.read(folder)
    except OSError:
        return None


def exists(fd: int, name: str) -> bool:
    """Whether the folder `fd` has an entry of that name, be it a dangling link."""
    try:
        os.stat(name, dir_fd=fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def is_folder(fd: int, name: str) -> bool:
    """Whether the entry is a folder itself, not a link to one. Raises FileNotFoundError."""
    return stat.S_ISDIR(os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode)


@contextmanager
def open_child(fd: int, name: str) -> Iterator[int]:
    """The descriptor of the folder `name` in the folder `fd`. Raises OSError for a link or a file."""
    folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
    try:
        yield folder
    finally:
        os.close(folder)
