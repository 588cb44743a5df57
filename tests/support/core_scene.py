"""A core put together with stand-ins: journal, spool and processor around a fake converter, without intake and loop."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from fakes import FakeConverter, RecordingLog, SilentProgress
from markerd.convert.protocol.pool import Pool
from markerd.convert.protocol.serial_pool import SerialPool
from markerd.intake.document_queue import DocumentQueue
from markerd.journal import Document, Journal
from markerd.pipeline.conversion import Conversion
from markerd.pipeline.disk_space import Anchors, Storage
from markerd.pipeline.document_events import DocumentEvents
from markerd.pipeline.failed_attempts import RetryLimits
from markerd.pipeline.folder_plan import FolderPlan, Places
from markerd.pipeline.processor import Limits, Processor
from markerd.pipeline.spool import Spool
from markerd.runtime.recovery import recover
from markerd.runtime.window import Window
from markerd.values import After, Fingerprint, State
from overlapping_pool import OverlappingPool


@dataclass
class Core:
    """Journal, spool and processor around a fake converter; one hot folder, in `inbox`."""

    root: Path
    journal: Journal
    spool: Spool
    converter: FakeConverter
    processor: Processor
    pool: Pool
    window: Window
    backlog: DocumentQueue
    log: RecordingLog
    plan: FolderPlan
    plans: dict[str, FolderPlan]
    """The plan of each hot folder: a test may change it."""
    rescans: list[None]

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    def drop(self, path: str, content: bytes = b"%PDF-1.4 one") -> Path:
        """Put a file into the hot folder and queue it, as the intake would."""
        source = self.inbox / path
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_bytes(content)
        self.queue(path)
        return source

    def queue(self, path: str) -> None:
        fingerprint = Fingerprint.of((self.inbox / path).lstat())
        if self.backlog.is_news(str(self.inbox), path, fingerprint):
            self.backlog.record_seen(str(self.inbox), path, fingerprint)
            assert self.backlog.enqueue(str(self.inbox), path, fingerprint)

    def find(self, path: str) -> Document:
        document = self.journal.reader.find(str(self.inbox), path)
        assert document is not None
        return document

    def finish_all(self) -> None:
        """What the loop does until nothing waits, retries that are not due yet among it."""
        if self.pool.window == 1:
            while document := self._take_next():
                self.process(document)
        else:
            self._finish_all_at_once()
        self.processor.policies.settle_all()

    def _take_next(self) -> Document | None:
        retries = self.processor.retries
        return self.backlog.take(0.0) or retries.take_due(float("inf")) or retries.take_due_behind_all(float("inf"))

    def _finish_all_at_once(self) -> None:
        while True:
            while self.window.has_room and (document := self._take_next()):
                self.window.begin(document)
            if len(self.window) == 0:
                return
            list(self.window.end(0.0))

    def process(self, document: Document) -> None:
        """Bring one document to its end; raises what keeps the daemon from going on."""
        work = self.processor.work(document, 0)
        with suppress(StopIteration):
            tasks = next(work)
            while True:
                for task in tasks:
                    self.pool.submit(task)
                (outcome,) = self.pool.poll(0.0)
                tasks = work.send(outcome)

    def restart(self) -> None:
        """What the daemon does at a start, then what the intake finds; all is finished after it."""
        self.spool.clear({name for name in self.spool.list_jobs() if self.journal.reader.is_unfinished(int(name))})
        recover(self.journal, {str(self.inbox): self.plan}, 3, self.log)
        # The daemon puts its processor together only now.
        for document in self.journal.reader.list_in_state(State.FAILED):
            self.processor.retries.add(document.id, 0.0)
        self.processor.policies.settle_all()
        self.processor.discard_unwanted_parts()
        for file in sorted(self.inbox.rglob("*")):
            if file.is_file():
                self.queue(str(file.relative_to(self.inbox)))
        self.finish_all()


@contextmanager
def core_at(
    root: Path,
    *,
    converter: FakeConverter | None = None,
    after: After = After.ARCHIVE,
    formats: tuple[str, ...] = ("markdown",),
    max_file_bytes: int = 1 << 20,
    queue_size: int = 16,
    part_pages: int = 0,
    between_parts: Callable[[], None] = lambda: None,
    workers: int = 1,
) -> Iterator[Core]:
    """A core below `root`: inbox, outbox, done, failed, state. With several `workers` documents are in work at once."""
    inbox, state = root / "inbox", root / "state"
    for folder in (inbox, state, root / "outbox"):
        folder.mkdir(parents=True, exist_ok=True)
    log, rescans, fake = RecordingLog(), list[None](), converter or FakeConverter()
    journal, spool = Journal(state / "journal.sqlite"), Spool(state / "spool", lambda: None)
    plan = FolderPlan(root / "outbox", Places(root / "done", root / "failed", after), formats, {})
    plans = {str(inbox): plan}
    anchors = Anchors()
    anchors.remember([plan.output, plan.places.archive, plan.places.failed])
    limits = Limits(RetryLimits(3, 0.0), max_file_bytes)
    pool = SerialPool(fake) if workers == 1 else OverlappingPool(fake, workers)
    conversion = Conversion(
        pool, spool, DocumentEvents(journal, log), SilentProgress(), part_pages=part_pages, between_parts=between_parts
    )
    storage = Storage(anchors, log)
    processor = Processor(journal, spool, conversion, storage, plans, limits, log, lambda: rescans.append(None))
    backlog = DocumentQueue(journal, queue_size, {str(inbox): after}, log)
    try:
        yield Core(
            root, journal, spool, fake, processor, pool, Window(pool, processor), backlog, log, plan, plans, rescans
        )
    finally:
        journal.close()


def files_below(root: Path) -> set[str]:
    """Every entry that is no folder, relative to `root`."""
    found = (Path(folder, name) for folder, _, names in os.walk(root) for name in names)
    return {str(file.relative_to(root)) for file in found}
