"""XLSX: formulas are read a second time only where their values do not say it all."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

import pytest

from markerd.convert.office.readers.xlsx_workbook import needs_formulas


@pytest.mark.parametrize(
    ("cell", "needs"),
    [
        ('<c r="A1"><v>1</v></c>', False),
        ('<c r="A1"><f>B1*2</f><v>1</v></c>', False),
        ('<c r="A1"><f t="shared" si="0"/><v>1</v></c>', False),
        ('<c r="A1"><f>B1&lt;2</f></c>', True),
        ('<c r="A1"><f>B1*2</f><v/></c>', True),
        ('<c r="A1" t="str"><f>B1*2</f> <v></v> </c>', True),
        ('<x:c r="A1"><x:f>B1*2</x:f><x:v></x:v></x:c>', True),
        ('<c r="A1"><f t="shared" si="0"/></c>', True),
        ('<c r="A1"><f>HYPERLINK("http://e.org","x")</f><v>x</v></c>', True),
        ('<c r="A1"><f>1</f>' + " " * 100_000, False),
    ],
)
def test_formulas_are_needed_for_links_and_for_values_that_are_missing(tmp_path: Path, cell: str, needs: bool) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as package:
        package.writestr("xl/worksheets/sheet1.xml", f"<sheetData><row>{cell}</row></sheetData>")
    begun = time.process_time()
    assert needs_formulas(tmp_path / "a.xlsx") is needs
    assert time.process_time() - begun < 1
