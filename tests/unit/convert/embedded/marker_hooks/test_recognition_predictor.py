"""The text that OCR read on a page, before it is put into blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markerd.convert.embedded.layout.regions import Region
from markerd.convert.embedded.marker_hooks.recognition_predictor import (
    build_content,
    drop_dust,
    drop_show_through,
    find_page_regions,
    measure_free_width,
)
from markerd.convert.embedded.ocr.engine import OcrLine, PageText
from markerd.convert.embedded.tables.scanned_tables import ScannedPage


def make_page(reading: PageText, pixels: NDArray[np.uint8]) -> ScannedPage:
    """Make a scan of these lines, without a table model."""
    return ScannedPage([(line.box, line.text) for line in reading.lines], pixels)


def test_text_from_the_back_is_left_out() -> None:
    """Faint and badly read lines are dropped. Faint lines that read well stay, as do dark lines that read badly."""
    page = np.full((400, 600), 240, dtype=np.uint8)
    lines = []
    for number, (ink, score, text) in enumerate(
        [(20, 0.98, "front"), (20, 0.97, "of the sheet"), (20, 0.6, "smudged"), (215, 0.7, "kcab"), (215, 0.97, "grey")]
    ):
        top = 20 + 60 * number
        page[top + 5 : top + 25, 60:500:5] = ink
        lines.append(OcrLine((50.0, float(top), 510.0, top + 30.0), text, score))
    kept = drop_show_through(PageText(tuple(lines)), page)
    assert [line.text for line in kept.lines] == ["front", "of the sheet", "smudged", "grey"]
    assert drop_show_through(PageText(()), page) == PageText(())


def test_free_width_ends_at_the_region_beside() -> None:
    """Without such a region it ends at the edges of the content of the page."""
    title = Region((100, 0, 900, 40), "Text")
    left, right = Region((100, 60, 300, 200), "Text"), Region((600, 80, 800, 200), "Text")
    regions = [title, left, right]
    assert [measure_free_width(region, regions) for region in regions] == [800, 500, 600]


def test_text_between_drawn_rules_is_a_table() -> None:
    """It is a table whatever the layout model calls it; running text in a frame is none."""
    page = np.full((400, 600), 250, dtype=np.uint8)
    page[20:141:40, 50:400] = page[20:141, 50:401:175] = 0
    boxes = [
        (60.0 + 175 * column, 28.0 + 40 * row, 150.0 + 175 * column, 52.0 + 40 * row)
        for row in range(3)
        for column in range(2)
    ]
    reading = PageText(tuple(OcrLine(box, f"cell {number}", 0.99) for number, box in enumerate(boxes)))
    whole = Region((50, 20, 400, 140), "Bibliography")
    assert [region.label for region in find_page_regions([whole], make_page(reading, page))] == ["Table"]
    framed = np.full((400, 600), 250, dtype=np.uint8)
    framed[20:141:120, 50:400] = framed[20:141, 50:401:350] = 0
    lines = PageText(
        tuple(OcrLine((60.0, 28.0 + 40 * row, 390.0, 52.0 + 40 * row), "a line", 0.99) for row in range(3))
    )
    assert [region.label for region in find_page_regions([whole], make_page(lines, framed))] == ["Bibliography"]


def test_many_small_numbers_are_no_dust() -> None:
    """A table of marks stays, unlike the specks on a blank sheet."""
    places = [(60.0 * column, 40.0 * row) for row in range(12) for column in range(8)]
    marks = [OcrLine((x, y, x + 20, y + 15), "17", 1.0) for x, y in places]
    assert drop_dust(PageText(tuple(marks)), 1000).lines == tuple(marks)
    assert drop_dust(PageText(tuple(marks[:3])), 1000).lines == ()


def test_equation_is_a_picture_with_its_text() -> None:
    """Running text that the layout model takes for an equation is text."""
    page = np.full((400, 600), 255, dtype=np.uint8)
    formula = PageText(
        (OcrLine((60.0, 20.0, 90.0, 40.0), "E =", 1.0), OcrLine((95.0, 20.0, 140.0, 40.0), "mc\u00b2", 1.0))
    )
    region = Region((60.0, 20.0, 140.0, 40.0), "Equation", lines=(0, 1))
    assert build_content(region, make_page(formula, page), 0.0) == ("Picture", '<p class="alt">E = mc\u00b2</p>')
    words = "where the first of these terms is larger than the second"
    prose = PageText((OcrLine((60.0, 20.0, 500.0, 40.0), words, 1.0),))
    label, html = build_content(Region(prose.lines[0].box, "Equation", lines=(0,)), make_page(prose, page), 0.0)
    assert (label, html) == ("Equation", f"<p>{words}</p>")
