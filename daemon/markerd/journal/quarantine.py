"""A damaged journal must not keep the daemon from its work: it is set aside, and a new one is begun.

That loses no document. What lies in the hot folders is found by their scans, what was published proves itself by its
manifest, and archive and dead letters stay where they are. What hooks are still to be told is taken along, as far as
it can be read. Only the history and its totals begin anew.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from markerd.errors import UnavailableError
from markerd.journal.deliveries import SELECT_DELIVERIES, DeliveryRow, is_readable
from markerd.journal.set_aside import set_aside
from markerd.journal.store import Journal

_DAMAGE = ("is not a database", "malformed")


@dataclass(frozen=True)
class Quarantined:
    """Where the damaged journal lies now, what was wrong with it, and how many deliveries were taken along."""

    moved_to: Path
    reason: str
    deliveries: int = 0


def open_or_replace(path: Path) -> tuple[Journal, Quarantined | None]:
    """Open the journal at `path` after a check; where it is damaged, begin a new one. Only the daemon that holds the
    state directory's lock may call this.

    Raises UnavailableError where the journal cannot be used for another reason, and leaves it as it is.
    """
    quarantined, rows = _set_aside_if_damaged(path) if path.is_file() else (None, [])
    journal = Journal(path)
    if quarantined is None:
        return journal, None
    return journal, replace(quarantined, deliveries=journal.outbox.adopt(rows))


def _set_aside_if_damaged(path: Path) -> tuple[Quarantined | None, list[DeliveryRow]]:
    # It is set aside before the connection ends: with the last one SQLite deletes the WAL, whatever is in it.
    with closing(sqlite3.connect(path, timeout=30)) as db:
        damage = _find_damage(db)
        if damage is None:
            return None, []
        rows = _read_deliveries(db)
        return Quarantined(_set_aside(path), damage), rows


def _read_deliveries(db: sqlite3.Connection) -> list[DeliveryRow]:
    """Read what lies before the damage."""
    rows: list[DeliveryRow] = []
    with suppress(sqlite3.Error):
        rows.extend(row for row in db.execute(SELECT_DELIVERIES) if is_readable(row))
    return rows


def _find_damage(db: sqlite3.Connection) -> str | None:
    try:
        found = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        # By its text: Python 3.10 does not give SQLite's error numbers. Other errors come up again at the opening.
        return str(error) if any(words in str(error) for words in _DAMAGE) else None
    return None if found == "ok" else found


def _set_aside(path: Path) -> Path:
    try:
        return set_aside(path)
    except OSError as error:
        raise UnavailableError(f"the damaged journal {path} cannot be set aside: {error.strerror}") from error
