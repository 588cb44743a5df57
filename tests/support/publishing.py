"""What a converter leaves, and its publishing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from markerd.convert.protocol import Artifact
from markerd.files import durable
from markerd.pipeline import leftovers, publish
from markerd.pipeline.manifest import Manifest, Source
from markerd.pipeline.output_slot import OutputSlot
from markerd.pipeline.publish import Produced


class Publisher:
    """Publishes texts below `root/outbox`; `produced` is the converter's folder."""

    def __init__(self, root: Path) -> None:
        self.root, self.output, self.produced = root, root / "outbox", root / "produced"
        self.produced.mkdir()
        self._times = (f"2020-01-01T00:{second // 60:02}:{second % 60:02}" for second in range(3600))

    def publish(
        self,
        path: str,
        text: str,
        *,
        folder: str = "/in",
        images: Mapping[str, str] | None = None,
        formats: Sequence[str] = ("markdown",),
        extra: Sequence[Artifact] = (),
    ) -> Path:
        artifacts = [Artifact(role, f"document-{role}.txt") for role in (*formats, "meta")]
        contents = {**{artifact.file_name: text for artifact in artifacts}, **(images or {})}
        for name, content in contents.items():
            (self.produced / name).write_text(content)
        artifacts += [Artifact("image", name) for name in images or {}]
        produced = Produced(self.produced, (*artifacts, *extra))
        source = self.source(path, text, folder)
        described = Manifest(source, 1, tuple(formats), "embedded", "a test", {}, {}, next(self._times))
        return publish.publish(self.slot(path, folder), produced, described)

    def find(self, path: str, text: str) -> Path | None:
        found = publish.find_published(self.slot(path), self.source(path, text).sha256, ("markdown",))
        return found[0] if found else None

    def sweep(self, path: str) -> None:
        """Clear up beside the document's place, as the next attempt does."""
        leftovers.sweep(self.slot(path))

    def slot(self, path: str, folder: str = "/in") -> OutputSlot:
        return OutputSlot(self.output, folder, path)

    @staticmethod
    def source(path: str, text: str, folder: str = "/in") -> Source:
        return Source.of(folder, path, len(text), hashlib.sha256(text.encode()).hexdigest(), 0)

    def list_leftovers(self) -> set[str]:
        """What has a temporary name anywhere below the output."""
        names = (name for _, folders, files in os.walk(self.output) for name in (*folders, *files))
        return {name for name in names if name.startswith(durable.PREFIX)}
