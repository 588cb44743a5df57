"""Text recognition behind the interface of surya's recognition predictor: pages, or single blocks of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np

from markerd.convert.embedded.blocks.block_html import build_block_html
from markerd.convert.embedded.blocks.formulas import is_wordy
from markerd.convert.embedded.geometry import Box, area, as_box, corners, height, share_inside, union, vertical_overlap
from markerd.convert.embedded.layout.column_gaps import find_column_gaps, group_orphan_paragraphs, split_by_columns
from markerd.convert.embedded.layout.nested_regions import merge_nested
from markerd.convert.embedded.layout.reading_order import find_reading_order
from markerd.convert.embedded.layout.regions import (
    MARGINS,
    PICTURES,
    TABLES,
    Region,
    assign_lines,
    build_text_regions,
    is_margin,
    is_page_of_text,
    is_text,
    measure_drawn_share,
    measure_ink_outside,
)
from markerd.convert.embedded.marker_hooks.layout_predictor import EmbeddedLayoutPredictor
from markerd.convert.embedded.marker_hooks.thresholds import THRESHOLDS
from markerd.convert.embedded.ocr.engine import OcrEngine, Reading
from markerd.convert.embedded.ocr.orientation import box_around, quarters, turned_point
from markerd.convert.embedded.tables.borderless_scans import RUNNING, merge_into_tables
from markerd.convert.embedded.tables.grid import Piece, build_column_html, build_grid_html, join_text
from markerd.convert.embedded.tables.ruled_scans import build_ruled_grid
from markerd.convert.rendering.alt_text import alt_html

CAPTIONED = PICTURES | {"Caption"}


class EmbeddedRecognitionPredictor:
    """Reads page images with RapidOCR and groups what it read by the regions of the layout model."""

    def __init__(self, engine: OcrEngine, layout: EmbeddedLayoutPredictor) -> None:
        self.disable_tqdm = True
        self._engine = engine
        self._layout = layout

    def to(self, *_: Any, **__: Any) -> None:
        """For the interface: the models stay on the CPU."""

    def __call__(
        self, images: Sequence[Any], layout_results: Sequence[Any] | None = None, *, full_page: bool = False, **_: Any
    ) -> list[Any]:
        """One surya `PageOCRResult` for each PIL image, in order.

        Full page: blocks of our own layout, in reading order. Else: one block for each box of
        `layout_results`, in its order, as Marker asserts.
        """
        if full_page or layout_results is None:
            return [self._page(image) for image in images]
        return [self._blocks(image, wanted) for image, wanted in zip(images, layout_results, strict=True)]

    def _page(self, image: Any) -> Any:
        """The layout is found anew on the image that OCR read: the caller's lacks pictures and tables, and is
        of no use for a page that had to be turned."""
        reading = without_dust(self._engine.read(image), max(image.size))
        upright = _turned(image, reading.turned)
        grey = np.asarray(upright.convert("L"))
        reading = without_back(reading, grey)
        regions = page_regions(self._layout.regions(upright), reading, grey)
        blocks = [
            _block(region.box, *content_of(region, reading, grey, free_width(region, regions)), position, upright.size)
            for position, region in enumerate(regions)
        ]
        return _page_result(
            [_turned_back(b, reading.turned, upright.size, image.size) for b in blocks],
            image.size,
            quarters(reading.turned),
        )

    def _blocks(self, image: Any, wanted: Any) -> Any:
        blocks = []
        for position, box in enumerate(wanted.bboxes):
            bounds = as_box(box.bbox)
            blocks.append(_block(bounds, box.label, self._crop_html(image, bounds, box.label), position, image.size))
        return _page_result(blocks, image.size)

    def _crop_html(self, image: Any, box: Box, label: str) -> str:
        if label == "Equation":
            # Marker takes nothing but `<math>` here, which needs a model; an empty paragraph makes it keep the
            # text layer's own characters without a warning for each equation.
            return "<p></p>"
        left, top, right, bottom = box
        crop = image.crop(
            (
                max(0, left - THRESHOLDS.crop_margin_px),
                max(0, top - THRESHOLDS.crop_margin_px),
                min(image.width, right + THRESHOLDS.crop_margin_px),
                min(image.height, bottom + THRESHOLDS.crop_margin_px),
            )
        )
        if min(crop.size) < THRESHOLDS.min_crop_px:
            return ""
        reading = self._engine.read_upright(crop)
        whole = Region((0.0, 0.0, float(crop.width), float(crop.height)), label, lines=tuple(range(len(reading.lines))))
        html = _html(whole, reading, np.asarray(crop.convert("L")))
        # Marker takes nothing but a table for a table, and drops what OCR read else.
        return (
            html if label != "Table" or "<table" in html else build_column_html([line.text for line in reading.lines])
        )


def without_dust(reading: Reading, page_px: int) -> Reading:
    """Nothing, where all that was read is a few small letters: OCR is sure to see an i in a speck on blank paper."""
    is_small = all(
        len(line.text) <= THRESHOLDS.max_dust_letters and height(line.box) < THRESHOLDS.max_dust_height * page_px
        for line in reading.lines
    )
    is_dust = is_small and len(reading.lines) <= THRESHOLDS.max_dust_lines
    return replace(reading, lines=()) if is_dust else reading


def without_back(reading: Reading, grey: Any) -> Reading:
    """Without what shines through from the back of the sheet: faint, and badly read since it is mirrored.

    `grey` holds the page's pixels, (height, width), level and upright.
    """
    inks = [_darkness(line.box, grey) for line in reading.lines]
    least = THRESHOLDS.min_ink * median(inks) if inks else 0.0
    kept = [
        line
        for line, ink in zip(reading.lines, inks, strict=True)
        if ink >= least or line.score >= THRESHOLDS.min_faint_score
    ]
    return replace(reading, lines=tuple(kept))


def _darkness(box: Box, grey: Any) -> float:
    """By how many grey levels the letters differ from their paper."""
    left, top, right, bottom = (max(0, round(value)) for value in box)
    crop = grey[top : max(bottom, top + 1), left : max(right, left + 1)]
    return (
        float(np.percentile(np.abs(crop.astype(np.int16) - np.median(crop)), THRESHOLDS.ink_percentile))
        if crop.size
        else 0.0
    )


def _turned(image: Any, degrees: float) -> Any:
    from PIL import Image

    if not degrees:
        return image
    return image.convert("RGB").rotate(degrees, Image.Resampling.BILINEAR, expand=True, fillcolor="white")


def page_regions(found: Sequence[Region], reading: Reading, grey: Any) -> list[Region]:
    """The regions of a page in reading order, each with its lines; pictures that are text dissolved into it.

    `grey` holds the page's pixels, (height, width), level and upright.
    """
    lines = [line.box for line in reading.lines]
    page = (0.0, 0.0, float(grey.shape[1]), float(grey.shape[0]))
    pieces = [(line.box, line.text) for line in reading.lines]
    columns = find_column_gaps(lines)
    held, orphans = assign_lines([region for region in found if not _is_dissolved(region, page, lines, grey)], lines)
    whole = merge_nested([*held, *build_text_regions(group_orphan_paragraphs(lines, orphans, columns), lines)], lines)
    shaped = merge_into_tables(split_by_columns(whole, lines, columns), pieces)
    regions = [_relabelled(region, page, pieces, grey) for region in shaped]
    kept = [r for r in regions if r.lines or _is_picture(r, page, grey)]
    grown = [Region(_grown(r, lines), r.label, r.score, r.lines) for r in kept]
    return [grown[i] for i in find_reading_order([region.box for region in grown])]


def _is_dissolved(region: Region, page: Box, lines: Sequence[Box], grey: Any) -> bool:
    if region.label not in PICTURES:
        return False
    inside = [line for line in lines if share_inside(line, region.box) > THRESHOLDS.min_line_share]
    ink = measure_ink_outside(grey, region.box, inside)
    return is_text(region, inside, ink) or is_page_of_text(region, page, inside, ink)


def _relabelled(region: Region, page: Box, pieces: Sequence[Piece], grey: Any) -> Region:
    """A running head that is content as text; a table whose rules nobody saw as a table."""
    lines = [box for box, _ in pieces]
    if region.label in MARGINS and not is_margin(region, page, [lines[i] for i in region.lines], lines):
        return replace(region, label="Text")
    if region.label in RUNNING and region.lines and _ruled(region, [pieces[i] for i in region.lines], grey):
        return replace(region, label="Table")
    return region


def _ruled(region: Region, pieces: Sequence[Piece], grey: Any) -> list[list[str]]:
    """The cells between drawn rules; empty where there are none."""
    around = union([region.box, *(box for box, _ in pieces)]) if region.label in TABLES else union(b for b, _ in pieces)
    margin = (
        around[0] - THRESHOLDS.rule_margin_px,
        around[1] - THRESHOLDS.rule_margin_px,
        around[2] + THRESHOLDS.rule_margin_px,
        around[3] + THRESHOLDS.rule_margin_px,
    )
    return build_ruled_grid(pieces, grey, margin)


def _is_picture(region: Region, page: Box, grey: Any) -> bool:
    if region.label not in PICTURES or area(region.box) <= THRESHOLDS.min_picture * area(page):
        return False
    edge = THRESHOLDS.scan_edge * min(page[2:])  # where scanners leave shadows
    left, top, right, bottom = region.box
    inner = (max(left, edge), max(top, edge), min(right, page[2] - edge), min(bottom, page[3] - edge))
    return measure_drawn_share(grey, inner) > THRESHOLDS.min_drawn


def _grown(region: Region, lines: Sequence[Box]) -> Box:
    if region.label in PICTURES:
        return region.box
    return union([lines[i] for i in region.lines])


def free_width(region: Region, regions: Sequence[Region]) -> float:
    """How wide its lines could be: to what stands beside them, or to the edges of all that is on the page."""
    around = union(other.box for other in regions)
    level = [
        o.box
        for o in regions
        if vertical_overlap(o.box, region.box) > THRESHOLDS.min_beside * min(height(o.box), height(region.box))
    ]
    left = max((box[2] for box in level if box[2] <= region.box[0] + 1), default=around[0])
    right = min((box[0] for box in level if box[0] >= region.box[2] - 1), default=around[2])
    return right - left


def content_of(region: Region, reading: Reading, grey: Any, free: float) -> tuple[str, str]:
    """Label and HTML. An equation is shown, with what was read of it as the picture's text: no model writes LaTeX."""
    pieces = [(reading.lines[i].box, reading.lines[i].text) for i in region.lines]
    if region.label == "Equation" and pieces and not is_wordy([text for _, text in pieces]):
        return "Picture", alt_html(join_text(pieces))
    return region.label, _html(region, reading, grey, free)


def _html(region: Region, reading: Reading, grey: Any, free: float = 0.0) -> str:
    pieces = [(reading.lines[i].box, reading.lines[i].text) for i in region.lines]
    if region.label in TABLES and pieces:
        return build_grid_html(_ruled(region, pieces, grey)) or build_block_html(region.label, pieces, free)
    return build_block_html(region.label, pieces, free if region.label not in CAPTIONED else 0.0)


def _block(box: Box, label: str, html: str, position: int, size: tuple[int, int]) -> Any:
    from surya.recognition.schema import BlockOCRResult

    bounds = (max(0.0, box[0]), max(0.0, box[1]), min(float(size[0]), box[2]), min(float(size[1]), box[3]))
    return BlockOCRResult(
        polygon=corners(bounds), label=label, raw_label=label, reading_order=position, html=html, skipped=not html
    )


def _turned_back(block: Any, turned: float, upright: tuple[int, int], size: tuple[int, int]) -> Any:
    """The block's corners in the image as it came; `upright` and `size` are (width, height) after and before."""
    left, top, right, bottom = box_around([turned_point((x, y), -turned, upright, size) for x, y in block.polygon])
    block.polygon = corners((max(0.0, left), max(0.0, top), min(float(size[0]), right), min(float(size[1]), bottom)))
    return block


def _page_result(blocks: list[Any], size: tuple[int, int], turned: int = 0) -> Any:
    from markerd.convert.embedded.marker_hooks.ocr_builder import PageReading

    return PageReading(blocks=blocks, image_bbox=[0.0, 0.0, float(size[0]), float(size[1])], turned=turned)
