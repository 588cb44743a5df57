"""Recovery at a start: what an earlier daemon left unfinished is put in order before the first document is taken.

Three crashes are told apart. A crash in mid-document counts as an attempt at that document. After a crash between the
publication and the journal, the manifest proves the output, so nothing is converted twice. After a crash between the
journal and the source, the policy is still owed, and `SourcePolicies.settle_all` applies it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from markerd.convert.checks.faults import describe_exception
from markerd.errors import DocumentError, JournalError, SourceChangedError
from markerd.journal import Document, Journal, Outcome
from markerd.logs import Log
from markerd.pipeline import leftovers, publish, source_files
from markerd.pipeline.document_events import DocumentEvents
from markerd.pipeline.folder_plan import FolderPlan
from markerd.pipeline.output_slot import OutputSlot
from markerd.pipeline.source_files import find_reason_to_leave_out
from markerd.values import State, count_with_noun

_WAITING = (State.SEEN, State.SETTLING, State.QUEUED, State.FAILED)
_REASON = "the daemon or its machine went down while it was converted"


def recover(journal: Journal, plans: Mapping[str, FolderPlan], max_attempts: int, log: Log) -> None:
    """Leave no document `converting` or `queued`: each becomes published, dead, skipped, or an arrival again."""
    events = DocumentEvents(journal, log)
    for document in journal.reader.list_in_state(State.CONVERTING):
        plan = plans.get(document.folder)
        if plan is not None:
            with _guard(journal, document, log):
                _recover_interrupted(journal, events, document, plan, max_attempts)
    for document in journal.reader.list_with_pending_policy():
        plan = plans.get(document.folder)
        if plan is not None:
            with _guard(journal, document, log, is_waiting=False):
                source_files.sweep(document, plan.places)
    _bring_back_sources(journal, plans)
    for document in journal.reader.list_in_state(*_WAITING):
        with _guard(journal, document, log):
            _recover_waiting(journal, events, document)


@contextmanager
def _guard(journal: Journal, document: Document, log: Log, *, is_waiting: bool = True) -> Iterator[None]:
    """Keep whatever goes wrong with one document, or lies in its folders, from affecting other documents."""
    try:
        yield
    except JournalError:
        raise  # the journal concerns all documents
    except Exception as error:  # noqa: BLE001 - a start that failed at one document would fail at it each time
        log.warning(
            "document.put_back", **document.names, reason=f"it could not be recovered: {describe_exception(error)}"
        )
        if is_waiting:
            journal.writer.put_back(document.id)


def _bring_back_sources(journal: Journal, plans: Mapping[str, FolderPlan]) -> None:
    """Put back sources that a crash left hidden during a removal, if the journal does not know of them."""
    owed = journal.reader.list_with_pending_policy()
    for folder, plan in plans.items():
        with suppress(OSError):  # the hot folder is away at present
            if plan.may_hide_sources(Path(folder)):
                source_files.bring_back(Path(folder), [document.path for document in owed if document.folder == folder])


def _recover_interrupted(
    journal: Journal, events: DocumentEvents, document: Document, plan: FolderPlan, max_attempts: int
) -> None:
    slot = plan.build_slot(document)
    leftovers.sweep(slot)
    if document.sha256 is None:  # no converter had taken it
        journal.writer.put_back(document.id, is_counted=False)
        return
    if _recover_published(events, document, plan, slot):
        return
    if document.attempts < max_attempts:
        outcome = Outcome(State.FAILED, "converter_died", _REASON)
        events.record_failed(document, outcome, retry_at=0.0, retry_in_s=0)
        return
    try:
        source_files.demand_untouched(document, may_lease=False)
    except SourceChangedError as error:
        events.record_changed(document, str(error))
        return
    outcome = Outcome(State.DEAD, "converter_died", f"{_REASON}, {count_with_noun(document.attempts, 'time')}")
    events.record_dead(document, outcome)


def _recover_published(events: DocumentEvents, document: Document, plan: FolderPlan, slot: OutputSlot) -> bool:
    if document.sha256 is None:
        return False
    plan = _choose_plan(document, plan)
    found = publish.find_published(slot, document.sha256, plan.formats)
    document = replace(document, hooks=plan.hooks)
    if found is None:
        return False
    output, manifest = found
    # An earlier attempt published it, and the interrupted one only looked again.
    if document.published_sha256 == document.sha256:
        events.record_skipped(document, output)
        return True
    outcome = Outcome(State.PUBLISHED, pages=manifest.pages, model_set=manifest.model_set, seconds=manifest.seconds)
    events.record_published(document, output, outcome, {"is_recovered": True})
    return True


def _choose_plan(document: Document, plan: FolderPlan) -> FolderPlan:
    """Return the plan of the document, or that of its folder where its profile is refused: the next attempt says so."""
    with suppress(DocumentError, OSError):
        return plan.choose_for(document)
    return plan


def _recover_waiting(journal: Journal, events: DocumentEvents, document: Document) -> None:
    reason = find_reason_to_leave_out(document)
    if reason is not None:
        events.record_vanished(replace(document, attempts=0), reason)
    elif document.state is not State.FAILED:  # a failed document waits for its time
        journal.writer.settle_again(document.id)
