"""Windows: semaphores are handles that end with their last process, so there is nothing to clean."""

from __future__ import annotations

from collections.abc import Collection


def name_prefix() -> None:
    """There are no names to mark."""


def list_names(_prefix: str) -> set[str]:
    """Nothing: there are no names."""
    return set()


def standing_names(_names: Collection[str]) -> set[str]:
    """Nothing: there are no names."""
    return set()


def find_mapped_names(_names: Collection[str]) -> set[str]:
    """Nothing: there are no names."""
    return set()


def holder_pids(_names: Collection[str]) -> set[int]:
    """Nothing: there are no names."""
    return set()


def abandoned_names() -> set[str]:
    """Nothing: there are no names."""
    return set()


def unlink(_name: str) -> bool:
    """Nothing was removed."""
    return False


def release_memory() -> None:
    """The heap needs no asking."""
