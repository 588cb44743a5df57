"""Sources that are converted and kept, and a mirror that looks after them, with a clock of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from core_scene import Core, core_at, files_below
from markerd.pipeline.manifest import FILE_NAME
from markerd.pipeline.source_mirror import SourceMirror
from markerd.values import After, OnSourceRemoved

GRACE_S = 100.0


class Scene:
    """Sources that are converted and kept, a mirror, and its clock."""

    def __init__(self, core: Core, deed: OnSourceRemoved) -> None:
        self.core, self.now_s = core, 0.0
        plan = replace(core.plan, on_source_removed=deed, source_removed_grace_s=GRACE_S)
        core.plan = core.plans[str(core.inbox)] = plan
        self.mirror = self.restart()

    def restart(self) -> SourceMirror:
        """What a new process knows: nothing but the journal."""
        core = self.core
        self.mirror = SourceMirror(
            core.journal, core.plans, core.processor.storage, core.log, 300.0, clock=lambda: self.now_s
        )
        return self.mirror

    def convert(self, *names: str) -> None:
        for name in names:
            self.core.drop(name, f"%PDF-1.4 {name}".encode())
        self.core.finish_all()

    def look(self, after_s: float = 0.0) -> None:
        """Twice, because one look is not enough to find a source nowhere."""
        self.now_s += after_s
        self.mirror.run()
        self.mirror.run()

    def wait(self) -> None:
        """Look until the grace time is over."""
        self.look()
        self.look(GRACE_S + 1)

    @property
    def outputs(self) -> set[str]:
        return {str(Path(file).parent) for file in files_below(self.core.root / "outbox") if file.endswith(FILE_NAME)}

    @property
    def events(self) -> list[str]:
        return [str(event["document"]) for event in self.core.log.find("document.source_removed")]


@contextmanager
def scene_at(root: Path, deed: OnSourceRemoved = OnSourceRemoved.DELETE) -> Iterator[Scene]:
    with core_at(root, after=After.KEEP) as core:
        yield Scene(core, deed)
