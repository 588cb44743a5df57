"""Which pages a part of a big document has, and how far a document is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.marker_bridge.page_ranges import AHEAD, choose_pages, count_parts, set_page_range
from markerd.pipeline.progress import Progress, measure_progress


@given(st.lists(st.integers(0, 10_000), unique=True, min_size=1, max_size=300), st.integers(1, 60))
def test_parts_hold_every_page_once_in_order(pages: list[int], part_pages: int) -> None:
    """Every page once, in order; no part is longer than it may be, or shorter than another by more than a page."""
    parts = [choose_pages(pages, part_pages, part) for part in range(count_parts(len(pages), part_pages))]
    assert [page for wanted, _ in parts for page in wanted] == pages
    lengths = [len(wanted) for wanted, _ in parts]
    assert max(lengths) <= part_pages
    assert max(lengths) - min(lengths) <= 1


@given(st.integers(2, 300), st.integers(1, 60))
def test_page_after_a_part_is_read_ahead(count: int, part_pages: int) -> None:
    """The last part has no such page."""
    pages = list(range(count))
    for part in range(count_parts(count, part_pages)):
        wanted, ahead = choose_pages(pages, part_pages, part)
        assert list(ahead) == pages[wanted[-1] + 1 :][:AHEAD]


def test_page_range_of_a_part_replaces_the_configured_one() -> None:
    """Whichever of Marker's names the configuration uses."""
    options = {"page_range": [1, 2, 3], "PdfProvider_page_range": [1, 2], "force_ocr": True}
    assert set_page_range(options, [2]) == {"force_ocr": True, "page_range": [2]}


def test_time_left_counts_only_pages_of_this_attempt() -> None:
    """Pages that were done before the attempt took none of its time."""
    assert measure_progress(30, 100, pages_before=10, seconds=40.0) == Progress(30, 100, 2.0, 140.0)


def test_no_time_left_is_estimated_before_the_first_page() -> None:
    """At the beginning of an attempt, resumed or not."""
    assert measure_progress(30, 100, pages_before=30, seconds=5.0) == Progress(30, 100, None, None)
