"""A big document whose parts are converted at once, by a pool that has nothing else to do. They end in any order."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core_scene import Core, core_at
from markerd.errors import ConverterDiedError, DocumentError
from markerd.values import State
from overlapping_pool import OverlappingPool

PAGES, PARTS = 17, 9
BIG = b"%PDF-1.4 pages=17"
WORKERS = 3


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    with core_at(tmp_path, part_pages=2, workers=WORKERS) as made:
        pool_of(made).wants_parts = True
        yield made


def pool_of(core: Core) -> OverlappingPool:
    assert isinstance(core.pool, OverlappingPool)
    return core.pool


def output(core: Core, name: str = "a") -> list[str]:
    """The pages that each part of the published text is of."""
    return [line.rsplit(" ", 1)[1] for line in (core.root / f"outbox/{name}/{name}.md").read_text().splitlines()]


def expected() -> list[str]:
    bounds = [PAGES * number // PARTS for number in range(PARTS + 1)]
    return [f"{begin}-{end - 1}" for begin, end in itertools.pairwise(bounds)]


def fails_at(core: Core, count: int, error: Exception) -> None:
    """The conversion that is the `count`-th fails, once."""
    calls = itertools.count(1)

    def fail() -> None:
        if next(calls) == count:
            raise error

    core.converter.before_result = fail


def test_parts_are_put_together_in_order_whichever_ends_first(core: Core) -> None:
    core.drop("a.pdf", BIG)
    core.finish_all()
    assert sorted(core.converter.parts) == list(range(PARTS))
    assert pool_of(core).most_at_once == WORKERS
    assert output(core) == expected()
    assert core.find("a.pdf").attempts == 1
    assert os.listdir(core.spool.root) == []


def test_progress_counts_the_parts_that_are_there(core: Core) -> None:
    core.drop("a.pdf", BIG)
    core.finish_all()
    told = [fields["pages_done"] for level, _, fields in core.log.records if level == "info" and "pages_done" in fields]
    assert told == [PAGES * number // PARTS for number in range(1, PARTS + 1)]


@pytest.mark.parametrize("count", range(1, PARTS + 2))
@pytest.mark.parametrize("error", [ConverterDiedError("killed by SIGKILL"), DocumentError("in passing")])
def test_failure_of_one_part_ends_the_attempt_and_keeps_what_is_done(core: Core, count: int, error: Exception) -> None:
    """Those beside it are dropped; the next attempt converts what is missing, and nothing is left."""
    fails_at(core, count, error)
    core.drop("a.pdf", BIG)
    core.finish_all()
    document = core.find("a.pdf")
    assert (document.state, document.attempts) == (State.PUBLISHED, 2 if count <= PARTS else 1)
    assert output(core) == expected()
    assert set(core.converter.parts) == set(range(PARTS))
    assert len(core.converter.parts) < PARTS + WORKERS
    assert os.listdir(core.spool.root) == []


def test_other_documents_are_not_kept_waiting(core: Core) -> None:
    """While one waits, the big document has one part in work at a time."""
    core.drop("a.pdf", BIG)
    for name in "bcdef":
        core.drop(f"{name}.pdf", f"%PDF-1.4 {name}".encode())
    core.finish_all()
    assert output(core) == expected()
    assert [core.find(f"{name}.pdf").state for name in "bcdef"] == [State.PUBLISHED] * 5
    ends = [fields["document"] for _, event, fields in core.log.records if event == "document.published"]
    assert ends[-1] == "a.pdf"


def test_stop_drops_what_is_in_work_and_keeps_what_is_done(core: Core) -> None:
    core.drop("a.pdf", BIG)
    document = core.backlog.take(0.0)
    assert document is not None
    core.window.begin(document)
    for _ in range(6):
        list(core.window.end(0.0))
    core.window.put_back_all("the daemon stops")
    found = core.find("a.pdf")
    assert found.state is State.SEEN
    assert 0 < (found.pages_done or 0) < PAGES
    core.restart()
    assert output(core) == expected()
    assert os.listdir(core.spool.root) == []
