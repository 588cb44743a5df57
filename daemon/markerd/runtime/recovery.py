"""At start: what an earlier daemon left unfinished, brought back into order before the first document is taken.

Three crashes are told apart. In mid-document: it counts as an attempt on that document. Between publishing and the
journal: the manifest proves the output, so nothing is converted twice. Between the journal and the source: the
policy is still owed, and `Processing.settle_sources` pays it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from markerd.convert.checks.faults import described
from markerd.errors import JournalError, SourceChangedError
from markerd.journal import Document, Journal, Outcome
from markerd.logs import Log
from markerd.pipeline import leftovers, publish, source_files
from markerd.pipeline.folder_plan import FolderPlan
from markerd.pipeline.output_slot import OutputSlot
from markerd.pipeline.source_files import reason_to_leave_out
from markerd.values import State, counted, printable

_WAITING = (State.SEEN, State.SETTLING, State.QUEUED, State.FAILED)
_REASON = "the daemon or its machine went down while it was converted"


def recover(journal: Journal, plans: Mapping[str, FolderPlan], max_attempts: int, log: Log) -> None:
    """Leave no document `converting` or `queued`: published, dead, skipped, or an arrival again."""
    for document in journal.reader.list_in_state(State.CONVERTING):
        plan = plans.get(document.folder)
        if plan is not None:
            with _guarded(journal, document, log):
                _recover_broken_off(journal, document, plan, max_attempts, log)
    for document in journal.reader.list_with_pending_policy():
        plan = plans.get(document.folder)
        if plan is not None:
            with _guarded(journal, document, log, is_waiting=False):
                source_files.sweep(document, plan.places)
    _bring_back(journal, plans)
    for document in journal.reader.list_in_state(*_WAITING):
        with _guarded(journal, document, log):
            _recover_waiting(journal, document, log)


@contextmanager
def _guarded(journal: Journal, document: Document, log: Log, *, is_waiting: bool = True) -> Iterator[None]:
    """What goes wrong with one document, whatever lies in its folders, keeps no other from being served."""
    try:
        yield
    except JournalError:
        raise  # of all documents
    except Exception as error:  # noqa: BLE001 - a start that failed at one document would fail at it each time
        log.warning("document.put_back", **document.names, reason=f"it could not be recovered: {described(error)}")
        if is_waiting:
            journal.writer.put_back(document.id)


def _bring_back(journal: Journal, plans: Mapping[str, FolderPlan]) -> None:
    """What a crash left hidden while it was removed, and the journal does not know, for it was lost or cut short."""
    owed = journal.reader.list_with_pending_policy()
    for folder, plan in plans.items():
        with suppress(OSError):  # the hot folder is away for the time being
            if plan.may_hide_sources(Path(folder)):
                source_files.bring_back(Path(folder), [document.path for document in owed if document.folder == folder])


def _recover_broken_off(journal: Journal, document: Document, plan: FolderPlan, max_attempts: int, log: Log) -> None:
    slot = plan.build_slot(document)
    leftovers.sweep(slot)
    if _recover_published(journal, document, plan, slot, log):
        return
    if document.attempts < max_attempts:
        outcome = Outcome(State.FAILED, "converter_died", _REASON)
        journal.outcomes.record_failed(document, outcome, retry_at=0.0)
        log.warning(
            "document.failed", **document.names, kind=outcome.kind, reason=_REASON, attempt=document.attempts,
            retry_in_s=0,
        )  # fmt: skip
        return
    try:
        source_files.demand_untouched(document, may_lease=False)
    except SourceChangedError as error:
        journal.writer.settle_changed(document.id)
        log.warning("source.changed", **document.names, reason=str(error))
        return
    outcome = Outcome(State.DEAD, "converter_died", f"{_REASON}, {counted(document.attempts, 'time')}")
    journal.outcomes.record_dead(document, outcome)
    log.error("document.dead", **document.names, kind=outcome.kind, reason=outcome.reason, attempts=document.attempts)


def _recover_published(journal: Journal, document: Document, plan: FolderPlan, slot: OutputSlot, log: Log) -> bool:
    if document.sha256 is None:
        return False
    found = publish.find_published(slot, document.sha256, plan.formats)
    if found is None:
        return False
    output, manifest = found
    if document.published_sha256 == document.sha256:  # by an earlier attempt: what broke off was a second look at it
        reason = f"the same content is already published in {printable(str(output))}"
        journal.outcomes.record_skipped(document, reason, policy_pending=True)
        log.info("document.skipped", **document.names, reason=reason)
        return True
    outcome = Outcome(State.PUBLISHED, pages=manifest.pages, model_set=manifest.model_set, seconds=manifest.seconds)
    journal.outcomes.record_published(document, output, outcome, document.sha256)
    log.info(
        "document.published", **document.names, output=printable(str(output)), pages=manifest.pages,
        attempt=document.attempts, model_set=manifest.model_set, is_recovered=True,
    )  # fmt: skip
    return True


def _recover_waiting(journal: Journal, document: Document, log: Log) -> None:
    reason = reason_to_leave_out(document)
    if reason is not None:
        journal.outcomes.record_vanished(replace(document, attempts=0), reason)
        log.info("document.skipped", **document.names, reason=reason)
    elif document.state is not State.FAILED:  # which waits for its time
        journal.writer.settle_again(document.id)
