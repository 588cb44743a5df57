"""Asks the kernel who has a file open for writing: fcntl(2), "Leases".

On Linux it answers the owner of a file on a local file system, and holders of CAP_LEASE.
"""

from __future__ import annotations

import ctypes
import errno
import signal
import sys

if sys.platform == "linux":
    import fcntl

_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4  # prctl(2)


def is_open_for_writing(descriptor: int) -> bool | None:
    """Whether anyone has the file open for writing. None where the kernel does not say."""
    try:
        take_read_lease(descriptor)
    except BlockingIOError:
        return True
    except OSError:
        return None
    # The lease is dropped at once: a writer who opens the file now hangs in open(2) until it is gone.
    drop_lease(descriptor)
    return False


def keep_from_children() -> None:
    """Keep CAP_LEASE, and other ambient capabilities of a service manager, from all programs that are started here.

    See capabilities(7). This must be called before a thread is started; it does nothing where there are none.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)


def take_read_lease(descriptor: int) -> None:
    """Raises BlockingIOError while anyone has the file open for writing, OSError where there are no leases.

    A writer who breaks the lease has a signal sent to us, by default SIGIO, whose default action ends the
    process. SIGURG instead does nothing by default. F_SETSIG must come first, as a break can follow at once.
    """
    if sys.platform == "linux":
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    else:
        raise OSError(errno.ENOTSUP, "no leases on this platform")


def is_lease_kept(descriptor: int) -> bool:
    """Whether a lease that was taken still holds; it does not once a writer waits in open(2) for its end."""
    return sys.platform == "linux" and fcntl.fcntl(descriptor, fcntl.F_GETLEASE) == fcntl.F_RDLCK


def drop_lease(descriptor: int) -> None:
    """Give the lease back."""
    if sys.platform == "linux":
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
