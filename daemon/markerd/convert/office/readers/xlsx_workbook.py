"""A workbook's sheets as openpyxl reads their cells, with merged ranges and links recorded, not laid out cell by cell.

openpyxl makes a cell for each place of a merged or linked range: one over the whole sheet, an element of 40 bytes, is
17 thousand million cells. What is not shown (tables' names, pivots, comments, drawings) is not read.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser, WorksheetReader
from openpyxl.worksheet.cell_range import CellRange

from markerd.convert.office.readers.sheet_regions import Place
from markerd.convert.protocol import DocumentLimits

_MOST_LINKED = 1_000
"""Places of a range that one link is put on; in a larger range it is put only on the first."""
_MOST_COVERED = 1_000_000
"""Places of a sheet that merged cells reach over, as far as others are filled: ten seconds, 200 MB. What is merged
beyond them stays apart."""

_LINK_OR_NO_VALUE = re.compile(
    rb"HYPERLINK\s*\(|<(?:\w{1,9}:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:\w{1,9}:)?f>)\s*"
    rb"(?:<(?:\w{1,9}:)?v(?:\s[^<>]*)?(?:/>|>\s*</(?:\w{1,9}:)?v>)\s*)?</(?:\w{1,9}:)?c>",
    re.IGNORECASE,
)
"""A formula that is a link, or a cell that ends after a formula and an empty value."""


@dataclass(frozen=True)
class Merged:
    """The last place of each cell that reaches over others, and for each covered place the cell that covers it."""

    spans: Mapping[Place, Place]
    covered: Mapping[Place, Place]


@dataclass(frozen=True)
class Sheet:
    """One sheet; one that holds only a chart has no cells."""

    is_visible: bool
    cells: Mapping[Place, Any]
    merged: Merged


def needs_formulas(path: Path) -> bool:
    """Whether any formula has no stored value, or is a link. The values of all others are read without them."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if "/worksheets/" in name and name.endswith(".xml")]
        return any(_LINK_OR_NO_VALUE.search(archive.read(name)) for name in names)


def read_sheets(path: Path, limits: DocumentLimits, *, data_only: bool) -> dict[str, Sheet]:
    """Return the sheets by name, in order: all cells with the values of formulas, or without `data_only` the formulas.

    Raises DocumentError for too many sheets.
    """
    with path.open("rb") as file:  # openpyxl refuses files by their name
        reader = _Reader(file, data_only=data_only, rich_text=True)
        reader.limits, reader.merged = limits, {}
        reader.read()
    none = Merged({}, {})
    return {
        sheet.title: Sheet(
            sheet.sheet_state == "visible", getattr(sheet, "_cells", {}), reader.merged.get(sheet.title, none)
        )
        for sheet in reader.wb._sheets
    }


class _Reader(ExcelReader):  # type: ignore[misc]  # openpyxl is untyped
    limits: DocumentLimits
    merged: dict[str, Merged]

    def read_worksheets(self) -> None:
        listed = [
            (sheet, relation) for sheet, relation in self.parser.find_sheets() if relation.target in self.valid_files
        ]
        self.limits.check_pages(len(listed))
        for sheet, relation in listed:
            if "chartsheet" in relation.Type:
                self.read_chartsheet(sheet, relation)
            else:
                self._read_cells(sheet, relation)

    def _read_cells(self, sheet: Any, relation: Any) -> None:
        from openpyxl.packaging.relationship import RelationshipList, get_dependents, get_rels_path

        own = get_rels_path(relation.target)
        relations = get_dependents(self.archive, own) if own in self.valid_files else RelationshipList()
        made = self.wb.create_sheet(sheet.name)
        made.sheet_state = sheet.state
        with self.archive.open(relation.target) as file:
            reader = WorksheetReader(made, file, self.shared_strings, self.data_only, self.rich_text)
            if not self.data_only:
                formats = self.wb._date_formats, self.wb._timedelta_formats
                reader.parser = _FormulaParser(file, self.shared_strings, False, self.wb.epoch, *formats)
            reader.bind_cells()
        found = reader.parser.merged_cells
        merged = merge_ranges([_get_bounds(each) for each in found.mergeCell] if found else [], made._cells)
        self.merged[made.title] = merged
        _apply_links(made, reader.parser.hyperlinks.hyperlink, relations, merged)


class _FormulaParser(WorkSheetParser):  # type: ignore[misc]  # openpyxl is untyped
    """Reads the formulas alone: the values of all other cells are read by themselves."""

    def parse_row(self, row: Any) -> tuple[int, list[dict[str, Any]]]:
        """Return the number of a row, and those of its cells that are formulas."""
        number, cells = super().parse_row(row)
        return number, [cell for cell in cells if cell]

    def parse_cell(self, element: Any) -> dict[str, Any]:
        """Return a cell that is a formula; nothing for another, whose column counts for a next one without its own."""
        if element.find(FORMULA_TAG) is not None:
            return dict(super().parse_cell(element))
        place = element.get("r")
        self.col_counter: int = coordinate_to_tuple(place)[1] if place else self.col_counter + 1
        return {}


def _get_bounds(cells: Any) -> tuple[Place, Place]:
    return (cells.min_row, cells.min_col), (cells.max_row, cells.max_col)


def merge_ranges(ranges: list[tuple[Place, Place]], cells: Mapping[Place, Any]) -> Merged:
    """Merge ranges as far as there are cells: beyond the last cell nothing is covered."""
    last_row = max((row for row, _ in cells), default=0)
    last_column = max((column for _, column in cells), default=0)
    spans: dict[Place, Place] = {}
    covered: dict[Place, Place] = {}
    left = _MOST_COVERED
    for first, last in ranges:
        bottom, right = min(last[0], last_row), min(last[1], last_column)
        size = (bottom - first[0] + 1) * (right - first[1] + 1)
        if size < 1 or size > left:
            continue
        left -= size
        spans[first] = (bottom, right)
        rows, columns = range(first[0], bottom + 1), range(first[1], right + 1)
        covered.update(((row, column), first) for row in rows for column in columns)
        del covered[first]
    return Merged(spans, covered)


def _apply_links(sheet: Any, links: list[Any], relations: Any, merged: Merged) -> None:
    """Put links on cells; one on merged cells belongs to the first of them."""
    for link in links:
        if link.id:
            link.target = relations.get(link.id).Target
        first, last = _get_bounds(CellRange(link.ref))
        if first == last:
            sheet.cell(*merged.covered.get(first, first)).hyperlink = link
            continue
        is_small = (last[0] - first[0] + 1) * (last[1] - first[1] + 1) <= _MOST_LINKED
        bottom, right = last if is_small else first
        for row in range(first[0], bottom + 1):
            for column in range(first[1], right + 1):
                if (row, column) in sheet._cells:
                    sheet._cells[row, column].hyperlink = copy(link)
