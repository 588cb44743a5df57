"""The status page's server on the loopback, with a real journal behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from markerd.config import Address
from markerd.journal import Journal, Outcome
from markerd.monitoring.web.service import Web
from markerd.values import Fingerprint, State
from web_scene import ANY, HOSTILE, snapshot


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """One document published, one dead, both named to do harm."""
    with closing(Journal(tmp_path / "journal.sqlite")) as journal:
        for number, name in enumerate(("first.pdf", HOSTILE)):
            journal.writer.record_seen("/srv/in", name, Fingerprint(1, number, number))
            found = journal.reader.find("/srv/in", name)
            assert found is not None
            if name == HOSTILE:
                journal.outcomes.record_dead(found, Outcome(State.DEAD, "unreadable", "<b>broken</b>"))
            else:
                outcome = Outcome(State.PUBLISHED, pages=7, model_set="embedded", seconds={"convert": 2.5})
                journal.outcomes.record_published(found, Path("/out/first"), outcome, "0" * 64)
        yield journal


@pytest.fixture
def web(tmp_path: Path, journal: Journal) -> Iterator[Web]:
    made = Web(tmp_path / "journal.sqlite")
    made.board.update(snapshot())
    yield made
    made.stop()


@pytest.fixture
def address(web: Web) -> Address:
    found = web.listen(ANY)
    assert found is not None
    return found
