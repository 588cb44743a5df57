"""Where tables lie that rules part across: rules of one length below each other, with columns between. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from markerd.convert.embedded.geometry import Box, horizontal_overlap, union, width
from markerd.convert.embedded.tables.columns import phrases_of, usual_height
from markerd.convert.embedded.tables.grid import Piece, rows_of
from markerd.convert.embedded.tables.thresholds import THRESHOLDS


def frames_of(acrosses: Sequence[Box], words: Sequence[Piece]) -> list[Box]:
    """Boxes from a first rule to a last one, with nothing but rows of several columns between any two of them."""
    found = []
    for group in _alike(acrosses):
        runs: list[list[Box]] = [[group[0]]]
        for above, below in pairwise(group):
            if not _are_columns((group[0][0], above[3], group[0][2], below[1]), words):
                runs.append([])
            runs[-1].append(below)
        found += [_extended(union(run), words) for run in runs if len(run) > 1]
    return found


def _extended(frame: Box, words: Sequence[Piece]) -> Box:
    """With the rows above and below it: shades part some rows only, and many tables have no rule at their end."""
    within = [word for word in words if _middle(word[0], frame)]
    lines = rows_of(within)
    size = usual_height(within)
    above = _rows_next([line for line in reversed(lines) if line[0][0][1] < frame[1]], frame, size)
    return _rows_next([line for line in lines if line[0][0][3] > frame[3]], above, size)


def _rows_next(lines: Sequence[Sequence[Piece]], frame: Box, size: float) -> Box:
    """The frame with the lines that follow it as rows do; a short one alone, a title, if a row follows on that."""
    grown = frame
    for line in lines:
        box = union(piece[0] for piece in line)
        gap = max(grown[1] - box[3], box[1] - grown[3])
        is_row = len(phrases_of(line, size, ())) > 1
        if not -size < gap < THRESHOLDS.max_row_white * size or width(box) > (
            THRESHOLDS.max_added_row_width if is_row else THRESHOLDS.max_added_title_width
        ) * width(frame):
            break
        grown = union([grown, box])
        frame = grown if is_row else frame
        if not is_row and grown[3] - frame[3] + frame[1] - grown[1] > THRESHOLDS.max_added_titles * size:
            break
    return frame


def _alike(acrosses: Sequence[Box]) -> list[list[Box]]:
    """Rules that begin and end at the same places, from top to bottom."""
    groups: list[list[Box]] = []
    for rule in sorted((r for r in acrosses if width(r) > THRESHOLDS.min_frame_rule_pt), key=width, reverse=True):
        home = next(
            (g for g in groups if horizontal_overlap(g[0], rule) > THRESHOLDS.min_shared_rule * width(g[0])), None
        )
        if home is None:
            groups.append([rule])
        else:
            home.append(rule)
    return [sorted(group, key=lambda rule: rule[1]) for group in groups if len(group) > 1]


def _are_columns(box: Box, words: Sequence[Piece]) -> bool:
    """Whether lines between two rules have several parts each, most of them; near ones may have nothing between."""
    held = [w for w in words if box[1] < (w[0][1] + w[0][3]) / 2 < box[3] and _middle(w[0], box)]
    if not held:
        return not words or box[3] - box[1] < THRESHOLDS.max_empty_white * usual_height(words)
    size = usual_height(held)
    lines = [phrases_of(row, size, ()) for row in rows_of(held)]
    whole = sum(1 for line in lines if len(line) == 1 and width(line[0][0]) > THRESHOLDS.max_phrase_width * width(box))
    parted = sum(1 for line in lines if len(line) > 1)
    return parted > 0 and whole <= THRESHOLDS.max_prose_lines * len(lines)


def _middle(word: Box, box: Box) -> bool:
    return box[0] - THRESHOLDS.frame_slack_pt <= (word[0] + word[2]) / 2 <= box[2] + THRESHOLDS.frame_slack_pt
