"""Restores listings: the places of their letters show the spaces that a text layer does not have. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median_low

from markerd.convert.embedded.blocks.thresholds import THRESHOLDS
from markerd.convert.embedded.geometry import usual, width
from markerd.convert.embedded.text_layer.text_line import TextLine


def restore_listing(lines: Sequence[TextLine]) -> str:
    """Restore a listing with its indents and blank lines, from the widths of its letters and its lines' places."""
    left = min((line.box[0] for line in lines), default=0.0)
    letter = usual(width(line.box) / max(1, len(line.text.strip())) for line in lines)
    pitch = median_low([below.box[1] - above.box[1] for above, below in pairwise(lines)] or [1.0])
    text = ""
    last: TextLine | None = None
    for line in lines:
        down = round((line.box[1] - last.box[1]) / max(pitch, THRESHOLDS.min_pitch_pt)) if last else 0
        across = round((line.box[0] - left) / max(letter, THRESHOLDS.min_letter_pt))
        is_same_row = last is not None and down == 0
        text += " " if is_same_row else "\n" * min(down, THRESHOLDS.max_line_breaks) + " " * across
        text += _restore_gaps(line, letter)
        last = line
    return text


def _restore_gaps(line: TextLine, letter: float) -> str:
    """Restore the gaps inside a line, in letters."""
    text = line.text.strip()
    if not line.parts or "".join("".join(part.split()) for _, part in line.parts) != "".join(text.split()):
        return text
    spaced = line.parts[0][1]
    for (left, _), (right, part) in pairwise(line.parts):
        spaced += " " * max(1, round((right[0] - left[2]) / max(letter, THRESHOLDS.min_letter_pt))) + part
    return spaced


def is_drawn_with_characters(group: Sequence[TextLine]) -> bool:
    """Whether lines in a document of one type are a table or a drawing made of characters, and no paragraph."""
    gaps = sum(len(line.parts) > 1 for line in group)
    characters = [c for line in group for c in line.text if not c.isspace()]
    signs = sum(not c.isalnum() for c in characters)
    return len(group) > 1 and (2 * gaps >= len(group) or signs > THRESHOLDS.min_drawn * len(characters))
