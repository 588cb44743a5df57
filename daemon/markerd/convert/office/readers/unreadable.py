"""The error for a document that a reader finds to be damaged, and can say how. Pure."""

from __future__ import annotations

from markerd.errors import DocumentError


def build_unreadable_error(reason: str) -> DocumentError:
    """A permanent error; the reason follows on "the document cannot be read"."""
    return DocumentError(f"the document cannot be read: {reason}", kind="unreadable", is_permanent=True)
