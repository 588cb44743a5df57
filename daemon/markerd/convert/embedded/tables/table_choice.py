"""Chooses between several readings of one table: the reading that the others agree with most. Pure.

Readers that share no rules seldom make the same mistake, so what two of them read alike is likely so. They are compared
by the pairs of cells that stand beside or below each other, since a lost column or a merged row breaks many such pairs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markerd.convert.embedded.tables.cells import Cell, build_spread_grid

DRAWN, WORDS, COLUMNS = "drawn rules", "words", "columns"
"""Our own readers: by drawn rules, by the rules and the white between words, and by columns of white alone."""
MODEL, LITEPARSE = "table model", "liteparse"

Pairs = Counter[tuple[str, str, str]]


@dataclass(frozen=True)
class Candidate:
    """One reading of a table. `trust` counts like the agreement of a further reader, 0 to 1."""

    reader: str
    cells: tuple[Cell, ...]
    trust: float = 0.0


def choose_candidate(candidates: Sequence[Candidate]) -> Candidate | None:
    """Choose the candidate that agrees most with the others, the first of equals; None where none has cells."""
    held = [candidate for candidate in candidates if candidate.cells]
    pairs = [count_pairs(candidate.cells) for candidate in held]

    def rank(index: int) -> float:
        agreement = sum(measure_agreement(pairs[index], other) for n, other in enumerate(pairs) if n != index)
        return agreement + held[index].trust

    return held[max(range(len(held)), key=rank)] if held else None


def measure_likeness(first: Candidate, second: Candidate) -> float:
    """Measure how alike two readings are, 0 to 1; 0 where one has no cells."""
    return measure_agreement(count_pairs(first.cells), count_pairs(second.cells))


def count_pairs(cells: Sequence[Cell]) -> Pairs:
    """Count the pairs of neighbours in rows and in columns. Empty cells and the repeats of a spanning cell are none."""
    rows = [["".join(text.split()) for text in row] for row in build_spread_grid(cells)]
    pairs: Pairs = Counter()
    for kind, lanes in (("row", rows), ("column", [list(lane) for lane in zip(*rows, strict=True)])):
        for lane in lanes:
            kept = [text for n, text in enumerate(lane) if text and not (n and lane[n - 1] == text)]
            pairs.update((kind, first, second) for first, second in pairwise(kept))
    return pairs


def measure_agreement(first: Pairs, second: Pairs) -> float:
    """Measure which share of the pairs of both is common to them, 0 to 1; 0 for no pairs."""
    total = first.total() + second.total()
    return 2 * (first & second).total() / total if total else 0.0
