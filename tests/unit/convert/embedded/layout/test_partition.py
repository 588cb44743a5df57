"""Each line of a page is in exactly one region, whatever regions claim it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.layout.partition import Partition, partition_lines, settle_claims
from markerd.convert.embedded.layout.regions import PlacedRegion

LABELS = ("Text", "SectionHeader", "Table", "PageHeader", "PageFooter", "Figure", "Equation", "ListGroup", "Form")
COORDINATES = st.integers(-5, 40).map(float)
BOXES = st.tuples(COORDINATES, COORDINATES, COORDINATES, COORDINATES).map(
    lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))
)


def make_table(box: Box, *lines: int) -> PlacedRegion:
    return PlacedRegion(box, "Table", lines=lines, html=build_html(lines))


def build_html(lines: Sequence[int]) -> str:
    """Build HTML as a finder of tables does: of two lines or more."""
    return f"<table>{','.join(map(str, sorted(set(lines))))}</table>" if len(set(lines)) > 1 else ""


@st.composite
def claims(draw: st.DrawFn) -> tuple[list[PlacedRegion], list[Box]]:
    """Regions that overlap, lie inside each other, hold lines twice, hold none, or hold lines that do not exist."""
    lines = draw(st.lists(BOXES, max_size=12))
    regions = []
    for box, label in draw(st.lists(st.tuples(BOXES, st.sampled_from(LABELS)), max_size=8)):
        held = tuple(draw(st.lists(st.integers(-1, len(lines)), max_size=10)))
        html = build_html(held) if label in {"Table", "Form"} else ""
        regions.append(PlacedRegion(box, label, lines=held, html=html))
    return regions, lines


@given(claims())
def test_every_line_is_in_exactly_one_region(given_claims: tuple[list[PlacedRegion], list[Box]]) -> None:
    """A table shows the lines that it has, and no others."""
    regions, lines = given_claims
    found = partition_lines(regions, lines, build_html)
    assert sorted(i for region in found.regions for i in region.lines) == list(range(len(lines)))
    for region in found.regions:
        if region.html and region not in regions:
            assert region.html == build_html(region.lines)


@given(claims())
def test_settled_claims_do_not_change_again(given_claims: tuple[list[PlacedRegion], list[Box]]) -> None:
    """Settled claims have no line twice, so nothing is left to settle."""
    regions, lines = given_claims
    once = settle_claims(regions, lines, build_html)
    assert settle_claims(once, lines, build_html) == once


@pytest.mark.parametrize("held", [((0, 1), (1, 2)), ((0, 0, 1, 2),), ((0, 2),), ((0, 1, 2, 3),), ()])
def test_a_partition_holds_each_line_once(held: tuple[tuple[int, ...], ...]) -> None:
    """A line in two regions, twice in one, in none, or one that does not exist is refused."""
    with pytest.raises(ValueError, match="lines"):
        Partition(tuple(PlacedRegion((0, 0, 1, 1), "Text", lines=lines) for lines in held), 3)


LINES: list[Box] = [(10.0, 10.0 * n, 90.0, 10.0 * n + 8) for n in range(6)]


def test_the_table_in_a_frame_keeps_its_lines() -> None:
    """The frame around the table shows the other lines."""
    inner, outer = make_table((10, 20, 90, 38), 2, 3), make_table((0, 0, 100, 60), 0, 1, 2, 3, 4, 5)
    assert settle_claims([outer, inner], LINES, build_html) == [make_table((10, 0, 90, 58), 0, 1, 4, 5), inner]


def test_a_frame_that_is_no_table_without_the_one_in_it_gives_way() -> None:
    """Its lines go to other claims, or become text."""
    inner, outer = make_table((10, 20, 90, 38), 1, 2, 3, 4, 5), make_table((0, 0, 100, 60), 0, 1, 2, 3, 4, 5)
    head = PlacedRegion((10, 0, 90, 8), "PageHeader", lines=(0,))
    assert partition_lines([outer, inner], LINES, build_html).regions == (
        inner,
        PlacedRegion(LINES[0], "Text", lines=(0,)),
    )
    assert partition_lines([outer, inner, head], LINES, build_html).regions == (inner, head)


def test_tables_come_before_running_heads_and_text_before_pictures() -> None:
    """A region that loses all lines is dropped; a picture stays."""
    found = make_table((0, 0, 100, 20), 0, 1)
    head, picture = (
        PlacedRegion(LINES[0], "PageHeader", lines=(0,)),
        PlacedRegion((0, 0, 100, 60), "Figure", lines=(2,)),
    )
    text = PlacedRegion((0, 0, 100, 60), "Text", lines=(2, 3, 4, 5))
    assert settle_claims([head, found, picture, text], LINES, build_html) == [
        found,
        PlacedRegion((0, 0, 100, 60), "Figure"),
        text,
    ]
