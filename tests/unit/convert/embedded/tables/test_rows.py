"""The rows of a table without rules: which of its lines make one row."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.tables.cells import DrawnRules, build_cells, build_text_grid
from markerd.convert.embedded.tables.grid import Piece

LETTER, SIZE, PITCH = 5.0, 10.0, 11.0
LABEL = ("Share of homes with a link", "to the network of the towns", "and the villages")
"""Lines that are too long for the first word of the next one."""
COLUMNS = (160.0, 220.0, 280.0)
ANCHORS = st.sampled_from((0.0, 0.5, 1.0))
HEAD = ("Indicator", "2019", "2020", "2021")


def place(left: float, top: float, text: str) -> list[Piece]:
    """Place the words of a line of text."""
    words: list[Piece] = []
    for word in text.split():
        words.append(((left, top, left + LETTER * len(word), top + SIZE), word))
        left += LETTER * (len(word) + 0.5)
    return words


def set_table(sizes: list[int], anchor: float, white: float) -> tuple[list[Piece], list[float]]:
    """Set a head and rows with labels of so many lines; returns also where each row ends."""
    words = [word for left, text in zip((0.0, *COLUMNS), HEAD, strict=True) for word in place(left, 0.0, text)]
    top, ends = PITCH + white, [PITCH + white / 2]
    for number, size in enumerate(sizes, start=1):
        for line in range(size):
            words += place(0.0, top + PITCH * line, LABEL[line])
        beside = top + anchor * PITCH * (size - 1)
        words += [word for left in COLUMNS for word in place(left, beside, f"{number}{left:.0f}")]
        top += PITCH * size + white
        ends.append(top - white / 2)
    return words, ends


def read_rows(words: list[Piece], shades: tuple[Box, ...] = ()) -> list[list[str]]:
    return build_text_grid(build_cells(words, DrawnRules(shades=shades)))


def expect_rows(sizes: list[int]) -> list[list[str]]:
    labels = [" ".join(LABEL[:size]) for size in sizes]
    return [[label, *(f"{n}{left:.0f}" for left in COLUMNS)] for n, label in enumerate(labels, start=1)]


@given(st.lists(st.integers(1, 3), min_size=5, max_size=12), ANCHORS, st.sampled_from((0.0, 3.0, 6.0)))
def test_numbers_beside_any_line_of_a_label_make_one_row_with_it(sizes: list[int], anchor: float, white: float) -> None:
    """The labels have one line or several, the rows white between them or none."""
    words, _ = set_table([3, 2, *sizes], anchor, white)
    assert read_rows(words) == [list(HEAD), *expect_rows([3, 2, *sizes])]


@given(st.lists(st.integers(1, 3), min_size=4, max_size=12), ANCHORS)
def test_a_shade_behind_each_second_row_parts_the_rows(sizes: list[int], anchor: float) -> None:
    """The lines are equally far apart."""
    words, ends = set_table(sizes, anchor, 0.0)
    shades = tuple((0.0, end, 300.0, end) for end in ends)
    assert read_rows(words, shades) == [list(HEAD), *expect_rows(sizes)]


@given(st.integers(4, 20), st.integers(1, 4))
def test_lines_of_one_shade_that_have_their_own_numbers_are_rows(count: int, together: int) -> None:
    """A shade may lie behind every line, or behind groups of them."""
    words, ends = set_table([1] * count, 0.0, 0.0)
    shades = tuple((0.0, end, 300.0, end) for end in ends[::together])
    assert len(read_rows(words, shades)) == count + 1


@given(st.integers(4, 20), st.sampled_from((0.0, 3.0)))
def test_titles_between_rows_do_not_join_them(count: int, white: float) -> None:
    """A title of a group has room for the first label below it."""
    words, _ = set_table([1] * count, 0.0, white)
    moved = [((left, top + PITCH * (top > 0), right, bottom + PITCH * (top > 0)), text)
             for (left, top, right, bottom), text in words]  # fmt: skip
    rows = read_rows([*moved, *place(0.0, PITCH + white, "North")])
    assert [row[0] for row in rows[:3]] == ["Indicator", "North", LABEL[0]]
    assert len(rows) == count + 2


def test_a_word_parted_by_a_hyphen_is_in_one_row() -> None:
    """This holds where the label is in German, whose nouns begin with capital letters."""
    labels = (("Betriebe mit einem Anschluß", "Netze"), ("Teilnahme an Weiterbil-", "dungen"), ("Museen",))
    words = [word for left, text in zip((0.0, *COLUMNS), HEAD, strict=True) for word in place(left, 0.0, text)]
    top = PITCH
    for lines in labels:
        words += [word for left in COLUMNS for word in place(left, top, "12,5")]
        for line in lines:
            words += place(0.0, top, line)
            top += PITCH
    assert [row[0] for row in read_rows(words)[1:]] == ["Betriebe mit einem Anschluß Netze",
                                                        "Teilnahme an Weiterbildungen", "Museen"]  # fmt: skip
