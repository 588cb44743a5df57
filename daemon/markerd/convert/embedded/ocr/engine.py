"""OCR of an image: RapidOCR with the models in its wheel, or others; upright, on a side, on its head, or askew."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.ocr import line_splitting, orientation
from markerd.convert.embedded.ocr.model_files import OcrModels
from markerd.convert.embedded.ocr.orientation import Quad
from markerd.convert.embedded.ocr.strips import Strip, strips
from markerd.convert.embedded.ocr.thresholds import THRESHOLDS
from markerd.convert.embedded.ocr.word_spacing import spaced
from markerd.convert.embedded.text.bidi import restore_logical_order
from markerd.errors import UnavailableError

READ_HEIGHT_PX, STEP_PX = 48, 8  # of the recognition model: to what height lines are scaled, and a step along them

Read = tuple[str, float]
"""What a line says, and how certain that is, 0 to 1."""


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
    turned: float = 0.0


class OcrEngine:
    """RapidOCR, loaded at once; used from one thread, while lines are read by `threads` of its own.

    A line at a time on one thread each is what takes the least: lines in one batch are padded to the longest, and
    onnxruntime's own threads spin while they wait for each other. Half the seconds of a processor for a dense page.
    """

    def __init__(self, threads: int, files: OcrModels) -> None:
        import rapidocr

        params = {
            "Global.log_level": "error",
            # Lines are found on a page of this many pixels on its longer side, and read at full resolution: the same
            # words as from RapidOCR's 2000 in a third of the time.
            "Global.max_side_len": 100_000,
            "Det.limit_type": "max",
            "Det.limit_side_len": THRESHOLDS.detection_side_px,
            "EngineConfig.onnxruntime.enable_cpu_mem_arena": False,
            "Det.model_path": str(files.detection),
            "Rec.model_path": str(files.recognition),
            **({"Rec.rec_keys_path": str(files.keys)} if files.keys else {}),
        }
        one_thread = {
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "Global.use_preprocess_img": False,
            "Global.return_word_box": True,
        }
        self._finder = rapidocr.RapidOCR(params={**params, "EngineConfig.onnxruntime.intra_op_num_threads": threads})
        self._reader = rapidocr.RapidOCR(params={**params, **one_thread})
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="ocr")
        logging.getLogger("RapidOCR").setLevel(logging.ERROR)  # it answers a blank page with a warning
        self._try(files)

    def _try(self, files: OcrModels) -> None:
        """Load the models, which RapidOCR does at their first use; raises UnavailableError for those that are none."""
        blank = np.full((64, 256, 3), 255, dtype=np.uint8)
        try:
            self._finder(blank, use_det=True, use_cls=False, use_rec=False)
            self._text(blank)
        except Exception as error:  # whatever onnxruntime and RapidOCR make of a file that is not theirs
            raise UnavailableError(f"the OCR models {files} cannot be used: {_last_line(error)}") from error

    def read(self, image: Any) -> Reading:
        """The lines of a PIL image that stands upright, or may stand on any of its sides."""
        view, turned = image.convert("RGB"), 0
        quads = self._found(view)
        if orientation.are_tall(quads):
            view, turned = view.rotate(90, expand=True), 90
            quads = self._found(view)
        known = self._sampled(view, quads)
        if self._is_on_its_head(view, known):
            view, turned = view.rotate(180, expand=True), turned + 180
            quads, known = self._found(view), {}
        return self._reading(view, quads, turned, known)

    def read_upright(self, image: Any) -> Reading:
        """The lines of a PIL image as it stands: for a part of a page whose orientation is known."""
        view = image.convert("RGB")
        return self._reading(view, self._found(view), 0, {})

    def _found(self, view: Any) -> list[Quad]:
        return [quad for strip in strips(*view.size) for quad in self._found_in(view, strip)]

    def _found_in(self, view: Any, strip: Strip) -> Iterator[Quad]:
        part = view.crop((0, strip.top, view.width, strip.bottom))
        found = self._finder(_pixels(part), use_det=True, use_cls=False, use_rec=False)
        for points in () if found.boxes is None else found.boxes:
            quad = _quad(points, strip.top)
            if strip.first <= sum(y for _, y in quad) / 4 < strip.end:
                yield quad

    def _sampled(self, view: Any, quads: Sequence[Quad]) -> dict[Quad, Read]:
        chosen = [quads[i] for i in orientation.sample(quads, THRESHOLDS.sample_lines)]
        return dict(zip(chosen, self._pool.map(lambda quad: self._read_line(view, quad), chosen), strict=True))

    def _is_on_its_head(self, view: Any, known: Mapping[Quad, Read]) -> bool:
        """By a few lines: only where they read badly as they stand are they read turned as well."""
        scores = [score for _, score in known.values()]
        if not orientation.are_doubtful(scores):
            return False
        turned = self._pool.map(lambda quad: self._text(_crop(view, quad)[::-1, ::-1]), known)
        return orientation.stand_on_their_head(scores, [score for _, score in turned])

    def _reading(self, view: Any, quads: Sequence[Quad], turned: int, known: Mapping[Quad, Read]) -> Reading:
        """Lines are read where they were found; their boxes are those of the page made level."""
        skew = orientation.skew_degrees(quads)
        quads = _cut(view, quads, skew)
        level_size = view.rotate(skew, expand=True).size if skew else view.size
        lines = []
        for quad, (text, score) in zip(quads, self._texts(view, quads, known), strict=True):
            level = [orientation.turned_point(point, skew, view.size, level_size) for point in quad]
            if text.strip() and score >= THRESHOLDS.min_text_score:
                lines.append(TextLine(orientation.box_around(level), restore_logical_order(text.strip()), score))
        return Reading(tuple(lines), turned + skew)

    def _texts(self, view: Any, quads: Sequence[Quad], known: Mapping[Quad, Read]) -> Iterable[Read]:
        return self._pool.map(lambda quad: known.get(quad) or self._read_line(view, quad), quads)

    def _read_line(self, view: Any, quad: Quad) -> Read:
        """A line that stands tall on a level page runs up or down: what reads best counts."""
        crop = _crop(view, quad)
        if min(crop.shape[:2]) < THRESHOLDS.min_crop_px:
            return "", 0.0
        across, down = orientation.length_of(quad), orientation.height_of(quad)
        if down < THRESHOLDS.min_tall * across:
            return self._text(crop)
        ways = [np.rot90(crop, 1), np.rot90(crop, 3)]
        readings = [
            self._text(way) for way in ([crop, *ways] if down < THRESHOLDS.max_single_letter * across else ways)
        ]
        return max(readings, key=lambda reading: reading[1])

    def _text(self, crop: Any) -> Read:
        read = self._reader(np.ascontiguousarray(crop), use_det=False, use_cls=False, use_rec=True)
        if not read.txts:
            return "", 0.0
        step = STEP_PX * crop.shape[0] / READ_HEIGHT_PX
        places = [(column + 0.5) * step for word in read.word_results[0].word_cols or () for column in word]
        whites = line_splitting.whites(crop[:, :, 1])  # green is nearly as bright as grey
        return spaced(str(read.txts[0]), places, whites, crop.shape[0]), float(read.scores[0])


def _cut(view: Any, quads: Sequence[Quad], skew: float) -> list[Quad]:
    """The lines, those apart that were found in one over the white between columns."""
    grey = view.convert("L")
    return line_splitting.cut(
        quads, [line_splitting.wide_whites(np.asarray(_level_crop(grey, quad))) for quad in quads], skew
    )


def _crop(view: Any, quad: Quad) -> Any:
    return _pixels(_level_crop(view, quad))


def _level_crop(view: Any, quad: Quad) -> Any:
    """A line, made level."""
    from PIL import Image

    size = (max(1, round(orientation.length_of(quad))), max(1, round(orientation.height_of(quad))))
    top_left, top_right, bottom_right, bottom_left = quad
    corners = (*top_left, *bottom_left, *bottom_right, *top_right)
    return view.transform(size, Image.Transform.QUAD, corners, Image.Resampling.BILINEAR)


def _pixels(view: Any) -> Any:
    """Blue, green, red, as RapidOCR takes them."""
    return np.ascontiguousarray(np.asarray(view)[:, :, ::-1])


def _quad(points: Any, top: int) -> Quad:
    a, b, c, d = ((float(x), float(y) + top) for x, y in points)
    return a, b, c, d


def _last_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]
