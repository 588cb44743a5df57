"""Tables in Markdown: as rows of cells, which cannot span anything, or as HTML, where they can. Pure."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence

from bs4 import Tag
from bs4.element import NavigableString

from markerd.convert.rendering.html_tables import find_cells, find_rows, read_span
from markerd.convert.rendering.packed_rows import is_packed, split_rows, unpack_rows
from markerd.values import Spans

_MOST_PLACES = 200_000
"""Most places of a Markdown table whose rows are all padded to the same length: 1 MB of bars."""
_SPACES = re.compile(r"[ \t\r\n\f]+")


def has_spans(table: Tag) -> bool:
    """Whether any cell of the table spans several rows or columns."""
    return any(_measure_cell(cell) != (1, 1) for row in find_rows(table) for cell in find_cells(row))


def write_grid(table: Tag, take_text: Callable[[Tag], str], spans: Spans) -> str:
    """Write the table in Markdown's own form; "" where it has no row.

    `take_text` is asked once for the Markdown of each cell, which is a line.
    """
    grid = _build_grid(find_rows(table), take_text, spans)
    lines = [f"| {' | '.join(row)} |" for row in grid]
    if not lines:
        return ""
    rule = f"|{'|'.join('---' for _ in grid[0])}|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _build_grid(rows: Sequence[Tag], take_text: Callable[[Tag], str], spans: Spans) -> list[list[str]]:
    """Return the texts of cells in rows of equal length. A cell over several rows or columns is in each of its places,
    or in the first one alone where `spans` is ONCE.
    """
    taken: dict[tuple[int, int], str] = {}
    listed = _list_cells(rows, take_text)
    for number, row in enumerate(listed):
        column = 0
        for text, tall, wide in row:
            while (number, column) in taken:
                column += 1
            others = "" if spans is Spans.ONCE else text
            taken.update({(number + y, column + x): others for y in range(tall) for x in range(wide)})
            taken[number, column] = text
            column += wide
    return _fill_rows(taken, len(listed))


def _list_cells(rows: Sequence[Tag], take_text: Callable[[Tag], str]) -> list[list[tuple[str, int, int]]]:
    """Return the text, the rows and the columns of each cell, row by row, of packed rows too."""
    listed: list[list[tuple[str, int, int]]] = []
    for row in rows:
        cells = [(take_text(cell), *_measure_cell(cell)) for cell in find_cells(row)]
        if len(cells) == 1 and is_packed(cells[0][0]):
            listed += [[(text, 1, 1) for text in packed] for packed in split_rows(cells[0][0])]
        else:
            listed.append(cells)
    return listed


def _fill_rows(taken: dict[tuple[int, int], str], rows: int) -> list[list[str]]:
    width = 1 + max((column for _, column in taken), default=-1)
    ends = dict.fromkeys(range(rows), width - 1)
    if width * rows > _MOST_PLACES:  # in Markdown the end of any row but the first may be left out
        ends = {**dict.fromkeys(ends, 0), **dict(sorted(taken)), 0: width - 1}
    return [[taken.get((row, column), "") for column in range(end + 1)] for row, end in ends.items()]


def _measure_cell(cell: Tag) -> tuple[int, int]:
    """Return the rows and the columns of a cell, each at least 1."""
    return max(1, read_span(cell, "rowspan")), max(1, read_span(cell, "colspan"))


def write_html(table: Tag, write_formula: Callable[[str], str]) -> str:
    """Write the table as HTML within Markdown, a row a line.

    Markdown reads HTML up to the next blank line, and reads no Markdown in it. So there is no blank line, and a
    formula, which HTML has no element for, is what `write_formula` makes of its TeX.
    """
    written = copy.copy(table)
    for formula in written.find_all("math"):
        formula.replace_with(NavigableString(write_formula(formula.get_text())))
    for text in written.find_all(string=True):
        _put_on_one_line(text)
    for row in written.find_all("tr"):
        row.insert_before("\n")
    return unpack_rows(str(written), "\n")


def _put_on_one_line(text: NavigableString) -> None:
    """Write the line breaks of code as elements, and those of other text, where they mean nothing, as spaces."""
    if text.find_parent("pre") is None:
        is_between_cells = text.parent is not None and text.parent.name not in ("td", "th") and not text.strip()
        text.replace_with("" if is_between_cells else _SPACES.sub(" ", text))
        return
    for number, line in enumerate(text.split("\n")):
        if number:
            text.insert_before(Tag(name="br", can_be_empty_element=True))
        text.insert_before(NavigableString(line))
    text.extract()
