"""Options as Marker takes them: page numbers, types of blocks, and classes of ours in the place of Marker's."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import markerd.convert
from markerd.convert.marker_bridge.options.marker_options import list_marker_classes, list_marker_options
from markerd.convert.marker_bridge.page_ranges import LAST_PAGE, choose_present_pages, read_page_range
from markerd.convert.sandbox import environment
from markerd.errors import DocumentError

environment.apply_environment(1)
pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

PAGE = st.integers(0, 500)
PARTS = st.lists(PAGE.map(str) | st.tuples(PAGE, PAGE).map(lambda pair: f"{min(pair)}-{max(pair)}"), min_size=1)


@given(PARTS)
def test_ranges_are_read_as_marker_reads_them(parts: list[str]) -> None:
    """The text means the pages that it means on Marker's command line; spaces change nothing."""
    from marker.util import parse_range_str

    assert read_page_range(",".join(parts)) == parse_range_str(",".join(parts))
    assert read_page_range(" , ".join(parts)) == parse_range_str(",".join(parts))


@given(st.lists(st.integers(0, LAST_PAGE), min_size=1))
def test_lists_keep_their_order(pages: list[int]) -> None:
    """A list of pages stays as it is, but for pages that are named twice."""
    assert read_page_range(pages) == list(dict.fromkeys(pages))


@pytest.mark.parametrize("text", ["", ",", "3-", "-3", "-", "x", "1-2-3", "0x1", "1;2", "٣", "9-3", "1,,2", "1000000"])
def test_other_texts_are_refused(text: str) -> None:
    """What names no pages, pages in reverse, or a page beyond all documents is refused."""
    with pytest.raises(ValueError, match=r"page|backwards"):
        read_page_range(text)


@given(st.text(alphabet="0123456789-, x", max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    """A text is refused with ValueError, or names pages that are there once and sorted."""
    try:
        pages = read_page_range(text)
    except ValueError:
        return
    assert pages
    assert pages == sorted(set(pages))


def test_pages_that_are_not_there_are_left_out() -> None:
    """A range that reaches beyond the document means its pages; one that names none of them is refused."""
    assert choose_present_pages(range(100), 3) == [0, 1, 2]
    assert choose_present_pages(None, 2) == [0, 1]
    with pytest.raises(DocumentError, match="page_range names none of the 3 pages"):
        choose_present_pages([3, 9], 3)


def build_marker_form(options: dict[str, Any]) -> dict[str, Any]:
    from markerd.convert.marker_bridge.options import marker_form

    return marker_form.build_marker_form(options)


def test_form_holds_what_marker_compares() -> None:
    """Types of blocks become Marker's, whose values are not their names."""
    from marker.schema import BlockTypes

    made = build_marker_form({"highres_block_types": ["Table"], "page_range": "0,2-3", "mode": "fast"})
    assert made == {"highres_block_types": (BlockTypes.Table,), "page_range": [0, 2, 3], "mode": "fast"}
    assert build_marker_form(made) == made


def test_option_of_a_replaced_class_reaches_its_replacement() -> None:
    """Marker compares the name of the class, which is another for a class of ours."""
    made = build_marker_form({"PdfProvider_page_range": "1", "TableProcessor_row_split_threshold": 0.5})
    assert made == {
        "PdfProvider_page_range": [1],
        "UprightPdfProvider_page_range": [1],
        "TableProcessor_row_split_threshold": 0.5,
    }


def test_lists_of_block_types_are_all_known() -> None:
    """The table is what Marker's crawler finds."""
    from markerd.convert.marker_bridge.options.checks import NARROWER
    from markerd.convert.marker_bridge.options.marker_form import BLOCK_TYPE_LISTS
    from markerd.convert.marker_bridge.options.value_types import build_value_type

    found = {
        option
        for option, owners in list_marker_options().items()
        for owner in owners
        for value_type in (build_value_type(owner.annotation),)
        if option not in NARROWER and value_type is not None and "types of blocks" in value_type.wanted
    }
    assert found == BLOCK_TYPE_LISTS


def test_replaced_classes_are_all_known() -> None:
    """Every class of ours that stands in for one of Marker's, under another name, is in the table."""
    from markerd.convert.marker_bridge.options.marker_form import OWN_CLASSES

    for module in pkgutil.walk_packages(markerd.convert.__path__, "markerd.convert."):
        if "sandbox" not in module.name:
            importlib.import_module(module.name)
    found: dict[str, list[str]] = {}
    for own in {
        each for group in list_marker_classes().values() for kind in group.values() for each in _find_own(kind)
    }:
        replaced = next(base.__name__ for base in own.__mro__ if base.__module__.startswith("marker."))
        if own.__name__ != replaced:
            found.setdefault(replaced, []).append(own.__name__)
    assert {replaced: tuple(sorted(names)) for replaced, names in found.items()} == OWN_CLASSES


def _find_own(kind: type) -> set[type]:
    """Find the classes of ours below a class, but for those that only others are made from."""
    children: list[type] = kind.__subclasses__()
    below = {own for child in children for own in _find_own(child)}
    is_own = kind.__module__.startswith("markerd.") and not (kind.__name__.startswith("_") and below)
    return below | {kind} if is_own else below
