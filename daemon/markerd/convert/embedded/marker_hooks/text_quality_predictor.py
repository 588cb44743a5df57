"""The judge of garbled text behind the interface of surya's OCR error predictor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markerd.convert.embedded.text_layer.quality import estimate_garbled
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS as TEXT_LAYER_THRESHOLDS


class GarbledTextPredictor:
    """Labels texts "good" or "bad" without a model."""

    def __init__(self) -> None:
        self.disable_tqdm = True

    def to(self, *_: Any, **__: Any) -> None:
        """Part of the interface: there is nothing to move."""

    def __call__(self, texts: Sequence[str], **_: Any) -> Any:
        """Return one label and one P(bad) for each text, in order; `batch_size` is accepted and ignored."""
        from surya.ocr_error.schema import OCRErrorDetectionResult

        scores = [estimate_garbled(text) for text in texts]
        labels = ["bad" if score >= TEXT_LAYER_THRESHOLDS.min_bad else "good" for score in scores]
        return OCRErrorDetectionResult(texts=list(texts), labels=labels, scores=scores)
