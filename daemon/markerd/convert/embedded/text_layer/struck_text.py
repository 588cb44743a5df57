"""Text that a drawn line strikes through or underlines. A PDF has no such property: the line is a path of the page like
any other."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS

STRUCK = "is_struck"
"""Key in pdftext's fonts: whether a line strikes through the characters. pdftext ends a span where the font changes."""

UNDERLINED = "is_underlined"
"""The same for a line below the characters."""


def mark_ruled(chars: Any, rules: Sequence[Box]) -> None:
    """Give characters that one of the page's rules strikes through or underlines a font of their own."""
    boxes = chars.boxes
    by_top = np.argsort(boxes[:, 1])
    tops = boxes[by_top, 1]
    highest = float(np.max(boxes[:, 3] - boxes[:, 1], initial=0.0))
    for rule in rules:
        start, end = np.searchsorted(tops, (rule[1] - THRESHOLDS.max_underline_depth * highest, rule[3]))
        near = by_top[start:end]
        if len(near):
            _mark_crossed(chars, near, rule)


def _mark_crossed(chars: Any, near: Any, rule: Box) -> None:
    boxes = chars.boxes[near]
    crossed, depths = _find_crossed(boxes, rule)
    is_struck = (depths >= THRESHOLDS.min_strike_depth) & (depths <= THRESHOLDS.max_strike_depth)
    is_underlined = (depths > THRESHOLDS.max_strike_depth) & (depths <= THRESHOLDS.max_underline_depth)
    for key, at_depth in ((STRUCK, is_struck), (UNDERLINED, is_underlined)):
        ruled = crossed & at_depth
        covered = float((boxes[ruled, 2] - boxes[ruled, 0]).sum())
        if not ruled.any() or covered < THRESHOLDS.min_strike_covered * (rule[2] - rule[0]):
            continue  # the rule is longer than the text, as in a table
        mark_characters(chars, near[ruled], {key: True})


def mark_characters(chars: Any, indices: Any, marks: dict[str, Any]) -> None:
    """Give characters a copy of their font that has these marks. pdftext ends a span where the font changes."""
    fonts = chars.font_ids[indices]
    for font in np.unique(fonts):
        chars.fonts.append({**chars.fonts[font], **marks})
        chars.font_ids[indices[fonts == font]] = len(chars.fonts) - 1


def _find_crossed(boxes: Any, rule: Box) -> tuple[Any, Any]:
    """Find the characters that the rule crosses, and how deep: 0 is the upper edge of their boxes, 1 the lower one."""
    heights, widths = boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0]
    shared = np.minimum(boxes[:, 2], rule[2]) - np.maximum(boxes[:, 0], rule[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        depths = ((rule[1] + rule[3]) / 2 - boxes[:, 1]) / heights
    is_thin = (rule[3] - rule[1]) <= THRESHOLDS.max_strike_share * heights
    return is_thin & (shared > THRESHOLDS.min_strike_overlap * widths), depths


def show_struck(text: str, next_text: str) -> str:
    """Return the HTML of a struck span. A space is added before a letter: what replaces a word is another word."""
    words = text.strip()
    if not words:
        return escape(text)
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    space = " " if after or next_text[:1].isalnum() else ""
    return f"{' ' if before else ''}<del>{escape(words)}</del>{space}"
