"""Values as a spreadsheet shows them, and where its tables lie. The formats are those that programs offer."""

from __future__ import annotations

import datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        (1.75, "# ?/?", "1 3/4"),
        (0.75, "# ?/?", "3/4"),
        (0.75, "0 ?/?", "0 3/4"),
        (2, "# ?/?", "2"),
        (1.999, "# ?/?", "2"),
        (-1.3, "# ?/8", "-1 2/8"),
        (1.5, "?/?", "3/2"),
        (3.14159, "# ??/??", "3 14/99"),
        (2.5, '# ?/?" in"', "2 1/2 in"),
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
        (datetime.timedelta(hours=30, minutes=5), "[h]:mm", "30:05"),
        (datetime.timedelta(hours=30, minutes=5), "[h]:mm:ss", "30:05:00"),
        (datetime.timedelta(minutes=75, seconds=9), "[mm]:ss", "75:09"),
        (datetime.timedelta(seconds=90, milliseconds=500), "[s].0", "90.5"),
        (-datetime.timedelta(hours=1, minutes=30), "[hh]:mm", "-01:30"),
        (datetime.timedelta(days=1), "General", "24:00:00"),
        (MOMENT, "[$-407]d. mmmm yyyy", "5. März 2026"),
        (MOMENT, "[$-40C]dddd d mmmm yyyy", "jeudi 5 mars 2026"),
        (MOMENT, "[$-410]ddd d mmm", "gio 5 mar"),
        (MOMENT, "[$-C0A]mmmm", "marzo"),
        (MOMENT, "[$-411]mmmm d", "3月 5"),
        (MOMENT, "[$-zz]mmmm", "March"),
        (MOMENT, "[$-7FFF]mmmm", "March"),
        (MOMENT, "[$-422]mmmm", "березень"),
        (MOMENT, "[$-408]dddd", "Πέμπτη"),
        (MOMENT, "[$-407]mmmmm", "M"),
        (datetime.time(7, 3), "[h]:mm", "7:03"),
    ],
)
def test_date_is_shown_by_its_format(value: Any, number_format: str, text: str) -> None:
    """A date whose format depends on the reader's country is written as ISO 8601 does."""
    assert show_value(value, number_format) == text


@given(value=st.floats(0, 1e6), places=st.integers(1, 3))
def test_fraction_is_near_its_number(value: float, places: int) -> None:
    """As near as its denominator allows, and in lowest terms."""
    shown = show_value(value, f"# {'?' * places}/{'?' * places}")
    whole, _, part = shown.rpartition(" ") if "/" in shown else (shown, "", "0")
    total = Fraction(whole or "0") + Fraction(part)
    assert abs(total - Fraction(value)) <= Fraction(1, 10**places - 1)


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


@pytest.mark.parametrize(
    ("number_format", "text"),
    [
        ("General", "x"),
        ("@", "x"),
        ('"<"@">"', "<x>"),
        ('0;-0;0;"No. "@', "No. x"),
        ('0;-0;0;"a;b "@\\!', "a;b x!"),
        ("_(* @_)", "x"),
        ("0.00", "x"),
        ('@";"' * 100, "x"),
    ],
)
def test_text_has_what_its_format_puts_around_it(number_format: str, text: str) -> None:
    assert show_value("x", number_format) == text
