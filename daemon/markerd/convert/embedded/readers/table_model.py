"""The table model: `slanet-1m.onnx` reads the cells of a table from its picture.

The model writes the table as HTML, one token after the other. With each cell it gives the box of the cell's content.
It reads no text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from markerd.convert.embedded.onnx_model import normalise_pixels, open_session
from markerd.convert.embedded.readers.read_block import Box, PlacedCell
from markerd.convert.embedded.readers.thresholds import THRESHOLDS
from markerd.files.shipped import TABLE_MODEL

MODEL_SHA256 = "53099b464f7e62e60f45cd7889ef8997247ebab1cd567a00b74a059e08cc605d"

INPUT_SIDE = 488
"""Pixels of the model's square input, to whose upper left corner the picture is scaled."""
_START, _END = "sos", "eos"
_CELL, _WHOLE_CELL, _SPANNING_CELL = "<td>", "<td></td>", "<td"


@dataclass(frozen=True)
class ModelTable:
    """The cells row by row. `score` is the mean certainty of the tokens, 0 to 1; `is_whole` says that the table ended
    before the model's output did.
    """

    cells: tuple[PlacedCell, ...]
    score: float
    is_whole: bool


class TableModel:
    """Reads the pictures of tables, one after the other."""

    def __init__(self, threads: int) -> None:
        self._session = open_session(TABLE_MODEL, MODEL_SHA256, threads)
        self._input = self._session.get_inputs()[0].name
        self._tokens = build_vocabulary(self._session.get_modelmeta().custom_metadata_map["character"])

    def read(self, page: Any, box: Box) -> ModelTable:
        """Read the table in a box of the PIL image of a page; the cells' boxes are in pixels of the page."""
        margin = THRESHOLDS.table_margin_px
        left, top = max(0, int(box[0]) - margin), max(0, int(box[1]) - margin)
        right, bottom = min(page.width, int(box[2]) + margin), min(page.height, int(box[3]) + margin)
        image = page.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
        boxes, scores = self._session.run(None, {self._input: prepare_image(image)})
        shift = np.array([left, top, left, top], dtype=np.float32)
        return decode_table(scores[0], boxes[0] * np.array([*image.size] * 2, dtype=np.float32) + shift, self._tokens)


def build_vocabulary(characters: str) -> list[str]:
    """Build the list of tokens in the order of the model's output from the dictionary in its metadata."""
    words = [word for word in characters.split("\n") if word.strip() != _CELL]
    if _WHOLE_CELL not in words:
        words.append(_WHOLE_CELL)  # the model was trained with cells without spans as one token
    return [_START, *words, _END]


def prepare_image(image: Any) -> NDArray[np.float32]:
    """Convert a PIL image to the model's input, of shape (1, 3, 488, 488)."""
    from PIL import Image

    scale = INPUT_SIDE / max(image.size)
    width, height = (max(1, int(side * scale)) for side in image.size)
    pixels = normalise_pixels(image.resize((width, height), Image.Resampling.BILINEAR))
    padded = np.zeros((1, 3, INPUT_SIDE, INPUT_SIDE), dtype=np.float32)
    padded[0, :, :height, :width] = pixels
    return padded


def decode_table(scores: NDArray[np.float32], boxes: NDArray[np.float32], tokens: Sequence[str]) -> ModelTable:
    """Decode the scores (steps, tokens) and the boxes (steps, 4; left, top, right, bottom) of one table."""
    chosen = scores.argmax(axis=1)
    ends = np.flatnonzero(chosen[1:] == len(tokens) - 1)
    count = int(ends[0]) + 1 if ends.size else len(chosen)
    steps = [(tokens[token], box) for token, box in zip(chosen[:count], boxes[:count], strict=True)]
    certainty = float(scores[:count].max(axis=1).mean()) if count else 0.0
    return ModelTable(tuple(place_cells(steps)), certainty, bool(ends.size))


def place_cells(steps: Sequence[tuple[str, NDArray[np.float32]]]) -> list[PlacedCell]:
    """Place the cells of a table's HTML in rows and columns, as a browser does. Spans that lack their end count too."""
    cells: list[PlacedCell] = []
    taken: set[tuple[int, int]] = set()
    row, is_head = -1, False
    for index, (word, box) in enumerate(steps):
        if word in ("<thead>", "</thead>"):
            is_head = word == "<thead>"
        elif word == "<tr>":
            row += 1
        elif word in (_WHOLE_CELL, _SPANNING_CELL):
            spans = _read_spans(steps[index + 1 :]) if word == _SPANNING_CELL else {}
            cell = _place_cell(max(row, 0), taken, box, is_head, spans)
            cells.append(cell)
            taken |= _list_places(cell)
    return cells


def _read_spans(steps: Sequence[tuple[str, NDArray[np.float32]]]) -> dict[str, int]:
    """Read the spans between the start of a cell and its `>`."""
    spans = {}
    for word, _ in steps:
        name, _, number = word.strip().partition("=")
        if name not in ("colspan", "rowspan"):
            break
        spans[name] = int(number.strip('"'))
    return spans


def _place_cell(
    row: int, taken: set[tuple[int, int]], box: NDArray[np.float32], is_head: bool, spans: dict[str, int]
) -> PlacedCell:
    column = 0
    while (row, column) in taken:
        column += 1
    left, top, right, bottom = (float(value) for value in box)
    place = (left, top, right, bottom)
    return PlacedCell(row, column, place, is_head, spans.get("rowspan", 1), spans.get("colspan", 1))


def _list_places(cell: PlacedCell) -> set[tuple[int, int]]:
    rows, columns = range(cell.row, cell.row + cell.row_span), range(cell.column, cell.column + cell.column_span)
    return {(row, column) for row in rows for column in columns}
