"""Values as a spreadsheet shows them, and where its tables lie. The formats are those that programs offer."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from markerd.convert.office.readers.cell_text import show_value
from markerd.convert.office.readers.sheet_regions import SheetRegion, find_regions

ACCOUNTING = '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)'
MOMENT = datetime.datetime(2026, 3, 5, 14, 5, 9, 123000)


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (0.1 + 0.2, "General", "0.3"),
        (123456789012345678, "General", "123456789012345678"),
        (2.5, "0", "3"),
        (5, "000", "005"),
        (1234567.891, "#,##0.00", "1,234,567.89"),
        (-1234.5, "#,##0.00;(#,##0.00)", "(1,234.50)"),
        (-5, "0.00", "-5.00"),
        (12, "0.##", "12"),
        (0.2561, "0.0%", "25.6%"),
        (1234.5, "[$€-407] #,##0.00", "€ 1,234.50"),
        (1234.5, r'#,##0.00\ "EUR"', "1,234.50 EUR"),
        (0, ACCOUNTING, "$-"),
        (1234.5, ACCOUNTING, "$1,234.50"),
        (1500000, '0.0,,"M"', "1.5M"),
        (12345, "0.00E+00", "1.23E+04"),
        (5551234567, "(000) 000-0000", "(555) 123-4567"),
        (5551234567, "[<=9999999]###-####;(###) ###-####", "(555) 123-4567"),
        (5551234, "[<=9999999]###-####;(###) ###-####", "555-1234"),
        (123456789, "[Red]000-00-0000", "123-45-6789"),
        (3, '[>100]"big";[<=100]"small"', "small"),
        (3, "@", "3"),
        (True, "General", "TRUE"),
        ("#DIV/0!", "0.00", "#DIV/0!"),
        (None, "General", ""),
    ],
)
def test_number_is_shown_by_its_format(value: Any, number_format: str, text: str) -> None:
    assert show_value(value, number_format) == text


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (datetime.datetime(2026, 3, 5), "mm-dd-yy", "2026-03-05"),
        (MOMENT, "h:mm:ss AM/PM", "2:05:09 PM"),
        (MOMENT, "d-mmm-yy", "5-Mar-26"),
        (MOMENT, "[$-409]dddd, mmmm dd, yyyy", "Thursday, March 05, 2026"),
        (MOMENT, 'yyyy"年"m"月"', "2026年3月"),
        (MOMENT, "mm:ss.0", "05:09.1"),
        (datetime.date(2026, 3, 5), r"dd\.mm\.yyyy;@", "05.03.2026"),
        (datetime.time(14, 5), "h:mm", "14:05"),
        (datetime.timedelta(hours=30, minutes=5), "[h]:mm", "30:05:00"),
        (datetime.time(7, 3), "[h]:mm", "7:03"),
    ],
)
def test_date_is_shown_by_its_format(value: Any, number_format: str, text: str) -> None:
    """A date whose format depends on the reader's country is written as ISO 8601 does."""
    assert show_value(value, number_format) == text


def block(top: int, left: int, rows: int, columns: int) -> set[tuple[int, int]]:
    return {(top + row, left + column) for row in range(rows) for column in range(columns)}


def test_empty_rows_divide_a_sheet_into_tables() -> None:
    """A title stands alone; a cell that reaches over the empty row keeps both sides together."""
    places = {(1, 1)} | block(3, 1, 2, 2)
    assert find_regions(places, {}) == [SheetRegion([1], [1]), SheetRegion([3, 4], [1, 2])]
    assert find_regions(places, {(1, 1): (2, 1)}) == [SheetRegion([1, 3, 4], [1, 2])]


def test_empty_column_divides_tables_with_headings() -> None:
    """A column that only sets figures apart divides nothing."""
    assert find_regions(block(1, 1, 3, 2) | block(2, 4, 4, 2), {}) == [
        SheetRegion([1, 2, 3], [1, 2]),
        SheetRegion([2, 3, 4, 5], [4, 5]),
    ]
    assert find_regions(block(1, 1, 3, 2) | block(1, 4, 3, 1), {}) == [SheetRegion([1, 2, 3], [1, 2, 4])]


def test_filled_last_cell_of_a_sheet_takes_no_time() -> None:
    assert find_regions({(1, 1), (1048576, 16384)}, {}) == [SheetRegion([1], [1]), SheetRegion([1048576], [16384])]
