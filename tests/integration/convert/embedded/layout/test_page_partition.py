"""A real page of Marker's, with any regions that the layout model may find: no line is lost or doubled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.text_layer.text_line import TextLine, find_body

pytestmark = pytest.mark.filterwarnings("ignore")  # marker's and its libraries' own warnings

WIDTH, HEIGHT = 300, 400
LABELS = (
    "Text", "SectionHeader", "Table", "Form", "TableOfContents", "PageHeader", "PageFooter", "Figure", "Picture",
    "Equation", "Caption", "Footnote", "ListGroup", "Code", "Bibliography",
)  # fmt: skip
TEXTS = ("Name:", "12.50", "a running line of several words", "• item", "1. first", "Page 3", "x = y", "Total", "7")
COORDINATES = st.integers(-10, 40).map(lambda n: 10.0 * n)
BOXES = st.builds(
    lambda x, y, w, h: (x, y, x + w, y + h), COORDINATES, COORDINATES, st.integers(0, 300), st.integers(0, 300)
)
LINES = st.lists(
    st.tuples(
        st.integers(0, 28),
        st.integers(0, 39),
        st.sampled_from([0.0, 8.0, 9.0, 20.0]),
        st.sampled_from(TEXTS),
        st.booleans(),
    ).map(lambda given: make_line(*given)),
    max_size=20,
)
GRIDS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 30), st.integers(1, 4), st.integers(1, 5)), max_size=3)


def make_line(column: int, row: int, size: float, text: str, is_bold: bool) -> TextLine:
    box = (10.0 * column, 10.0 * row, 10.0 * column + 5.0 * len(text), 10.0 * row + size)
    return TextLine(box, text, size, is_bold=is_bold, parts=((box, text),))


def make_page(
    lines: Sequence[TextLine], regions: Sequence[tuple[Box, str]], grids: Sequence[tuple[int, ...]] = ()
) -> Any:
    """Make the page as Marker has it when the layout model has looked at it; `grids` are drawn on it."""
    from marker.schema import BlockTypes
    from marker.schema.polygon import PolygonBox
    from marker.schema.registry import get_block_class

    from markerd.convert.embedded.marker_hooks.page_group import AssignedPage

    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    for left, top, across, down in grids:
        _draw_grid(ImageDraw.Draw(image), 10 * left, 10 * top - 1, across, down)
    page = AssignedPage(page_id=0, polygon=PolygonBox.from_bbox([0, 0, WIDTH, HEIGHT]), lowres_image=image)
    page.pdftext_page = {"blocks": [{"lines": [_make_raw(one) for one in lines]}]}
    page.structure = []
    for box, label in regions:
        polygon = PolygonBox.from_bbox(list(box), ensure_nonzero_area=True)
        page.structure.append(page.add_block(get_block_class(BlockTypes[label]), polygon).id)
    return page


def _draw_grid(draw: Any, left: int, top: int, across: int, down: int) -> None:
    for n in range(across + 1):
        draw.line((left + 50 * n, top, left + 50 * n, top + 20 * down), "black")
    for n in range(down + 1):
        draw.line((left, top + 20 * n, left + 50 * across, top + 20 * n), "black")


def _make_raw(one: TextLine) -> dict[str, Any]:
    """Make the page as pdftext gives it."""
    font = {"name": "Helvetica", "flags": 0, "weight": 400, "size": one.size}
    left, top, _, bottom = one.box
    chars = [
        {"char": c, "bbox": [left + 5.0 * n, top, left + 5.0 * n + 4.5, bottom], "font": font}
        for n, c in enumerate(one.text)
    ]
    return {"spans": [{"text": one.text, "chars": chars, "font": font}]}


def place(page: Any, lines: Sequence[TextLine], left_out: dict[int, str], shown: dict[int, str]) -> Any:
    from markerd.convert.embedded.layout.running_headers import Margins
    from markerd.convert.embedded.page_assembly import assemble_page
    from markerd.convert.embedded.tables.page_tables import read_page_tables
    from markerd.convert.embedded.tables.table_judge import TableJudge

    known = read_page_tables(page)
    judge = TableJudge(known, lines) if known else None
    return assemble_page(page, lines, range(len(lines)), find_body(lines), Margins(left_out, shown), judge)


@settings(max_examples=150, deadline=None)
@given(LINES, st.lists(st.tuples(BOXES, st.sampled_from(LABELS)), max_size=6), GRIDS, st.data())
def test_every_line_is_placed_once(
    lines: list[TextLine], regions: list[tuple[Box, str]], grids: list[tuple[int, ...]], data: st.DataObject
) -> None:
    """Regions and drawn grids overlap, lie inside each other, hold nothing, or lie off the page."""
    known = st.dictionaries(
        st.integers(0, max(0, len(lines) - 1)), st.sampled_from(["PageHeader", "PageFooter"]), max_size=4
    )
    left_out, shown = (data.draw(known), data.draw(known)) if lines else ({}, {})
    found = place(make_page(lines, regions, grids), lines, left_out, shown)
    assert sorted(i for region in found.regions for i in region.lines) == list(range(len(lines)))


def test_a_table_in_a_frame_is_a_table_of_its_own() -> None:
    """Rules around the page that look like a table's are no table; lines beside the inner table are text."""
    cells = [make_line(3 + 5 * (n % 3), 10 + 2 * (n // 3), 8.0, f"c{n}", False) for n in range(9)]
    prose = [make_line(3, row, 8.0, "a running line of several words", False) for row in (2, 3, 4, 20, 21, 22)]
    page = make_page([*cells, *prose], [], [(3, 10, 3, 3)])
    draw = ImageDraw.Draw(page.lowres_image)
    for frame in ((8, 8, 290, 180), (8, 180, 290, 390), (8, 8, 280, 390)):
        draw.rectangle(frame, outline="black")
    found = place(page, [*cells, *prose], {}, {})
    tables = [region for region in found.regions if region.label == "Table"]
    assert [region.lines for region in tables] == [tuple(range(9))]
    assert all(f"c{n}</t" in tables[0].html for n in range(9))
