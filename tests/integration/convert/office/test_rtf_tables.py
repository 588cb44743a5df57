"""Cells of rich texts that are merged, or as wide as several others."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.filterwarnings("ignore")  # marker's and its libraries' own warnings


def _write_row(*cells: tuple[str, str, int], shape_after: bool = False) -> str:
    """A row of cells, each with its text, its words of merging and its right edge."""
    shape = r"\trowd" + "".join(rf"{merge}\clbrdrt\brdrs\cellx{right}" for _, merge, right in cells)
    texts = "".join(rf"\pard\intbl {text}\cell" for text, _, _ in cells)
    return rf"{shape}{texts}{shape if shape_after else ''}\row "


def _read(*rows: str) -> str:
    from markerd.convert.office.canonical_html.pictures import Pictures
    from markerd.convert.office.readers.rtf import convert

    document = "".join(["{\\rtf1 ", *rows, "\\pard after\\par}"])
    return convert(document.encode(), Pictures()).removesuffix("<p>after</p>")


@pytest.mark.parametrize("shape_after", [False, True])
def test_merged_cells_span_rows_and_columns(shape_after: bool) -> None:
    """Whether the shape of a row stands before its cells, or after them too, as Word writes it."""
    rows = [
        (("Mill", r"\clvmgf", 2000), ("Grain", r"\clmgf", 4000), ("", r"\clmrg", 6000)),
        (("", r"\clvmrg", 2000), ("rye", "", 4000), ("oats", "", 6000)),
        (("upper", "", 2000), ("5", "", 4000), ("7", "", 6000)),
    ]
    assert _read(*(_write_row(*row, shape_after=shape_after) for row in rows)) == (
        '<table><tr><td rowspan="2">Mill</td><td colspan="2">Grain</td></tr><tr><td>rye</td><td>oats</td></tr>'
        "<tr><td>upper</td><td>5</td><td>7</td></tr></table>"
    )


def test_cell_that_is_as_wide_as_two_spans_them() -> None:
    """Word merges cells of a row so; the edges may be rounded."""
    wide, narrow = (("all", "", 4010), ("x", "", 6000)), (("a", "", 2000), ("b", "", 4000), ("c", "", 6000))
    assert _read(_write_row(*wide), _write_row(*narrow)) == (
        '<table><tr><td colspan="2">all</td><td>x</td></tr><tr><td>a</td><td>b</td><td>c</td></tr></table>'
    )


def test_cells_that_lie_across_each_other_span_nothing() -> None:
    """No row shows the columns of such a form: its cells stay as they follow each other."""
    rows = (("a", "", 3000), ("b", "", 6000)), (("c", "", 2000), ("d", "", 5000))
    assert "span" not in _read(*(_write_row(*row) for row in rows))


def test_text_in_a_merged_cell_is_kept() -> None:
    """Programs leave it there, though none shows it: nothing of a document is lost."""
    rows = [(("a", r"\clmgf", 2000), ("b", r"\clmrg", 4000)), (("c", r"\clvmrg", 2000), ("d", "", 4000))]
    shown = _read(*(_write_row(*row) for row in rows))
    assert '<td colspan="2">a<br>b</td>' in shown
    assert "<td>c</td><td>d</td>" in shown  # nothing above it is merged with it


def test_table_in_a_cell_has_shapes_of_its_own() -> None:
    outer = r"\trowd\clvmgf\cellx2000\cellx6000\pard\intbl one\cell"
    inner = r"\pard\intbl\itap2 a\nestcell b\nestcell{\*\nesttableprops\trowd\clmgf\cellx3000\clmrg\cellx4000\nestrow}"
    after = r"\pard\intbl two\cell\row\trowd\clvmrg\cellx2000\cellx6000\pard\intbl \cell three\cell\row "
    shown = _read(outer + inner + after)
    assert '<table><tr><td colspan="2">a<br>b</td></tr></table>two' in shown
    assert '<td rowspan="2">one</td>' in shown


@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from(["", r"\clmgf", r"\clmrg", r"\clvmgf", r"\clvmrg"]), st.integers(0, 5)),
            min_size=1,
            max_size=5,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_every_cell_comes_out_once_whatever_is_merged(rows: list[list[tuple[str, int]]]) -> None:
    """In a table without an empty span, however wrong the words are."""
    names = iter(f"c{number}c" for number in range(99))
    texts = [[(next(names), merge, 1000 * right) for merge, right in row] for row in rows]
    shown = _read(*(_write_row(*row) for row in texts))
    assert sorted(re.findall(r"c\d+c", shown)) == sorted(text for row in texts for text, _, _ in row)
    assert shown.count("<tr>") == len(rows)
