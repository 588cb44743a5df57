"""Tables between horizontal rules, and the text at their ends."""

from __future__ import annotations

from markerd.convert.embedded.tables.frames import find_frames
from markerd.convert.embedded.tables.grid import Piece
from markerd.convert.embedded.tables.trimming import trim_table
from markerd.convert.embedded.text_layer.text_line import TextLine

RULES = [(50.0, 100.0, 350.0, 101.0), (50.0, 120.0, 350.0, 121.0), (50.0, 190.0, 350.0, 191.0)]
PROSE = "the river runs through the valley and turns the wheels"


def make_words(top: float, *cells: tuple[float, str]) -> list[Piece]:
    """Make words on one line; each cell begins at its x."""
    return [((x + 28 * n, top, x + 28 * n + 25, top + 10), w) for x, t in cells for n, w in enumerate(t.split())]


ROWS = [word for top in (105, 125, 141, 157, 173) for word in make_words(top, (60, "a"), (160, "b"), (260, "c"))]


def test_rules_with_columns_between_them_are_a_table() -> None:
    """The table reaches from the first rule to the last, without a rule of another length, such as a note's."""
    assert find_frames([*RULES, (50.0, 700.0, 150.0, 701.0)], ROWS) == [(50.0, 100.0, 350.0, 191.0)]


def test_running_text_between_rules_is_no_table() -> None:
    """Rules of a box or of a page's head and foot frame no table, and running text joins no two tables."""
    text = [word for top in (125, 141, 157) for word in make_words(top, (50, PROSE))]
    assert find_frames(RULES[1:], text) == []
    lower = [(left, top + 200, right, bottom + 200) for left, top, right, bottom in RULES]
    below = [((x0, y0 + 200, x1, y1 + 200), text) for (x0, y0, x1, y1), text in ROWS]
    between = [word for top in (205, 221, 237, 253) for word in make_words(top, (50, PROSE))]
    assert len(find_frames([*RULES, *lower], [*ROWS, *between, *below])) == 2


def test_rows_outside_the_rules_belong_to_the_table() -> None:
    """Shades separate only some of the rows."""
    (frame,) = find_frames(
        RULES, [*ROWS, *make_words(195, (60, "a"), (160, "b")), *make_words(240, (60, "a"), (160, "b"))]
    )
    assert frame == (50.0, 100.0, 350.0, 205.0)


def make_text_line(top: float, text: str, parts: int = 1) -> TextLine:
    box = (50.0, top, 50.0 + 5 * len(text), top + 10)
    return TextLine(box, text, 10.0, parts=tuple((box, text) for _ in range(parts)))


def test_captions_and_paragraphs_at_the_ends_are_trimmed() -> None:
    """All their lines are removed; a title inside the table stays."""
    rows = [make_text_line(30 + 14 * n, "one two three", 3) for n in range(4)]
    lines = [
        make_text_line(0, f"Table 1. {PROSE}"),
        make_text_line(14, "of mills."),
        *rows[:2],
        make_text_line(57, "Mills"),
        *rows[2:],
    ]
    assert trim_table(range(len(lines)), lines) == [2, 3, 4, 5, 6]
    noted = [*rows, make_text_line(90, PROSE), make_text_line(104, "of seven mills.")]
    assert trim_table(range(len(noted)), noted) == [0, 1, 2, 3]
    assert trim_table([], lines) == []
