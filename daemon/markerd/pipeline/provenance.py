"""What the manifest says of an output: which document it comes from, and how it was made."""

from __future__ import annotations

from collections.abc import Mapping

from markerd.convert.protocol import ConversionResult, ConverterInfo, Quality
from markerd.journal import Document
from markerd.pipeline.folder_plan import FolderPlan
from markerd.pipeline.manifest import Coverage, Manifest, Source
from markerd.values import format_utc_now


def describe_output(
    document: Document,
    plan: FolderPlan,
    info: ConverterInfo,
    result: ConversionResult,
    seconds: Mapping[str, float],
) -> Manifest:
    """Describe the output of a staged document; the artifacts are still missing. `seconds` maps stages to durations."""
    return Manifest(
        source=identify_source(document),
        pages=result.pages,
        formats=plan.formats,
        model_set=info.model_set,
        model_set_reason=info.reason,
        versions=info.versions,
        seconds={stage: round(duration, 3) for stage, duration in {**seconds, **result.seconds}.items()},
        published_at=format_utc_now(),
        coverage=_summarize_coverage(result.quality),
        pages_degraded=result.quality.degraded_pages,
        pages_text_missing=result.quality.missing_pages,
        pages_unread=result.quality.unread_pages,
        tables=result.quality.tables,
        is_first_picture_only=result.quality.is_first_picture_only,
        attachments=result.attachments,
        llm=result.llm,
        metadata=result.metadata,
        page_checks=result.quality.pages if plan.is_explained else (),
    )


def _summarize_coverage(quality: Quality) -> Coverage | None:
    if quality.coverage is None or quality.worst_coverage is None or quality.worst_page is None:
        return None
    return Coverage(quality.coverage, quality.worst_coverage, quality.worst_page)


def identify_source(document: Document) -> Source:
    """Name the document and its content; it must be staged."""
    assert document.sha256 is not None
    return Source.of(
        document.folder, document.path, document.fingerprint.size, document.sha256, document.fingerprint.mtime_ns
    )
