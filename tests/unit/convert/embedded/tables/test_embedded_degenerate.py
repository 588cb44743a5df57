"""Finders and rules accept degenerate input: no words, no size, boxes without width or height."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.embedded import geometry
from markerd.convert.embedded.blocks import block_html, code, formulas, heading_levels, labelling, lists
from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.layout import column_gaps, nested_regions, reading_order, regions, running_headers
from markerd.convert.embedded.layout.regions import RUNNING_TEXT, Region
from markerd.convert.embedded.ocr import line_splitting, word_spacing
from markerd.convert.embedded.tables import (
    aligned_text,
    borderless_scans,
    cells,
    columns,
    frames,
    rows,
    ruling_lines,
    trimming,
)
from markerd.convert.embedded.tables import grid as tables
from markerd.convert.embedded.tables.grid import Piece
from markerd.convert.embedded.text_layer import duplicate_lines, row_fragments, text_line
from markerd.convert.embedded.text_layer.text_line import Body, TextLine

PAGE: Box = (0.0, 0.0, 600.0, 800.0)
SIDES = st.sampled_from([0.0, 0.0, 1.0, 8.0, 12.0, 60.0, 240.0])
PLACES = st.sampled_from([-5.0, 0.0, 10.0, 11.0, 24.0, 60.0, 62.0, 300.0, 420.0, 790.0])
BOXES = st.builds(lambda x, y, w, h: (x, y, x + w, y + h), PLACES, PLACES, SIDES, SIDES)
TEXTS = st.sampled_from(
    [
        "word",
        "12",
        "3.5",
        "-",
        "•",
        "1. Item one",
        "a) b",
        "Figure 1",
        "x = y",
        "Contents ..... 3",
        "€",
        "%",
        "Several words of a sentence that ends.",
        "[1] A. Author",
        "iv",
        "\u0645",
        "index, 12",
    ]
)
PIECES = st.lists(st.tuples(BOXES, TEXTS), max_size=40)
LINES = st.lists(
    st.builds(
        TextLine,
        BOXES,
        TEXTS,
        SIDES,
        st.sampled_from([0.0, 400.0, 700.0]),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.sampled_from([0.0, 1.0]),
        st.lists(st.tuples(BOXES, TEXTS), max_size=3).map(tuple),
    ),
    max_size=25,
)


def collect_cases(lines: Sequence[TextLine]) -> range:
    return range(len(lines))


def get_boxes(lines: Sequence[TextLine]) -> list[Box]:
    return [line.box for line in lines]


def get_texts(lines: Sequence[TextLine]) -> list[str]:
    return [line.text for line in lines]


def make_region(lines: Sequence[TextLine], label: str = "Text") -> Region:
    box = geometry.union(get_boxes(lines)) if lines else PAGE
    return Region(box, label, lines=tuple(collect_cases(lines)))


OF_LINES: dict[str, Callable[[list[TextLine]], Any]] = {
    "body": text_line.find_body,
    "columns": lambda lines: aligned_text.split_text_columns(lines, collect_cases(lines)),
    "doubles": lambda lines: (
        duplicate_lines.find_repeated(get_boxes(lines), get_texts(lines)),
        duplicate_lines.has_two_layers(get_boxes(lines)),
    ),
    "formulas": lambda lines: formulas.separate_formulas([make_region(lines)], lines, [list(collect_cases(lines))]),
    "grids": lambda lines: aligned_text.find_aligned_tables(
        lines, collect_cases(lines), {i: line.parts for i, line in enumerate(lines)}
    ),
    "column gaps": lambda lines: column_gaps.split_by_columns(
        [make_region(lines)], get_boxes(lines), column_gaps.find_column_gaps(get_boxes(lines))
    ),
    "levels": lambda lines: heading_levels.find_levels(
        [heading_levels.Heading(line.text, line.size, line.is_bold) for line in lines]
    ),
    "listing": lambda lines: (code.restore_listing(lines), code.is_drawn_with_characters(lines)),
    "lists": lambda lines: lists.split_lists(make_region(lines), get_boxes(lines), get_texts(lines)),
    "list labels": lambda lines: lists.find_label_owners(get_boxes(lines), get_texts(lines)),
    "margins": lambda lines: running_headers.find_running_heads([(PAGE, lines), (PAGE, lines[:1]), (PAGE, [])]),
    "margin": lambda lines: regions.is_margin(make_region(lines), PAGE, get_boxes(lines), []),
    "orphans": lambda lines: column_gaps.group_orphan_paragraphs(get_boxes(lines), collect_cases(lines), []),
    "reading order": lambda lines: reading_order.order_by_stream(
        get_boxes(lines), [i % 3 or None for i in collect_cases(lines)]
    ),
    "rows": lambda lines: (
        row_fragments.find_initial_owners(get_boxes(lines), get_texts(lines)),
        row_fragments.find_page_owners(get_boxes(lines), get_texts(lines)),
    ),
    "side headings": lambda lines: reading_order.move_side_headings(
        collect_cases(lines), get_boxes(lines), set(collect_cases(lines)[::2])
    ),
    "trimmed": lambda lines: trimming.trim_table(collect_cases(lines), lines),
    "nested regions": lambda lines: nested_regions.merge_nested(
        [make_region(lines), make_region(lines[:3], "SectionHeader")], get_boxes(lines)
    ),
}
OF_PIECES: dict[str, Callable[[list[Piece]], Any]] = {
    "block": lambda pieces: [
        block_html.build_block_html(label, pieces) for label in ("Text", "Table", "Code", "SectionHeader")
    ],
    "cells": tables.build_grid,
    "columns": lambda pieces: columns.find_columns(tables.group_rows(pieces), ()),
    "frames": lambda pieces: frames.find_frames([(0, 9, 400, 10), (0, 30, 400, 31), (0, 90, 400, 91)], pieces),
    "grid": tables.is_grid,
    "rulings": lambda pieces: [
        (ruling_lines.is_stacked(grid, pieces), ruling_lines.build_ruled_cells(grid, pieces))
        for grid in ruling_lines.find_grids(ruling_lines.find_rule_masks(draw_grid(), [box for box, _ in pieces]))
    ],
    "scanned columns": lambda pieces: borderless_scans.merge_into_tables(
        [Region(PAGE, "Text", lines=tuple(range(len(pieces))))], pieces
    ),
    "table": lambda pieces: cells.build_text_grid(cells.build_cells(pieces, cells.DrawnRules())),
    "usual height": columns.measure_usual_height,
}


def draw_grid() -> Any:
    """Draw a page of 200 by 200 pixels with nine ruled cells."""
    page = np.full((200, 200), 255, np.uint8)
    for place in (20, 80, 140, 198):
        page[place, 20:199] = page[20:199, place] = 0
    return page


@pytest.mark.parametrize("name", OF_LINES)
def test_degenerate_lines_are_accepted(name: str) -> None:
    """There may be no line, or one or several without size, width or height."""
    nothing = TextLine((50.0, 60.0, 50.0, 60.0), "1", 0.0)
    for lines in ([], [nothing], [nothing] * 12, [TextLine((0.0, 0.0, 0.0, 0.0), "", 0.0)]):
        OF_LINES[name](lines)


@pytest.mark.parametrize("name", OF_PIECES)
def test_degenerate_words_are_accepted(name: str) -> None:
    """There may be no word, or one or several without width or height, or a staircase of words."""
    staircase = [((10.0 * n, 20.0 * n, 10.0 * n + 5, 20.0 * n + 10), "step") for n in range(60)]
    for pieces in ([], [((5.0, 5.0, 5.0, 5.0), "1")], [((5.0, 5.0, 5.0, 5.0), "word")] * 12, staircase):
        OF_PIECES[name](pieces)


@given(LINES)
@pytest.mark.parametrize("name", OF_LINES)
def test_any_lines_are_accepted(name: str, lines: list[TextLine]) -> None:
    """Lines may lie on each other in any way."""
    OF_LINES[name](lines)


@given(PIECES)
@pytest.mark.parametrize("name", OF_PIECES)
def test_any_words_are_accepted(name: str, pieces: list[Piece]) -> None:
    """Words may lie on each other in any way."""
    OF_PIECES[name](pieces)


@given(LINES, st.sampled_from(sorted(RUNNING_TEXT)))
def test_structure_holds_each_line_once(lines: list[TextLine], label: str) -> None:
    """This holds whatever the lines are taken for."""
    region = make_region(lines, label)
    parts = labelling.split_into_blocks(region, lines, text_line.find_body(lines), PAGE)
    held = labelling.join_broken(parts, lines)
    assert sorted(i for part in held for i in part.lines) == sorted(region.lines)


@given(PIECES, st.lists(BOXES, max_size=4), st.lists(BOXES, max_size=4))
def test_every_word_of_a_table_is_in_its_html(pieces: list[Piece], acrosses: list[Box], downs: list[Box]) -> None:
    """This holds whatever is drawn between the words."""
    rules = cells.DrawnRules(tuple(acrosses), tuple(downs))
    html = cells.build_cells_html(cells.build_cells(pieces, rules))
    if html:
        assert tables.count_letters(html) == Counter(c for _, text in pieces for c in text if c.isalnum())


@pytest.mark.parametrize("size", [0.0, -1.0, math.nan])
def test_type_without_size_does_not_count(size: float) -> None:
    """Text without a size is not read, and says nothing about other type."""
    with pytest.raises(ValueError, match="size"):
        Body(size)
    assert text_line.find_body([TextLine((0, 0, 10, 0), "hidden text", size)]).size > 0


def test_hundreds_of_regions_on_each_other_are_ordered() -> None:
    """The labels of a map lie on each other like this."""
    boxes = [(float(n), float(n), n + 80.0, n + 80.0) for n in range(400)]
    assert reading_order.find_reading_order(boxes) == list(range(400))


def test_box_with_numbers_that_are_not_finite_becomes_finite() -> None:
    """Broken PDFs have such boxes."""
    assert geometry.as_box([math.nan, 3, math.inf, 1]) == (0.0, 1.0, 0.0, 3.0)


@pytest.mark.parametrize(
    ("inner", "share"),
    [((2, 2, 2, 2), 1.0), ((2, 2, 12, 2), 0.8), ((2, 2, 2, 12), 0.8), ((20, 2, 20, 4), 0.0), ((2, 20, 9, 20), 0.0)],
)
def test_box_without_width_or_height_has_a_place(inner: Box, share: float) -> None:
    """It counts by the side that it has, or as a point."""
    assert geometry.share_inside(inner, (0, 0, 10, 10)) == pytest.approx(share)


def test_a_table_may_have_a_single_band_and_words_no_whites() -> None:
    """There are then no rows and no spaces to separate."""
    assert rows.find_tight_gap([], 0.0) is None
    assert word_spacing.add_missing_spaces("a", [0.0], [], 0.0) == "a"
    assert line_splitting.find_whites(np.zeros((0, 5), np.uint8)) == []
