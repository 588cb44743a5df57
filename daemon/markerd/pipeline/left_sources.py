"""Sources that are nobody's to move: those that a command names. They are read, and left where and as they are."""

from __future__ import annotations

from markerd.errors import SourceChangedError
from markerd.journal import Document, Outcome
from markerd.pipeline.folder_plan import FolderPlan
from markerd.pipeline.output_slot import OutputSlot
from markerd.values import Fingerprint


class LeftSources:
    """Takes the place of `SourcePolicies`.

    Nothing is swept either: other commands may be writing into the same output folder.
    """

    def sweep_once(self, document: Document, plan: FolderPlan, slot: OutputSlot) -> None:
        """Leave what lies in the output folder."""

    def settle_all(self) -> None:
        """Do nothing: nothing is owed to a source."""

    def settle(self, document: Document, plan: FolderPlan) -> None:
        """Leave the source of what is published."""

    def demand_untouched(self, document: Document) -> None:
        """Raises SourceChangedError where the source is not what was staged, or is gone."""
        try:
            now = document.source.lstat()
        except OSError as error:
            raise SourceChangedError(f"{document.source} is gone") from error
        if not document.fingerprint.matches(Fingerprint.of(now)):
            raise SourceChangedError("it changed after it was read")

    def bury(self, document: Document, plan: FolderPlan, outcome: Outcome) -> bool:  # noqa: ARG002 - nothing is moved
        """Leave the source of a document that markerd gave up on."""
        return True
