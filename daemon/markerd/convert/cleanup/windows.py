"""Windows: semaphores are handles that end with their last process, so there is nothing to clean up."""

from __future__ import annotations

from collections.abc import Collection


def find_name_prefix() -> None:
    """Return nothing: there are no names to mark."""


def list_names(_prefix: str) -> set[str]:
    """Return nothing: there are no names."""
    return set()


def find_standing_names(_names: Collection[str]) -> set[str]:
    """Return nothing: there are no names."""
    return set()


def find_mapped_names(_names: Collection[str]) -> set[str]:
    """Return nothing: there are no names."""
    return set()


def find_holder_pids(_names: Collection[str]) -> set[int]:
    """Return nothing: there are no names."""
    return set()


def find_abandoned_names() -> set[str]:
    """Return nothing: there are no names."""
    return set()


def unlink(_name: str) -> bool:
    """Return False: nothing was removed."""
    return False


def release_memory() -> None:
    """Do nothing: the heap gives its free pages back by itself."""
