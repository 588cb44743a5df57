"""What is said of an output: which document it comes from, and how it was made."""

from __future__ import annotations

from collections.abc import Mapping

from markerd.convert.protocol import ConversionResult, ConverterInfo
from markerd.journal import Document
from markerd.manifest import Manifest, Source, utc_now
from markerd.policies import FolderPlan


def describe(
    document: Document,
    plan: FolderPlan,
    info: ConverterInfo,
    result: ConversionResult,
    seconds: Mapping[str, float],
) -> Manifest:
    return Manifest(
        source=source_of(document),
        pages=result.pages,
        formats=plan.formats,
        model_set=info.model_set,
        model_set_reason=info.reason,
        versions=info.versions,
        seconds={stage: round(duration, 3) for stage, duration in {**seconds, **result.seconds}.items()},
        published_at=utc_now(),
    )


def source_of(document: Document) -> Source:
    assert document.sha256 is not None
    return Source.of(
        document.folder, document.path, document.fingerprint.size, document.sha256, document.fingerprint.mtime_ns
    )
