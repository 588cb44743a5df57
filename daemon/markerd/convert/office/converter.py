"""The converter for Office and web documents: they are read, made canonical, and rendered by Marker into every format.

Importing this module imports marker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from markerd.convert.checks.faults import Fault
from markerd.convert.marker_bridge.page_ranges import choose_present_pages
from markerd.convert.office.canonical_html.cleaning import clean_page, find_link_targets
from markerd.convert.office.canonical_html.pictures import Pictures
from markerd.convert.office.format_detection import Reader
from markerd.convert.office.marker_document import build_document
from markerd.convert.office.readers.text import read_as_it_is
from markerd.convert.office.readers.unreadable import DAMAGED
from markerd.convert.protocol import ArtifactRole, DocumentLimits
from markerd.convert.rendering.office_renderers import RENDERERS
from markerd.errors import DocumentError

_UNREADABLE = "the document cannot be read: it is damaged, or uses its format in a way that is not known here"


@contextmanager
def translate_damage() -> Iterator[None]:
    """Turn what readers raise at a damaged document into a DocumentError, permanent."""
    try:
        yield
    except (*DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # an error of the system, not of the document
        details = Fault.of(error, _UNREADABLE).details
        raise DocumentError(_UNREADABLE, kind="unreadable", is_permanent=True, details=details) from error


def choose_pages(count: int, options: Mapping[str, Any]) -> list[int]:
    """Return the pages of Marker's `page_range` that exist, counted from 0. Raises DocumentError where none does."""
    return choose_present_pages(options.get("page_range"), count)


def render_document(document: Any, options: Mapping[str, Any], formats: Sequence[ArtifactRole]) -> dict[Any, Any]:
    """Return Marker's rendered output of a document of canonical pages, by format."""
    return {role: RENDERERS[role](dict(options))(document) for role in formats}


class StructuredConverter:
    """Converts one document: it is read once, then rendered in each format."""

    def __init__(
        self,
        reader: Reader,
        options: Mapping[str, Any],
        on_pages: Callable[[int], None],
        limits: DocumentLimits,
    ) -> None:
        self._reader = reader
        self._options = dict(options)
        self._on_pages = on_pages
        self._limits = limits
        self.page_count = 0

    def render(self, source: Path, formats: Sequence[ArtifactRole]) -> dict[ArtifactRole, Any]:
        """Return Marker's rendered output, by format. Raises DocumentError, permanent, for what cannot be read."""
        with translate_damage():
            document = self._build_document(source)
        rendered = render_document(document, self._options, formats)
        if ArtifactRole.MARKDOWN in rendered and (as_it_is := read_as_it_is(source)) is not None:
            rendered[ArtifactRole.MARKDOWN].markdown = as_it_is
        return rendered

    def _build_document(self, source: Path) -> Any:
        pictures = Pictures()
        pages = self._reader(source, pictures, self._limits)
        wanted = choose_pages(len(pages), self._options)
        self.page_count = len(wanted)
        self._on_pages(len(wanted))
        targets = frozenset().union(*(find_link_targets(page) for page in pages))
        bodies = ((number, clean_page(pages[number], pictures, targets)) for number in wanted)
        return build_document(bodies, pictures, source)
