"""What a start makes of what an earlier daemon left in the journal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core_scene import Core, core_at
from markerd.pipeline import leftovers
from markerd.pipeline.output_slot import OutputSlot
from markerd.runtime.recovery import recover
from markerd.values import State


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    with core_at(tmp_path) as made:
        yield made


def start(core: Core) -> None:
    recover(core.journal, {str(core.inbox): core.plan}, 3, core.log)


def test_a_crash_in_mid_document_counts_as_an_attempt(core: Core) -> None:
    """It is due again at once, with a reason."""
    core.drop("a.pdf")
    core.journal.writer.begin_attempt(core.find("a.pdf").id, "aa")
    start(core)
    document = core.find("a.pdf")
    assert (document.state, document.attempts) == (State.FAILED, 1)
    (attempt,) = core.journal.reader.list_failed_attempts(document)
    assert attempt.kind == "converter_died"


def test_a_document_that_crashes_it_every_time_is_given_up(core: Core) -> None:
    """After max_attempts, without one more; its source goes to `failed`."""
    core.drop("a.pdf")
    for _ in range(3):
        core.journal.writer.begin_attempt(core.find("a.pdf").id, "aa")
        start(core)
    assert (core.find("a.pdf").state, core.find("a.pdf").policy_pending) == (State.DEAD, True)
    core.processor.policies.settle_all()
    assert (core.root / "failed" / "a.pdf.error.json").exists()


def test_attempts_survive_the_settle_gate(core: Core) -> None:
    """Seen and queued again between two crashes."""
    core.drop("a.pdf")
    for attempts in (1, 2):
        core.journal.writer.begin_attempt(core.find("a.pdf").id, "aa")
        start(core)
        core.queue("a.pdf")
        assert core.find("a.pdf").attempts == attempts


def test_waiting_documents_wait_again(core: Core) -> None:
    """Queued or failed, it goes through the settle gate once more, for the file may have changed."""
    core.drop("a.pdf")
    start(core)
    assert core.find("a.pdf").state is State.SEEN
    assert core.backlog.is_news(str(core.inbox), "a.pdf", core.find("a.pdf").fingerprint)


def test_waiting_document_that_is_gone_is_skipped(core: Core) -> None:
    """It was taken back while the daemon was down."""
    core.drop("a.pdf").unlink()
    start(core)
    assert core.find("a.pdf").state is State.SKIPPED


def test_link_on_the_way_to_the_output_does_not_stop_recovery(core: Core) -> None:
    """It costs the document, not the daemon."""
    core.drop("sub/a.pdf")
    core.journal.writer.begin_attempt(core.find("sub/a.pdf").id, "aa")
    (core.root / "outbox" / "sub").symlink_to(core.root)
    start(core)
    assert core.find("sub/a.pdf").state is State.FAILED


def test_a_folder_that_left_the_configuration_is_left_alone(core: Core) -> None:
    """Should it come back, its documents are where they were."""
    core.drop("a.pdf")
    core.journal.writer.begin_attempt(core.find("a.pdf").id, "aa")
    recover(core.journal, {}, 3, core.log)
    assert core.find("a.pdf").state is State.CONVERTING


def test_unrecoverable_document_does_not_stop_the_others(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits, and the log says why."""
    for name in ("a.pdf", "b.pdf"):
        core.drop(name)
        core.journal.writer.begin_attempt(core.find(name).id, "aa")
    own = leftovers.sweep

    def failing(slot: OutputSlot) -> None:
        if slot.names[0] == "a":
            raise RecursionError("what lies in its output folder is too deep")
        own(slot)

    monkeypatch.setattr(leftovers, "sweep", failing)
    start(core)
    assert core.find("b.pdf").state is State.FAILED
    assert core.find("a.pdf").state is not State.CONVERTING
    (event,) = core.log.find("document.put_back")
    assert (event["document"], "too deep" in event["reason"]) == ("a.pdf", True)
