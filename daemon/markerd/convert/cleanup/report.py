"""When a cleanup runs and what it found: plain values, importable without any heavy library."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

_MB = 1 << 20


class CleanupPoint(str, Enum):
    """The moments at which the converter cleans up after itself."""

    BEFORE_MODELS = "before_models"
    AFTER_MODELS = "after_models"
    BEFORE_DOCUMENT = "before_document"
    AFTER_SUCCESS = "after_success"
    AFTER_ERROR = "after_error"
    BETWEEN_DOCUMENTS = "between_documents"
    BATCH_END = "batch_end"


@dataclass(frozen=True)
class ResourceCounts:
    """What the converter's process holds. -1 where the platform cannot tell."""

    semaphores: int
    children: int
    threads: int
    file_descriptors: int
    temp_files: int
    rss_bytes: int


@dataclass(frozen=True)
class CleanupReport:
    """One cleanup: counts before and after, and the names of the semaphores it removed."""

    point: CleanupPoint
    before: ResourceCounts
    after: ResourceCounts
    removed: tuple[str, ...]
    seconds: float


def build_log_fields(report: CleanupReport) -> dict[str, Any]:
    """Build the fields of `cleanup.done`; memory is in megabytes."""
    fields: dict[str, Any] = {
        "point": report.point.value,
        "removed": list(report.removed),
        "seconds": round(report.seconds, 4),
    }
    for when, counts in (("before", report.before), ("after", report.after)):
        for name, value in asdict(counts).items():
            is_bytes = name == "rss_bytes"
            fields[f"{'rss_mb' if is_bytes else name}_{when}"] = round(value / _MB, 1) if is_bytes else value
    return fields
