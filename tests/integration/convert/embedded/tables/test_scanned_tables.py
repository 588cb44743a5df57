"""The table model on pictures of tables and of charts drawn here, with their text known."""

from __future__ import annotations

import importlib.resources
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.layout.regions import Region
from markerd.convert.embedded.readers.table_model import TableModel
from markerd.convert.embedded.tables.grid import Piece
from markerd.convert.embedded.tables.scanned_tables import ScannedPage, find_scanned_tables

pytestmark = pytest.mark.models

FONT = Path(str(importlib.resources.files("markerd"))) / "data" / "fonts" / "DejaVuSans.ttf"
WHOLE: Box = (100.0, 100.0, 1100.0, 900.0)
ROWS = [
    ["Region", "Farms", "Cows"], ["North", "120", "3,400"], ["South", "98", "2,150"], ["East", "41", "870"],
    ["West", "77", "1,905"], ["Islands", "12", "160"], ["Total", "348", "8,485"],
]  # fmt: skip


class Sheet:
    """A white page to draw on, which remembers the text that was written."""

    def __init__(self) -> None:
        self.image = Image.new("L", (1200, 1000), 255)
        self.pen = ImageDraw.Draw(self.image)
        self.font = ImageFont.truetype(str(FONT), 26)
        self.pieces: list[Piece] = []

    def write(self, x: float, y: float, text: str) -> None:
        self.pen.text((x, y), text, fill=0, font=self.font)
        left, top, right, bottom = self.pen.textbbox((x, y), text, font=self.font)
        self.pieces.append(((float(left), float(top), float(right), float(bottom)), text))

    def scan(self, model: TableModel) -> ScannedPage:
        return ScannedPage(self.pieces, np.asarray(self.image), partial(model.read, self.image))


@pytest.fixture(scope="module")
def model() -> TableModel:
    return TableModel(2)


@pytest.mark.parametrize("look", ["ruled", "lined", "plain"])
def test_a_table_that_looks_like_a_picture_is_a_table(model: TableModel, look: str) -> None:
    """It has rules around all cells, rules between its rows, or none."""
    sheet = Sheet()
    for row, texts in enumerate(ROWS):
        for column, text in enumerate(texts):
            sheet.write(130 + 320 * column, 120 + 90 * row, text)
            corner = (110 + 320 * column, 100 + 90 * row)
            if look == "ruled":
                sheet.pen.rectangle((*corner, corner[0] + 320, corner[1] + 90), outline=0, width=2)
        if look == "lined":
            sheet.pen.line((110, 100 + 90 * row, 1070, 100 + 90 * row), fill=0, width=2)
    (table,) = find_scanned_tables([Region(WHOLE, "Figure")], sheet.scan(model))
    assert table.label == "Table"
    assert set(table.lines) == set(range(len(sheet.pieces)))
    for texts in ROWS[1:]:
        assert f"<tr>{''.join(f'<td>{text}</td>' for text in texts)}</tr>" in table.html


def test_a_heading_over_two_columns_spans_them(model: TableModel) -> None:
    sheet = Sheet()
    sheet.write(640, 120, "Animals in all regions")
    for row, texts in enumerate(ROWS):
        for column, text in enumerate(texts):
            sheet.write(130 + 320 * column, 200 + 90 * row, text)
        sheet.pen.line((110, 185 + 90 * row, 1070, 185 + 90 * row), fill=0, width=2)
    for x in (110, 430, 1070):
        sheet.pen.line((x, 100, x, 815), fill=0, width=2)
    sheet.pen.line((750, 185, 750, 815), fill=0, width=2)
    sheet.pen.line((110, 100, 1070, 100), fill=0, width=2)
    sheet.pen.line((110, 815, 1070, 815), fill=0, width=2)
    (table,) = find_scanned_tables([], sheet.scan(model))
    assert '<th colspan="2">Animals in all regions</th>' in table.html


@pytest.mark.parametrize("look", ["bars", "curve"])
def test_a_chart_stays_a_picture(model: TableModel, look: str) -> None:
    """It stays one although lines cross behind it, and numbers stand at its sides in rows and columns."""
    sheet = Sheet()
    for step in range(8):
        sheet.write(120, 130 + 90 * step, str(80 - 10 * step))
        sheet.pen.line((190, 145 + 90 * step, 1070, 145 + 90 * step), fill=120, width=2)
        sheet.write(220 + 105 * step, 830, str(2001 + step))
    sheet.pen.line((190, 100, 190, 800), fill=0, width=3)
    heights = [300, 420, 350, 500, 610, 380, 440, 560]
    places = [(235 + 105 * step, 800 - height) for step, height in enumerate(heights)]
    if look == "bars":
        for x, y in places:
            sheet.pen.rectangle((x - 25, y, x + 25, 800), fill=90)
    else:
        sheet.pen.line(places, fill=0, width=4)
    assert find_scanned_tables([Region(WHOLE, "Figure")], sheet.scan(model)) == []


def test_messages_below_each_other_are_no_table(model: TableModel) -> None:
    """They begin at one of two places by turns, as in a chat, and none stands beside another."""
    sheet = Sheet()
    for number in range(14):
        sheet.write(130 if number % 3 else 600, 110 + 55 * number, f"Message {number} of the day")
    assert find_scanned_tables([Region(WHOLE, "Figure")], sheet.scan(model)) == []


def test_two_columns_of_text_in_a_frame_are_no_table(model: TableModel) -> None:
    """A rule stands between them, and their lines stand beside each other."""
    sheet = Sheet()
    sheet.pen.rectangle(WHOLE, outline=0, width=2)
    sheet.pen.line((600, 100, 600, 900), fill=0, width=2)
    for number in range(14):
        for left in (115, 615):
            sheet.write(left, 115 + 55 * number, f"the words of line {number} go on")
    assert find_scanned_tables([Region(WHOLE, "Figure")], sheet.scan(model)) == []
