"""What cannot be read as a journal is said in words, with what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import history_rows
from history_rows import add, ending
from markerd.errors import UnavailableError
from markerd.journal import SCHEMA_VERSION
from markerd.journal.history import History


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return history_rows.made(tmp_path / "journal.sqlite")


@pytest.mark.parametrize("content", [b"no database, but long enough to be looked at " * 40, None])
def test_file_that_is_no_journal_is_refused_in_words(tmp_path: Path, content: bytes | None) -> None:
    """Another file, or a folder: with a message, not a traceback."""
    path = tmp_path / "journal.sqlite"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(UnavailableError, match="cannot be read"):
        History(path)


@pytest.mark.parametrize(
    ("version", "remedy"),
    [(SCHEMA_VERSION + 1, "update markerd"), (1, "start the daemon once"), (0, "start the daemon")],
)
def test_journal_of_another_schema_names_the_remedy(path: Path, version: int, remedy: str) -> None:
    """A reader cannot bring it up: it says who does."""
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {version}")
    database.close()
    with pytest.raises(UnavailableError, match=remedy):
        History(path)


def test_damage_found_while_reading_is_an_error_in_words(path: Path) -> None:
    """Found out in the middle of reading it: still an error in words."""
    add(path, *(ending(at) for at in range(2000)))
    with path.open("r+b") as file:
        file.seek(20 * 4096)
        file.write(b"\xa5" * 4096 * 30)
    with pytest.raises(UnavailableError, match="cannot be read"), History(path) as history:
        list(history.iterate_measures(0, 9999))
