"""What is owed to the sources of finished documents: it is done at once, or later, where a disk was full or away."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Protocol

from markerd.errors import SourceChangedError, SourceMoveError, StorageError
from markerd.intake.mounts import is_network
from markerd.journal import Document, Journal, Outcome
from markerd.logs import Log
from markerd.pipeline import dead_letters, leftovers, source_files
from markerd.pipeline.disk_space import Storage
from markerd.pipeline.document_events import DocumentEvents
from markerd.pipeline.folder_plan import FolderPlan
from markerd.pipeline.output_slot import OutputSlot
from markerd.values import After, Fingerprint, State, make_printable


class Policies(Protocol):
    """What becomes of the sources of finished documents; see `SourcePolicies`, and `left_sources`."""

    def sweep_once(self, document: Document, plan: FolderPlan, slot: OutputSlot) -> None: ...
    def settle_all(self) -> None: ...
    def settle(self, document: Document, plan: FolderPlan) -> None: ...
    def demand_untouched(self, document: Document) -> None: ...
    def bury(self, document: Document, plan: FolderPlan, outcome: Outcome) -> bool: ...


class SourcePolicies:
    """Archives, keeps, deletes or buries sources. Called by the main loop's thread alone."""

    def __init__(
        self,
        journal: Journal,
        plans: Mapping[str, FolderPlan],
        storage: Storage,
        events: DocumentEvents,
        log: Log,
        rescan: Callable[[], None],
    ) -> None:
        self._journal = journal
        self._plans = plans
        self._storage = storage
        self._events = events
        self._log = log
        self._rescan = rescan
        self._swept: set[tuple[str, PurePath]] = set()

    def sweep_once(self, document: Document, plan: FolderPlan, slot: OutputSlot) -> None:
        """Remove what a crash left where this document goes, the first time that one goes there.

        Recovery asks the journal where that is; but at a power cut the journal loses its last commits, and the files
        stay.
        """
        place = (document.folder, PurePath(document.path).parent)
        if place not in self._swept:
            self._swept.add(place)
            leftovers.sweep(slot)
            source_files.sweep(document, plan.places)

    def settle_all(self) -> None:
        """Do whatever is still owed, after a crash too, to the sources of folders that are not paused."""
        for document in self._journal.reader.list_with_pending_policy():
            plan = self._plans.get(document.folder)
            if plan is None or document.folder in self._storage.paused:
                continue
            if document.state is State.DEAD:
                self.bury(document, plan, Outcome(State.DEAD, document.kind, document.reason))
            else:
                self.settle(document, plan)

    def settle(self, document: Document, plan: FolderPlan) -> None:
        """Archive, keep or delete the source of what is published."""

        def move() -> tuple[str, ...]:
            may_lease = _may_lease(document)
            is_kept = plan.places.after is After.KEEP
            source_files.remove_marker(document, plan.marker, may_lease=may_lease and not is_kept)
            if plan.places.after is After.ARCHIVE:
                self._storage.demand_mounted(plan.places.archive)
            return source_files.settle_published(document, plan.places, may_lease=may_lease)

        if plan.places.after is After.KEEP:  # noted first: where it is not there any more, it was
            self._journal.writer.note_source_kept(document.id)
        self._apply(document, move)

    def demand_untouched(self, document: Document) -> None:
        """Raises SourceChangedError where the source is not what was staged, or is gone."""
        source_files.demand_untouched(document, may_lease=_may_lease(document))

    def bury(self, document: Document, plan: FolderPlan, outcome: Outcome) -> bool:
        """Make a dead letter of the source, now or as soon as possible; False where it is an arrival again instead."""

        def move() -> tuple[str, ...]:
            may_lease = _may_lease(document)
            source_files.remove_marker(document, plan.marker, may_lease=may_lease)
            self._storage.demand_mounted(plan.places.failed)
            attempts = self._journal.reader.list_failed_attempts(document)
            return dead_letters.bury(document, plan.places, outcome, attempts, may_lease=may_lease)

        return self._apply(document, move)

    def _apply(self, document: Document, move: Callable[[], tuple[str, ...]]) -> bool:
        """Returns False where the source is not what was converted: then it settles again."""
        try:
            lost = move()
        except SourceChangedError as error:
            self._events.record_unconverted(document, str(error))
            self._rescan()
            return False
        except SourceMoveError as error:
            self._log.warning("source.kept", **document.names, reason=make_printable(str(error)))
            return True
        except StorageError as error:
            self._log.warning("source.kept", **document.names, reason=make_printable(str(error)))
            if not self._storage.has_room(error):
                self._storage.pause(document.folder, error, time.monotonic())
            return True
        if lost:
            self._log.warning("source.attributes_lost", **document.names, lost=list(lost))
        self._journal.writer.clear_pending_policy(document.id)
        self._rescan_if_changed(document)
        return True

    def _rescan_if_changed(self, document: Document) -> None:
        """Find new bytes that came under the same path while it was in work: their event was ignored then."""
        try:
            now = document.source.lstat()
        except OSError:
            return
        if not document.fingerprint.matches(Fingerprint.of(now)):
            self._rescan()


def _may_lease(document: Document) -> bool:
    """Whether a refused lease means that somebody has the source open: NFS and CIFS refuse most of them."""
    return not is_network(document.source.parent)
