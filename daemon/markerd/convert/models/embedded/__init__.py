"""The embedded model set: small ONNX models that come with the installation, on the CPU, without network.

Importing this package is cheap; `load` imports onnxruntime, RapidOCR and surya's result types.
"""

from __future__ import annotations

from typing import Any


def load(threads: int) -> dict[str, Any]:
    """The dict that `PdfConverter(artifact_dict=…)` takes, with every model loaded.

    `threads` is how many threads one inference may use. Raises UnavailableError where a model is missing or not
    the one we ship.
    """
    from markerd.convert.models.embedded.layout import EmbeddedLayoutPredictor
    from markerd.convert.models.embedded.ocr import OcrEngine
    from markerd.convert.models.embedded.ocr_error import GarbledTextPredictor
    from markerd.convert.models.embedded.recognition import EmbeddedRecognitionPredictor

    layout = EmbeddedLayoutPredictor(threads)
    return {
        "layout_model": layout,
        "fast_layout_model": layout,
        "recognition_model": EmbeddedRecognitionPredictor(OcrEngine(threads), layout),
        "ocr_error_model": GarbledTextPredictor(),
    }


def layout_builder_class() -> type[Any]:
    """What to set as `PdfConverter.layout_builder_class` so that no line of a text layer is lost."""
    from markerd.convert.models.embedded.builder import EmbeddedLayoutBuilder

    return EmbeddedLayoutBuilder
