"""The levels of headings."""

from __future__ import annotations

from markerd.convert.embedded.blocks.heading_levels import Heading, find_levels


def test_larger_type_is_a_higher_level() -> None:
    """Headings of equal type have equal levels, wherever they stand."""
    sizes = [24.0, 16.0, 12.0, 16.2, 11.9, 24.0]
    assert find_levels([Heading(f"Part {size}", size, True) for size in sizes]) == [1, 2, 3, 2, 3, 1]


def test_bold_type_is_above_light_type_of_the_same_size() -> None:
    """Bold type has the higher level, as most styles have it."""
    assert find_levels([Heading("a", 12.0, False), Heading("b", 12.0, True)]) == [2, 1]


def test_numbers_decide_before_type() -> None:
    """1, 1.1 and 1.1.1 have three levels even in equal type, and a title has the level above them."""
    headings = [
        Heading("The Manual", 24.0, True),
        Heading("1 Start", 14.0, True),
        Heading("1.1 Steps", 14.0, True),
        Heading("1.1.1 First", 12.0, True),
        Heading("2. End", 14.0, True),
    ]
    assert find_levels(headings) == [1, 2, 3, 4, 2]


def test_no_level_is_deeper_than_html_has() -> None:
    """The deepest level is 6."""
    assert find_levels([Heading(str(size), float(size), True) for size in range(40, 20, -2)])[-1] == 6
    assert find_levels([]) == []
