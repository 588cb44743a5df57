"""OCR of an image: RapidOCR with the models in its wheel, upright or turned by a quarter."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from markerd.convert.models.embedded.geometry import Box, area, height, width
from markerd.errors import UnavailableError

MIN_TEXT_SCORE = 0.5
DETECTION_SIDE_PX = 1408
TURNS_OF_TALL = (90, 270)
GOOD_SCORE = 0.8  # mean score from which a reading needs no second try


@dataclass(frozen=True)
class TextLine:
    """A line of text as OCR read it; the box is in pixels of the (turned) image, the score 0 to 1."""

    box: Box
    text: str
    score: float


@dataclass(frozen=True)
class Reading:
    """What an image says, and by how many degrees counter-clockwise it had to be turned to say it."""

    lines: tuple[TextLine, ...]
    turned: int = 0

    @property
    def quality(self) -> float:
        """Area of text that was read with certainty: what a better orientation has more of."""
        return sum(area(line.box) * max(0.0, line.score - 0.5) for line in self.lines)


class OcrEngine:
    """RapidOCR, loaded at once; used from one thread."""

    def __init__(self, threads: int) -> None:
        import rapidocr

        params = {
            "Global.log_level": "error",
            # Lines are found on a page of this many pixels on its longer side, and read at full resolution: the same
            # words as from RapidOCR's 2000 in a third of the time.
            "Det.limit_type": "max",
            "Det.limit_side_len": DETECTION_SIDE_PX,
            "Global.text_score": MIN_TEXT_SCORE,
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.enable_cpu_mem_arena": False,
        }
        _require_models(Path(rapidocr.__file__).parent / "models")
        self._rapid = rapidocr.RapidOCR(params=params)
        logging.getLogger("RapidOCR").setLevel(logging.ERROR)  # it answers a blank page with a warning
        self._rapid(np.full((64, 256, 3), 255, dtype=np.uint8))

    def read(self, image: Any) -> Reading:
        """The lines of a PIL image that stands upright, or may stand on any of its sides."""
        upright = self._reading(image, 0)
        turns = turns_to_try(upright.lines)
        # RapidOCR turns tall lines for itself and reads them, but they then stand in the wrong order.
        readings = [] if turns == TURNS_OF_TALL else [upright]
        for degrees in turns:
            readings.append(self._reading(image, degrees))
            if readings[-1].lines and not turns_to_try(readings[-1].lines):
                break
        return max(readings, key=lambda reading: reading.quality)

    def read_upright(self, image: Any) -> Reading:
        """The lines of a PIL image as it stands: for a part of a page whose orientation is known."""
        return self._reading(image, 0)

    def _reading(self, image: Any, degrees: int) -> Reading:
        view = image.convert("RGB")
        if degrees:
            view = view.rotate(degrees, expand=True)
        pixels = np.ascontiguousarray(np.asarray(view)[:, :, ::-1])  # RapidOCR takes blue, green, red
        # Without the classifier that turns single lines: a page on its head must read badly to be noticed, and its
        # lines would come in reverse order.
        result = self._rapid(pixels, use_cls=False)
        if result.boxes is None or result.txts is None:
            return Reading((), degrees)
        lines = zip(result.boxes, result.txts, result.scores, strict=True)
        return Reading(
            tuple(TextLine(_around(points), text.strip(), float(score)) for points, text, score in lines), degrees
        )


def turns_to_try(lines: Sequence[TextLine]) -> tuple[int, ...]:
    """By which degrees the page may have to be turned: long lines stand tall, or little was read with certainty."""
    if not lines:
        return ()
    long = [line for line in lines if _long_side(line.box) > 3 * min(width(line.box), height(line.box))]
    tall = sum(1 for line in long if height(line.box) > width(line.box))
    if long and tall > 0.5 * len(long):
        return TURNS_OF_TALL
    letters = sum(len(line.text) for line in lines)
    mean = sum(line.score * len(line.text) for line in lines) / max(1, letters)
    return () if mean >= GOOD_SCORE else (180,)


def _long_side(box: Box) -> float:
    return max(width(box), height(box))


def _around(points: Any) -> Box:
    xs, ys = points[:, 0], points[:, 1]
    return float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())


def _require_models(folder: Path) -> None:
    """RapidOCR downloads what is missing from its folder: refuse before it tries."""
    if len(list(folder.glob("*.onnx"))) < 3:
        raise UnavailableError(f"RapidOCR's models are missing from {folder}; reinstall rapidocr")
