"""What the checks of single pages mean for the document. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean

from markerd.convert.protocol import PageCheck, Quality
from markerd.errors import DocumentError
from markerd.values import DegradedPage, ReadTable

MIN_COVERAGE = 0.9
"""The share of a page's words below which it is read again, and below which the rest is said to be missing. Of 310
pages of public PDFs that came out whole the worst had 0.94."""
MOST_EXPLAINED_PAGES = 20_000
"""Pages of a document of which each check is handed on. They take some 400 bytes each in a message of at most 16 MB."""


def sum_up_quality(checks: Iterable[PageCheck]) -> Quality:
    """Sum up the checks of a document's pages."""
    checks = list(checks)
    compared = [(check.coverage, check.page) for check in checks if check.coverage is not None]
    worst, page = min(compared, default=(None, None))
    return Quality(
        coverage=round(fmean(share for share, _ in compared), 4) if compared else None,
        worst_coverage=None if worst is None else round(worst, 4),
        worst_page=page,
        missing_pages=tuple(page for share, page in compared if share < MIN_COVERAGE),
        unread_pages=tuple(check.page for check in checks if check.is_unread),
        degraded_pages=tuple(
            DegradedPage(check.page, check.degraded, check.where, check.reader) for check in checks if check.degraded
        ),
        tables=tuple(ReadTable(check.page, reader) for check in checks for reader in check.tables),
        compared_pages=len(compared),
        pages=tuple(checks) if len(checks) <= MOST_EXPLAINED_PAGES else (),
    )


def merge_quality(parts: Iterable[Quality]) -> Quality:
    """Sum up what was said of documents that are one output; each names its pages as the output numbers them."""
    parts = list(parts)
    compared = [part for part in parts if part.coverage is not None and part.compared_pages]
    pages = sum(part.compared_pages for part in compared)
    worst = min(compared, key=lambda part: part.worst_coverage or 0.0, default=Quality())
    whole = sum((part.coverage or 0.0) * part.compared_pages for part in compared)
    return Quality(
        coverage=round(whole / pages, 4) if pages else None,
        worst_coverage=worst.worst_coverage,
        worst_page=worst.worst_page,
        missing_pages=tuple(page for part in parts for page in part.missing_pages),
        unread_pages=tuple(page for part in parts for page in part.unread_pages),
        degraded_pages=tuple(page for part in parts for page in part.degraded_pages),
        tables=tuple(table for part in parts for table in part.tables),
        is_first_picture_only=any(part.is_first_picture_only for part in parts),
        compared_pages=pages,
        pages=tuple(page for part in parts for page in part.pages)[:MOST_EXPLAINED_PAGES],
    )


def refuse_empty(checks: Sequence[PageCheck]) -> None:
    """Raise DocumentError for a document that has text and whose output has none, or of which no page could be read."""
    words = sum(check.words for check in checks)
    if words and not any(check.words and check.coverage for check in checks):
        raise DocumentError(f"none of its {words} words came out", kind="text_missing")
    if checks and not words and all(check.error for check in checks):
        first = checks[0]
        message = f"none of its pages could be read: {first.degraded}"
        raise DocumentError(message, details={"exception": first.error, "where": first.where})
