"""The error of a reader that finds a document damaged, and can say how. Pure."""

from __future__ import annotations

from markerd.errors import DocumentError


def build_unreadable_error(reason: str) -> DocumentError:
    """Build a permanent error; `reason` follows on "the document cannot be read"."""
    return DocumentError(f"the document cannot be read: {reason}", kind="unreadable", is_permanent=True)
