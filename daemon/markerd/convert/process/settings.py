"""What the converter process needs of the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from markerd.convert.protocol import ConverterSpec

_MOST_PAGES = 100_000  # pages that may extend the time limit: their number comes from the document


@dataclass(frozen=True)
class ProcessSettings:
    """What the daemon's side of the converter process needs; seconds and counts are as in the configuration."""

    spec: ConverterSpec
    """What the engine in the process acts on."""
    timeout_s: float
    timeout_per_page_s: float
    working_dir: Path
    """The converter gets a folder in it: the spool, for a document in work is moved there and back."""
    max_rss_bytes: int | None = None
    """With all its children, in mid-document; None: no ceiling."""

    def limit_s(self, pages: int) -> float:
        """Return the seconds that a document of so many pages may take."""
        return self.timeout_s + min(pages, _MOST_PAGES) * self.timeout_per_page_s
