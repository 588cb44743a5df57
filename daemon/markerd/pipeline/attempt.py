"""One attempt at one document."""

from __future__ import annotations

import time
from dataclasses import replace

from markerd.journal import Document
from markerd.journal.writer import JournalWriter
from markerd.pipeline.folder_plan import FolderPlan


class Attempt:
    """What is known of an attempt in work.

    It is claimed, staged, and begins when a converter takes it: from then on it counts, whatever becomes of it.
    `document` is brought up to date as the attempt goes on; `slot` is where its output goes. `order` is its place among
    the documents that were begun, and `published_before` counts those that were published by then. `seconds` maps the
    stages that have ended to their durations.
    """

    def __init__(
        self, document: Document, plan: FolderPlan, order: int, writer: JournalWriter, *, published_before: int
    ) -> None:
        self.document = document
        self.plan = plan
        self.order = order
        self.published_before = published_before
        self.slot = plan.build_slot(document)
        self.seconds: dict[str, float] = {}
        self.is_counted = False
        self._writer = writer
        self._began_s = self._stage_began_s = time.monotonic()

    def choose_plan(self) -> None:
        """Take the plan of this very document from now on; see `FolderPlan.choose_for`."""
        self.plan = self.plan.choose_for(self.document)
        self.document = replace(self.document, hooks=self.plan.hooks)

    def claim(self) -> None:
        """Take the document for this attempt. The intake leaves it alone from now on."""
        self._writer.claim(self.document.id)

    def set_sha256(self, sha256: str) -> None:
        """The document is staged; this is the hash of its copy, in hex."""
        self.document = replace(self.document, sha256=sha256)

    def begin(self) -> bool:
        """A converter takes the document. Returns False where one has done so before.

        The time since it was staged, in which it waited for a converter, belongs to no stage.
        """
        if self.is_counted:
            return False
        self.count()
        now_s = time.monotonic()
        self._began_s += now_s - self._stage_began_s
        self._stage_began_s = now_s
        return True

    def count(self) -> None:
        """Count the attempt, with the hash of what it converts, if that has not happened yet."""
        if not self.is_counted:
            number = self._writer.begin_attempt(self.document.id, self.document.sha256)
            self.document = replace(self.document, attempts=number)
            self.is_counted = True

    def end_stage(self, stage: str) -> None:
        """All time since the stage before belongs to this one."""
        now_s = time.monotonic()
        self.seconds[stage] = now_s - self._stage_began_s
        self._stage_began_s = now_s

    def measure_stage_s(self) -> float:
        """Seconds since the stage began."""
        return time.monotonic() - self._stage_began_s

    def measure_elapsed_s(self) -> float:
        """Seconds since the attempt began, without those in which it waited for a converter."""
        return time.monotonic() - self._began_s

    def renew_slot(self) -> None:
        """Find out anew where the output goes, for other documents were published since."""
        self.slot = self.plan.build_slot(self.document)
