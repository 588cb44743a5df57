"""Takes an output away whose source is gone: into an archive, or for good. What others put into it stays.

Every function here may run twice on the same output, because a crash can fall between the deed and its record.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from markerd.files import durable, moves, trees
from markerd.files.hashing import hash_file
from markerd.files.untrusted import open_to_read
from markerd.pipeline import leftovers, manifest
from markerd.pipeline.manifest import Manifest, PublishedFile
from markerd.pipeline.output_names import name_parents
from markerd.pipeline.output_slot import OutputSlot, exists, open_child, read_manifest
from markerd.values import number_names


def remove_outputs(slot: OutputSlot, path: str, archive: Path | None) -> int:
    """Remove the outputs of the document at `path` below its hot folder; they go to `archive` first, if there is one.

    Returns how many files stay, because they are not ours or not as we wrote them. Raises OSError.
    """
    leftovers.sweep(slot)
    stayed = 0
    try:
        with slot.open_parent(create=False) as fd:
            for name, found in list(slot.iterate_outputs(fd)):
                ours = _list_unchanged(fd, name, found)
                if archive is not None:
                    _archive(fd, name, found, ours, archive, path)
                stayed += _remove(fd, name, ours)
            os.fsync(fd)
    except FileNotFoundError:  # it was removed already
        return stayed
    return stayed


def _list_unchanged(fd: int, name: str, found: Manifest) -> list[str]:
    """List the files of the output that are as they were published; an edited one belongs to who edited it."""
    with open_child(fd, name) as folder:
        return [artifact.file for artifact in found.artifacts if _is_unchanged(folder, artifact)]


def _is_unchanged(folder: int, published: PublishedFile) -> bool:
    try:
        status = os.stat(published.file, dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISREG(status.st_mode) or status.st_size != published.size:
            return False
        with open_to_read(published.file, folder) as file:
            return hash_file(file) == published.sha256
    except FileNotFoundError:
        return False


def _archive(fd: int, name: str, found: Manifest, ours: list[str], archive: Path, path: str) -> None:
    """Put a copy of what is ours below the archive, whole or not at all, unless a crash left one there."""
    with durable.open_folder(archive, *name_parents(path)) as target, open_child(fd, name) as source:
        staging = durable.make_temporary_name()
        for candidate in number_names(name):
            if read_manifest(target, candidate) == found:
                return
            if exists(target, candidate):
                continue
            os.mkdir(staging, dir_fd=target)
            try:
                with open_child(target, staging) as folder:
                    for file in (*ours, manifest.FILE_NAME):
                        moves.link_or_copy(file, source, file, folder)
                    os.fsync(folder)
                durable.rename_to_free_name(staging, target, candidate, target)
            except BaseException:
                with suppress(OSError):
                    trees.remove_tree(staging, target)
                raise
            os.fsync(target)
            return


def _remove(fd: int, name: str, ours: list[str]) -> int:
    """Remove what is ours; where that is all, readers see the output go at once. Returns how many files stay."""
    own = [manifest.FILE_NAME, *ours]
    if _list(fd, name) > set(own):
        return _remove_files(fd, name, own[::-1])  # the manifest last: it says whose the rest is
    hidden = durable.make_temporary_name()
    os.rename(name, hidden, src_dir_fd=fd, dst_dir_fd=fd)
    # The manifest first: with it a crash leaves what a sweep puts back whole, without it what a sweep removes.
    stayed = _remove_files(fd, hidden, own if _list(fd, hidden) <= set(own) else [])
    if stayed:  # somebody put a file there meanwhile
        durable.rename_to_free_name(hidden, fd, name, fd)
    return stayed


def _remove_files(fd: int, name: str, files: list[str]) -> int:
    with open_child(fd, name) as folder:
        for file in files:
            durable.unlink_if_there(file, folder)
        stayed = len(os.listdir(folder))
    if stayed == 0:
        os.rmdir(name, dir_fd=fd)
    return stayed


def _list(fd: int, name: str) -> set[str]:
    with open_child(fd, name) as folder:
        return set(os.listdir(folder))
