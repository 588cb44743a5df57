"""Rules about folders that lie inside others, so that nothing is converted twice and no output becomes a document.

Two places are *equal*, one is *inside* the other, or they are *apart*. This is judged by their resolved paths, and by
the identity of what is on disk (a bind mount, a file system that ignores case). These are refused:

- a hot folder that is equal to an output, archive or failed folder of any entry, or inside one: what is published
  there would arrive as a new document;
- an output, archive or failed folder inside a recursive hot folder, for the same reason. Inside a hot folder that is
  not recursive it is allowed, because subfolders are never looked at;
- two equal hot folders, or one inside another that is recursive: its documents would be converted twice;
- an output folder that is not apart from every archive and failed folder, or that is inside the output folder of
  another entry: an output is replaced as a whole folder, with all that lies in it. Entries may share one output
  folder, because the manifests there say which entry each document belongs to;
- an archive folder that is equal to a failed folder: dead letters would look like converted sources. Entries may share
  an archive folder, or a failed folder, because nothing is ever overwritten there;
- a state_dir that is not apart from every folder of every entry: the daemon sweeps its own folder;
- the configuration file, the log file or the file of a key in a place where a hot folder would take it for a document.

An archive folder counts only if `after = "archive"`.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from markerd.config.problems import Location, Problem, write_key
from markerd.values import make_printable

Identity = tuple[int, int]


class Role(str, Enum):
    """What a place is used for."""

    HOT = "hot folder"
    OUTPUT = "output folder"
    ARCHIVE = "archive folder"
    FAILED = "failed folder"
    STATE = "state directory"
    FILE = "file"


_SINKS = frozenset({Role.OUTPUT, Role.ARCHIVE, Role.FAILED})


@dataclass(frozen=True)
class Place:
    """A path of the configuration. `resolved` follows symbolic links.

    `identities` holds device and inode of the path and of its parents, innermost first, with None for what does not
    exist.
    """

    location: Location
    role: Role
    resolved: Path
    identities: tuple[Identity | None, ...] = ()
    is_recursive: bool = False

    def is_same(self, other: Place) -> bool:
        return self.resolved == other.resolved or _has_identity(other, self.identities[:1])

    def is_inside(self, other: Place) -> bool:
        """Whether this place is truly inside the other. The same place is not inside."""
        if self.is_same(other):
            return False
        return other.resolved in self.resolved.parents or _has_identity(other, self.identities[1:])


def _has_identity(place: Place, identities: Sequence[Identity | None]) -> bool:
    own = place.identities[0] if place.identities else None
    return own is not None and own in identities


def locate_on_disk(location: Location, role: Role, path: Path, *, is_recursive: bool = False) -> Place:
    """Return the place as it is on disk now. What does not exist yet is judged by its path alone."""
    resolved = Path(os.path.realpath(path))
    identities = tuple(_identify(each) for each in (resolved, *resolved.parents))
    return Place(location, role, resolved, identities, is_recursive)


def _identify(path: Path) -> Identity | None:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    # Some network file systems give no inode numbers.
    return (status.st_dev, status.st_ino) if status.st_ino else None


def find_overlaps(places: Sequence[Place]) -> Iterator[Problem]:
    """Yield one problem for each pair of places that must not lie as they do."""
    for first, second in _find_related(places):
        # Either place may be the inner one, and each rule is written for one order only.
        problem = _judge_pair(first, second) or _judge_pair(second, first)
        if problem:
            yield problem


def _find_related(places: Sequence[Place]) -> list[tuple[Place, Place]]:
    """Return the pairs that are not apart, in the order of `places`.

    Each place is looked for among the parents of the others. So the work grows with the places, not with their pairs.
    """
    numbers: dict[Path | Identity, list[int]] = defaultdict(list)
    for number, place in enumerate(places):
        for own in (place.resolved, *place.identities[:1]):
            if own is not None:
                numbers[own].append(number)
    pairs: set[tuple[int, int]] = set()
    for number, place in enumerate(places):
        for around in (place.resolved, *place.resolved.parents, *place.identities):
            others = numbers.get(around, ()) if around is not None else ()
            pairs.update((min(number, other), max(number, other)) for other in others if other != number)
    return [(places[first], places[second]) for first, second in sorted(pairs)]


def _judge_pair(inner: Place, outer: Place) -> Problem | None:
    """Return the problem if `inner` lies inside `outer`, or is the same place."""
    is_same = inner.is_same(outer)
    if not is_same and not inner.is_inside(outer):
        return None
    reason = _judge_same(inner, outer) if is_same else _judge_inside(inner, outer)
    if reason is None:
        return None
    where = "is the same as" if is_same else "lies inside"
    paths = [make_printable(str(place.resolved)) for place in (inner, outer)]
    message = f"{paths[0]} {where} {write_key(outer.location)} ({paths[1]}): {reason}"
    return Problem(inner.location, message, outer.location)


def _judge_same(one: Place, other: Place) -> str | None:
    roles = {one.role, other.role}
    if roles == {Role.HOT}:
        return "a document there would be converted twice; keep one of the two entries"
    if Role.STATE in roles and Role.FILE not in roles:
        return "the daemon sweeps its state directory; give it a folder of its own"
    if Role.HOT in roles and roles & _SINKS:
        return "what is put there would be converted again; choose another folder"
    if Role.OUTPUT in roles and roles & {Role.ARCHIVE, Role.FAILED}:
        return "an output that is replaced would take sources with it; choose another folder"
    if roles == {Role.ARCHIVE, Role.FAILED}:
        return "dead letters would pass for converted sources; choose another folder"
    return None


def _judge_inside(inner: Place, outer: Place) -> str | None:
    if inner.role is Role.FILE:
        return _judge_file_inside(inner, outer)
    if outer.role is Role.HOT and inner.role is not Role.STATE:
        return _judge_inside_hot_folder(inner, outer)
    roles = (inner.role, outer.role)
    if Role.STATE in roles:
        return "the daemon sweeps its state directory; put the two side by side"
    if inner.role is Role.HOT:
        return "what is put there would be converted again; put the two side by side"
    if Role.OUTPUT in roles:
        return "an output is replaced as a whole folder, with all that lies in it; put the two side by side"
    return None


def _judge_inside_hot_folder(inner: Place, hot: Place) -> str | None:
    if not hot.is_recursive:
        return None
    twice = "be converted twice" if inner.role is Role.HOT else "be converted again"
    recursive = write_key((*hot.location[:-1], "recursive"))
    return f"what is put there would {twice}; put the two side by side, or set {recursive} = false"


def _judge_file_inside(file: Place, outer: Place) -> str | None:
    is_seen = outer.is_recursive or outer.resolved == file.resolved.parent
    if outer.role is Role.HOT and is_seen:
        return "it would be taken for a document; put it elsewhere"
    return None
