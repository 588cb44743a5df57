"""From the converter's files to an output folder that appears whole, in one step, or not at all.

    <output>/<sub/dir>/<name>/<name>.md, images, <name>_meta.json, manifest.json

The folder is put together beside its target, every file forced to the disk, then renamed into place. Where the
target is an earlier output of the same document the two are exchanged. Two documents that would share a folder are
kept apart: the later one gets a short hash of its path. The manifest says whose a folder is.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from markerd import durable, manifest
from markerd.convert.protocol import Artifact, ArtifactRole
from markerd.errors import NO_DISK, NO_ROOM, PublishError, StorageError
from markerd.manifest import Manifest, PublishedFile, Source

_LONGEST_ENDING = "_chunks.json"
_ENDINGS = {
    ArtifactRole.MARKDOWN: ".md",
    ArtifactRole.HTML: ".html",
    ArtifactRole.JSON: ".json",
    ArtifactRole.CHUNKS: _LONGEST_ENDING,
    ArtifactRole.META: "_meta.json",
}


@dataclass(frozen=True)
class Produced:
    """What the converter left: `artifacts` lie in `folder`."""

    folder: Path
    artifacts: tuple[Artifact, ...]


def publish(output: Path, path: str, produced: Produced, described: Manifest) -> Path:
    """Publish the document whose path below its hot folder is `path`; gives the folder that now holds it.

    `described` still lacks its artifacts. Raises PublishError, and StorageError where the disk is full or away.
    """
    try:
        with _parent_of(output, path) as (fd, parent):
            name = _free_or_own_name(fd, path, described.source)
            staging = durable.temporary_name()
            try:
                _fill(fd, staging, name, produced, described)
                _put_in_place(fd, staging, name)
            finally:
                # What cannot be removed now (an old output with a closed folder in it) must not undo the publishing.
                with suppress(OSError):
                    _discard(fd, staging)
            return parent / name
    except OSError as error:
        if error.errno in NO_ROOM | NO_DISK:
            raise StorageError(f"no room in {output}: {error.strerror}", output, _size_of(produced)) from error
        raise _translated(error) from error


def find_published(output: Path, path: str, source: Source, formats: Sequence[str]) -> tuple[Path, Manifest] | None:
    """Where this content of this document is published already, whole and in all formats; None where it is not."""
    try:
        with _parent_of(output, path, create=False) as (fd, parent):
            for name in _names(path, source):
                found = _manifest_of(fd, name)
                if found and found.source.is_same_document(source) and found.source.sha256 == source.sha256:
                    is_complete = set(formats) <= set(found.formats) and _is_whole(fd, name, found)
                    return (parent / name, found) if is_complete else None
    except OSError:
        return None
    return None


def sweep(output: Path, path: str) -> None:
    """Remove what a publishing that was cut short left beside the document's place."""
    try:
        with _parent_of(output, path, create=False) as (fd, _):
            durable.remove_temporary(fd)
    except OSError:  # no such folder, or no way to it: what the next publishing meets there is told then
        return


# --- names ---------------------------------------------------------------------------------------------------------


def _names(path: str, source: Source) -> tuple[str, str]:
    stem = PurePath(path).stem
    mark = hashlib.sha256(f"{source.folder}\0{source.path}".encode()).hexdigest()[:8]
    # The folder's name must leave room for the endings of the files in it, which are called after it.
    plain, marked = (durable.shortened(stem, end + _LONGEST_ENDING) for end in ("", f"-{mark}"))
    return plain.removesuffix(_LONGEST_ENDING), marked.removesuffix(_LONGEST_ENDING)


def _free_or_own_name(fd: int, path: str, source: Source) -> str:
    for name in _names(path, source):
        there = _manifest_of(fd, name)
        if there is not None and there.source.is_same_document(source):
            return name
        if there is None and not _exists(fd, name):
            return name
    raise PublishError(f"the place of the output is taken by something that markerd did not write: {name}")


@contextmanager
def _parent_of(output: Path, path: str, *, create: bool = True) -> Iterator[tuple[int, Path]]:
    """The folder that the output goes into. A sub-folder that is itself a document's output is not used: replacing
    that document would take this one along, so it gets a mark."""
    parts: list[str] = []
    for part in PurePath(path).parent.parts:
        with durable.open_folder(output, *parts, create=create) as fd:
            is_document = _manifest_of(fd, part) is not None
        mark = "-" + hashlib.sha256(os.fsencode("/".join([*parts, part]))).hexdigest()[:8]
        parts.append(durable.shortened(part, mark) if is_document else part)
    with durable.open_folder(output, *parts, create=create) as fd:
        yield fd, output.joinpath(*parts)


def _manifest_of(fd: int, name: str) -> Manifest | None:
    try:
        with _folder(fd, name) as folder:
            return manifest.read(folder)
    except OSError:
        return None


def _exists(fd: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _is_whole(fd: int, name: str, found: Manifest) -> bool:
    try:
        sizes = [os.stat(f"{name}/{a.file}", dir_fd=fd, follow_symlinks=False).st_size for a in found.artifacts]
    except OSError:
        return False
    return sizes == [artifact.size for artifact in found.artifacts]


# --- files ---------------------------------------------------------------------------------------------------------


def _fill(fd: int, staging: str, name: str, produced: Produced, described: Manifest) -> None:
    os.mkdir(staging, dir_fd=fd)
    with _folder(fd, staging) as folder:
        files = tuple(_copy_artifact(produced.folder, artifact, name, folder) for artifact in produced.artifacts)
        with durable.create_file(folder, manifest.FILE_NAME) as file:
            file.write(replace(described, artifacts=files).to_json())
            durable.sync(file)
        os.fsync(folder)


def _copy_artifact(produced: Path, artifact: Artifact, name: str, folder: int) -> PublishedFile:
    role = ArtifactRole(artifact.role)
    target = artifact.file_name if role is ArtifactRole.IMAGE else name + _ENDINGS[role]
    if PurePath(artifact.file_name).name != artifact.file_name or artifact.file_name == manifest.FILE_NAME:
        raise PublishError(f"the converter named a file that is none: {artifact.file_name!r}")
    # The converter read untrusted bytes: what it wrote must be a plain file, not a link to one of ours.
    reading = os.open(produced / artifact.file_name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(reading, "rb") as original, durable.create_file(folder, target) as copy:
        if not stat.S_ISREG(os.fstat(original.fileno()).st_mode):
            raise PublishError(f"the converter left what is no regular file: {artifact.file_name!r}")
        size, sha256 = durable.copy_hashing(original, copy)
    return PublishedFile(target, role.value, size, sha256)


def _put_in_place(fd: int, staging: str, name: str) -> None:
    old = _manifest_of(fd, name)
    if old is None:
        durable.rename_to_free_name(staging, fd, name, fd)
    else:
        _carry_over(fd, staging, name, old)
        durable.exchange(staging, name, fd)
    os.fsync(fd)


def _carry_over(fd: int, staging: str, name: str, old: Manifest) -> None:
    """What others put into the old output (notes, a corrected copy) goes along into the new one.

    It is linked, not moved: until the exchange the old output stays as it is, whatever happens.
    """
    ours = {manifest.FILE_NAME, *(artifact.file for artifact in old.artifacts)}
    with _folder(fd, name) as source, _folder(fd, staging) as target:
        for entry in sorted(set(os.listdir(source)) - ours):
            free = next(candidate for candidate in durable.numbered(entry) if not _exists(target, candidate))
            _link_tree(source, entry, target, free)


def _link_tree(source: int, entry: str, target: int, name: str) -> None:
    if not stat.S_ISDIR(os.stat(entry, dir_fd=source, follow_symlinks=False).st_mode):
        durable.link_or_copy(entry, source, name, target)
        return
    os.mkdir(name, dir_fd=target)
    with _folder(source, entry) as source_below, _folder(target, name) as target_below:
        for child in os.listdir(source_below):
            _link_tree(source_below, child, target_below, child)


@contextmanager
def _folder(fd: int, name: str) -> Iterator[int]:
    folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
    try:
        yield folder
    finally:
        os.close(folder)


def _discard(fd: int, staging: str) -> None:
    if _exists(fd, staging):
        durable.remove_tree(staging, fd)


def _size_of(produced: Produced) -> int:
    return sum(os.lstat(produced.folder / artifact.file_name).st_size for artifact in produced.artifacts)


def _translated(error: OSError) -> PublishError:
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return PublishError(f"the way to the output leads through a symbolic link or a file: {error.filename}")
    return PublishError(f"the output could not be written: {error.strerror}")
