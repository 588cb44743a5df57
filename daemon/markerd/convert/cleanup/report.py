"""When a cleanup runs and what it found: plain values, importable without any heavy library."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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
