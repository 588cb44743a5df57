"""macOS: named semaphores cannot be listed, and the system does not say which process has them open.

So only the names that this process registered itself are known. What a killed child left stays until the resource
tracker ends, and nothing can be swept at the start.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress

MAX_NAME_LENGTH = 31  # PSEMNAMLEN, the leading slash included


def find_name_prefix() -> str:
    """Return the prefix of this process's names; `-` and eight characters follow it."""
    return f"/mkd{os.getpid()}"


def list_names(_prefix: str) -> set[str]:
    """Return nothing: the names cannot be listed."""
    return set()


def find_standing_names(names: Collection[str]) -> set[str]:
    """Return all of `names`: a name is known until it is unlinked."""
    return set(names)


def find_mapped_names(_names: Collection[str]) -> set[str]:
    """Return nothing: the system does not say. Only its pending finalizer protects a living semaphore."""
    return set()


def find_holder_pids(_names: Collection[str]) -> set[int]:
    """Return nothing: the system does not say."""
    return set()


def find_abandoned_names() -> set[str]:
    """Return nothing: the names cannot be listed."""
    return set()


def unlink(name: str) -> bool:
    """Remove a name; returns False where it does not exist any more. Raises OSError."""
    import _multiprocessing  # type: ignore[import-not-found]  # typeshed has no stub

    try:
        _multiprocessing.sem_unlink(name)
    except FileNotFoundError:
        return False
    return True


def release_memory() -> None:
    """Ask every malloc zone to give back what it can."""
    import ctypes

    with suppress(AttributeError, OSError):
        relieve = ctypes.CDLL(None).malloc_zone_pressure_relief
        relieve.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
        relieve.restype = ctypes.c_size_t
        relieve(None, 0)  # every zone, as much as possible
