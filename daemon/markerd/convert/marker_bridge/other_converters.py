"""Marker's converters for tables alone and for OCR alone, with our providers, builders and checks.

Importing this module imports marker.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, ClassVar

from marker.builders.ocr import OcrBuilder
from marker.converters.ocr import OCRConverter
from marker.converters.table import TableConverter

from markerd.convert.checks.faults import Fault
from markerd.convert.marker_bridge.document_converter import DocumentConverter
from markerd.convert.marker_bridge.self_check import SelfCheck
from markerd.convert.protocol import CONVERTER, ArtifactRole, PageCheck
from markerd.convert.rendering.ocr_json import OCRJSONRenderer
from markerd.errors import DocumentError
from markerd.values import ConverterKind


class TableDocumentConverter(DocumentConverter, TableConverter):  # type: ignore[misc]  # marker is untyped
    """Keeps the tables, forms and tables of contents of each page (`converter_block_types`), and nothing else.

    Marker drops the other blocks before it reads the tables. Here the whole page is read and checked first, so that a
    page that fell short is read again before its tables are taken.
    """

    default_processors = TableConverter.default_processors

    def _build_builders(self) -> tuple[Any, Any, Any]:
        document_builder, layout_builder, ocr_builder = super()._build_builders()
        layout_builder.force_ocr = False  # without a layout there are no tables
        # Marker's own models read the tables of a scan one by one; the embedded ones read its pages, turned upright.
        document_builder.disable_ocr = type(ocr_builder) is OcrBuilder
        return document_builder, layout_builder, ocr_builder

    def _process(self, document: Any) -> None:
        for processor in self.processor_list:
            processor(document)

    def _check(self, document: Any, faults: Mapping[int, Fault], unread: Collection[int]) -> list[PageCheck]:
        kind = SelfCheck if self._ocr_builder_class is not OcrBuilder else TextLayerCheck
        checks = kind(self.config, faults, unread).run(document)
        for page in document.pages:
            page.structure = [block for block in page.structure or () if block.block_type in self.converter_block_types]
        return checks


class TextLayerCheck(SelfCheck):
    """Checks the pages that have a text layer: of the others only the tables are read."""

    def _check_ocr(self, document: Any, page: Any) -> PageCheck:  # noqa: ARG002 - as the others are called
        return PageCheck(page.page_id + 1)


class OcrDocumentConverter(DocumentConverter, OCRConverter):  # type: ignore[misc]  # marker is untyped
    """Reads every page by OCR, whatever text layer it has, and writes what was read and where, as JSON."""

    default_processors = OCRConverter.default_processors
    renderers: ClassVar[Mapping[ArtifactRole, type]] = {ArtifactRole.JSON: OCRJSONRenderer}

    def _process(self, document: Any) -> None:
        for processor in self.processor_list:
            processor(document)


_CONVERTERS: Mapping[ConverterKind, type[DocumentConverter]] = {
    ConverterKind.PDF: DocumentConverter,
    ConverterKind.TABLE: TableDocumentConverter,
    ConverterKind.OCR: OcrDocumentConverter,
}


def choose_converter_class(options: Mapping[str, Any]) -> type[DocumentConverter]:
    """Return the converter that a request's options ask for."""
    return _CONVERTERS[_read_kind(options)]


def refuse_structured(source: Path, options: Mapping[str, Any]) -> None:
    """Raise DocumentError for an Office or web document if the folder's converter reads only PDFs and pictures."""
    kind = _read_kind(options)
    if kind is not ConverterKind.PDF:
        message = f'converter = "{kind.value}" reads PDFs and pictures, not {source.suffix or "such documents"}'
        raise DocumentError(message, kind="not_for_converter", is_permanent=True)


def _read_kind(options: Mapping[str, Any]) -> ConverterKind:
    return ConverterKind(options.get(CONVERTER, ConverterKind.PDF.value))
