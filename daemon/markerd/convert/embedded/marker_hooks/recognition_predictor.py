"""Text recognition behind the interface of surya's recognition predictor, for pages or for single blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from markerd.convert.embedded.blocks.block_html import build_block_html, build_text_html
from markerd.convert.embedded.blocks.formulas import is_wordy
from markerd.convert.embedded.geometry import Box, area, as_box, corners, height, share_inside, union, vertical_overlap
from markerd.convert.embedded.layout.column_gaps import find_column_gaps, group_orphan_paragraphs, split_by_columns
from markerd.convert.embedded.layout.nested_regions import merge_nested
from markerd.convert.embedded.layout.reading_order import find_reading_order
from markerd.convert.embedded.layout.regions import (
    MARGINS,
    PICTURES,
    TABLES,
    PlacedRegion,
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
from markerd.convert.embedded.marker_hooks.line_numbers import drop_line_numbers
from markerd.convert.embedded.marker_hooks.thresholds import THRESHOLDS
from markerd.convert.embedded.ocr.engine import OcrEngine, PageText
from markerd.convert.embedded.ocr.orientation import bound_points, round_to_quarter, turn_point
from markerd.convert.embedded.readers.table_model import TableModel
from markerd.convert.embedded.tables.borderless_scans import merge_into_tables
from markerd.convert.embedded.tables.grid import build_column_html, join_text
from markerd.convert.embedded.tables.scanned_tables import (
    ScannedPage,
    build_scanned_table,
    drop_covered,
    find_scanned_tables,
)
from markerd.convert.rendering.alt_text import write_alt_html

WITHOUT_FREE_WIDTH = PICTURES | {"Caption"}


class EmbeddedRecognitionPredictor:
    """Reads page images with RapidOCR, and groups their lines by the regions of the layout model."""

    def __init__(self, engine: OcrEngine, layout: EmbeddedLayoutPredictor, tables: TableModel) -> None:
        self.disable_tqdm = True
        self._engine = engine
        self._layout = layout
        self._tables = tables

    def to(self, *_: Any, **__: Any) -> None:
        """Part of the interface: the models stay on the CPU."""

    def __call__(
        self, images: Sequence[Any], layout_results: Sequence[Any] | None = None, *, full_page: bool = False, **_: Any
    ) -> list[Any]:
        """Return one surya `PageOCRResult` for each PIL image, in order.

        For a full page it has the blocks of our own layout, in reading order. Otherwise it has one block for each box
        of `layout_results`, in its order, as Marker asserts.
        """
        if full_page or layout_results is None:
            return [self._read_page(image) for image in images]
        return [self._read_blocks(image, wanted) for image, wanted in zip(images, layout_results, strict=True)]

    def _read_page(self, image: Any) -> Any:
        """Read a page. The layout is found again on the image that OCR read.

        The caller's layout lacks pictures and tables, and is of no use for a page that had to be turned.
        """
        reading = drop_dust(self._engine.read(image), max(image.size))
        upright = _turn(image, reading.turned)
        grey = np.asarray(upright.convert("L"))
        reading = drop_line_numbers(drop_show_through(reading, grey))
        page = self._build_scanned_page(upright, reading)
        regions = find_page_regions(self._layout.find_regions(upright), page)
        blocks = [
            _build_block(
                region.box,
                *build_content(region, page, measure_free_width(region, regions)),
                position,
                upright.size,
            )
            for position, region in enumerate(regions)
        ]
        return _build_page_result(
            [_turn_back(b, reading.turned, upright.size, image.size) for b in blocks],
            image.size,
            round_to_quarter(reading.turned),
        )

    def _build_scanned_page(self, image: Any, reading: PageText) -> ScannedPage:
        pieces = [(line.box, line.text) for line in reading.lines]
        return ScannedPage(pieces, np.asarray(image.convert("L")), partial(self._tables.read, image))

    def _read_blocks(self, image: Any, wanted: Any) -> Any:
        blocks = []
        for position, box in enumerate(wanted.bboxes):
            bounds = as_box(box.bbox)
            blocks.append(
                _build_block(bounds, box.label, self._read_crop(image, bounds, box.label), position, image.size)
            )
        return _build_page_result(blocks, image.size)

    def _read_crop(self, image: Any, box: Box, label: str) -> str:
        if label == "Equation":
            # Marker accepts only `<math>` here, which needs a model. An empty paragraph makes it keep the text layer's
            # own characters without a warning for each equation.
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
        html = _build_html(whole, self._build_scanned_page(crop, reading))
        # Marker accepts only a table for a table, and drops any other text that OCR read.
        return (
            html if label != "Table" or "<table" in html else build_column_html([line.text for line in reading.lines])
        )


def drop_dust(reading: PageText, page_px: int) -> PageText:
    """Drop all lines where they are only a few small letters: OCR is sure to read an i in a speck on blank paper."""
    is_small = all(
        len(line.text) <= THRESHOLDS.max_dust_letters and height(line.box) < THRESHOLDS.max_dust_height * page_px
        for line in reading.lines
    )
    is_dust = is_small and len(reading.lines) <= THRESHOLDS.max_dust_lines
    return replace(reading, lines=()) if is_dust else reading


def drop_show_through(reading: PageText, grey: Any) -> PageText:
    """Drop lines that shine through from the back of the sheet: faint, and badly read since they are mirrored.

    `grey` holds the page's pixels, (height, width), level and upright.
    """
    inks = [_measure_darkness(line.box, grey) for line in reading.lines]
    least = THRESHOLDS.min_ink * median(inks) if inks else 0.0
    kept = [
        line
        for line, ink in zip(reading.lines, inks, strict=True)
        if ink >= least or line.score >= THRESHOLDS.min_faint_score
    ]
    return replace(reading, lines=tuple(kept))


def _measure_darkness(box: Box, grey: Any) -> float:
    """Measure by how many grey levels the letters differ from their paper."""
    left, top, right, bottom = (max(0, round(value)) for value in box)
    crop = grey[top : max(bottom, top + 1), left : max(right, left + 1)]
    return (
        float(np.percentile(np.abs(crop.astype(np.int16) - np.median(crop)), THRESHOLDS.ink_percentile))
        if crop.size
        else 0.0
    )


def _turn(image: Any, degrees: float) -> Any:
    from PIL import Image

    if not degrees:
        return image
    return image.convert("RGB").rotate(degrees, Image.Resampling.BILINEAR, expand=True, fillcolor="white")


def find_page_regions(found: Sequence[Region], page: ScannedPage) -> list[Region]:
    """Find the regions of a page in reading order, each with its lines; pictures that are text dissolve into it."""
    tables = find_scanned_tables(found, page)
    taken = {i for table in tables for i in table.lines}
    free = [i for i in range(len(page.pieces)) if i not in taken]
    rest = ScannedPage([page.pieces[i] for i in free], page.grey, page.read_table)
    others = [
        replace(region, lines=tuple(free[i] for i in region.lines))
        for region in _find_other_regions(drop_covered(found, tables), rest)
    ]
    regions = [*tables, *others]
    return [regions[i] for i in find_reading_order([region.box for region in regions])]


def _find_other_regions(found: Sequence[Region], page: ScannedPage) -> list[Region]:
    lines = [box for box, _ in page.pieces]
    size = (0.0, 0.0, float(page.grey.shape[1]), float(page.grey.shape[0]))
    columns = find_column_gaps(lines)
    held, orphans = assign_lines(
        [region for region in found if not _is_dissolved(region, size, lines, page.grey)], lines
    )
    whole = merge_nested([*held, *build_text_regions(group_orphan_paragraphs(lines, orphans, columns), lines)], lines)
    shaped = merge_into_tables(split_by_columns(whole, lines, columns), page.pieces)
    regions = [_relabel(region, size, page) for region in shaped]
    kept = [r for r in regions if r.lines or _is_picture(r, size, page.grey)]
    return [Region(_fit_to_lines(r, lines), r.label, r.score, r.lines) for r in kept]


def _is_dissolved(region: Region, page: Box, lines: Sequence[Box], grey: Any) -> bool:
    if region.label not in PICTURES:
        return False
    inside = [line for line in lines if share_inside(line, region.box) > THRESHOLDS.min_line_share]
    ink = measure_ink_outside(grey, region.box, inside)
    return is_text(region, inside, ink) or is_page_of_text(region, page, inside, ink)


def _relabel(region: Region, size: Box, page: ScannedPage) -> Region:
    """Relabel a running head that is content as text."""
    lines = [box for box, _ in page.pieces]
    if region.label in MARGINS and not is_margin(region, size, [lines[i] for i in region.lines], lines):
        return replace(region, label="Text")
    return region


def _is_picture(region: Region, page: Box, grey: Any) -> bool:
    if region.label not in PICTURES or area(region.box) <= THRESHOLDS.min_picture * area(page):
        return False
    edge = THRESHOLDS.scan_edge * min(page[2:])  # scanners leave shadows there
    left, top, right, bottom = region.box
    inner = (max(left, edge), max(top, edge), min(right, page[2] - edge), min(bottom, page[3] - edge))
    return measure_drawn_share(grey, inner) > THRESHOLDS.min_drawn


def _fit_to_lines(region: Region, lines: Sequence[Box]) -> Box:
    if region.label in PICTURES:
        return region.box
    return union([lines[i] for i in region.lines])


def measure_free_width(region: Region, regions: Sequence[Region]) -> float:
    """Measure how wide the region's lines could be: to what stands beside them, or to the edges of the content."""
    around = union(other.box for other in regions)
    level = [
        o.box
        for o in regions
        if vertical_overlap(o.box, region.box) > THRESHOLDS.min_beside * min(height(o.box), height(region.box))
    ]
    left = max((box[2] for box in level if box[2] <= region.box[0] + 1), default=around[0])
    right = min((box[0] for box in level if box[0] >= region.box[2] - 1), default=around[2])
    return right - left


def build_content(region: Region, page: ScannedPage, free: float) -> tuple[str, str]:
    """Build the label and the HTML of a region.

    No model here writes LaTeX, so an equation is shown as a picture, with what OCR read as its alternative text.
    """
    pieces = [page.pieces[i] for i in region.lines]
    if region.label == "Equation" and pieces and not is_wordy([text for _, text in pieces]):
        return "Picture", write_alt_html(join_text(pieces))
    return region.label, _build_html(region, page, free)


def _build_html(region: Region, page: ScannedPage, free: float = 0.0) -> str:
    if isinstance(region, PlacedRegion):
        return region.html
    pieces = [page.pieces[i] for i in region.lines]
    if region.label in TABLES and pieces:
        return build_scanned_table(region.box, pieces, page) or build_text_html(pieces, free)
    return build_block_html(region.label, pieces, free if region.label not in WITHOUT_FREE_WIDTH else 0.0)


def _build_block(box: Box, label: str, html: str, position: int, size: tuple[int, int]) -> Any:
    from surya.recognition.schema import BlockOCRResult

    bounds = (max(0.0, box[0]), max(0.0, box[1]), min(float(size[0]), box[2]), min(float(size[1]), box[3]))
    return BlockOCRResult(
        polygon=corners(bounds), label=label, raw_label=label, reading_order=position, html=html, skipped=not html
    )


def _turn_back(block: Any, turned: float, upright: tuple[int, int], size: tuple[int, int]) -> Any:
    """Turn the block back to the image as it came; `upright` and `size` are (width, height) after and before."""
    left, top, right, bottom = bound_points([turn_point((x, y), -turned, upright, size) for x, y in block.polygon])
    block.polygon = corners((max(0.0, left), max(0.0, top), min(float(size[0]), right), min(float(size[1]), bottom)))
    return block


def _build_page_result(blocks: list[Any], size: tuple[int, int], turned: int = 0) -> Any:
    from markerd.convert.embedded.marker_hooks.ocr_builder import PageReading

    return PageReading(blocks=blocks, image_bbox=[0.0, 0.0, float(size[0]), float(size[1])], turned=turned)
