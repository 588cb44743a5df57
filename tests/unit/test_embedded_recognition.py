"""What was read of a page, before it is put into blocks."""

from __future__ import annotations

import numpy as np

from markerd.convert.models.embedded.ocr import Reading, TextLine
from markerd.convert.models.embedded.recognition import without_back


def test_what_shines_through_is_left_out() -> None:
    """Faint and badly read; faint writing that reads well is writing, and so is a dark line that reads badly."""
    page = np.full((400, 600), 240, dtype=np.uint8)
    lines = []
    for number, (ink, score, text) in enumerate(
        [(20, 0.98, "front"), (20, 0.97, "of the sheet"), (20, 0.6, "smudged"), (215, 0.7, "kcab"), (215, 0.97, "grey")]
    ):
        top = 20 + 60 * number
        page[top + 5 : top + 25, 60:500:5] = ink
        lines.append(TextLine((50.0, float(top), 510.0, top + 30.0), text, score))
    kept = without_back(Reading(tuple(lines)), page)
    assert [line.text for line in kept.lines] == ["front", "of the sheet", "smudged", "grey"]
    assert without_back(Reading(()), page) == Reading(())
