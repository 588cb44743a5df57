"""What readers raise at a damaged document, and the error of one that can say how it is damaged. Pure."""

from __future__ import annotations

import csv
import zipfile
import zlib
from xml.parsers.expat import ExpatError

from markerd.errors import DocumentError

# Another attempt would read the same bytes, so it would find the same.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, csv.Error, ExpatError, SyntaxError, LookupError, ValueError, TypeError,
    AttributeError, EOFError, RecursionError, NotImplementedError, AssertionError, RuntimeError, OverflowError,
)  # fmt: skip


def build_unreadable_error(reason: str) -> DocumentError:
    """Build a permanent error; `reason` follows on "the document cannot be read"."""
    return DocumentError(f"the document cannot be read: {reason}", kind="unreadable", is_permanent=True)
