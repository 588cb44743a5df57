"""Joins words and letters that the reader of the text layer gives as lines of their own.

This happens to text that runs upwards, downwards or in columns, where a document places each word or letter by itself.
PDFium joins text that runs to the right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS
from markerd.convert.embedded.text_layer.turned_pages import is_ideograph

Spot = tuple[float, float, float, float]


def join_single_words(lines: Sequence[Any]) -> list[Any]:
    """Join pdftext's lines of a page, in its order, where a line continues the one before it.

    Lines without a letter, which end others or separate words, are dropped. Lines that run to the right stay unchanged.
    """
    out: list[Any] = []
    for line in map(_order_words, lines):
        is_upright = not any(span["rotation"] for span in line["spans"])
        is_blank = not _join_text(line).strip()
        if out and not is_upright and not is_blank and _continues(out[-1], line):
            _append(out[-1], line)
        elif not (is_blank and out and out[-1]["rotation"]):
            out.append(line)
    return out


def _order_words(line: Any) -> Any:
    """Order the words of an upside-down line: PDFium gives words that are placed by themselves in the opposite order to
    their letters."""
    chars = [char for span in line["spans"] for char in span.get("chars", ())]
    words = [list(word) for is_blank, word in groupby(chars, lambda c: c["char"].isspace()) if not is_blank]
    if len(words) < 2 or any(round(c["rotation"] / (math.pi / 2)) != 2 for word in words for c in word):
        return line
    runs_left = sum(word[-1]["bbox"].bbox[0] - word[0]["bbox"].bbox[0] for word in words) < 0
    ordered = sorted(words, key=lambda word: word[0]["bbox"].bbox[0], reverse=runs_left)
    if ordered == words:
        return line
    blank = {**ordered[0][-1], "char": " "}
    spaced = [char for word in ordered for char in (*word, {**blank, "font": word[-1]["font"]})][:-1]
    spans = [_build_span(line["spans"][0], list(part)) for _, part in groupby(spaced, lambda c: id(c["font"]))]
    return {**line, "spans": spans}


def _build_span(like: Any, chars: Sequence[Any]) -> Any:
    box = chars[0]["bbox"].copy()
    for char in chars:
        box.merge_inplace(char["bbox"])
    text = "".join(char["char"] for char in chars)
    return {**like, "text": text, "chars": chars, "font": chars[0]["font"], "bbox": box}


def _join_text(line: Any) -> str:
    return "".join(span["text"] for span in line["spans"])


def _continues(line: Any, following: Any) -> bool:
    if not line["rotation"] or abs(line["rotation"] - following["rotation"]) > THRESHOLDS.max_turn_difference:
        return False
    are_columns = is_ideograph(_join_text(line).strip()[-1:]) or is_ideograph(_join_text(following).strip()[:1])
    return _measure_gap(line, following) is not None or (
        are_columns and _measure_column_gap(line, following) is not None
    )


def _measure_gap(line: Any, following: Any) -> float | None:
    """Measure the gap between two lines on one row, along their letters; None where they are on different rows."""
    quarters = round(line["rotation"] / (math.pi / 2))
    return _measure_gap_between(
        _turn_upright(line["bbox"].bbox, quarters),
        _turn_upright(following["bbox"].bbox, quarters),
        THRESHOLDS.max_single_word_gap,
    )


def _measure_column_gap(line: Any, following: Any) -> float | None:
    """Measure the gap in a column that lies as a row: its letters lie on their side, one right of the other."""
    return _measure_gap_between(
        _turn_upright(line["bbox"].bbox, 0), _turn_upright(following["bbox"].bbox, 0), THRESHOLDS.max_ideograph_gap
    )


def _turn_upright(box: Sequence[float], quarters: int) -> Spot:
    """Turn a box to what a reader of the line sees; letters are turned by so many quarters clockwise."""
    left, top, right, bottom = box
    return {
        0: (left, top, right, bottom),
        1: (top, -right, bottom, -left),
        2: (-right, -bottom, -left, -top),
        3: (-bottom, left, -top, right),
    }[quarters % 4]


def _measure_gap_between(first: Spot, second: Spot, most: float) -> float | None:
    heights = first[3] - first[1], second[3] - second[1]
    high, low = max(heights), min(heights)
    shared = min(first[3], second[3]) - max(first[1], second[1])
    gap = second[0] - first[2]
    is_one_row = shared >= THRESHOLDS.min_level * low and high <= THRESHOLDS.max_level_growth * low
    return gap if is_one_row and -THRESHOLDS.max_word_overlap * high <= gap <= most * high else None


def _append(line: Any, following: Any) -> None:
    """Append a line to another, with a space where there was one, or where the gap is as wide as one."""
    last, first = line["spans"][-1], following["spans"][0]
    gap = _measure_gap(line, following)
    high = min(_measure_run_height(line), _measure_run_height(following))
    is_parted = gap is not None and gap > THRESHOLDS.min_single_word_gap * high
    _end_span(last, " " if is_parted and not is_ideograph(_join_text(line).strip()[-1:]) else "")
    if last["font"] is first["font"] and last["rotation"] == first["rotation"]:
        last["text"] += first["text"]
        last["bbox"].merge_inplace(first["bbox"])
        last["chars"] = [*last.get("chars", ()), *first.get("chars", ())]
        last["char_end_idx"] = first["char_end_idx"]
        line["spans"].extend(following["spans"][1:])
    else:
        line["spans"].extend(following["spans"])
    line["bbox"].merge_inplace(following["bbox"])


def _measure_run_height(line: Any) -> float:
    box = _turn_upright(line["bbox"].bbox, round(line["rotation"] / (math.pi / 2)))
    return box[3] - box[1]


def _end_span(span: Any, text: str) -> None:
    """Make the span end in this text and no other white space."""
    chars = list(span.get("chars", ()))
    while len(chars) > 1 and chars[-1]["char"].isspace():
        chars.pop()
    if text and chars:
        chars.append({**chars[-1], "char": text, "bbox": chars[-1]["bbox"].copy()})
    span["text"] = span["text"].rstrip() + text
    if "chars" in span:
        span["chars"] = chars
