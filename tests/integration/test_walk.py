"""The way of one document through the rooms of the package, followed while the daemon converts it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import markerd
from documents import letter_pdf

WALK = Path(__file__).resolve().parents[2] / "tools" / "walk.py"
ROOMS = {"pipeline", "files", "journal", "convert", "logs", "monitoring", "runtime", "intake", "handover"}
"""The last three are called back: progress for the status, the time to stop, and what waits in the queue."""
MOST_CHANGES_PUBLISHED, MOST_CHANGES_FAILED = 153, 138
"""Half of those that they took in the flat tree of before: 306 and 276."""


def follow(document: Path, most: int) -> tuple[set[str], int]:
    """The rooms and the changes. On a slow machine the clock adds a write of the status: then it is followed again."""
    rooms, changes = follow_once(document)
    for _ in range(2):
        if changes > most:
            changes = min(changes, follow_once(document)[1])
    return rooms, changes


def follow_once(document: Path) -> tuple[set[str], int]:
    environ = {**os.environ, "PYTHONPATH": str(Path(markerd.__file__).parents[1])}
    command = [sys.executable, str(WALK), str(document)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, env=environ)
    *lines, last = done.stdout.splitlines()
    changes = re.fullmatch(r"\d+ rooms, (\d+) changes", last)
    assert changes is not None, done.stdout
    return {line.split()[0] for line in lines}, int(changes.group(1))


@pytest.mark.models
def test_document_that_is_published_changes_rooms_seldom(tmp_path: Path) -> None:
    """A stage does its work in its room; it does not ask its neighbours at each step."""
    document = tmp_path / "letter.pdf"
    document.write_bytes(letter_pdf("A letter that walks"))
    rooms, changes = follow(document, MOST_CHANGES_PUBLISHED)
    assert {"pipeline", "convert", "journal"} <= rooms <= ROOMS
    assert changes <= MOST_CHANGES_PUBLISHED


@pytest.mark.models
def test_document_that_fails_changes_rooms_seldom(tmp_path: Path) -> None:
    """The way into the dead letters is no longer than that into the output."""
    document = tmp_path / "broken.pdf"
    document.write_bytes(b"%PDF-1.7\nbroken\n%%EOF\n")
    rooms, changes = follow(document, MOST_CHANGES_FAILED)
    assert {"pipeline", "journal"} <= rooms <= ROOMS
    assert changes <= MOST_CHANGES_FAILED
