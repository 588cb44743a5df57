"""Words and letters that the reader of the text layer gives as lines of their own, joined to the lines they stand in.

Text that runs upwards, downwards or in columns comes so where a document places each word, or each letter, by itself.
PDFium joins what runs to the right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS
from markerd.convert.embedded.text_layer.turned_pages import is_ideograph

Spot = tuple[float, float, float, float]


def single_words_joined(lines: Sequence[Any]) -> list[Any]:
    """pdftext's lines of a page in its order, where each that goes on in the next one is one with it.

    Lines without a letter, which end others or part words, are gone. Lines that run to the right stay as they are.
    """
    out: list[Any] = []
    for line in map(_in_order, lines):
        is_upright = not any(span["rotation"] for span in line["spans"])
        is_blank = not _text(line).strip()
        if out and not is_upright and not is_blank and _goes_on(out[-1], line):
            _append(out[-1], line)
        elif not (is_blank and out and out[-1]["rotation"]):
            out.append(line)
    return out


def _in_order(line: Any) -> Any:
    """The line; where one is on its head PDFium has words that are placed by themselves the other way round than their
    letters."""
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
    spans = [_span(line["spans"][0], list(part)) for _, part in groupby(spaced, lambda c: id(c["font"]))]
    return {**line, "spans": spans}


def _span(like: Any, chars: Sequence[Any]) -> Any:
    box = chars[0]["bbox"].copy()
    for char in chars:
        box.merge_inplace(char["bbox"])
    text = "".join(char["char"] for char in chars)
    return {**like, "text": text, "chars": chars, "font": chars[0]["font"], "bbox": box}


def _text(line: Any) -> str:
    return "".join(span["text"] for span in line["spans"])


def _goes_on(line: Any, following: Any) -> bool:
    if not line["rotation"] or abs(line["rotation"] - following["rotation"]) > THRESHOLDS.max_turn_difference:
        return False
    are_columns = is_ideograph(_text(line).strip()[-1:]) or is_ideograph(_text(following).strip()[:1])
    return _gap(line, following) is not None or (are_columns and _column_gap(line, following) is not None)


def _gap(line: Any, following: Any) -> float | None:
    """Between two lines on one row, in the direction that their letters run; None where they are on no one row."""
    quarters = round(line["rotation"] / (math.pi / 2))
    return _gap_between(
        _run(line["bbox"].bbox, quarters), _run(following["bbox"].bbox, quarters), THRESHOLDS.max_single_word_gap
    )


def _column_gap(line: Any, following: Any) -> float | None:
    """The same for a column that lies as a row: its letters are on their side and follow each other to the right."""
    return _gap_between(_run(line["bbox"].bbox, 0), _run(following["bbox"].bbox, 0), THRESHOLDS.max_ideograph_gap)


def _run(box: Sequence[float], quarters: int) -> Spot:
    """The box as who reads along sees it; letters are turned by so many quarters clockwise."""
    left, top, right, bottom = box
    return {
        0: (left, top, right, bottom),
        1: (top, -right, bottom, -left),
        2: (-right, -bottom, -left, -top),
        3: (-bottom, left, -top, right),
    }[quarters % 4]


def _gap_between(first: Spot, second: Spot, most: float) -> float | None:
    heights = first[3] - first[1], second[3] - second[1]
    high, low = max(heights), min(heights)
    shared = min(first[3], second[3]) - max(first[1], second[1])
    gap = second[0] - first[2]
    is_one_row = shared >= THRESHOLDS.min_level * low and high <= THRESHOLDS.max_level_growth * low
    return gap if is_one_row and -THRESHOLDS.max_word_overlap * high <= gap <= most * high else None


def _append(line: Any, following: Any) -> None:
    """Make the two one, with a space where one was, or where the gap is as wide as one."""
    last, first = line["spans"][-1], following["spans"][0]
    gap = _gap(line, following)
    high = min(_run_height(line), _run_height(following))
    is_parted = gap is not None and gap > THRESHOLDS.min_single_word_gap * high
    _end(last, " " if is_parted and not is_ideograph(_text(line).strip()[-1:]) else "")
    if last["font"] is first["font"] and last["rotation"] == first["rotation"]:
        last["text"] += first["text"]
        last["bbox"].merge_inplace(first["bbox"])
        last["chars"] = [*last.get("chars", ()), *first.get("chars", ())]
        last["char_end_idx"] = first["char_end_idx"]
        line["spans"].extend(following["spans"][1:])
    else:
        line["spans"].extend(following["spans"])
    line["bbox"].merge_inplace(following["bbox"])


def _run_height(line: Any) -> float:
    box = _run(line["bbox"].bbox, round(line["rotation"] / (math.pi / 2)))
    return box[3] - box[1]


def _end(span: Any, text: str) -> None:
    """Have the span end in this and no other white space."""
    chars = list(span.get("chars", ()))
    while len(chars) > 1 and chars[-1]["char"].isspace():
        chars.pop()
    if text and chars:
        chars.append({**chars[-1], "char": text, "bbox": chars[-1]["bbox"].copy()})
    span["text"] = span["text"].rstrip() + text
    if "chars" in span:
        span["chars"] = chars
