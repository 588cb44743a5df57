"""Lines that a text layer has twice: shadows of letters, and text that OCR put over text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markerd.convert.embedded.geometry import Box, height, share_inside
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS


def find_repeated(boxes: Sequence[Box], texts: Sequence[str]) -> set[int]:
    """Find the lines that lie on an earlier line with the same letters."""
    plain = ["".join(text.split()).casefold() for text in texts]
    return {max(pair) for pair in _find_pairs(boxes) if plain[pair[0]] == plain[pair[1]]}


def has_two_layers(boxes: Sequence[Box]) -> bool:
    """Whether most lines lie on another line."""
    return len({i for pair in _find_pairs(boxes) for i in pair}) > THRESHOLDS.max_laid_over * len(boxes)


def _find_pairs(boxes: Sequence[Box]) -> Iterator[tuple[int, int]]:
    """Find pairs of lines that lie on each other."""
    down = sorted(range(len(boxes)), key=lambda i: boxes[i][1])
    for place, i in enumerate(down):
        for j in down[place + 1 :]:
            if boxes[j][1] > boxes[i][1] + (1 - THRESHOLDS.min_duplicate) * height(boxes[i]):
                break
            if min(share_inside(boxes[i], boxes[j]), share_inside(boxes[j], boxes[i])) > THRESHOLDS.min_duplicate:
                yield i, j
