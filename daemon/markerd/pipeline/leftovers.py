"""What a publishing that was cut short left beside an output, and old outputs on their way out.

All of it has a temporary name. What others put into it goes along into the output that is in place.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import PurePath

from markerd.files import durable, trees
from markerd.pipeline import carrying, manifest
from markerd.pipeline.carrying import CarriedFile
from markerd.pipeline.manifest import Manifest
from markerd.pipeline.output_names import guess_output_names
from markerd.pipeline.output_slot import OutputSlot, is_folder, open_child, read_manifest

_RETIRED = durable.PREFIX + "old-"
"""What an old output is called once the new one is in its place: only what is known to be ours is removed from it."""


def sweep(slot: OutputSlot) -> None:
    """Remove what a publishing that was cut short left beside the document's place.

    An output that was on its way to its place, or was being exchanged for a new one, is put there.
    """
    try:
        with slot.open_parent(create=False) as fd:
            names = (name for name in os.listdir(fd) if name.startswith(durable.PREFIX))
            for leftover in _sort_newest_first(fd, names):
                with suppress(OSError):  # something in it cannot be moved or removed: it is tried again
                    clear_away(fd, leftover)
    except OSError:  # no such folder, or no way to it: the next publishing meets that, and reports it
        return


def clear_away(fd: int, leftover: str) -> None:
    """Remove what a publishing left under a temporary name, but nothing that others put there.

    A folder with a manifest is an output, new or old, that was on its way to its place or from there. Raises OSError
    where something cannot be moved or removed.
    """
    if not is_folder(fd, leftover):
        durable.unlink_if_there(leftover, fd)
        return
    found = read_manifest(fd, leftover)
    if found is None and leftover.startswith(_RETIRED):
        os.rmdir(leftover, dir_fd=fd)
    elif found is None:  # never filled to its end: all in it is ours
        trees.remove_tree(leftover, fd)
    elif (place := _find_place(fd, found)) is not None:
        retire(fd, leftover, place, found, {})
    else:
        _restore_output(fd, leftover, found)


def _restore_output(fd: int, leftover: str, found: Manifest) -> None:
    """Put an output that nothing replaces into its place."""
    name = next(iter(guess_output_names(found)), None)
    if name is None:
        return
    try:
        durable.rename_to_free_name(leftover, fd, name, fd)
    except FileExistsError:  # by something that is not ours: what is all ours can be made again
        with open_child(fd, leftover) as folder:
            is_all_ours = set(os.listdir(folder)) <= list_own_names(found)
        if is_all_ours:
            trees.remove_tree(leftover, fd)


def retire(fd: int, leftover: str, name: str, old: Manifest, carried: Mapping[tuple[str, ...], CarriedFile]) -> None:
    """Remove the old output `leftover`, whose manifest is `old`, once all that is not ours in it lies in `name`.

    Raises OSError where something cannot be moved or removed: then the rest stays, under a name that says so.
    """
    retired = _RETIRED + durable.make_temporary_name().removeprefix(durable.PREFIX)
    os.rename(leftover, retired, src_dir_fd=fd, dst_dir_fd=fd)
    carrying.retire(fd, retired, name, list_own_names(old) - {manifest.FILE_NAME}, manifest.FILE_NAME, carried)


def list_own_names(found: Manifest) -> set[str]:
    """The names of the files in an output that markerd wrote itself, the manifest among them."""
    names = {artifact.file for artifact in found.artifacts}
    return {manifest.FILE_NAME, *(name for name in names if PurePath(name).name == name)}


def _find_place(fd: int, found: Manifest) -> str | None:
    """Return the name under which the document's output lies in the folder, if it does."""
    for name in guess_output_names(found):
        there = read_manifest(fd, name)
        if there is not None and there.source.is_same_document(found.source):
            return name
    return None


def _sort_newest_first(fd: int, leftovers: Iterable[str]) -> list[str]:
    """Where an output is not in its place, the latest one goes there; those without a manifest come last."""
    found = {name: read_manifest(fd, name) for name in leftovers}
    return sorted(found, key=lambda name: there.published_at if (there := found[name]) else "", reverse=True)
