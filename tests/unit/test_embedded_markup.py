"""HTML of blocks."""

from __future__ import annotations

from markerd.convert.models.embedded.markup import block_html, joined


def lines(*texts: str, gap: float = 14.0) -> list[tuple[tuple[float, float, float, float], str]]:
    """Lines 10 high below each other."""
    return [((0.0, gap * i, 100.0, gap * i + 10), text) for i, text in enumerate(texts)]


def test_words_broken_by_a_hyphen_are_made_whole() -> None:
    """Only before a small letter: a compound name keeps its hyphen."""
    assert joined(["a hyphen-", "ated word"]) == "a hyphenated word"
    assert joined(["Baden-", "Baden"]) == "Baden- Baden"


def test_scripts_without_spaces_get_none() -> None:
    """Lines of Chinese join without, of Latin with a space."""
    assert joined(["你好", "世界"]) == "你好世界"
    assert joined(["good", "day"]) == "good day"


def test_paragraphs_headings_and_escapes() -> None:
    """The label decides the element; text is escaped."""
    assert block_html("Text", lines("a < b", "c")) == "<p>a &lt; b c</p>"
    assert block_html("SectionHeader", lines("One", "two")) == "<h2>One two</h2>"


def test_wide_gaps_part_paragraphs() -> None:
    """A region with gaps wider than a line has several paragraphs."""
    assert block_html("Text", lines("one", "two", gap=30)) == "<p>one</p><p>two</p>"


def test_lines_that_begin_with_bullets_are_a_list() -> None:
    """The bullet goes, continuation lines join, what comes before the list stays before it."""
    html = block_html("Text", lines("Buy:", "• milk and", "honey", "• bread"))
    assert html == "<p>Buy:</p><ul><li>milk and honey</li><li>bread</li></ul>"


def test_numbered_lines_keep_their_numbers() -> None:
    """A list may start anywhere."""
    assert block_html("Text", lines("4. four", "5. five")) == "<ul><li>4. four</li><li>5. five</li></ul>"


def test_a_table_without_columns_is_still_text() -> None:
    """No text is lost because no grid was found."""
    assert block_html("Table", lines("just one", "column")) == "<p>just one column</p>"


def test_nothing_gives_nothing() -> None:
    """A region without text has no markup."""
    assert block_html("Text", []) == ""
    assert block_html("SectionHeader", []) == ""
