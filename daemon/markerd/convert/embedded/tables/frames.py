"""Tables between horizontal rules: rules of one length below each other, with columns between them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from markerd.convert.embedded.geometry import Box, horizontal_overlap, union, width
from markerd.convert.embedded.tables.columns import join_phrases, measure_usual_height
from markerd.convert.embedded.tables.grid import Piece, group_rows
from markerd.convert.embedded.tables.thresholds import THRESHOLDS


def find_frames(horizontal: Sequence[Box], words: Sequence[Piece]) -> list[Box]:
    """Find boxes from a first rule to a last rule, with only rows of several columns between any two of them."""
    found = []
    for group in _group_alike_rules(horizontal):
        runs: list[list[Box]] = [[group[0]]]
        for above, below in pairwise(group):
            if not _hold_columns((group[0][0], above[3], group[0][2], below[1]), words):
                runs.append([])
            runs[-1].append(below)
        found += [_extend_frame(union(run), words) for run in runs if len(run) > 1]
    return found


def _extend_frame(frame: Box, words: Sequence[Piece]) -> Box:
    """Add the rows above and below a frame: shades separate some rows only, and many tables have no closing rule."""
    within = [word for word in words if _is_middle_inside(word[0], frame)]
    lines = group_rows(within)
    size = measure_usual_height(within)
    above = _add_next_rows([line for line in reversed(lines) if line[0][0][1] < frame[1]], frame, size)
    return _add_next_rows([line for line in lines if line[0][0][3] > frame[3]], above, size)


def _add_next_rows(lines: Sequence[Sequence[Piece]], frame: Box, size: float) -> Box:
    """Add the lines that follow the frame as rows do; a title only if a row follows it."""
    grown = frame
    for line in lines:
        box = union(piece[0] for piece in line)
        gap = max(grown[1] - box[3], box[1] - grown[3])
        is_row = len(join_phrases(line, size, ())) > 1
        if not -size < gap < THRESHOLDS.max_row_white * size or width(box) > (
            THRESHOLDS.max_added_row_width if is_row else THRESHOLDS.max_added_title_width
        ) * width(frame):
            break
        grown = union([grown, box])
        frame = grown if is_row else frame
        if not is_row and grown[3] - frame[3] + frame[1] - grown[1] > THRESHOLDS.max_added_titles * size:
            break
    return frame


def _group_alike_rules(horizontal: Sequence[Box]) -> list[list[Box]]:
    """Group rules that begin and end at the same places, each group from top to bottom."""
    groups: list[list[Box]] = []
    for rule in sorted((r for r in horizontal if width(r) > THRESHOLDS.min_frame_rule_pt), key=width, reverse=True):
        home = next(
            (g for g in groups if horizontal_overlap(g[0], rule) > THRESHOLDS.min_shared_rule * width(g[0])), None
        )
        if home is None:
            groups.append([rule])
        else:
            home.append(rule)
    return [sorted(group, key=lambda rule: rule[1]) for group in groups if len(group) > 1]


def _hold_columns(box: Box, words: Sequence[Piece]) -> bool:
    """Whether most lines between two rules have several parts. Close rules may have nothing between them."""
    held = [w for w in words if box[1] < (w[0][1] + w[0][3]) / 2 < box[3] and _is_middle_inside(w[0], box)]
    if not held:
        return not words or box[3] - box[1] < THRESHOLDS.max_empty_white * measure_usual_height(words)
    size = measure_usual_height(held)
    lines = [join_phrases(row, size, ()) for row in group_rows(held)]
    whole = sum(1 for line in lines if len(line) == 1 and width(line[0][0]) > THRESHOLDS.max_phrase_width * width(box))
    parted = sum(1 for line in lines if len(line) > 1)
    return parted > 0 and whole <= THRESHOLDS.max_prose_lines * len(lines)


def _is_middle_inside(word: Box, box: Box) -> bool:
    return box[0] - THRESHOLDS.frame_slack_pt <= (word[0] + word[2]) / 2 <= box[2] + THRESHOLDS.frame_slack_pt
