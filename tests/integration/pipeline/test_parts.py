"""A big document, converted in parts by a core with a fake converter: they are kept from attempt to attempt."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core_scene import Core, core_at
from crashing import MEMORY, moments_of, run_killed
from fakes import FakeConverter
from markerd.errors import ConverterDiedError, DocumentError, StopNowError
from markerd.pipeline.part_store import Parts
from markerd.values import State

BIG = b"%PDF-1.4 pages=9"


class Stopping:
    """Asked between two parts; lets so many begin, then has the daemon stop."""

    def __init__(self) -> None:
        self.allowed = 100

    def __call__(self) -> None:
        self.allowed -= 1
        if self.allowed < 0:
            raise StopNowError("stopping on SIGTERM")


@pytest.fixture
def stopping() -> Stopping:
    return Stopping()


@pytest.fixture
def core(tmp_path: Path, stopping: Stopping) -> Iterator[Core]:
    with core_at(tmp_path, part_pages=2, between_parts=stopping) as made:
        yield made


def output(core: Core) -> list[str]:
    """The pages that each part of the published text is of."""
    return [line.rsplit(" ", 1)[1] for line in (core.root / "outbox/a/a.md").read_text().splitlines()]


def expected(pages: int = 9, parts: int = 5) -> list[str]:
    bounds = [pages * number // parts for number in range(parts + 1)]
    return [f"{begin}-{end - 1}" for begin, end in itertools.pairwise(bounds)]


def dies_on(converter: FakeConverter, part: int, times: int = 1) -> None:
    """The converter dies on that part."""
    deaths = iter(range(times))

    def die() -> None:
        if len(converter.parts) == part and next(deaths, None) is not None:
            raise ConverterDiedError("killed by SIGKILL")

    converter.before_result = die


def is_spool_empty(core: Core) -> bool:
    return os.listdir(core.spool.root) == []


def test_a_big_document_comes_out_whole(core: Core) -> None:
    """Its parts in order, each converted once; nothing of them is left."""
    core.drop("a.pdf", BIG)
    core.finish_all()
    assert core.converter.parts == [0, 1, 2, 3, 4]
    assert output(core) == expected()
    document = core.find("a.pdf")
    assert (document.state, document.pages_done, document.pages) == (State.PUBLISHED, 9, 9)
    assert core.converter.documents == 1
    assert is_spool_empty(core)


def test_progress_is_reported_at_every_part(core: Core) -> None:
    """Pages done and in all, and, once it can be known, the time that is left."""
    core.drop("a.pdf", BIG)
    core.finish_all()
    told = [fields for level, event, fields in core.log.records if (level, event) == ("info", "document.progress")]
    assert [(fields["pages_done"], fields["pages"]) for fields in told] == [(1, 9), (3, 9), (5, 9), (7, 9), (9, 9)]
    assert all(fields["seconds_per_page"] >= 0 for fields in told)
    assert told[-1]["seconds_left"] == 0


def test_a_document_of_one_part_is_converted_at_once(core: Core) -> None:
    """As if there were no parts."""
    core.drop("a.pdf", b"%PDF-1.4 pages=2")
    core.finish_all()
    assert core.converter.parts == []
    assert (core.root / "outbox/a/a.md").read_bytes() == b"%PDF-1.4 pages=2"
    assert is_spool_empty(core)


def test_the_next_attempt_goes_on_at_the_part_that_killed_the_converter(core: Core) -> None:
    """It counts as an attempt; what was finished is not converted again."""
    dies_on(core.converter, 3)
    core.drop("a.pdf", BIG)
    core.finish_all()
    assert core.converter.parts == [0, 1, 2, 3, 4]
    assert core.find("a.pdf").attempts == 2
    assert output(core) == expected()
    assert is_spool_empty(core)


def test_stop_keeps_finished_parts(core: Core, stopping: Stopping) -> None:
    """Uncounted; after the start it goes on from there."""
    stopping.allowed = 1
    core.drop("a.pdf", BIG)
    with pytest.raises(StopNowError):
        core.finish_all()
    document = core.find("a.pdf")
    assert (document.state, document.attempts, document.pages_done, document.pages) == (State.SEEN, 0, 3, 9)
    stopping.allowed = 100
    core.restart()
    assert core.converter.parts == [0, 1, 2, 3, 4]
    assert output(core) == expected()
    assert is_spool_empty(core)


def test_changed_document_begins_without_parts(core: Core, stopping: Stopping) -> None:
    """Parts of the old ones are of no use."""
    stopping.allowed = 1
    source = core.drop("a.pdf", BIG)
    with pytest.raises(StopNowError):
        core.finish_all()
    stopping.allowed = 100
    source.write_bytes(b"%PDF-1.4 new pages=9")
    core.restart()
    assert core.converter.parts == [0, 1, 0, 1, 2, 3, 4]
    assert (core.root / "outbox/a/a.md").read_text().count("new") == 5
    assert is_spool_empty(core)


@pytest.mark.parametrize("is_gone_before_the_start", [True, False])
def test_parts_of_a_document_that_is_taken_away_are_removed(
    core: Core, stopping: Stopping, is_gone_before_the_start: bool
) -> None:
    """While the daemon is down, or while the document waits."""
    stopping.allowed = 1
    source = core.drop("a.pdf", BIG)
    with pytest.raises(StopNowError):
        core.finish_all()
    assert core.spool.list_jobs() == [str(core.find("a.pdf").id)]
    source.unlink()
    if is_gone_before_the_start:
        core.restart()
    else:
        core.backlog.record_vanished(str(core.inbox), "a.pdf")
        core.processor.discard_unwanted_parts()
    assert core.find("a.pdf").state is State.SKIPPED
    assert is_spool_empty(core)


def test_parts_of_a_dead_letter_are_removed(core: Core) -> None:
    """Should it be tried again, it is from its begin."""
    dies_on(core.converter, 2, times=3)
    core.drop("a.pdf", BIG)
    core.finish_all()
    assert core.find("a.pdf").state is State.DEAD
    assert core.converter.parts == [0, 1]
    assert is_spool_empty(core)


def test_conversion_goes_on_after_kill_9(tmp_path: Path) -> None:
    """At whichever step it strikes: each part that was finished is there, and is not converted again."""
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="markerd-test-") as memory:
        roots = (dropped_at(Path(memory, str(number))) for number in itertools.count())
        convert(root := next(roots))  # this process so imports what each child would else import anew
        finished = set()
        for moment in moments_of(partial(convert, root := next(roots)), [root]):
            root = next(roots)
            run_killed(partial(convert, root), moment)
            parts = [path for path in root.glob("state/spool/*/parts/0*") if path.is_dir()]
            finished.add(len(parts))
            assert_goes_on(root, len(parts))
    assert finished == {0, 1, 2, 3, 4, 5}


def dropped_at(root: Path) -> Path:
    (root / "inbox").mkdir(parents=True)
    (root / "inbox/a.pdf").write_bytes(BIG)
    return root


def convert(root: Path) -> None:
    with core_at(root, part_pages=2) as core:
        core.queue("a.pdf")
        core.finish_all()


def assert_goes_on(root: Path, finished: int) -> None:
    with core_at(root, part_pages=2) as core:
        core.restart()
        assert core.converter.parts in ([], list(range(finished, 5)))  # none where it was published already
        assert output(core) == expected()
        assert is_spool_empty(core)


# --- the parts themselves --------------------------------------------------------------------------------------------

KEY: dict[str, Any] = {"sha256": "aa", "formats": ["markdown"], "options": {}, "model_set": "embedded", "versions": {}}


def with_one_part(job: Path) -> Parts:
    for name in ("out", "kept"):
        (job / name).mkdir(parents=True)
    (job / "out/part.json").write_text("{}")
    parts = Parts(job, KEY, 10)
    parts.add(0, 25, job / "out", job / "kept")
    return parts


def test_same_key_finds_the_parts(tmp_path: Path) -> None:
    """With the number of pages that the first one told."""
    with_one_part(tmp_path)
    found = Parts(tmp_path, KEY, 10)
    assert (found.pages, found.count, found.missing, found.pages_done) == (25, 3, [1, 2], 8)


def test_parts_may_come_in_any_order(tmp_path: Path) -> None:
    """Those that are missing are known, whichever they are; the pages that are done are counted."""
    parts = with_one_part(tmp_path)
    (tmp_path / "out").mkdir()
    parts.add(2, 25, tmp_path / "out", tmp_path / "kept")
    found = Parts(tmp_path, KEY, 10)
    assert (found.missing, found.pages_done) == ([1], 16)


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "bb"},
        {"formats": ["markdown", "json"]},
        {"options": {"force_ocr": True}},
        {"model_set": "surya"},
        {"versions": {"markerd": "9"}},
    ],
)
def test_another_key_removes_the_parts(tmp_path: Path, change: dict[str, Any]) -> None:
    """Whatever is different: another conversion would come to something else."""
    with_one_part(tmp_path)
    assert Parts(tmp_path, {**KEY, **change}, 10).pages is None
    assert not (tmp_path / "parts").exists()


def test_another_part_length_removes_the_parts(tmp_path: Path) -> None:
    """They would not fit each other."""
    with_one_part(tmp_path)
    assert Parts(tmp_path, KEY, 5).pages is None
    assert not (tmp_path / "parts").exists()


def test_part_with_an_irregular_file_is_refused(tmp_path: Path) -> None:
    """The converter could name a file of somebody else by a link."""
    parts = with_one_part(tmp_path)
    (tmp_path / "out").mkdir()
    os.mkfifo(tmp_path / "out/part.json")
    with pytest.raises(DocumentError, match="no regular file"):
        parts.add(1, 25, tmp_path / "out", tmp_path / "kept")
    assert parts.missing == [1, 2]


def test_a_converter_that_uses_up_its_links_leaves_the_parts(tmp_path: Path) -> None:
    """What it moves or removes are names of its own."""
    parts = Parts(tmp_path, KEY, 30)
    for name in ("out", "kept"):
        (tmp_path / name).mkdir()
    (tmp_path / "out/part.json").write_text("{}")
    parts.add(0, 25, tmp_path / "out", tmp_path / "kept")
    parts.link_all(tmp_path / "joined")
    (tmp_path / "joined/000000/part.json").unlink()
    assert (tmp_path / "parts/000000/part.json").read_text() == "{}"
