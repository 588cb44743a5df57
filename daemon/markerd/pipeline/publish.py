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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from markerd.convert.protocol import Artifact
from markerd.errors import NO_DISK, NO_ROOM, PublishError, StorageError
from markerd.files import durable, trees
from markerd.files.permissions import refusal
from markerd.files.untrusted import open_to_read
from markerd.pipeline import carrying, manifest
from markerd.pipeline.carrying import Along
from markerd.pipeline.manifest import Manifest, PublishedFile, Source
from markerd.pipeline.output_names import names_by_files, names_of, places_of, targets_of

_RETIRED = durable.PREFIX + "old-"
"""What an old output is called once the new one is in its place: only what is known to be ours is removed from it."""


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
            name = _free_or_own_name(fd, path, described.source, parent)
            staging = durable.temporary_name()
            try:
                _fill(fd, staging, name, produced, described)
                _put_in_place(fd, staging, name)
            except BaseException:
                with suppress(OSError):
                    _clear_away(fd, staging)
                raise
            return parent / name
    except OSError as error:
        if error.errno in NO_ROOM | NO_DISK:
            raise StorageError(f"no room in {output}: {error.strerror}", output, _size_of(produced)) from error
        raise _translated(error, output.joinpath(*places_of(path))) from error


def find_published(output: Path, path: str, source: Source, formats: Sequence[str]) -> tuple[Path, Manifest] | None:
    """Where this content of this document is published already, whole and in all formats; None where it is not."""
    try:
        with _parent_of(output, path, create=False) as (fd, parent):
            for name in names_of(path, source):
                found = _manifest_of(fd, name)
                if found and found.source.is_same_document(source) and found.source.sha256 == source.sha256:
                    is_complete = set(formats) <= set(found.formats) and _is_whole(fd, name, found)
                    return (parent / name, found) if is_complete else None
    except OSError:
        return None
    return None


def sweep(output: Path, path: str) -> None:
    """Remove what a publishing that was cut short left beside the document's place; what others put into it goes along.

    An output that was on its way to its place, or was being exchanged for a new one, is put there.
    """
    try:
        with _parent_of(output, path, create=False) as (fd, _):
            for leftover in _newest_first(fd, (name for name in os.listdir(fd) if name.startswith(durable.PREFIX))):
                with suppress(OSError):  # something in it cannot be moved or removed: it is tried again
                    _clear_away(fd, leftover)
    except OSError:  # no such folder, or no way to it: what the next publishing meets there is told then
        return


# --- names ---------------------------------------------------------------------------------------------------------


def _free_or_own_name(fd: int, path: str, source: Source, parent: Path) -> str:
    for name in names_of(path, source):
        there = _manifest_of(fd, name)
        if there is not None and there.source.is_same_document(source):
            return name
        if there is None and not _exists(fd, name):
            return name
    taken = " and ".join(str(parent / name) for name in names_of(path, source))
    raise PublishError(f"{taken} stand in the way: markerd did not write them, or not for this document")


@contextmanager
def _parent_of(output: Path, path: str, *, create: bool = True) -> Iterator[tuple[int, Path]]:
    """The folder that the output goes into. A sub-folder that is itself a document's output is not used: replacing
    that document would take this one along, so it gets a mark."""
    parts: list[str] = []
    for part in places_of(path):
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


def _is_folder(fd: int, name: str) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode)


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
        targets = targets_of(produced.artifacts, name)
        pairs = zip(produced.artifacts, targets, strict=True)
        files = tuple(_copy_artifact(produced.folder, artifact, target, folder) for artifact, target in pairs)
        with durable.create_file(folder, manifest.FILE_NAME) as file:
            file.write(replace(described, artifacts=files).to_json())
            durable.sync(file)
        os.fsync(folder)


def _copy_artifact(produced: Path, artifact: Artifact, target: str, folder: int) -> PublishedFile:
    # The converter read untrusted bytes: what it wrote must be a plain file, not a link to one of ours.
    with open_to_read(produced / artifact.file_name) as original, durable.create_file(folder, target) as copy:
        if not stat.S_ISREG(os.fstat(original.fileno()).st_mode):
            raise PublishError(f"the converter left what is no regular file: {artifact.file_name!r}")
        size, sha256 = durable.copy_hashing(original, copy)
    return PublishedFile(target, artifact.role, size, sha256)


def _put_in_place(fd: int, staging: str, name: str) -> None:
    old = _manifest_of(fd, name)
    if old is None:
        durable.rename_to_free_name(staging, fd, name, fd)
        os.fsync(fd)
        return
    with _folder(fd, name) as source, _folder(fd, staging) as target:
        carried = carrying.link_along(source, target, _names_of_ours(old))
    durable.exchange(staging, name, fd)
    os.fsync(fd)
    with suppress(OSError):  # as long as something in it cannot be moved or removed, it stays, for the next sweep
        _retire(fd, staging, name, old, carried)


def _retire(fd: int, leftover: str, name: str, old: Manifest, carried: Mapping[tuple[str, ...], Along]) -> None:
    retired = _RETIRED + durable.temporary_name().removeprefix(durable.PREFIX)
    os.rename(leftover, retired, src_dir_fd=fd, dst_dir_fd=fd)
    carrying.retire(fd, retired, name, _names_of_ours(old) - {manifest.FILE_NAME}, manifest.FILE_NAME, carried)


def _names_of_ours(found: Manifest) -> set[str]:
    names = {artifact.file for artifact in found.artifacts}
    return {manifest.FILE_NAME, *(name for name in names if PurePath(name).name == name)}


def _clear_away(fd: int, leftover: str) -> None:
    """Remove what a publishing left under a temporary name, but nothing that others put there.

    A folder with a manifest is an output, new or old, that was on its way to its place or from there.
    """
    if not _is_folder(fd, leftover):
        durable.unlink_if_there(leftover, fd)
        return
    found = _manifest_of(fd, leftover)
    if found is None and leftover.startswith(_RETIRED):
        os.rmdir(leftover, dir_fd=fd)
    elif found is None:  # never filled to its end: all in it is ours
        trees.remove_tree(leftover, fd)
    elif (place := _place_of(fd, found)) is not None:
        _retire(fd, leftover, place, found, {})
    elif name := _name_of(found):
        try:
            durable.rename_to_free_name(leftover, fd, name, fd)
        except FileExistsError:  # by something that is not ours: what is all ours can be made again
            with _folder(fd, leftover) as folder:
                is_all_ours = set(os.listdir(folder)) <= _names_of_ours(found)
            if is_all_ours:
                trees.remove_tree(leftover, fd)


def _place_of(fd: int, found: Manifest) -> str | None:
    """Where the document's output lies in the folder, if it does."""
    for name in names_by_files(found):
        there = _manifest_of(fd, name)
        if there is not None and there.source.is_same_document(found.source):
            return name
    return None


def _name_of(found: Manifest) -> str | None:
    return next(iter(names_by_files(found)), None)


def _newest_first(fd: int, leftovers: Iterable[str]) -> list[str]:
    """Where an output is not in its place, the latest one goes there; without a manifest last."""
    found = {name: _manifest_of(fd, name) for name in leftovers}
    return sorted(found, key=lambda name: there.published_at if (there := found[name]) else "", reverse=True)


@contextmanager
def _folder(fd: int, name: str) -> Iterator[int]:
    folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
    try:
        yield folder
    finally:
        os.close(folder)


def _size_of(produced: Produced) -> int:
    return sum(os.lstat(produced.folder / artifact.file_name).st_size for artifact in produced.artifacts)


def _translated(error: OSError, parent: Path) -> PublishError:
    """`parent`: the folder that the output was to be made in; it need not be there yet."""
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        way = (folder for folder in (*reversed(parent.parents), parent) if folder.is_symlink() or folder.is_file())
        blamed = list(way)[-1:] or [error.filename]
        return PublishError(f"the way to the output leads through a symbolic link or a file: {blamed[0]}")
    if isinstance(error, PermissionError):
        there = next(folder for folder in (parent, *parent.parents) if os.path.lexists(folder))
        return PublishError(refusal(there, is_writing=True), kind="permission")
    if isinstance(error, FileExistsError):
        return PublishError(f"{parent / str(error.filename)} stands in the way: markerd did not write it")
    return PublishError(f"the output could not be written in {parent}: {error.strerror}")
