"""Turns pages whose text runs up, down or upside down, before anything else looks at them.

PDFium finds words and lines where text runs from left to right in the page's own space, and gives the full height of
the type only there. A page is turned by its content. `/Rotate` is written into the content too, so that a page that is
shown turned reads like the same page upright.
"""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from pypdfium2 import PdfDocument, raw

from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS

QUARTER = 90
COLUMNS_AS_ROWS = 270  # columns, read from right to left, become rows by this turn
FIRST_IDEOGRAPH = "\u1100"  # the first character of the scripts that may run downwards

Matrix = tuple[float, float, float, float, float, float]
Bounds = tuple[float, float, float, float]


def find_turns(pages: Mapping[int, Any]) -> dict[int, int]:
    """Find by how many degrees, clockwise and in quarters, the content of pages must turn to be read.

    `pages` are pdftext's pages, with their characters, by number. Pages that need no change are not in the answer; 0
    stands for a page that reads upright but is shown turned.
    """
    found = {number: _find_reading_turn(page) for number, page in pages.items()}
    return {
        number: turn for number, turn in found.items() if turn is not None and (turn or pages[number]["rotation"] % 360)
    }


def _find_reading_turn(page: Any) -> int | None:
    """Find the turn that sets most letters upright, or lets them run to the right; None for a page without letters."""
    votes: Counter[int] = Counter()
    ideographs: list[_Letter] = []
    for span in (s for block in page["blocks"] for line in block["lines"] for s in line["spans"]):
        letters = [char for char in span.get("chars", ()) if not char["char"].isspace()]
        turn = _find_span_turn(span["rotation"], letters, page["rotation"])
        if turn is not None:
            votes[turn] += len(letters)
            ideographs += [_Letter(c["bbox"], turn - page["rotation"]) for c in letters if is_ideograph(c["char"])]
    if not votes:
        return None
    turn = votes.most_common(1)[0][0]
    return (turn + COLUMNS_AS_ROWS) % 360 if _do_run_down(ideographs, votes.total()) else turn


@dataclass(frozen=True)
class _Letter:
    """The box of a letter on the page as shown, and the turn, in degrees clockwise, that sets the letter upright."""

    box: Sequence[float]
    turn: int

    def step_to(self, other: _Letter) -> tuple[float, float]:
        """How far right and down the other letter is for a reader of this one, in units of its size."""
        across, down = (self._find_middle(other.box, axis) - self._find_middle(self.box, axis) for axis in (0, 1))
        turned = {0: (across, down), 90: (-down, across), 180: (-across, -down), 270: (down, -across)}[self.turn % 360]
        size = max(self.box[2] - self.box[0], self.box[3] - self.box[1]) or 1.0
        return turned[0] / size, turned[1] / size

    @staticmethod
    def _find_middle(box: Sequence[float], axis: int) -> float:
        return (box[axis] + box[axis + 2]) / 2


def _find_span_turn(angle: float, letters: Sequence[Any], shown: int) -> int | None:
    """Find the turn of a span from PDFium's angle, which is clockwise.

    PDFium reports the letters of a mirrored font as upside down, although they run to the right.
    """
    quarters = angle / math.radians(QUARTER)
    if not letters or abs(quarters - round(quarters)) * math.radians(QUARTER) > THRESHOLDS.max_skew:
        return None
    turn = -round(quarters) * QUARTER % 360
    if turn != 180 or len(letters) < THRESHOLDS.min_directed_letters:
        return turn
    first, last = (_Letter(char["bbox"], turn - shown) for char in (letters[0], letters[-1]))
    return turn if first.step_to(last)[0] > 0 else 0


def _do_run_down(ideographs: Sequence[_Letter], letters: int) -> bool:
    """Whether a page's letters are mostly ideographs that follow each other downwards, in columns."""
    steps = [one.step_to(other) for one, other in pairwise(ideographs) if one.turn == other.turn]
    down = sum(
        abs(across) < THRESHOLDS.max_column_offset and 0 < below < THRESHOLDS.max_column_step for across, below in steps
    )
    return 2 * len(ideographs) > letters and down > max(THRESHOLDS.min_column_steps, len(steps) / 2)


def is_ideograph(character: str) -> bool:
    """Whether the character belongs to a script that may run downwards."""
    is_far_east = character >= FIRST_IDEOGRAPH  # looked at first, because names take time
    return is_far_east and unicodedata.name(character, "").startswith(
        ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO")
    )


def write_turned(source: Path, target: Path, turned: Mapping[int, int]) -> None:
    """Write a copy of the document in which the content of pages is turned clockwise by so many degrees.

    Raises PdfiumError where PDFium cannot write the document.
    """
    with closing(PdfDocument(source)) as document:
        document.init_forms()
        for number, degrees in turned.items():
            _turn_page(document, number, degrees)
        document.save(target)


def _turn_page(document: Any, number: int, degrees: int) -> None:
    if _has_appearances(document, number):
        # Forms and stamps become content, which is turned; PDFium does not turn their appearances.
        with closing(document.get_page(number)) as page:
            raw.FPDFPage_Flatten(page.raw, raw.FLAT_NORMALDISPLAY)
    with closing(document.get_page(number)) as page:
        matrix, size = build_turn(page.get_bbox(), degrees)
        raw.FPDFPage_TransFormWithClip(page.raw, raw.FS_MATRIX(*matrix), None)
        raw.FPDFPage_TransformAnnots(page.raw, *map(ctypes.c_double, matrix))
        page.set_rotation(0)
        page.set_mediabox(0, 0, *size)
        page.set_cropbox(0, 0, *size)


def _has_appearances(document: Any, number: int) -> bool:
    with closing(document.get_page(number)) as page:
        return any(kind not in (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP) for kind in _read_annotation_kinds(page))


def _read_annotation_kinds(page: Any) -> Iterator[int]:
    for index in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if annotation:
            yield raw.FPDFAnnot_GetSubtype(annotation)
            raw.FPDFPage_CloseAnnot(annotation)


def build_turn(bounds: Bounds, degrees: int) -> tuple[Matrix, tuple[float, float]]:
    """Build PDF's matrix that turns the content of `bounds` (left, bottom, right, top) clockwise and moves it to the
    origin; returns the matrix, and the new width and height."""
    left, bottom, right, top = bounds
    across, up = right - left, top - bottom
    matrix, size = {
        0: ((1.0, 0.0, 0.0, 1.0, -left, -bottom), (across, up)),
        90: ((0.0, -1.0, 1.0, 0.0, -bottom, right), (up, across)),
        180: ((-1.0, 0.0, 0.0, -1.0, right, top), (across, up)),
        270: ((0.0, 1.0, -1.0, 0.0, top, -left), (up, across)),
    }[degrees % 360]
    return matrix, size
