"""Stand-ins for the parts around the core: log, history, progress and converter."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markerd.convert.cleanup.report import CleanupPoint, CleanupReport, ResourceCounts
from markerd.convert.marker_bridge.page_ranges import count_parts
from markerd.convert.protocol import (
    SPOOLED_NAME,
    Artifact,
    ArtifactRole,
    ConversionRequest,
    ConversionResult,
    ConverterInfo,
    ConverterState,
    JoinRequest,
    Quality,
)
from markerd.errors import DocumentError, ModelAwayError
from markerd.pipeline.progress import Progress

KNOWN_OPTIONS = frozenset({"page_range", "paginate_output"})
FIXED_OPTIONS = frozenset({"pdftext_workers", "disable_tqdm"})
_ENDINGS = {"markdown": "md", "html": "html", "json": "json", "chunks": "json"}


class RecordingLog:
    """Keeps every event with its level and its fields."""

    def __init__(self) -> None:
        self.records: list[tuple[str, str, dict[str, Any]]] = []

    def debug(self, event: str, **fields: Any) -> None:
        self.records.append(("debug", event, fields))

    def info(self, event: str, **fields: Any) -> None:
        self.records.append(("info", event, fields))

    def warning(self, event: str, **fields: Any) -> None:
        self.records.append(("warning", event, fields))

    def error(self, event: str, **fields: Any) -> None:
        self.records.append(("error", event, fields))

    def find(self, event: str) -> list[dict[str, Any]]:
        return [fields for _, name, fields in self.records if name == event]


class RecordingHistory:
    """Keeps what the report would show."""

    def __init__(self) -> None:
        self.cleanups: list[dict[str, int]] = []
        self.incidents: list[tuple[str, str | None]] = []
        self.forgotten: list[float] = []

    def record_cleanup(self, counts: Mapping[str, int], *, cleanups: int, removed: int) -> None:
        self.cleanups.append({**counts, "cleanups": cleanups, "removed": removed})

    def record_incident(self, event: str, reason: str | None = None) -> None:
        self.incidents.append((event, reason))

    def forget_before(self, before: float) -> bool:
        self.forgotten.append(before)
        return False


class SilentProgress:
    """Nobody is told."""

    def show_converting(self, number: int, document: str) -> None: ...
    def show_progress(self, number: int, progress: Progress) -> None: ...


def counts(semaphores: int = 0) -> ResourceCounts:
    return ResourceCounts(semaphores, children=0, threads=1, file_descriptors=8, temp_files=0, rss_bytes=1 << 20)


@dataclass
class FakeConverter:
    """Writes the files that the real one does, the text being the source's; raises `failures` first, one a document."""

    failures: list[Exception] = field(default_factory=list)
    semaphores: int = 0
    documents: int = 0
    recycled: list[str] = field(default_factory=list)
    is_running: bool = False
    rss_bytes: int | None = 1 << 20
    is_overlapping: bool = False
    is_retiring: bool = False
    parts: list[int] = field(default_factory=list)
    """The numbers of those that it converted."""
    before_result: Callable[[], object] = lambda: None
    quality: Quality = field(default_factory=Quality)
    away: set[bytes] = field(default_factory=set)
    """The models that cannot be reached: a document that names one in its content needs it."""
    crashes_at: bytes | None = None
    """The vision model ends, and is started anew, at a document with this in its content."""

    def start(self) -> ConverterInfo:
        if not self.is_running:
            self.is_running, self.documents = True, 0
        return ConverterInfo("embedded", "a fake", {"marker-pdf": "0"}, 0.0)

    def check_options(self, options: Mapping[str, Any]) -> list[str]:
        fixed = [f"{name}: fixed by markerd" for name in options if name in FIXED_OPTIONS]
        unknown = options.keys() - FIXED_OPTIONS - KNOWN_OPTIONS
        return fixed + [f"{name}: Marker has no such option; did you mean page_range?" for name in unknown]

    def convert(self, request: ConversionRequest, *, on_pages: Callable[[int], None]) -> ConversionResult:
        self.start()
        self.documents += 1
        content = Path(request.source).read_bytes()
        self.before_result()
        if self.failures:
            raise self.failures.pop(0)
        if needed := next((model for model in sorted(self.away) if model in content), None):
            raise ModelAwayError(needed.decode(), f"{needed.decode()} is away")
        if self.crashes_at is not None and self.crashes_at in content:
            raise ModelAwayError("vision", "vision is away", has_left=True)
        if not content.startswith(b"%PDF-"):
            raise DocumentError("not a PDF", kind="unreadable", is_permanent=True)
        pages = _pages_of(content)
        on_pages(pages)
        if 0 < request.part_pages < pages:
            return self._part(request, content, pages)
        artifacts = _written(Path(request.output_dir), request.formats, content)
        return ConversionResult(pages, artifacts, {"marker": 0.0}, quality=self.quality)

    def _part(self, request: ConversionRequest, content: bytes, pages: int) -> ConversionResult:
        """Its text names the pages that it is of, and what the first part left for it."""
        self.documents -= 1
        self.parts.append(request.part)
        kept = Path(request.kept_dir, "kept.txt")
        if request.part == 0:
            kept.write_bytes(content)
        begin, end = (pages * n // count_parts(pages, request.part_pages) for n in (request.part, request.part + 1))
        text = kept.read_bytes() + f" {begin}-{end - 1}\n".encode()
        Path(request.output_dir, "part.txt").write_bytes(text)
        return ConversionResult(pages, (), {"marker": 1.0}, is_part=True)

    def join(self, request: JoinRequest) -> ConversionResult:
        self.start()
        self.documents += 1
        parts = sorted(Path(request.parts_dir).iterdir())
        content = b"".join((part / "part.txt").read_bytes() for part in parts)
        artifacts = _written(Path(request.output_dir), request.formats, content)
        return ConversionResult(request.pages, artifacts, {"join": 0.5})

    def cleanup(self, point: CleanupPoint) -> CleanupReport | None:
        return CleanupReport(point, counts(), counts(self.semaphores), (), 0.0) if self.is_running else None

    def recycle(self, reason: str) -> None:
        self.recycled.append(reason)
        self.is_retiring = self.is_overlapping
        if not self.is_overlapping:
            self.stop()

    def tend(self) -> None:
        if self.is_retiring:
            self.is_retiring, self.documents = False, 0

    def state(self) -> ConverterState:
        if not self.is_running:
            return ConverterState(None, None, 0, None, "embedded")
        return ConverterState(
            os.getpid(), self.rss_bytes, self.documents, self.semaphores, "embedded", is_retiring=self.is_retiring
        )

    def stop(self) -> None:
        self.is_running = False


def _pages_of(content: bytes) -> int:
    """As the content says: `pages=7`; else one."""
    said = re.search(rb"pages=(\d+)", content)
    return int(said[1]) if said else 1


def _written(folder: Path, formats: tuple[str, ...], content: bytes) -> tuple[Artifact, ...]:
    artifacts = [Artifact(role, f"{SPOOLED_NAME}-{role}.{_ENDINGS[role]}") for role in formats]
    artifacts.append(Artifact(ArtifactRole.META.value, f"{SPOOLED_NAME}_meta.json"))
    for artifact in artifacts:
        (folder / artifact.file_name).write_bytes(b"{}" if artifact.file_name.endswith("json") else content)
    return tuple(artifacts)
