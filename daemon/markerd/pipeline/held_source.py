"""A source that is held while it is archived, deleted or buried, so that no bytes go with it that were not converted.

It is opened. Where the kernel grants a read lease, nobody has it open for writing, and whoever opens it now waits. It
is never unlinked where it lies, but renamed first and looked at again: what was written, or is about to be, comes back.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from markerd.errors import SourceChangedError
from markerd.files import durable, leases, moves
from markerd.values import Fingerprint, number_names

LEAVING = durable.PREFIX + "leaving"
"""A folder beside a source that is about to be removed: the source lies there last, under its own name."""

_OPEN = "a program has it open for writing"
_CHANGED = "it changed after it was read"


@dataclass
class HeldSource:
    """The source `name` in the folder `folder_fd`, found as it was staged. `hold` makes them.

    `descriptor` is None where the file may not be read: then only its name is looked at, and no lease can be had.
    """

    folder_fd: int
    name: str
    expected: Fingerprint
    descriptor: int | None
    may_lease: bool
    _is_leased: bool = field(default=False, init=False)

    def move(self, target: str, target_fd: int) -> tuple[str, ...]:
        """Rename the source, or copy and remove it where the target is on another file system.

        Returns what a copy could not keep, see `attributes`. Raises FileExistsError where the name is taken, and
        SourceChangedError once the source lies in its folder again, or still.
        """
        try:
            durable.rename_to_free_name(self.name, self.folder_fd, target, target_fd)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            lost = self._copy(target, target_fd)
            self.remove()
            return lost
        self._demand_still_ours(target, target_fd)
        return ()

    def copy(self, target: str, target_fd: int) -> tuple[str, ...]:
        """Copy the source to a free name; returns what the copy could not keep.

        Raises FileExistsError, and SourceChangedError where the source changed meanwhile.
        """
        self._let_writers_in()  # they would wait for the whole of the copy
        lost = moves.copy_to_free_name(self.name, self.folder_fd, target, target_fd)
        try:
            self.demand_untouched()
        except SourceChangedError:
            durable.unlink_if_there(target, target_fd)
            raise
        return lost

    def remove(self) -> None:
        """Delete the source. Raises SourceChangedError once it lies in its folder again, or still."""
        self.demand_untouched()
        try:
            with durable.open_child(self.folder_fd, LEAVING, create=True) as leaving_fd:
                durable.rename_to_free_name(self.name, self.folder_fd, self.name, leaving_fd)
                self._demand_still_ours(self.name, leaving_fd)
                os.unlink(self.name, dir_fd=leaving_fd)
        finally:
            _remove_if_empty(LEAVING, self.folder_fd)

    def demand_untouched(self) -> None:
        """Raises SourceChangedError where the source is not as it was staged, or somebody has it open for writing."""
        self._keep_writers_out()
        status = self._read_status(self.name, self.folder_fd)
        if status is None or not self.expected.matches(Fingerprint.of(status)):
            raise SourceChangedError(_CHANGED)

    def _copy(self, target: str, target_fd: int) -> tuple[str, ...]:
        """Copy the source, unless a move was cut short after its copy."""
        self._let_writers_in()
        if moves.is_copy(self.name, self.folder_fd, target, target_fd):
            return ()
        return self.copy(target, target_fd)

    def _demand_still_ours(self, name: str, fd: int) -> None:
        """Check the source after a rename, which changes only its change time; a source that changed is put back."""
        status = self._read_status(name, fd)
        is_ours = status is not None and self.expected.is_same_but_for_ctime(Fingerprint.of(status))
        if is_ours and self._is_out_of_reach():
            return
        put_back(name, fd, self.name, self.folder_fd)
        raise SourceChangedError(_OPEN if is_ours else _CHANGED)

    def _read_status(self, name: str, fd: int) -> os.stat_result | None:
        """Return the status of the entry with that name, if it is still the file that is held."""
        try:
            named = os.stat(name, dir_fd=fd, follow_symlinks=False)
        except FileNotFoundError:
            return None
        if self.descriptor is None:
            return named
        held = os.fstat(self.descriptor)
        return held if (held.st_dev, held.st_ino) == (named.st_dev, named.st_ino) else None

    def _keep_writers_out(self) -> None:
        if self.descriptor is None or not self.may_lease or self._is_leased:
            return
        try:
            leases.take_read_lease(self.descriptor)
        except BlockingIOError as error:
            raise SourceChangedError(_OPEN) from error
        except OSError:  # the kernel would not say: times and size have to do
            return
        self._is_leased = True

    def _let_writers_in(self) -> None:
        if self._is_leased and self.descriptor is not None:
            leases.drop_lease(self.descriptor)
            self._is_leased = False

    def _is_out_of_reach(self) -> bool:
        """Whether nobody has come to write since the lease was taken, or no lease could be had."""
        return self.descriptor is None or not self._is_leased or leases.is_lease_kept(self.descriptor)


@contextmanager
def hold(folder_fd: int, name: str, expected: Fingerprint, *, may_lease: bool) -> Iterator[HeldSource]:
    """Hold the source, which must be untouched since it was staged as `expected`.

    `may_lease` is for local file systems: elsewhere a refused lease means nothing. Raises FileNotFoundError where there
    is no such file, and SourceChangedError.
    """
    descriptor = _open_source(folder_fd, name)
    try:
        source = HeldSource(folder_fd, name, expected, descriptor, may_lease)
        source.demand_untouched()
        yield source
    finally:
        if descriptor is not None:
            os.close(descriptor)  # the lease ends with it


def _open_source(folder_fd: int, name: str) -> int | None:
    try:
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder_fd)
    except BlockingIOError as error:  # somebody's exclusive lease, such as Samba's for a client at work on the file
        raise SourceChangedError(_OPEN) from error
    except PermissionError:
        return None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # a symbolic link or a socket in its place
            raise SourceChangedError(_CHANGED) from error
        raise


def finish_removal(folder_fd: int, name: str, expected: Fingerprint, *, may_lease: bool) -> bool:
    """Remove a source that a crash left on its way out; returns False where none was left.

    Raises SourceChangedError where it was written to meanwhile: then it lies in its folder again.
    """
    with suppress(FileNotFoundError), durable.open_child(folder_fd, LEAVING, create=False) as leaving_fd:
        left = Fingerprint.of(os.stat(name, dir_fd=leaving_fd, follow_symlinks=False))
        try:
            if not left.is_same_but_for_ctime(expected):
                raise SourceChangedError(_CHANGED)
            with hold(leaving_fd, name, left, may_lease=may_lease):
                os.unlink(name, dir_fd=leaving_fd)
        except SourceChangedError:
            put_back(name, leaving_fd, name, folder_fd)
            raise
        _remove_if_empty(LEAVING, folder_fd)
        return True
    return False


def bring_back(folder_fd: int, but: Collection[str] = ()) -> None:
    """Put what lies on its way out back into its folder, where it is an arrival, except the names in `but`."""
    with suppress(FileNotFoundError), durable.open_child(folder_fd, LEAVING, create=False) as leaving_fd:
        for name in set(os.listdir(leaving_fd)).difference(but):
            put_back(name, leaving_fd, name, folder_fd)
    _remove_if_empty(LEAVING, folder_fd)


def put_back(name: str, fd: int, wanted: str, folder_fd: int) -> None:
    """Rename an entry into the folder, under the wanted name or the next number that is free; it may be gone."""
    for candidate in number_names(wanted):
        with suppress(FileExistsError):
            with suppress(FileNotFoundError):
                durable.rename_to_free_name(name, fd, candidate, folder_fd)
            return


def _remove_if_empty(folder: str, fd: int) -> None:
    with suppress(OSError):  # not there, or something came into it meanwhile
        os.rmdir(folder, dir_fd=fd)
