"""Lines that a text layer has twice: shadows of letters, and text that OCR put over text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markerd.convert.embedded.geometry import Box, height, share_inside

MIN_SHARE = 0.6  # of each of two lines that they have in common, for one to lie on the other
MAX_LAID_OVER = (
    0.5  # of a page's lines: where more lie on another one, it has two layers, and which is right is unknown
)


def repeated(boxes: Sequence[Box], texts: Sequence[str]) -> set[int]:
    """The lines that lie on an earlier one with the same letters."""
    plain = ["".join(text.split()).casefold() for text in texts]
    return {max(pair) for pair in _laid_over(boxes) if plain[pair[0]] == plain[pair[1]]}


def has_two_layers(boxes: Sequence[Box]) -> bool:
    """Whether most lines lie on another one."""
    return len({i for pair in _laid_over(boxes) for i in pair}) > MAX_LAID_OVER * len(boxes)


def _laid_over(boxes: Sequence[Box]) -> Iterator[tuple[int, int]]:
    """Pairs of lines at one place."""
    down = sorted(range(len(boxes)), key=lambda i: boxes[i][1])
    for place, i in enumerate(down):
        for j in down[place + 1 :]:
            if boxes[j][1] > boxes[i][1] + (1 - MIN_SHARE) * height(boxes[i]):
                break
            if min(share_inside(boxes[i], boxes[j]), share_inside(boxes[j], boxes[i])) > MIN_SHARE:
                yield i, j
