"""OCR of an image by RapidOCR, with the models in its wheel or others: upright, on a side, upside down, or askew."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from markerd.convert.checks.blank_paper import find_drawn_box
from markerd.convert.embedded.geometry import Box, area
from markerd.convert.embedded.ocr import line_splitting, orientation
from markerd.convert.embedded.ocr.model_files import OcrModels
from markerd.convert.embedded.ocr.orientation import Quad
from markerd.convert.embedded.ocr.strips import Strip, split_strips
from markerd.convert.embedded.ocr.thresholds import THRESHOLDS
from markerd.convert.embedded.ocr.word_spacing import add_missing_spaces
from markerd.convert.embedded.text.bidi import restore_logical_order
from markerd.errors import UnavailableError

READ_HEIGHT_PX, STEP_PX = 48, 8
"""The recognition model scales lines to this height, and reads them in steps of this width."""

LineReading = tuple[str, float]
"""The text of a line, and its certainty, 0 to 1."""


@dataclass(frozen=True)
class OcrLine:
    """A line of text as OCR read it; the box is in pixels of the (turned) image, the score 0 to 1."""

    box: Box
    text: str
    score: float


@dataclass(frozen=True)
class PageText:
    """The lines of an image, and the turn in degrees counter-clockwise that made them upright."""

    lines: tuple[OcrLine, ...]
    turned: float = 0.0


class OcrEngine:
    """RapidOCR, loaded at once; used from one thread, while `threads` of its own read lines.

    Reading one line at a time on one thread each costs least: lines in one batch are padded to the longest, and
    onnxruntime's own threads spin while they wait for each other. It takes half the processor time for a dense page.
    """

    def __init__(self, threads: int, files: OcrModels) -> None:
        import rapidocr

        params = {
            "Global.log_level": "error",
            # Lines are found on a small page, and read at full resolution.
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
        logging.getLogger("RapidOCR").setLevel(logging.ERROR)  # RapidOCR warns of a blank page
        self._try_models(files)

    def _try_models(self, files: OcrModels) -> None:
        """Load the models, which RapidOCR does at their first use.

        Raises UnavailableError for files that are no models.
        """
        blank = np.full((64, 256, 3), 255, dtype=np.uint8)
        try:
            self._finder(blank, use_det=True, use_cls=False, use_rec=False)
            self._read_crop(blank)
        except Exception as error:  # the errors of onnxruntime and RapidOCR share no other base class
            raise UnavailableError(f"the OCR models {files} cannot be used: {_read_last_line(error)}") from error

    def read(self, image: Any) -> PageText:
        """Read the lines of a PIL image that stands upright, or on any of its sides."""
        view, turned = image.convert("RGB"), 0
        quads = self._find_lines(view)
        if not quads:
            return self._read_lone_lines(view)
        if orientation.are_tall(quads):
            view, turned = view.rotate(90, expand=True), 90
            quads = self._find_lines(view)
        known = self._read_sample(view, quads)
        if self._is_upside_down(view, known):
            view, turned = view.rotate(180, expand=True), turned + 180
            quads, known = self._find_lines(view), {}
        return self._build_page_text(view, quads, turned, known)

    def read_upright(self, image: Any) -> PageText:
        """Read the lines of a PIL image as it stands, for a part of a page whose orientation is known."""
        view = image.convert("RGB")
        return self._build_page_text(view, self._find_lines(view), 0, {})

    def _find_lines(self, view: Any) -> list[Quad]:
        return [quad for strip in split_strips(*view.size) for quad in self._find_lines_in(view, strip)]

    def _read_lone_lines(self, view: Any) -> PageText:
        """Read the few small words of a page on which no line was found: they are lost in so much paper.

        Fewer than a few letters are holes and specks.
        """
        found = self._build_page_text(view, self._find_lone_lines(view), 0, {})
        letters = sum(character.isalnum() for line in found.lines for character in line.text)
        return found if letters >= THRESHOLDS.min_lone_letters else PageText((), 0)

    def _find_lone_lines(self, view: Any) -> list[Quad]:
        drawn = find_drawn_box(view)
        if drawn is None or area(drawn) > THRESHOLDS.max_lone_area * view.width * view.height:
            return []
        margin = THRESHOLDS.lone_margin * max(view.size)
        left, top = (max(0, round(value - margin)) for value in drawn[:2])
        right, bottom = min(round(drawn[2] + margin), view.width), min(round(drawn[3] + margin), view.height)
        return [_move_quad(quad, left, top) for quad in self._find_lines(view.crop((left, top, right, bottom)))]

    def _find_lines_in(self, view: Any, strip: Strip) -> Iterator[Quad]:
        part = view.crop((0, strip.top, view.width, strip.bottom))
        found = self._finder(_to_bgr(part), use_det=True, use_cls=False, use_rec=False)
        for points in () if found.boxes is None else found.boxes:
            quad = _build_quad(points, strip.top)
            if strip.first <= sum(y for _, y in quad) / 4 < strip.end:
                yield quad

    def _read_sample(self, view: Any, quads: Sequence[Quad]) -> dict[Quad, LineReading]:
        chosen = [quads[i] for i in orientation.choose_sample(quads, THRESHOLDS.sample_lines)]
        return dict(zip(chosen, self._pool.map(lambda quad: self._read_line(view, quad), chosen), strict=True))

    def _is_upside_down(self, view: Any, known: Mapping[Quad, LineReading]) -> bool:
        """Whether the page is upside down, by a few lines: they are read turned as well only if they read badly as they
        are."""
        scores = [score for _, score in known.values()]
        if not orientation.are_doubtful(scores):
            return False
        turned = self._pool.map(lambda quad: self._read_crop(_crop_pixels(view, quad)[::-1, ::-1]), known)
        return orientation.are_upside_down(scores, [score for _, score in turned])

    def _build_page_text(
        self, view: Any, quads: Sequence[Quad], turned: int, known: Mapping[Quad, LineReading]
    ) -> PageText:
        """Read the lines where they were found; their boxes are those of the page made level."""
        skew = orientation.measure_skew(quads)
        quads = _split_lines(view, quads, skew)
        level_size = view.rotate(skew, expand=True).size if skew else view.size
        lines = []
        for quad, (text, score) in zip(quads, self._read_lines(view, quads, known), strict=True):
            level = [orientation.turn_point(point, skew, view.size, level_size) for point in quad]
            if text.strip() and score >= THRESHOLDS.min_text_score:
                lines.append(OcrLine(orientation.bound_points(level), restore_logical_order(text.strip()), score))
        return PageText(tuple(lines), turned + skew)

    def _read_lines(self, view: Any, quads: Sequence[Quad], known: Mapping[Quad, LineReading]) -> Iterable[LineReading]:
        return self._pool.map(lambda quad: known.get(quad) or self._read_line(view, quad), quads)

    def _read_line(self, view: Any, quad: Quad) -> LineReading:
        """Read a line. One that stands tall on a level page runs up or down: the direction that reads best counts."""
        crop = _crop_pixels(view, quad)
        if min(crop.shape[:2]) < THRESHOLDS.min_crop_px:
            return "", 0.0
        across, down = orientation.measure_length(quad), orientation.measure_height(quad)
        if down < THRESHOLDS.min_tall * across:
            return self._read_crop(crop)
        ways = [np.rot90(crop, 1), np.rot90(crop, 3)]
        readings = [
            self._read_crop(way) for way in ([crop, *ways] if down < THRESHOLDS.max_single_letter * across else ways)
        ]
        return max(readings, key=lambda reading: reading[1])

    def _read_crop(self, crop: Any) -> LineReading:
        read = self._reader(np.ascontiguousarray(crop), use_det=False, use_cls=False, use_rec=True)
        if not read.txts:
            return "", 0.0
        step = STEP_PX * crop.shape[0] / READ_HEIGHT_PX
        places = [(column + 0.5) * step for word in read.word_results[0].word_cols or () for column in word]
        whites = line_splitting.find_whites(crop[:, :, 1])  # green is nearly as bright as grey
        return add_missing_spaces(str(read.txts[0]), places, whites, crop.shape[0]), float(read.scores[0])


def _split_lines(view: Any, quads: Sequence[Quad], skew: float) -> list[Quad]:
    """Split lines that were found as one across the white between columns."""
    grey = view.convert("L")
    return line_splitting.split_lines(
        quads, [line_splitting.find_wide_whites(np.asarray(_crop_level(grey, quad))) for quad in quads], skew
    )


def _crop_pixels(view: Any, quad: Quad) -> Any:
    return _to_bgr(_crop_level(view, quad))


def _crop_level(view: Any, quad: Quad) -> Any:
    """Crop a line, made level."""
    from PIL import Image

    size = (max(1, round(orientation.measure_length(quad))), max(1, round(orientation.measure_height(quad))))
    top_left, top_right, bottom_right, bottom_left = quad
    corners = (*top_left, *bottom_left, *bottom_right, *top_right)
    return view.transform(size, Image.Transform.QUAD, corners, Image.Resampling.BILINEAR)


def _to_bgr(view: Any) -> Any:
    """Convert to blue, green, red, as RapidOCR takes them."""
    return np.ascontiguousarray(np.asarray(view)[:, :, ::-1])


def _build_quad(points: Any, top: int) -> Quad:
    a, b, c, d = ((float(x), float(y) + top) for x, y in points)
    return a, b, c, d


def _move_quad(quad: Quad, left: int, top: int) -> Quad:
    a, b, c, d = ((x + left, y + top) for x, y in quad)
    return a, b, c, d


def _read_last_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]
