"""The embedded model set: small ONNX models that come with the installation and run on the CPU, without network.

Importing this package is cheap; `load_models` imports onnxruntime, RapidOCR and surya's result types.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markerd.convert.embedded.ocr import model_files as ocr_models

OPTIONS = {
    # Marker drops small text near an edge, even last lines of paragraphs, and text that begins or ends several pages.
    # Our layout builder detects running heads and feet by their text, so that nothing else is taken for one.
    "header_zone": 0.0,
    "footer_zone": 0.0,
    "common_element_min_blocks": 1_000_000,
    # A number that begins or ends most lines belongs to a list or a table, or is a page in a table of contents.
    "strip_numbers_threshold": 2.0,
    "min_line_number_span_ratio": 2.0,
    # Lines of a tall typeface, set close, overlap the lines above and below: Marker would have OCR read the page.
    # `duplicate_lines` finds what a text layer has twice.
    "overlap_line_fraction_threshold": 1.0,
}


def load_models(threads: int, ocr_folder: Path | None = None) -> dict[str, Any]:
    """Load every model, and return the dict that `PdfConverter(artifact_dict=…)` takes.

    `threads` is how many threads one inference may use; `ocr_folder` holds other models for OCR, if any. Raises
    UnavailableError where a model is missing or is not the one that markerd ships.
    """
    from markerd.convert.embedded.marker_hooks.layout_predictor import EmbeddedLayoutPredictor
    from markerd.convert.embedded.marker_hooks.recognition_predictor import EmbeddedRecognitionPredictor
    from markerd.convert.embedded.marker_hooks.text_quality_predictor import GarbledTextPredictor
    from markerd.convert.embedded.ocr.engine import OcrEngine
    from markerd.convert.embedded.readers.table_model import TableModel

    files = ocr_models.choose_models(ocr_folder)
    if ocr_folder is not None:
        ocr_models.check_characters(files)
    layout = EmbeddedLayoutPredictor(threads)
    tables = TableModel(1)  # it writes token by token: two threads take twice the processor time, and as long
    return {
        "layout_model": layout,
        "fast_layout_model": layout,
        "recognition_model": EmbeddedRecognitionPredictor(OcrEngine(threads, files), layout, tables),
        "table_model": tables,
        "ocr_error_model": GarbledTextPredictor(),
    }


def get_layout_builder_class() -> type[Any]:
    """The class to set as `PdfConverter.layout_builder_class` so that no line of a text layer is lost."""
    from markerd.convert.embedded.marker_hooks.layout_builder import EmbeddedLayoutBuilder

    return EmbeddedLayoutBuilder


def get_ocr_builder_class() -> type[Any]:
    """The OcrBuilder that leaves turned pages upright."""
    from markerd.convert.embedded.marker_hooks.ocr_builder import EmbeddedOcrBuilder

    return EmbeddedOcrBuilder
