"""Paragraphs that the leading of their document sets apart, from made lines."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from markerd.convert.embedded.blocks.labelling import split_paragraphs
from markerd.convert.embedded.text_layer.text_line import TextLine, measure_line_gap


@given(
    size=st.floats(7, 14),
    line_gap=st.floats(0.0, 1.6),
    more=st.floats(0.4, 1.5),
    counts=st.lists(st.integers(1, 5), min_size=3, max_size=6),
)
@settings(max_examples=80, deadline=None)
def test_paragraphs_stand_apart_by_the_leading_of_their_document(
    size: float, line_gap: float, more: float, counts: list[int]
) -> None:
    """However far its lines stand apart, and without an indent or a short last line."""
    top = 0.0
    lines: list[TextLine] = []
    truth: list[list[int]] = []
    for count in [4, 4, *counts]:
        truth.append(list(range(len(lines), len(lines) + count)))
        for row in range(count):
            text = f"{'The' if row == 0 else 'and'} wheels turn{'.' if row == count - 1 else ' on'}"
            lines.append(TextLine((60.0, top, 400.0, top + size), text, size))
            top += size * (1 + line_gap)
        top += size * more
    known = measure_line_gap(lines)
    assert known is not None
    assert split_paragraphs(range(len(lines)), lines, known) == truth


def test_lines_at_various_distances_show_no_leading() -> None:
    """A page of formulas, or one in two spacings."""
    lines = [
        TextLine((60.0, row * row * 3.0, 400.0, row * row * 3.0 + 10), "and on they run", 10.0) for row in range(9)
    ]
    assert measure_line_gap(lines) is None
    assert measure_line_gap(lines[:3]) is None
    assert measure_line_gap([]) is None


def test_a_line_that_a_formula_pushes_down_does_not_begin_a_paragraph() -> None:
    """No sentence has ended above it, or it begins with a small letter."""
    texts = [
        "The wheel turns as the",
        "square of the depth of",
        "the River that runs to",
        "the sea. It has been so.",
        "and so on they run",
    ]
    tops = [0, 14, 31, 45, 62]
    lines = [TextLine((60.0, top, 400.0, top + 10.0), text, 10.0) for top, text in zip(tops, texts, strict=True)]
    assert split_paragraphs(range(5), lines, 0.4) == [list(range(5))]
