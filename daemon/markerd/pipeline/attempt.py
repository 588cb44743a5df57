"""One attempt at one document."""

from __future__ import annotations

import time
from dataclasses import replace

from markerd.journal import Document
from markerd.pipeline.folder_plan import FolderPlan


class Attempt:
    """What is known of the attempt in work.

    `document` is brought up to date as the attempt goes on; `slot` is where its output goes. `seconds` maps the stages
    that have ended to their durations.
    """

    def __init__(self, document: Document, plan: FolderPlan) -> None:
        self.document = document
        self.plan = plan
        self.slot = plan.build_slot(document)
        self.seconds: dict[str, float] = {}
        self._began_s = self._stage_began_s = time.monotonic()

    def set_number(self, number: int) -> None:
        """The journal has counted the attempt."""
        self.document = replace(self.document, attempts=number)

    def set_sha256(self, sha256: str) -> None:
        """The document is staged; this is the hash of its copy, in hex."""
        self.document = replace(self.document, sha256=sha256)

    def end_stage(self, stage: str) -> None:
        """All time since the stage before belongs to this one."""
        now_s = time.monotonic()
        self.seconds[stage] = now_s - self._stage_began_s
        self._stage_began_s = now_s

    def measure_elapsed_s(self) -> float:
        """Seconds since the attempt began."""
        return time.monotonic() - self._began_s
