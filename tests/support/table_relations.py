"""How much of known tables is in a Markdown text: cells in their rows, and relations of neighbours.

The relations are the measure of the ICDAR 2013 table competition (Goebel, Hassan, Oro, Orsi: A Methodology for
Evaluating Algorithms for Table Understanding in PDF Documents, 2012): each cell with a text has one relation to the
next cell with a text to its right, and one to the next one below it. Recall is the share of the relations of the truth
that the output has, precision the share of those of the output that the truth has. White space, the kinds of dashes and
quotation marks, and what Markdown escapes do not count.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, product
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from lxml import etree

Grid = Sequence[Sequence[str]]
"""The texts of a table, row by row."""
Relation = tuple[str, str, str]
"""The direction, and the texts of two cells that are next to each other."""

_TRUTH, _COMPETITION_TRUTH = ".tables.json", "-str.xml"
_TAG = re.compile(r"<[^>]+>")
_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_BORDER = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"\s*:?-+:?\s*")
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_SINGLE, _DOUBLE = "\u2018\u2019\u00b4`", "\u201c\u201d"
_ALIKE = str.maketrans({**dict.fromkeys(_DASHES, "-"), **dict.fromkeys(_SINGLE, "'"), **dict.fromkeys(_DOUBLE, '"')})
_NOT_COUNTED = re.compile(r"[\s\\*_|$^{}]+")


@dataclass(frozen=True)
class KnownTable:
    """A table of the truth; where a cell spans others, either form is right."""

    repeated: Grid
    """With the text of a spanning cell in each of its places."""
    once: Grid
    """With that text in the first of its places."""


@dataclass(frozen=True)
class Score:
    """Counts of one document; those of several are added up."""

    cells_found: int = 0
    cells: int = 0
    """Cells of the truth with a text, a spanning one once."""
    relations_found: int = 0
    relations: int = 0
    relations_shown: int = 0
    """All of the output."""

    def __add__(self, other: Score) -> Score:
        return Score(*(a + b for a, b in zip(self._counts(), other._counts(), strict=True)))

    def _counts(self) -> tuple[int, ...]:
        return (self.cells_found, self.cells, self.relations_found, self.relations, self.relations_shown)

    @property
    def cells_share(self) -> float:
        return self.cells_found / max(1, self.cells)

    @property
    def recall(self) -> float:
        return self.relations_found / max(1, self.relations)

    @property
    def precision(self) -> float:
        return self.relations_found / max(1, self.relations_shown)

    @property
    def f1(self) -> float:
        return 2 * self.relations_found / max(1, self.relations + self.relations_shown)


def score_tables(known: Sequence[KnownTable], shown: Sequence[Grid]) -> Score:
    """Compare the tables of a document with those of its Markdown."""
    cells_found, cells = _count_cells_in_rows(known, shown)
    of_shown = sum((count_relations(grid) for grid in shown), Counter[Relation]())
    used: Counter[Relation] = Counter()
    wanted = 0
    for table in known:
        relations, found = _choose_form(table, of_shown - used)
        used += found
        wanted += relations.total()
    return Score(cells_found, cells, used.total(), wanted, of_shown.total())


def _choose_form(table: KnownTable, left: Counter[Relation]) -> tuple[Counter[Relation], Counter[Relation]]:
    """Return the relations of the form of the table that more of `left` agrees with, and those that are there."""
    forms = [count_relations(form) for form in (table.repeated, table.once)]
    return max(((form, form & left) for form in forms), key=lambda pair: pair[1].total() / max(1, pair[0].total()))


def count_relations(grid: Grid) -> Counter[Relation]:
    """Count the pairs of neighbours with a text in rows and in columns. A text that is repeated in the next place, as
    that of a spanning cell, is one cell.
    """
    rows = [[normalise(text) for text in row] for row in grid]
    width = max(map(len, rows), default=0)
    columns = [[row[number] if number < len(row) else "" for row in rows] for number in range(width)]
    return Counter(
        (direction, *pair)
        for direction, lanes in (("right", rows), ("below", columns))
        for lane in lanes
        for pair in pairwise(text for text, _ in groupby(lane) if text)
    )


def _count_cells_in_rows(known: Sequence[KnownTable], shown: Sequence[Grid]) -> tuple[int, int]:
    """Count the cells of the truth that share a row of the output with a neighbour of their row, and all of them."""
    rows_with: defaultdict[str, list[list[str]]] = defaultdict(list)
    for shown_row in (row for grid in shown for row in _list_filled(grid)):
        for text in shown_row:
            rows_with[text].append(shown_row)
    found = cells = 0
    for row in (row for table in known for row in _list_filled(table.once)):
        cells += len(row)
        for number, text in enumerate(row):
            near = {*row[max(0, number - 1) : number], *row[number + 1 : number + 2]}
            found += any(not near or near & set(other) for other in rows_with.get(text, ()))
    return found, cells


def _list_filled(grid: Grid) -> list[list[str]]:
    return [[text for text in map(normalise, row) if text] for row in grid]


def normalise(text: str) -> str:
    """Return what is compared of a cell."""
    plain = unicodedata.normalize("NFKC", html.unescape(_TAG.sub(" ", text)))
    bare = _LINK.sub(r"\1", _PICTURE.sub("", plain)).translate(_ALIKE)
    return _NOT_COUNTED.sub("", bare).lower()


def read_markdown(markdown: str) -> list[Grid]:
    """Return the tables of a Markdown text: those of lines between bars, also without the line below a head, and those
    in HTML.
    """
    lines = [line.strip() for line in markdown.split("\n")]
    barred = groupby(lines, key=lambda line: line.startswith("|") and line.count("|") > 1)
    tables = [grid for is_table, each in barred if is_table and (grid := [_split(line) for line in each])]
    drawn = [[row for row in grid if not all(map(_RULE.fullmatch, row))] for grid in tables]
    in_html = BeautifulSoup(markdown, "lxml").find_all("table") if "<table" in markdown else []
    return [*drawn, *(_read_html(table).repeated for table in in_html)]


def _split(line: str) -> list[str]:
    cells = _BORDER.split(line)[1:]
    return cells[:-1] if line.endswith("|") else cells


def read_html(markup: str) -> list[KnownTable]:
    """Return the tables of a page of HTML."""
    return [_read_html(table) for table in BeautifulSoup(markup, "lxml").find_all("table")]


def _read_html(table: Tag) -> KnownTable:
    return _place(
        (
            number,
            html.escape(cell.get_text(" ")),
            int(str(cell.get("rowspan", "1"))),
            int(str(cell.get("colspan", "1"))),
        )
        for number, row in enumerate(table.find_all("tr"))
        for cell in row.find_all(["td", "th"])
    )


def _place(cells: Iterable[tuple[int, str, int, int]]) -> KnownTable:
    """Place the cells, row by row: the number of the row, the text, how many rows and columns it spans."""
    repeated: dict[tuple[int, int], str] = {}
    once: dict[tuple[int, int], str] = {}
    for row, text, tall, wide in cells:
        column = 0
        while (row, column) in repeated:
            column += 1
        repeated.update({(row + y, column + x): text for y in range(tall) for x in range(wide)})
        once[row, column] = text
    return _fill(repeated, once)


def _fill(repeated: Mapping[tuple[int, int], str], once: Mapping[tuple[int, int], str]) -> KnownTable:
    height, width = (1 + max((place[side] for place in repeated), default=-1) for side in (0, 1))

    def rows(texts: Mapping[tuple[int, int], str]) -> Grid:
        return [[texts.get((row, column), "") for column in range(width)] for row in range(height)]

    return KnownTable(rows(repeated), rows(once))


def find_documents(folder: Path) -> dict[Path, list[KnownTable]]:
    """Find the PDFs whose tables are known, in order: beside NAME.pdf lies NAME.tables.json, a list of tables with
    their rows as `spread` and `once`, or the competition's own NAME-str.xml.
    """
    found = {}
    for document in sorted(folder.glob("*.pdf")):
        grids, cells = (document.with_name(document.stem + ending) for ending in (_TRUTH, _COMPETITION_TRUTH))
        if grids.exists():
            found[document] = [KnownTable(t["spread"], t["once"]) for t in json.loads(grids.read_text("utf-8"))]
        elif cells.exists():
            found[document] = read_competition(cells.read_bytes())
    return found


def read_competition(xml: bytes) -> list[KnownTable]:
    """Read the structure of tables as the competition published it: a table is in regions, one on each of its pages."""
    return [_read_competition_table(table) for table in etree.fromstring(xml).iter("table")]


def _read_competition_table(table: Any) -> KnownTable:
    repeated: dict[tuple[int, int], str] = {}
    once: dict[tuple[int, int], str] = {}
    for region in table.iter("region"):
        down, right = (int(region.get(f"{side}-increment") or 0) for side in ("row", "col"))
        for cell in region.iter("cell"):
            top, left = (int(cell.get(f"start-{side}")) for side in ("row", "col"))
            bottom, end = (int(cell.get(f"end-{side}") or first) for side, first in (("row", top), ("col", left)))
            text = html.escape(cell.findtext("content") or "")
            places = product(range(top + down, bottom + down + 1), range(left + right, end + right + 1))
            repeated.update(dict.fromkeys(places, text))
            once[top + down, left + right] = text
    return _fill(repeated, once)
