"""The engine with the real models: jobs for one document, and the events that the engine emits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest, ConversionResult, JoinRequest


class EngineScene:
    """The engine with the real models, and the events that it emits."""

    def __init__(self, engine: Engine, events: list[tuple[str, dict[str, Any]]]) -> None:
        self._engine, self.events = engine, events

    def request(self, root: Path, content: bytes, part_pages: int = 0) -> ConversionRequest:
        """A job of its own with this PDF."""
        self.events.clear()
        job = root / "job"
        for name in ("output", "scratch", "kept"):
            (job / name).mkdir(parents=True)
        (job / "document.pdf").write_bytes(content)
        return ConversionRequest(
            document="document.pdf",
            source=str(job / "document.pdf"),
            output_dir=str(job / "output"),
            scratch_dir=str(job / "scratch"),
            formats=("markdown", "json"),
            part_pages=part_pages,
            kept_dir=str(job / "kept"),
        )

    def convert(self, request: ConversionRequest) -> ConversionResult:
        """The document, or one part of it."""
        return self._engine.convert(request, lambda pages: None)

    def join(self, request: JoinRequest) -> ConversionResult:
        """The parts of the document as one."""
        return self._engine.join(request)

    def said(self, event: str) -> list[dict[str, Any]]:
        """The fields of each event of this kind."""
        return [fields for name, fields in self.events if name == f"warning {event}"]


def markdown(request: ConversionRequest) -> str:
    """The Markdown that came out."""
    return (Path(request.output_dir) / "document-markdown.md").read_text(encoding="utf-8")
