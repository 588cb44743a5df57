"""Documents that need a model which cannot be reached: they wait, uncounted, and the others go on."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core_scene import Core, core_at
from markerd.errors import UnavailableError
from markerd.pipeline import away_models
from markerd.values import State

LATER = float("inf")
SCAN, TABLE, PLAIN = b"%PDF-1.4 vision", b"%PDF-1.4 layout", b"%PDF-1.4 plain"


def try_again(core: Core) -> None:
    """As the loop does, after all waits."""
    core.processor.look_for_room(LATER)
    core.finish_all()


def find_states(core: Core, names: Sequence[str]) -> list[State]:
    return [core.find(name).state for name in names]


@pytest.mark.parametrize("workers", [1, 3])
def test_documents_wait_for_their_model_and_others_go_on(tmp_path: Path, workers: int) -> None:
    """Said once; one of them is tried at a time, and once it is published the others follow, in their order."""
    with core_at(tmp_path, workers=workers) as core:
        core.converter.away = {b"vision"}
        names = ["a.pdf", "b.pdf", "c.pdf"]
        for name in names:
            core.drop(name, SCAN + name.encode())
        core.drop("plain.pdf", PLAIN)
        core.finish_all()
        assert find_states(core, names) == [State.QUEUED] * 3
        assert core.find("plain.pdf").state is State.PUBLISHED
        assert [core.find(name).attempts for name in names] == [0, 0, 0]
        assert core.processor.models.describe() == [{"model": "vision", "reason": "vision is away", "waiting": 3}]
        before = core.converter.documents
        try_again(core)
        assert core.converter.documents == before + 1
        core.converter.away = set()
        try_again(core)
        assert find_states(core, names) == [State.PUBLISHED] * 3
        assert {event["attempt"] for event in core.log.find("document.published")} == {1}
        assert [event["model"] for event in core.log.find("model.away")] == ["vision"]
        assert core.log.find("model.back") == [{"model": "vision", "waited": 3}]
        assert core.processor.models.describe() == []


def test_wait_grows_to_a_minute(tmp_path: Path) -> None:
    """With each try in vain; what is not due is not tried."""
    with core_at(tmp_path) as core:
        core.converter.away = {b"vision"}
        core.drop("a.pdf", SCAN)
        core.finish_all()
        core.processor.look_for_room(0.0)
        assert not core.processor.retries
        for _ in range(8):
            try_again(core)
        away = core.processor.models._away["vision"]
        assert away.delay_s == away_models.LAST_TRY_S


def test_document_that_fails_otherwise_releases_the_others(tmp_path: Path) -> None:
    """Its model answered: what is wrong now is its own."""
    with core_at(tmp_path) as core:
        core.converter.away = {b"vision"}
        core.drop("broken.pdf", SCAN)
        core.drop("sound.pdf", SCAN + b" too")
        core.finish_all()
        core.converter.away = set()
        (core.inbox / "broken.pdf").write_bytes(b"no document")
        try_again(core)
        assert core.find("sound.pdf").state is State.PUBLISHED


def test_document_that_ends_its_model_keeps_no_other_waiting(tmp_path: Path) -> None:
    """They take turns at being tried, so that one is published after which the model counts as back."""
    with core_at(tmp_path) as core:
        core.converter.away = {b"vision"}
        core.drop("crash.pdf", SCAN + b" crash")
        core.drop("sound.pdf", SCAN)
        core.finish_all()
        core.converter.away, core.converter.crashes_at = set(), b"crash"
        try_again(core)
        assert find_states(core, ["crash.pdf", "sound.pdf"]) == [State.QUEUED] * 2
        try_again(core)
        assert core.find("sound.pdf").state is State.PUBLISHED


def test_document_that_ends_its_model_again_and_again_fails(tmp_path: Path) -> None:
    """It must not end the model each minute for ever; the first times are not counted."""
    with core_at(tmp_path) as core:
        core.converter.crashes_at = b"crash"
        core.drop("crash.pdf", SCAN + b" crash")
        core.finish_all()
        for _ in range(away_models.MOST_DEPARTURES - 1):
            try_again(core)
        assert (core.find("crash.pdf").state, core.find("crash.pdf").attempts) == (State.QUEUED, 0)
        for _ in range(50):
            try_again(core)
        assert core.find("crash.pdf").state is State.DEAD
        assert core.find("crash.pdf").kind == "model_away"


def test_run_once_says_what_waits(tmp_path: Path) -> None:
    """It does not wait for a model, and does not end as if all were done."""
    with core_at(tmp_path) as core:
        core.converter.away = {b"vision"}
        core.drop("a.pdf", SCAN)
        core.finish_all()
        with pytest.raises(UnavailableError, match="1 document waits: vision is away"):
            core.processor.models.demand_none()


def test_each_model_is_waited_for_by_itself(tmp_path: Path) -> None:
    """One that is back does not release what waits for another."""
    with core_at(tmp_path) as core:
        core.converter.away = {b"vision", b"layout"}
        core.drop("scan.pdf", SCAN)
        core.drop("table.pdf", TABLE)
        core.finish_all()
        core.converter.away = {b"layout"}
        try_again(core)
        assert find_states(core, ["scan.pdf", "table.pdf"]) == [State.PUBLISHED, State.QUEUED]
        assert list(core.processor.models.reasons) == ["layout"]


@settings(max_examples=40)
@given(
    needs=st.lists(st.sampled_from([SCAN, TABLE, PLAIN, SCAN + b" layout"]), min_size=1, max_size=6),
    phases=st.lists(st.sets(st.sampled_from([b"vision", b"layout"])), max_size=6),
)
def test_nothing_is_lost_and_nothing_counted(needs: list[bytes], phases: list[set[bytes]]) -> None:
    """However models come and go: in the end each document is published, at its first attempt, and once."""
    with tempfile.TemporaryDirectory() as root, core_at(Path(root)) as core:
        names = [f"{number}.pdf" for number in range(len(needs))]
        for name, content in zip(names, needs, strict=True):
            core.drop(name, content + name.encode())
        for away in phases:
            core.converter.away = set(away)
            core.finish_all()
            core.processor.look_for_room(LATER)
        core.converter.away = set()
        core.finish_all()
        while core.processor.models.describe():
            try_again(core)
        assert find_states(core, names) == [State.PUBLISHED] * len(names)
        published = [event["document"] for event in core.log.find("document.published")]
        assert sorted(published) == names
        assert {event["attempt"] for event in core.log.find("document.published")} == {1}
