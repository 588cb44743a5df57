"""Rows of plain cells as one text, which passes through all steps as a single node, and become rows again at the end.

A sheet of 20,000 rows and 6 columns has 120,000 cells. Each of them was an element that was parsed twice, looked at by
every rule and rendered: 23 seconds. Nothing can happen to a cell without any markup but that its white space and its
characters are tidied, so many rows of such cells lie in one cell, with a mark between two cells and between two rows.
Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

CELL_MARK, ROW_MARK = "\ufdd6", "\ufdd7"
"""Noncharacters of Unicode, which no text holds: `pack_rows` takes them out of the text that it is given."""
_LEAST_ROWS = 20
"""Rows of a run that are worth packing."""
_MOST_CHARACTERS = 100_000
"""Of one packed row; the parser of HTML refuses a text of 10 million."""
_TABLE = re.compile(r"<table>(.*?)</table>", re.DOTALL)
_PLAIN_ROW = re.compile(r"<tr><td>([^<]*(?:</td><td>[^<]*)*)</td></tr>")
_FILLED = re.compile(r"(?:^|>)[^<&]*?[^\W_]")
_OTHER = re.compile(r"<(?:table|h[1-6])\b|rowspan", re.IGNORECASE)
"""What lets the whole of a table count for one of its rows."""
_BORDER = "</td><td>"
_MARKS = re.compile(rf"[{CELL_MARK}{ROW_MARK}]|&#(?:0*6498[23](?!\d)|[xX]0*[fF][dD][dD][67](?![0-9a-fA-F]));?")


def pack_rows(markup: str) -> str:
    """Pack the runs of plain rows in the tables of a page that has no styles of its own."""
    markup = _MARKS.sub("", markup)
    if "<style" in markup.lower():
        return markup
    return _TABLE.sub(lambda found: f"<table>{_pack_table(found[1])}</table>", markup)


def unpack_rows(markup: str, between: str = "") -> str:
    """Return HTML with all its rows and cells, and with `between` two rows."""
    return markup.replace(CELL_MARK, _BORDER).replace(ROW_MARK, f"</td></tr>{between}<tr><td>")


def split_rows(text: str) -> list[list[str]]:
    """Return the texts of the cells of each packed row; a text that is not packed is one cell."""
    return [row.split(CELL_MARK) for row in text.split(ROW_MARK)]


def join_rows(rows: Iterable[Iterable[str]]) -> str:
    """Return rows as one text, which `split_rows` takes apart."""
    return ROW_MARK.join(CELL_MARK.join(row) for row in rows)


def is_packed(text: str) -> bool:
    return CELL_MARK in text or ROW_MARK in text


def _pack_table(inside: str) -> str:
    if _OTHER.search(inside):
        return inside
    out, end = [], 0
    for first, last, rows in _find_runs(inside):
        out += [inside[end:first], _pack_run(rows)]
        end = last
    return "".join([*out, inside[end:]])


def _find_runs(inside: str) -> Iterator[tuple[int, int, list[str]]]:
    """Yield where a run of plain rows, of which no cell is empty throughout, begins and ends, and what is in its
    rows.
    """
    run: list[str] = []
    first = last = 0
    for found in _PLAIN_ROW.finditer(inside):
        is_plain = bool(_FILLED.search(found[1]))
        if run and (found.start() != last or not is_plain):
            yield first, last, run
            run = []
        if is_plain:
            first = first if run else found.start()
            last = found.end()
            run.append(found[1])
    if run:
        yield first, last, run


def _pack_run(rows: list[str]) -> str:
    """Write a run; its first row stays as it is, so that the table has the columns that it has."""
    if len(rows) < _LEAST_ROWS:
        return "".join(f"<tr><td>{row}</td></tr>" for row in rows)
    out, packed, size = [f"<tr><td>{rows[0]}</td></tr>"], [], 0
    for row in rows[1:]:
        packed.append(row.replace(_BORDER, CELL_MARK))
        size += len(row)
        if size > _MOST_CHARACTERS:
            out.append(f"<tr><td>{ROW_MARK.join(packed)}</td></tr>")
            packed, size = [], 0
    return "".join([*out, f"<tr><td>{ROW_MARK.join(packed)}</td></tr>" if packed else ""])
