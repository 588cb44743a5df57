"""Outputs follow their sources: where a source that was kept goes away, its output is archived or deleted, on wish.

It is done in small steps by the main loop's thread, between documents, so that nothing is published meanwhile. An
output is removed only if its source was seen in its place before; has been away for the grace time, during which this
process looked; is nowhere else in the hot folder, under whatever name, in two looks; and the hot folder is the same as
before, can be read to its end, and still holds a converted source. An empty folder on the way to the source counts as
a disk that is away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from pathlib import Path

from markerd.errors import StorageError
from markerd.files.hashing import hash_in_steps
from markerd.files.untrusted import open_to_read
from markerd.intake.mounts import Identity, identify_folder
from markerd.journal import Document, Journal
from markerd.logs import Log
from markerd.pipeline.disk_space import Storage
from markerd.pipeline.folder_plan import FolderPlan
from markerd.pipeline.output_removal import remove_outputs
from markerd.pipeline.small_steps import SmallSteps, Steps
from markerd.pipeline.source_sight import Sight, UnreadableError, is_below_empty_folder, look, walk_files
from markerd.values import Fingerprint, OnSourceRemoved, count_with_noun, make_printable

_IDS_AT_ONCE = 500
_LEAST_PAUSE_S = 1.0
_MOST_HASHES = 10_000
"""Files whose hash is kept; each takes some 300 bytes."""

_Look = Generator[None, None, bool]


class SourceMirror:
    """Called by the main loop's thread alone. `clock` tells seconds that never go back."""

    def __init__(
        self,
        journal: Journal,
        plans: Mapping[str, FolderPlan],
        storage: Storage,
        log: Log,
        reconcile_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal = journal
        self._plans = {f: p for f, p in plans.items() if p.on_source_removed is not OnSourceRemoved.KEEP}
        self._storage = storage
        self._log = log
        shortest_s = min((plan.source_removed_grace_s for plan in self._plans.values()), default=0.0)
        pause_s = min(reconcile_s, max(shortest_s / 2, _LEAST_PAUSE_S))
        self._clock = clock
        self._work = SmallSteps(self._look_through, pause_s, clock)
        self._identities: dict[str, Identity] = {}
        self._missing: dict[str, dict[int, float]] = {folder: {} for folder in self._plans}
        """Since when each document's source has been away, by this process's own eyes, for each hot folder."""
        self._nowhere: set[int] = set()
        """Documents whose content the look before found nowhere: it might have been moved while that went on."""
        self._hashes: dict[tuple[str, Fingerprint], str] = {}
        self._reported: set[object] = set()

    @property
    def is_under_way(self) -> bool:
        """Whether a look through the folders was begun, and has not come to its end."""
        return self._work.is_under_way

    def step(self) -> None:
        """Go on looking, for some milliseconds."""
        if self._plans:
            self._work.step()

    def run(self) -> None:
        """Look through everything once, at once."""
        self._work.run()

    # --- a look through all folders -------------------------------------------------------------------------------

    def _look_through(self) -> Steps:
        identities = {folder: identity for folder in self._plans if (identity := self._identify(folder)) is not None}
        alive, due = dict.fromkeys(identities, 0), list[Document]()
        for document in self._iterate_published():
            if document.folder in identities:
                sight = look(document)
                alive[document.folder] += sight is Sight.SAME
                if self._note(document, sight):
                    due.append(document)
            yield
        for folder, identity in identities.items():
            documents = [document for document in due if document.folder == folder]
            if documents and alive[folder] == 0:
                self._report_once(("away", folder), "folder.sources_away", folder, missing=len(documents))
            elif documents:
                self._reported.discard(("away", folder))
                yield from self._remove_all(folder, documents, identity)

    def _identify(self, folder: str) -> Identity | None:
        """Return which folder it is; where it is another one than before, the grace time begins again."""
        try:
            identity = identify_folder(Path(folder))
        except OSError:
            self._missing[folder].clear()
            return None
        if self._identities.setdefault(folder, identity) != identity:
            self._identities[folder] = identity
            self._missing[folder].clear()
            self._nowhere.clear()
        return identity

    def _iterate_published(self) -> Iterator[Document]:
        after, has_more = 0, True
        while has_more:
            found, has_more = self._journal.reader.list_published_after(after, _IDS_AT_ONCE)
            yield from found
            after += _IDS_AT_ONCE

    def _note(self, document: Document, sight: Sight) -> bool:
        """Note what was seen; returns whether the source has been away for long enough."""
        if sight is not Sight.GONE:
            self._missing[document.folder].pop(document.id, None)
            self._nowhere.discard(document.id)
            if sight is Sight.SAME and not document.source_kept:
                self._journal.writer.note_source_kept(document.id)
            return False
        if not document.source_kept or document.policy_pending:
            return False
        since = self._missing[document.folder].setdefault(document.id, self._clock())
        return self._clock() - since >= self._plans[document.folder].source_removed_grace_s

    # --- removing ---------------------------------------------------------------------------------------------------

    def _remove_all(self, folder: str, documents: list[Document], identity: Identity) -> Steps:
        alike: dict[int, list[tuple[str, Fingerprint]]] = {}
        try:
            for found in walk_files(folder, {document.fingerprint.size for document in documents}):
                if found is not None:
                    alike.setdefault(found[1].size, []).append(found)
                yield
        except UnreadableError as error:
            self._report_once(("unreadable", folder), "output.kept", folder, document=documents[0].path, reason=error)
            return
        for document in documents:
            yield
            if (yield from self._is_elsewhere(document, alike.get(document.fingerprint.size, ()))):
                self._nowhere.discard(document.id)
                continue
            if document.id not in self._nowhere:
                self._nowhere.add(document.id)
                continue
            try:
                self._remove(document, identity)
            except (OSError, StorageError) as error:
                self._report_once(document.id, "output.kept", folder, document=document.path, reason=error)

    def _is_elsewhere(self, document: Document, alike: Iterable[tuple[str, Fingerprint]]) -> _Look:
        """Whether one of these files has what the output was made from; one that cannot be read may have it."""
        for path, mark in alike:
            if (path, mark) not in self._hashes:
                try:
                    yield from self._remember_hash(path, mark)
                except OSError:
                    return True
            if self._hashes[path, mark] == document.published_sha256:
                return True
        return False

    def _remember_hash(self, path: str, mark: Fingerprint) -> Steps:
        """Hash a file, chunk by chunk: a large one on a slow disk must not hold up the loop. Raises OSError."""
        with open_to_read(path) as file:
            sha256 = yield from hash_in_steps(file)
        if len(self._hashes) >= _MOST_HASHES:
            self._hashes.clear()
        self._hashes[path, mark] = sha256

    def _remove(self, document: Document, identity: Identity) -> None:
        """Remove the output if all is as it was seen. Raises OSError and StorageError."""
        plan, now = self._plans[document.folder], self._journal.reader.get(document.id)
        if now is None or (now.state, now.policy_pending) != (document.state, False):
            return
        if now.published_sha256 != document.published_sha256:
            return
        if identify_folder(Path(document.folder)) != identity or look(document) is not Sight.GONE:
            return
        if is_below_empty_folder(document) or document.folder in self._storage.paused:
            return
        self._storage.demand_there(plan.output)
        archive = plan.places.archive if plan.on_source_removed is OnSourceRemoved.ARCHIVE else None
        if archive is not None:
            self._storage.demand_mounted(archive)
        stayed = remove_outputs(plan.build_slot(document), document.path, archive)
        self._record(document, "deleted" if archive is None else "archived", stayed)

    def _record(self, document: Document, deed: str, stayed: int) -> None:
        rest = f"; {count_with_noun(stayed, 'file')} of others in it stay" if stayed else ""
        reason = f"its source was removed from the hot folder, and its output {deed}{rest}"
        output = None if document.output is None else Path(document.output)
        self._journal.outcomes.record_source_removed(document, output, reason)
        self._missing[document.folder].pop(document.id, None)
        self._nowhere.discard(document.id)
        shown = None if output is None else make_printable(str(output))
        self._log.info("document.source_removed", **document.names, output=shown, reason=reason)

    def _report_once(self, key: object, event: str, folder: str, **fields: object) -> None:
        if key not in self._reported:
            self._reported.add(key)
            shown = {
                name: value if isinstance(value, int) else make_printable(str(value)) for name, value in fields.items()
            }
            self._log.warning(event, folder=make_printable(folder), **shown)
