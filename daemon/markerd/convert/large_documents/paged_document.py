"""A document that has pages to look at, a PDF or an image, converted whole or one part of it.

Faults in code that it meets cost single pages: see `page_faults`. Importing this module imports marker.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from markerd.convert.checks.faults import Fault
from markerd.convert.checks.quality import refuse_empty, sum_up_quality
from markerd.convert.large_documents import references
from markerd.convert.large_documents.part import drop_pages_after, write_part
from markerd.convert.marker_bridge.document_converter import DocumentConverter, write_artifacts
from markerd.convert.marker_bridge.page_faults import convert_around_faults
from markerd.convert.marker_bridge.page_ranges import choose_pages, set_page_range
from markerd.convert.marker_bridge.providers import is_image
from markerd.convert.protocol import ArtifactRole, ConversionRequest, ConversionResult, count_images

Converted = TypeVar("Converted")


@dataclass(frozen=True)
class PagedDocument:
    """What is to be converted: the file at `path`, its `pages`, counted from 0, with these options of Marker's.

    `converter_for` returns a converter with the options it is called with. `is_first_picture_only` is as in `Quality`.
    """

    path: Path
    pages: Sequence[int]
    options: Mapping[str, Any]
    converter_for: Callable[[Mapping[str, Any]], DocumentConverter]
    is_first_picture_only: bool = False

    def convert(self, request: ConversionRequest) -> ConversionResult:
        """Convert all pages into artifacts in `request.output_dir`."""
        roles = [ArtifactRole(name) for name in request.formats]

        def attempt(pages: Sequence[int], set_aside: Mapping[int, Fault]) -> ConversionResult:
            started = time.monotonic()
            converter = self._build_fresh_converter(request, pages)
            rendered = converter.render(self.path, roles, set_aside)
            refuse_empty(converter.checks)
            converted = time.monotonic()
            artifacts = write_artifacts(rendered, Path(request.output_dir))
            seconds = {"marker": converted - started, "write": time.monotonic() - converted}
            quality = replace(sum_up_quality(converter.checks), is_first_picture_only=self.is_first_picture_only)
            return ConversionResult(len(pages), artifacts, seconds, count_images(artifacts), quality=quality)

        return self._attempt_around_faults(self.pages, attempt)

    def convert_part(self, request: ConversionRequest) -> ConversionResult:
        """Convert the part that the request names, for `join_parts`."""
        kept = Path(request.kept_dir)
        roles = [ArtifactRole(name) for name in request.formats]
        wanted, ahead = choose_pages(self.pages, request.part_pages, request.part)
        if request.part == 0:
            references.collect_targets(self.path, self.options, self.pages, kept)

        def attempt(pages: Sequence[int], set_aside: Mapping[int, Fault]) -> ConversionResult:
            started = time.monotonic()
            converter = self._build_fresh_converter(request, pages)
            with references.use_targets(kept):
                document = converter.build_document(str(self.path), set_aside)
            own = max(sum(page in wanted for page in pages), 1)
            drop_pages_after(document, own)
            checks = converter.checks[:own]
            converted = time.monotonic()
            write_part(converter, document, roles, Path(request.output_dir), checks)
            seconds = {"marker": converted - started, "write": time.monotonic() - converted}
            return ConversionResult(len(self.pages), (), seconds, is_part=True, quality=sum_up_quality(checks))

        return self._attempt_around_faults([*wanted, *ahead], attempt)

    def _build_fresh_converter(self, request: ConversionRequest, pages: Sequence[int]) -> DocumentConverter:
        """Build a converter, and empty the output folder of what a failed attempt has left."""
        for file in Path(request.output_dir).iterdir():
            file.unlink()
        return self.converter_for(set_page_range(self.options, pages))

    def _attempt_around_faults(
        self, pages: Sequence[int], attempt: Callable[[Sequence[int], Mapping[int, Fault]], Converted]
    ) -> Converted:
        """Attempt the conversion; an image has neither other pages nor a text layer to fall back on."""
        return attempt(pages, {}) if is_image(self.path) else convert_around_faults(pages, attempt)
