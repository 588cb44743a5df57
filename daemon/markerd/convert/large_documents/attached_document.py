"""An attachment that has pages to look at, a PDF or a picture, converted by the very converter that a file gets.

Importing this module imports marker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from markerd.convert.checks.faults import MetFault, catch_fault
from markerd.convert.large_documents.join import join_parts
from markerd.convert.large_documents.paged_document import PagedDocument
from markerd.convert.marker_bridge.document_converter import DocumentConverter
from markerd.convert.marker_bridge.page_ranges import count_parts
from markerd.convert.marker_bridge.placing import Place
from markerd.convert.preflight import examine, translate_error
from markerd.convert.protocol import ArtifactRole, ConversionRequest, ConversionResult, DocumentLimits
from markerd.errors import DocumentError

_OF_THE_MACHINE = ("disk_full", "converter_died")
"""The kinds of error that say nothing of the attachment: the mail is tried again."""

_Result = TypeVar("_Result")


class OpenDocument(Protocol):
    """What the engine does with any document that has pages to look at, before it is converted."""

    def __call__(self, request: ConversionRequest) -> PagedDocument:
        """Return `request.source` as it will be converted. Raises whatever a damaged document makes a library raise."""


@dataclass(frozen=True)
class AttachedDocument:
    """An attachment that could be opened, as `office.mail_converter` asks for it. `request` has folders of its own."""

    request: ConversionRequest
    document: PagedDocument

    @classmethod
    def open(
        cls, file: Path, request: ConversionRequest, *, limits: DocumentLimits, open_document: OpenDocument
    ) -> AttachedDocument | DocumentError:
        """Open an attachment of the mail that `request` is for; return the error of one that is refused."""
        own = _build_request(file, request)

        def look() -> AttachedDocument:
            examine(Path(own.source), limits)
            return cls(own, open_document(own))

        return _catch_refusal(look)

    @property
    def pages(self) -> int:
        """The number of its pages."""
        return len(self.document.pages)

    @property
    def folder(self) -> Path:
        """Where its artifacts are put."""
        return Path(self.request.output_dir)

    def convert(self, name: str, first_page: int, pages: Sequence[int]) -> ConversionResult | DocumentError:
        """Convert these of its pages, its first being number `first_page` of the mail; return the error it met."""
        place = Place(first_page, name, pages[0])

        def build(options: Mapping[str, Any]) -> DocumentConverter:
            converter = self.document.converter_for(options)
            converter.place = place
            return converter

        placed = replace(self.document, pages=pages, converter_for=build)
        is_big = 0 < self.request.part_pages < len(pages)
        convert = _convert_in_parts if is_big else PagedDocument.convert
        return _catch_refusal(lambda: convert(placed, self.request))


def _build_request(file: Path, request: ConversionRequest) -> ConversionRequest:
    folders = {name: file.parent / name for name in ("output", "scratch", "kept", "parts")}
    for folder in folders.values():
        folder.mkdir()
    options = {name: value for name, value in request.options.items() if not name.endswith("page_range")}
    return replace(
        request,
        source=str(file),
        output_dir=str(folders["output"]),
        scratch_dir=str(folders["scratch"]),
        kept_dir=str(folders["kept"]),
        options=options,
        part=0,
    )


def _convert_in_parts(document: PagedDocument, request: ConversionRequest) -> ConversionResult:
    """Convert a long attachment part by part, so that it takes no more memory than a long file."""
    folder = Path(request.output_dir).parent / "parts"
    for number in range(count_parts(len(document.pages), request.part_pages)):
        target = folder / f"{number:06}"
        target.mkdir()
        document.convert_part(replace(request, part=number, output_dir=str(target)))
    roles = [ArtifactRole(name) for name in request.formats]
    converter = document.converter_for(document.options)
    joined = join_parts(converter, sorted(folder.iterdir()), roles, Path(request.output_dir))
    return ConversionResult(len(document.pages), joined.artifacts, {}, quality=joined.quality)


def _catch_refusal(work: Callable[[], _Result]) -> _Result | DocumentError:
    """Return what `work` returns, or the error of the attachment; one of the machine is raised."""
    try:
        done = catch_fault(work)
    except DocumentError as error:
        return error
    if not isinstance(done, MetFault):
        return done
    translated = translate_error(done.error)
    if translated.kind in _OF_THE_MACHINE:
        raise done.error
    return DocumentError(f"a fault in the code that converts it: {done}") if translated.is_fault else translated
