"""The HTML of blocks that OCR read."""

from __future__ import annotations

from markerd.convert.embedded.blocks.block_html import build_block_html
from markerd.convert.embedded.text.line_joining import join_lines


def make_lines(*texts: str, gap: float = 14.0) -> list[tuple[tuple[float, float, float, float], str]]:
    """Make lines 10 high below each other."""
    return [((0.0, gap * i, 100.0, gap * i + 10), text) for i, text in enumerate(texts)]


def test_words_broken_by_a_hyphen_are_made_whole() -> None:
    """A hyphenated word becomes whole; a compound name keeps its hyphen."""
    assert join_lines(["a hyphen-", "ated word"]) == "a hyphenated word"
    assert join_lines(["Baden-", "Baden"]) == "Baden-Baden"


def test_scripts_without_spaces_get_none() -> None:
    """Lines of Chinese are joined without a space, lines of Latin letters with one."""
    assert join_lines(["你好", "世界"]) == "你好世界"
    assert join_lines(["good", "day"]) == "good day"


def test_paragraphs_headings_and_escapes() -> None:
    """The label decides the element, and text is escaped."""
    assert build_block_html("Text", make_lines("a < b", "c")) == "<p>a &lt; b c</p>"
    assert build_block_html("SectionHeader", make_lines("One", "two")) == "<h2>One two</h2>"


def test_wide_gaps_separate_paragraphs() -> None:
    """A region with gaps wider than a line has several paragraphs."""
    assert build_block_html("Text", make_lines("one", "two", gap=30)) == "<p>one</p><p>two</p>"


def make_placed_lines(*rows: str, left: float = 0.0) -> list[tuple[tuple[float, float, float, float], str]]:
    """Make lines 10 high that are as long as their text, 5 a letter."""
    return [((left, 12.0 * i, left + 5.0 * len(text), 12.0 * i + 10), text) for i, text in enumerate(rows)]


ADDRESS = ("Mrs Eleanor Whitcombe", "The Old Rectory", "Church Lane", "Little Marlow SL7 3RS")


def test_lines_that_had_room_for_the_next_word_stay_lines() -> None:
    """An address keeps its lines. Running text in a narrow column does not, nor text whose free width is unknown."""
    assert build_block_html("Text", make_placed_lines(*ADDRESS), free=400) == f"<p>{'<br>'.join(ADDRESS)}</p>"
    assert build_block_html("Text", make_placed_lines(*ADDRESS)) == f"<p>{' '.join(ADDRESS)}</p>"
    narrow = ("a narrow column of", "running text, which", "has nothing at all", "to its right side")
    assert build_block_html("Text", make_placed_lines(*narrow), free=400) == f"<p>{' '.join(narrow)}</p>"


def test_entries_with_their_numbers_stay_lines() -> None:
    """Entries of a receipt or a table of contents stay lines, whether or not the number was found apart."""
    apart = [((0.0, 0.0, 60.0, 10.0), "Bread"), ((200.0, 0.0, 220.0, 10.0), "1.45")]
    below = [((0.0, 12.0, 50.0, 22.0), "Milk"), ((200.0, 12.0, 220.0, 22.0), "1.15")]
    assert build_block_html("Text", [*apart, *below]) == "<p>Bread 1.45<br>Milk 1.15</p>"
    assert (
        build_block_html("Text", make_placed_lines("1 Introduction 3", "2 The survey 9"))
        == "<p>1 Introduction 3<br>2 The survey 9</p>"
    )


def test_a_paragraph_ends_where_a_sentence_does_before_the_edge() -> None:
    """A paragraph ends there although the next line is as near as any; it does not end in mid-sentence."""
    rows = ("The first paragraph of this page is long,", "and ends.", "The second one begins below it and goes on")
    assert build_block_html("Text", make_placed_lines(*rows)) == f"<p>{rows[0]} {rows[1]}</p><p>{rows[2]}</p>"
    rows = (rows[0], "and goes on", rows[2])
    assert build_block_html("Text", make_placed_lines(*rows)) == f"<p>{' '.join(rows)}</p>"


def test_long_heading_is_text() -> None:
    """A region of many lines is text although the layout model calls it a heading."""
    assert build_block_html("SectionHeader", make_lines("One", "two", "three", "four")) == "<p>One two three four</p>"


def test_lines_that_begin_with_bullets_are_a_list() -> None:
    """The bullet is removed, continuation lines are joined, and text before the list stays before it."""
    html = build_block_html("Text", make_lines("Buy:", "• milk and", "honey", "• bread"))
    assert html == "<p>Buy:</p><ul><li>milk and honey</li><li>bread</li></ul>"


def test_numbered_lines_keep_their_numbers() -> None:
    """A list may begin with any number."""
    assert build_block_html("Text", make_lines("4. four", "5. five")) == "<ul><li>4. four</li><li>5. five</li></ul>"
    assert build_block_html("Text", make_lines("4 . four", "5. five")) == "<ul><li>4. four</li><li>5. five</li></ul>"


def test_a_table_without_columns_is_still_text() -> None:
    """No text is lost where no grid is found."""
    assert build_block_html("Table", make_lines("just one", "column")) == "<p>just one column</p>"


def test_region_without_text_has_no_markup() -> None:
    """A region without text has no markup."""
    assert build_block_html("Text", []) == ""
    assert build_block_html("SectionHeader", []) == ""
