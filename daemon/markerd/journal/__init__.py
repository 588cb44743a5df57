"""The daemon's memory: every document, where it stands, and what came of it."""

from markerd.journal.quarantine import open_or_replace
from markerd.journal.records import Document, Outcome
from markerd.journal.schema import VERSION as SCHEMA_VERSION
from markerd.journal.store import Journal

__all__ = ["SCHEMA_VERSION", "Document", "Journal", "Outcome", "open_or_replace"]
