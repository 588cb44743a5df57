"""Carries what others put into an output (notes, a corrected copy) along when the output is replaced.

Before the exchange it is linked into the new output, so that readers never miss it; after the exchange, what came
meanwhile is moved there. Nothing of theirs is ever deleted except a second name, or a copy, of what lies in the new
output.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

from markerd.files import durable, moves
from markerd.values import number_names

_Parts = tuple[str, ...]
TAKEN = durable.PREFIX + "taken"
"""A folder within an old output. A file is moved into it to be looked at, so that nobody replaces it by its name."""
_MOST_ROUNDS = 1000
"""How often the old output is looked through again; if somebody still writes into it by then, it stays."""


@dataclass(frozen=True)
class CarriedFile:
    """Where in the new output a file was linked or copied to, and its inode, size and time there."""

    parts: _Parts
    identity: tuple[int, int, int]


def link_along(old_fd: int, new_fd: int, ours: Collection[str]) -> dict[_Parts, CarriedFile]:
    """Give all that is not ours in the old output a second name, or a copy, in the new one.

    Returns the carried files by their place in the old output, which stays as it is until the exchange.
    """
    carried: dict[_Parts, CarriedFile] = {}
    pending: list[tuple[_Parts, _Parts]] = [((), ())]
    with durable.Descent(old_fd) as old, durable.Descent(new_fd) as new:
        while pending:
            theirs, mine = pending.pop()
            with suppress(FileNotFoundError):  # here and below: the owner took it away meanwhile
                source, target = old.open_at(theirs), new.open_at(mine)
                for entry in sorted(set(os.listdir(source)).difference(() if theirs else ours)):
                    with suppress(FileNotFoundError):
                        name = _find_free_name(entry, target)
                        if _is_folder(entry, source):
                            os.mkdir(name, dir_fd=target)
                            pending.append(((*theirs, entry), (*mine, name)))
                        else:
                            moves.link_or_copy(entry, source, name, target)
                            carried[(*theirs, entry)] = CarriedFile((*mine, name), moves.identify(name, target))
    return carried


def retire(
    fd: int, old: str, new: str, ours: Collection[str], last: str, carried: Mapping[_Parts, CarriedFile]
) -> None:
    """Remove the old output in the folder `fd`, once all that is not ours in it lies in the new one.

    Of our files `last` goes last, because it says what the folder is. What comes meanwhile goes along as well. Raises
    OSError where that has no end, or something cannot be moved: then the rest of the old output stays.
    """
    with durable.open_child(fd, old, create=False) as old_fd, durable.open_child(fd, new, create=False) as new_fd:
        for _ in range(_MOST_ROUNDS):
            _move_rest(old_fd, new_fd, {*ours, last}, carried)
            for name in (*ours, last):
                if name != last or os.listdir(old_fd) == [last]:
                    with suppress(IsADirectoryError, PermissionError):
                        durable.unlink_if_there(name, old_fd)
            try:
                os.rmdir(old, dir_fd=fd)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
            else:
                return
    raise OSError(errno.ENOTEMPTY, "somebody goes on writing into it", old)


def _move_rest(old_fd: int, new_fd: int, ours: Collection[str], carried: Mapping[_Parts, CarriedFile]) -> None:
    """Move all that is not ours, and remove folders that are empty by then."""
    pending: list[_Parts] = [()]
    emptied: list[_Parts] = []
    with durable.Descent(old_fd) as old, durable.Descent(new_fd) as new:
        while pending:
            theirs = pending.pop()
            emptied.append(theirs)
            with suppress(FileNotFoundError):
                source = old.open_at(theirs)
                for entry in sorted(set(os.listdir(source)).difference(() if theirs else ours)):
                    with suppress(FileNotFoundError):
                        if not _is_folder(entry, source):
                            _move_file(source, entry, theirs, new, carried)
                        elif entry == TAKEN or not _move_folder(source, entry, _ensure_folder(new, theirs)):
                            pending.append((*theirs, entry))
                with suppress(OSError):  # not there, or something in it could not be moved
                    os.rmdir(TAKEN, dir_fd=source)
        for parts in reversed(emptied[1:]):
            with suppress(OSError):  # something came into it: the next round sees to that
                os.rmdir(parts[-1], dir_fd=old.open_at(parts[:-1]))


def _move_folder(source: int, entry: str, target: int) -> bool:
    """Move the folder as a whole; returns False where the new output has a folder of its name."""
    if _exists(entry, target) and _is_folder(entry, target):
        return False
    durable.rename_to_free_name(entry, source, _find_free_name(entry, target), target)
    return True


def _move_file(
    source: int, entry: str, theirs: _Parts, new: durable.Descent, carried: Mapping[_Parts, CarriedFile]
) -> None:
    """Move the file unless it is there already. It is taken aside first: a file saved over it is another one."""
    is_taken = theirs[-1:] == (TAKEN,)
    if not is_taken:
        with suppress(FileExistsError):
            os.mkdir(TAKEN, dir_fd=source)  # no sync for each folder: should it be lost, its file is where it was
    with durable.open_child(source, *(() if is_taken else (TAKEN,)), create=False) as taken:
        if not is_taken:
            os.rename(entry, entry, src_dir_fd=source, dst_dir_fd=taken)
        along = carried.get((*_skip_taken(theirs), entry))
        if along is not None and _settle_carried(taken, entry, along, new):
            return
        target = _ensure_folder(new, theirs)
        for candidate in number_names(entry):
            if _exists(candidate, target):
                if _is_same(entry, taken, candidate, target):
                    os.unlink(entry, dir_fd=taken)
                    return
                continue
            with suppress(FileExistsError):
                durable.rename_to_free_name(entry, taken, candidate, target)
                return


def _settle_carried(taken: int, entry: str, along: CarriedFile, new: durable.Descent) -> bool:
    """Drop a file that was carried, or put it in the place of the carried one where its owner saved it anew since.

    Returns False where neither is the case.
    """
    with suppress(FileNotFoundError):
        target, name = new.open_at(along.parts[:-1]), along.parts[-1]
        if _is_same(entry, taken, name, target):
            os.unlink(entry, dir_fd=taken)
            return True
        if moves.identify(name, target) == along.identity:
            os.replace(entry, name, src_dir_fd=taken, dst_dir_fd=target)
            return True
    return False


def _ensure_folder(new: durable.Descent, theirs: _Parts) -> int:
    """Open the folder in the new output; it is made again where its owner has removed it."""
    place = _skip_taken(theirs)
    try:
        return new.open_at(place)
    except FileNotFoundError:
        with durable.open_child(new.open_at(()), *place, create=True):
            return new.open_at(place)


def _skip_taken(theirs: _Parts) -> _Parts:
    return tuple(part for part in theirs if part != TAKEN) if TAKEN in theirs else theirs


def _is_same(first: str, first_fd: int, second: str, second_fd: int) -> bool:
    """Whether both names belong to one file, or to a file and its copy."""
    ours, theirs = (os.stat(n, dir_fd=fd, follow_symlinks=False) for n, fd in ((first, first_fd), (second, second_fd)))
    if (ours.st_dev, ours.st_ino) == (theirs.st_dev, theirs.st_ino):
        return True
    if stat.S_ISLNK(ours.st_mode) and stat.S_ISLNK(theirs.st_mode):
        return os.readlink(first, dir_fd=first_fd) == os.readlink(second, dir_fd=second_fd)
    are_files = stat.S_ISREG(ours.st_mode) and stat.S_ISREG(theirs.st_mode)
    return are_files and moves.is_copy(first, first_fd, second, second_fd)


def _find_free_name(entry: str, fd: int) -> str:
    return next(candidate for candidate in number_names(entry) if not _exists(candidate, fd))


def _exists(name: str, fd: int) -> bool:
    try:
        os.stat(name, dir_fd=fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _is_folder(name: str, fd: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode)
