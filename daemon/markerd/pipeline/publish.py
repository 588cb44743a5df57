"""From the converter's files to an output folder that appears whole, in one step, or not at all.

    <output>/<sub/dir>/<name>/<name>.md, images, <name>_meta.json, manifest.json

The folder is put together beside its target, every file is forced to the disk, and then it is renamed into place. Where
the target is an earlier output of the same document, the two are exchanged. Two documents that would share a folder
are kept apart: the later one gets a short hash of its path. The manifest says whose a folder is.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from markerd.convert.protocol import Artifact
from markerd.errors import NO_DISK, NO_ROOM, PublishError, StorageError
from markerd.files import durable
from markerd.files.permissions import explain_refusal
from markerd.files.untrusted import open_to_read
from markerd.pipeline import carrying, manifest
from markerd.pipeline.leftovers import clear_away, list_own_names, retire
from markerd.pipeline.manifest import Manifest, PublishedFile
from markerd.pipeline.output_names import name_files
from markerd.pipeline.output_slot import OutputSlot, open_child, read_manifest


@dataclass(frozen=True)
class Produced:
    """What the converter left: `artifacts` lie in `folder`."""

    folder: Path
    artifacts: tuple[Artifact, ...]


def publish(slot: OutputSlot, produced: Produced, described: Manifest) -> Path:
    """Publish a document in its slot; returns the folder that now holds it.

    `described` still lacks its artifacts. Raises PublishError, and StorageError where the disk is full or away.
    """
    try:
        with slot.open_parent(create=True) as fd:
            name = slot.choose_name(fd)
            _publish_as(fd, name, produced, described)
            return slot.parent / name
    except OSError as error:
        if error.errno in NO_ROOM | NO_DISK:
            raise StorageError(
                f"no room in {slot.output}: {error.strerror}", slot.output, _measure_size(produced)
            ) from error
        raise _translate_error(error, slot.wanted_parent) from error


def find_published(slot: OutputSlot, sha256: str, formats: Sequence[str]) -> tuple[Path, Manifest] | None:
    """Find where the content with this hash is published already, whole and in all formats; None where it is not."""
    try:
        with slot.open_parent(create=False) as fd:
            for name, found in slot.iterate_outputs(fd):
                if found.source.sha256 == sha256:
                    is_complete = set(formats) <= set(found.formats) and _is_whole(fd, name, found)
                    return (slot.parent / name, found) if is_complete else None
    except OSError:
        return None
    return None


def _is_whole(fd: int, name: str, found: Manifest) -> bool:
    try:
        sizes = [os.stat(f"{name}/{a.file}", dir_fd=fd, follow_symlinks=False).st_size for a in found.artifacts]
    except OSError:
        return False
    return sizes == [artifact.size for artifact in found.artifacts]


def _publish_as(fd: int, name: str, produced: Produced, described: Manifest) -> None:
    staging = durable.make_temporary_name()
    try:
        _fill(fd, staging, name, produced, described)
        _put_in_place(fd, staging, name)
    except BaseException:
        with suppress(OSError):
            clear_away(fd, staging)
        raise


def _fill(fd: int, staging: str, name: str, produced: Produced, described: Manifest) -> None:
    os.mkdir(staging, dir_fd=fd)
    with open_child(fd, staging) as folder:
        targets = name_files(produced.artifacts, name)
        pairs = zip(produced.artifacts, targets, strict=True)
        files = tuple(_copy_artifact(produced.folder, artifact, target, folder) for artifact, target in pairs)
        with durable.create_file(folder, manifest.FILE_NAME) as file:
            file.write(replace(described, artifacts=files).to_json())
            durable.sync(file)
        os.fsync(folder)


def _copy_artifact(produced: Path, artifact: Artifact, target: str, folder: int) -> PublishedFile:
    # The converter read untrusted bytes: what it wrote must be a plain file, not a link to one of ours.
    with open_to_read(produced / artifact.file_name) as original:
        if not stat.S_ISREG(os.fstat(original.fileno()).st_mode):
            raise PublishError(f"the converter left what is no regular file: {artifact.file_name!r}")
        size, sha256 = durable.create_copy(original, folder, target)
    return PublishedFile(target, artifact.role, size, sha256)


def _put_in_place(fd: int, staging: str, name: str) -> None:
    # Read again: its owner may have taken the old output away while the new one was filled.
    old = read_manifest(fd, name)
    if old is None:
        durable.rename_to_free_name(staging, fd, name, fd)
        os.fsync(fd)
        return
    with open_child(fd, name) as source, open_child(fd, staging) as target:
        carried = carrying.link_along(source, target, list_own_names(old))
    durable.exchange(staging, name, fd)
    os.fsync(fd)
    with suppress(OSError):  # as long as something in it cannot be moved or removed, it stays, for the next sweep
        retire(fd, staging, name, old, carried)


def _measure_size(produced: Produced) -> int:
    return sum(os.lstat(produced.folder / artifact.file_name).st_size for artifact in produced.artifacts)


def _translate_error(error: OSError, parent: Path) -> PublishError:
    """`parent`: the folder that the output was to be made in; it need not be there yet."""
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        way = (folder for folder in (*reversed(parent.parents), parent) if folder.is_symlink() or folder.is_file())
        blamed = list(way)[-1:] or [error.filename]
        return PublishError(f"the way to the output leads through a symbolic link or a file: {blamed[0]}")
    if isinstance(error, PermissionError):
        there = next(folder for folder in (parent, *parent.parents) if os.path.lexists(folder))
        return PublishError(explain_refusal(there, is_writing=True), kind="permission")
    if isinstance(error, FileExistsError):
        return PublishError(f"{parent / str(error.filename)} stands in the way: markerd did not write it")
    return PublishError(f"the output could not be written in {parent}: {error.strerror}")
