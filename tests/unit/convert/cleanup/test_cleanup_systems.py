"""What holds for every platform's adapter, and for the two that cannot be asked much."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from markerd.convert.cleanup import darwin, windows
from markerd.convert.cleanup.semaphores import SemaphoreLedger, System, sweep_abandoned


class Shelf:
    """A system with two abandoned names, one of which may not be removed."""

    def find_name_prefix(self) -> str | None:
        return None

    def list_names(self, _prefix: str, /) -> set[str]:
        return set()

    def find_standing_names(self, names: Collection[str], /) -> set[str]:
        return set(names)

    def find_mapped_names(self, _names: Collection[str], /) -> set[str]:
        return set()

    def find_holder_pids(self, _names: Collection[str], /) -> set[int]:
        return set()

    def find_abandoned_names(self) -> set[str]:
        return {"/removable", "/forbidden", "/gone"}

    def unlink(self, name: str, /) -> bool:
        if name == "/forbidden":
            raise PermissionError(name)
        return name == "/removable"

    def release_memory(self) -> None:
        pass


def test_longest_name_fits_into_macos_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest name stays within the 31 characters of macOS."""
    monkeypatch.setattr("os.getpid", lambda: 4194304)
    assert len(darwin.find_name_prefix() + "-abcdefgh") <= darwin.MAX_NAME_LENGTH


def test_macos_lists_and_sweeps_nothing() -> None:
    """On macOS known names stand, and nothing else is listed, swept or taken for open."""
    assert darwin.find_standing_names(["/a"]) == {"/a"}
    assert darwin.list_names("/mkd1") == darwin.find_abandoned_names() == darwin.find_mapped_names(["/a"]) == set()
    assert darwin.find_holder_pids(["/a"]) == set()


def test_windows_marks_lists_and_removes_nothing() -> None:
    """On Windows there is nothing to mark, list or remove."""
    assert windows.find_standing_names(["/a"]) == windows.list_names("/mkd1") == windows.find_abandoned_names() == set()
    assert not windows.unlink("/a")


@pytest.mark.parametrize("system", [darwin, windows])
def test_releasing_memory_does_nothing_without_c_library_call(system: System) -> None:
    """Where the C library has no such call nothing happens."""
    system.release_memory()


def test_sweep_continues_after_a_refusal() -> None:
    """A sweep returns what it removed, and passes over what is forbidden or gone."""
    assert sweep_abandoned(Shelf()) == ["/removable"]


def test_ledger_stays_empty_where_semaphores_have_no_names() -> None:
    """Where semaphores have no names, opening the ledger changes nothing."""
    ledger = SemaphoreLedger(Shelf())
    ledger.open()
    assert ledger.list_standing() == set()
    assert ledger.remove_leaked() == []
