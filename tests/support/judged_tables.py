"""A page of words in rows and columns, with the readers that the judge of its tables asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.readers.read_block import PlacedCell, PlacedTable
from markerd.convert.embedded.readers.table_model import ModelTable
from markerd.convert.embedded.tables.cells import DrawnRules
from markerd.convert.embedded.tables.page_tables import PageTables
from markerd.convert.embedded.tables.ruling_lines import RuledGrid
from markerd.convert.embedded.tables.table_judge import TableJudge, TableReaders
from markerd.convert.embedded.text_layer.text_line import TextLine

PITCH, WIDTH, LINE = 20, 100, 10


@dataclass
class Model:
    """A table model that sees these cells, and counts how often it looks."""

    cells: Sequence[PlacedCell] = ()
    is_whole: bool = True
    looks: list[Box] = field(default_factory=list)

    def read(self, box: Box) -> ModelTable:
        self.looks.append(box)
        return ModelTable(tuple(self.cells), 0.99, self.is_whole)


def place_cells(rows: Sequence[Sequence[str]], shift: float = 0.0) -> tuple[PlacedCell, ...]:
    """Place a cell for each text; `shift` moves all of them away from it, in points."""
    return tuple(
        PlacedCell(r, c, (WIDTH * c + shift, PITCH * r, WIDTH * c + 60.0 + shift, PITCH * r + LINE), r == 0)
        for r, row in enumerate(rows)
        for c in range(len(row))
    )


def make_lines(rows: Sequence[Sequence[str]]) -> list[TextLine]:
    lines = []
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            if not text:
                continue
            box = (10.0 + WIDTH * c, float(PITCH * r), 10.0 + WIDTH * c + 6 * len(text), float(PITCH * r + LINE))
            lines.append(TextLine(box, text, 10.0, is_bold=False, parts=((box, text),)))
    return lines


def make_judge(
    lines: Sequence[TextLine],
    model: Model | None = None,
    cells: Sequence[PlacedCell] = (),
    grids: Sequence[RuledGrid] = (),
    height: float = 200.0,
) -> TableJudge:
    words = tuple((line.box, line.text) for line in lines)
    blank = np.zeros((200, 400), np.uint8)
    known = PageTables(words, DrawnRules(), tuple(grids), 1.0, 1.0, blank, blank)
    tables = [PlacedTable((0.0, 0.0, 400.0, height), tuple(cells))] if cells else []
    return TableJudge(known, lines, TableReaders(model.read if model else None, tables))
