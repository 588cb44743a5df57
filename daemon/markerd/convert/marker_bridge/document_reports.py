"""What the log says of a document that was converted: what is missing in its output, and what it left or asked for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Protocol

from markerd.convert import cleanup
from markerd.convert.checks import blocked_fetches
from markerd.convert.marker_bridge.page_ranges import name_pages
from markerd.convert.protocol import ConversionResult


class Emit(Protocol):
    """Hands a log event of the engine to what writes the log."""

    def __call__(self, level: str, event: str, **fields: Any) -> None: ...


def report_quality(emit: Emit, document: str, result: ConversionResult) -> None:
    """Say page by page what of the document's text or structure is not in its output, and what else it lacks."""
    quality = result.quality
    for attachment in result.attachments:
        if attachment.failed:
            fields = {"attachment": attachment.name, "reason": attachment.failed}
            emit("warning", "document.attachment_failed", document=document, **fields)
    if quality.is_first_picture_only:
        emit("warning", "document.pictures_left_out", document=document)
    for page in quality.degraded_pages:
        emit("warning", "document.page_degraded", document=document, **asdict(page))
    for pages, reason in (
        (quality.missing_pages, "words of the text layer are missing"),
        (quality.unread_pages, "OCR could not read pages that are not blank"),
    ):
        if pages:
            names = name_pages([page - 1 for page in pages])
            emit("warning", "document.text_missing", document=document, missing_pages=names, reason=reason)


def report_llm(emit: Emit, document: str, result: ConversionResult) -> None:
    """Say for the whole document, not for each part, what an LLM service was asked in vain."""
    use = result.llm
    if use is not None and use.failed and not result.is_part:
        told = {"service": use.service, "requests": use.requests, "failures": use.failed, "reason": use.reason}
        emit("warning", "document.llm_failed", document=document, **told)


def report_refused_fetches(emit: Emit, document: str) -> None:
    urls, count = blocked_fetches.refused.take()
    if count:
        emit("warning", "document.fetch_refused", document=document, urls=urls, fetches=count)


def report_leftovers(emit: Emit, document: str) -> None:
    """Nothing here starts a pool or a child; if a library has done so, the log says it."""
    leftovers = cleanup.find_remaining_processes()
    if leftovers:
        emit("warning", "cleanup.leftover", document=document, processes=leftovers)


def report_unanswered(emit: Emit, document: str, count: int) -> None:
    """Say that the vision model had no answer to so many of its requests, so that text may be missing."""
    if count:
        reason = f"the vision model had no answer to {count} requests"
        emit("warning", "document.text_missing", document=document, missing_pages=[], reason=reason)
