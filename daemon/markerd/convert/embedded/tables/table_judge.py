"""Reads the tables of a page that has a text layer with several readers, and judges between them.

Our own readers go by drawn rules, by the rules and the white between words, and by columns of white alone; liteparse
shares no rule with them. Where they do not agree, the table model looks at the page's picture as well: it may show that
there is no table. The reading that the others agree with most is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from markerd.convert.embedded.geometry import Box, overlap, union
from markerd.convert.embedded.readers.read_block import PlacedTable
from markerd.convert.embedded.readers.table_model import ModelTable
from markerd.convert.embedded.tables.aligned_text import are_blocks
from markerd.convert.embedded.tables.cells import (
    build_cells,
    build_cells_html,
    build_text_grid,
    count_rows_and_columns,
    place_texts,
)
from markerd.convert.embedded.tables.columns import join_phrases, measure_usual_height
from markerd.convert.embedded.tables.grid import Piece, are_text_columns, build_grid, group_rows, holds_all, is_prose
from markerd.convert.embedded.tables.model_grid import fill_cells, measure_fit
from markerd.convert.embedded.tables.page_tables import PageTables
from markerd.convert.embedded.tables.placed_grid import fill_placed_cells
from markerd.convert.embedded.tables.table_choice import (
    COLUMNS,
    DRAWN,
    LITEPARSE,
    MODEL,
    WORDS,
    Candidate,
    choose_candidate,
    measure_likeness,
)
from markerd.convert.embedded.tables.thresholds import THRESHOLDS
from markerd.convert.embedded.text_layer.text_line import TextLine


@dataclass
class TableReaders:
    """The readers beside our own, for one page; boxes are in points.

    `read_with_model` reads the picture in a box. `tables` are those that liteparse finds.
    """

    read_with_model: Callable[[Box], ModelTable] | None = None
    tables: Sequence[PlacedTable] = ()


@dataclass
class TableJudge:
    """Reads tables of one page from the numbers of their lines. It remembers what it has read."""

    known: PageTables
    lines: Sequence[TextLine]
    readers: TableReaders = field(default_factory=TableReaders)
    _chosen: dict[tuple[frozenset[int], bool], Candidate | None] = field(default_factory=dict)
    _seen: dict[Box, ModelTable] = field(default_factory=dict)

    def build_html(self, held: Sequence[int], is_proposed: bool = False) -> str:
        """Build a `<table>` with all text of these lines; empty where they are no table.

        `is_proposed` says that another reader sees a table here, and our finders do not: then the model has to confirm
        it, and our readers need not.
        """
        chosen = self._choose(frozenset(held), is_proposed)
        return build_cells_html(chosen.cells, chosen.reader) if chosen else ""

    def _choose(self, held: frozenset[int], is_proposed: bool) -> Candidate | None:
        key = held, is_proposed
        if key not in self._chosen:
            words = self.known.find_words_on([self.lines[i].box for i in sorted(held)])
            chosen = self._judge(words, is_proposed) if words else None
            texts = [self.lines[i].text for i in held]
            self._chosen[key] = chosen if chosen and holds_all(build_cells_html(chosen.cells), texts) else None
        return self._chosen[key]

    def _judge(self, words: Sequence[Piece], is_proposed: bool) -> Candidate | None:
        own = self._read_ourselves(words)
        if not own and not is_proposed:
            return None
        second = self._read_with_liteparse(words)
        phrases = self._join_phrases(words)
        readings = [*own, second, Candidate(COLUMNS, tuple(place_texts(build_grid(phrases))))]
        if not is_proposed and _is_shared(own[0], [*own[1:], second]):
            return choose_candidate(readings)
        table = self._read_with_model(words)
        if table is None:
            return None if is_proposed else choose_candidate(readings)
        return _judge_with_model(table, phrases, readings, is_proposed)

    def _read_ourselves(self, words: Sequence[Piece]) -> list[Candidate]:
        """Read the words by the smallest grid of drawn rules that holds them, and by rules and white.

        The likelier reading is the first: that of the drawn rules, unless their cells seem to hold several rows.
        """
        drawn, is_stacked = self.known.build_drawn_cells(words)
        ruled = build_cells(words, self.known.find_rules_around(union(box for box, _ in words)))
        is_wrapped = count_rows_and_columns(ruled)[0] <= THRESHOLDS.max_wrapped_rows * len(group_rows(words))
        trust = (
            THRESHOLDS.wrapped_trust if is_wrapped and not drawn else 0.0
        )  # the others seldom see what makes one row of lines
        readings = [
            Candidate(DRAWN, tuple(drawn)),
            Candidate(WORDS, () if is_prose(build_text_grid(ruled)) else tuple(ruled), trust),
        ]
        likely = reversed(readings) if is_stacked else readings
        return [reading for reading in likely if build_cells_html(reading.cells)]

    def _read_with_liteparse(self, words: Sequence[Piece]) -> Candidate:
        around = union(box for box, _ in words)
        best = max(self.readers.tables, key=lambda table: overlap(table.box, around), default=None)
        cells = fill_placed_cells(best.cells, words) if best else []
        return Candidate(LITEPARSE, tuple(cells))

    def _read_with_model(self, words: Sequence[Piece]) -> ModelTable | None:
        """Read the picture of the words; None without a model, and where a page has had its share of readings."""
        grids = self.known.find_grids_around(words)
        box = union([*(box for box, _ in words), *grids[:1]])
        if self.readers.read_with_model is None or len(self._seen) >= THRESHOLDS.most_model_readings:
            return self._seen.get(box)
        if box not in self._seen:
            self._seen[box] = self.readers.read_with_model(box)
        return self._seen[box]

    def _join_phrases(self, words: Sequence[Piece]) -> list[Piece]:
        size = measure_usual_height(words)
        rules = self.known.find_rules_around(union(box for box, _ in words)).vertical
        return [phrase for row in group_rows(words) for phrase in join_phrases(row, size, rules)]


def _judge_with_model(
    table: ModelTable, phrases: Sequence[Piece], readings: Sequence[Candidate], is_proposed: bool
) -> Candidate | None:
    """Choose between the readings and the model's; None where the model's cells show that there is no table."""
    seen = Candidate(MODEL, tuple(fill_cells(table.cells, phrases)) if table.is_whole else ())
    fit = measure_fit(table.cells, seen.cells, phrases)
    if not (_is_confirmed(fit, phrases) if is_proposed else fit >= THRESHOLDS.min_model_fit or not table.is_whole):
        return None  # the model finds cells in every picture, but cells that fit no text
    if readings[0].reader == DRAWN and _is_shared(readings[0], [seen]):
        return readings[0]  # the other readers do not see which cells the rules keep together
    own = sum(reading.reader in (DRAWN, WORDS) for reading in readings)
    chosen = choose_candidate([*readings[:own], seen, *readings[own:]])
    return None if chosen is None or (not own and are_text_columns(build_text_grid(chosen.cells))) else chosen


def _is_shared(reading: Candidate, others: Sequence[Candidate]) -> bool:
    """Whether one of the others reads the same table."""
    return any(measure_likeness(reading, other) >= THRESHOLDS.min_agreement for other in others)


def _is_confirmed(fit: float, phrases: Sequence[Piece]) -> bool:
    """Whether the model sees a table where our own finders see none, and not addresses beside each other."""
    beside = sum(len(row) for row in group_rows(phrases) if len(row) > 1)
    is_beside = beside >= THRESHOLDS.min_beside_proposed * len(phrases)
    return is_beside and not are_blocks(phrases) and fit >= THRESHOLDS.min_proposed_fit
