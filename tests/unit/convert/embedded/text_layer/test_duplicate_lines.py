"""Lines that a text layer has twice."""

from __future__ import annotations

from markerd.convert.embedded.text_layer.duplicate_lines import find_repeated, has_two_layers

LINES = [(60.0, 100.0 + 14 * i, 540.0, 112.0 + 14 * i) for i in range(6)]
TEXTS = [f"line {i}" for i in range(6)]


def test_shadow_repeats_its_line() -> None:
    """It stands a point lower and to the right, with any spaces; the first line stays."""
    shadow = (61.0, 101.0, 541.0, 113.0)
    assert find_repeated([*LINES, shadow], [*TEXTS, "Line  0"]) == {6}
    assert find_repeated([*LINES, shadow], [*TEXTS, "other"]) == set()


def test_close_lines_of_a_tall_typeface_are_one_layer() -> None:
    """Each line overlaps the lines above and below it."""
    close = [(60.0, 100.0 + 9 * i, 540.0, 112.0 + 9 * i) for i in range(6)]
    assert not has_two_layers(close)
    assert find_repeated(close, ["the same"] * 6) == set()


def test_text_that_lies_on_other_text_is_a_second_layer() -> None:
    """An example is OCR over a page that had a text layer."""
    assert has_two_layers([*LINES, *((x0 + 2, y0 + 1, x1 - 3, y1) for x0, y0, x1, y1 in LINES[:5])])
    assert not has_two_layers([])
