"""Labels the lines of a text region by their type and their places: headings, paragraphs, code, captions. Pure.

The layout model knows ten classes and misses many; a text layer gives size and weight without error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median, median_low
from typing import TypeVar

from markerd.convert.embedded.blocks.code import is_drawn_with_characters
from markerd.convert.embedded.blocks.thresholds import THRESHOLDS
from markerd.convert.embedded.geometry import Box, height, union, width
from markerd.convert.embedded.layout.regions import RUNNING_TEXT, Region
from markerd.convert.embedded.text.patterns import (
    AFFILIATED_NAME,
    CAPTION,
    CLAUSE_END,
    CONTENTS_ENTRY,
    FOOTNOTE,
    INSIDE_SENTENCE,
    ITEM,
    NUMBERED_HEADING,
    PLAIN_PAGE,
    REFERENCE,
)
from markerd.convert.embedded.text_layer.text_line import Body, TextLine, are_same_type, is_heavier
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS as TEXT_LAYER_THRESHOLDS

R = TypeVar("R", bound=Region)


def split_into_blocks(region: Region, lines: Sequence[TextLine], body: Body, page: Box) -> list[Region]:
    """Split the region into its paragraphs, each with its label; a region that is no running text stays unchanged."""
    if region.label not in RUNNING_TEXT or not region.lines:
        return [region]
    groups = split_paragraphs(region.lines, lines, body.line_gap)
    labelled = [(group, _choose_label(region, [lines[i] for i in group], body, page)) for group in groups]
    labelled = [
        (group, "SectionHeader" if label == "Text" and _is_centred_heading(region, group, lines, body) else label)
        for group, label in labelled
    ]
    return [
        replace(region, box=union(lines[i].box for i in group), label=label, lines=tuple(group))
        for group, label in _join_blocks(labelled, lines)
    ]


def _join_blocks(labelled: Sequence[tuple[list[int], str]], lines: Sequence[TextLine]) -> list[tuple[list[int], str]]:
    """Join lines of code, lines of one heading, and a caption that begins in bold type with its end."""
    joined: list[tuple[list[int], str]] = []
    for group, label in labelled:
        last = joined[-1][1] if joined else ""
        is_alike = last == label or (last == "Caption" and label == "Text")
        if is_alike and _is_one_block(joined[-1][0], group, last, lines):
            joined[-1] = ([*joined[-1][0], *group], last)
        else:
            joined.append((group, label))
    return joined


def _is_one_block(first: Sequence[int], second: Sequence[int], label: str, lines: Sequence[TextLine]) -> bool:
    above, below = lines[first[-1]], lines[second[0]]
    gap = below.box[1] - above.box[3]
    if label == "Code":
        return gap < THRESHOLDS.max_listing_gap * above.size
    if label == "Caption":
        return (
            gap < THRESHOLDS.max_heading_gap * above.size
            and above.is_bold
            and not below.is_bold
            and not CLAUSE_END.search(above.text)
        )
    return (
        label == "SectionHeader"
        and gap < THRESHOLDS.max_heading_gap * above.size
        and are_same_type(above, below)
        and not NUMBERED_HEADING.match(below.text)
    )


def split_paragraphs(
    indices: Sequence[int], lines: Sequence[TextLine], line_gap: float | None = None
) -> list[list[int]]:
    """Split lines in reading order into paragraphs.

    `line_gap` is the white between the lines of the document's paragraphs, in sizes of the type, where it is known.
    """
    if len(indices) < 2:
        return [list(indices)]
    chosen = [lines[i] for i in indices]
    left, right = min(line.box[0] for line in chosen), max(line.box[2] for line in chosen)
    gaps = [below.box[1] - above.box[3] for above, below in pairwise(chosen)]
    size = median(line.size for line in chosen)
    usual = min(median_low(gaps), max(THRESHOLDS.max_usual_gap, line_gap or 0.0) * size)
    groups: list[list[int]] = [[indices[0]]]
    for below in indices[1:]:
        before = [lines[i] for i in groups[-1]]
        is_apart = line_gap is not None and _stands_apart(before[-1], lines[below], line_gap)
        if is_apart or _is_break(before, lines[below], left, right, usual):
            groups.append([])
        groups[-1].append(below)
    return groups


def _stands_apart(above: TextLine, line: TextLine, line_gap: float) -> bool:
    """Whether a line that begins something stands further below another than the lines of the document's paragraphs.

    Where no sentence has ended above it, it must stand still further below.
    """
    if line.text.lstrip()[:1].islower():
        return False
    is_ended = CLAUSE_END.search(above.text) or ITEM.match(line.text)
    more = THRESHOLDS.min_set_gap if is_ended else THRESHOLDS.min_loose_gap
    return line.box[1] - above.box[3] > (line_gap + more) * line.size


def _is_break(before: Sequence[TextLine], line: TextLine, left: float, right: float, usual_gap: float) -> bool:
    above = before[-1]
    gap = line.box[1] - above.box[3]
    if line.is_title != above.is_title:
        return gap > -THRESHOLDS.max_line_overlap * line.size
    is_other_type = not are_same_type(above, line) and not _is_name_in_sentence(before, line)
    if gap > usual_gap + THRESHOLDS.min_paragraph_gap * min(line.size, above.size) or is_other_type:
        return gap > -THRESHOLDS.max_line_overlap * line.size  # parts of one row are never separated
    if gap < -THRESHOLDS.max_line_overlap * line.size:
        return False
    if line.is_mono and above.is_mono:
        return False
    return _starts_paragraph(before, line, left, right)


def _is_name_in_sentence(before: Sequence[TextLine], line: TextLine) -> bool:
    """Whether the line, or the one above, is of code only because a sentence breaks there around a name of code."""
    above = before[-1]
    if line.is_mono == above.is_mono or line.is_bold != above.is_bold:
        return False
    is_in_text = not before[0].is_mono
    return is_in_text and not CLAUSE_END.search(above.text)


def _starts_paragraph(before: Sequence[TextLine], line: TextLine, left: float, right: float) -> bool:
    above, indent = before[-1], THRESHOLDS.min_indent * line.size
    is_above_short = above.box[2] < right - THRESHOLDS.min_short_end * (right - left)
    if CONTENTS_ENTRY.search(" ".join(line.text.strip() for line in before[-2:])):
        return True
    if CLAUSE_END.search(above.text) and (is_above_short or REFERENCE.match(line.text)):
        return True
    is_indented = line.box[0] > left + indent
    was_at_left = above.box[0] < left + indent
    if is_indented and was_at_left:
        # It is the first line of a paragraph, or the second one of a paragraph with a hanging indent.
        return len(before) > 1 or is_above_short
    is_back = not is_indented and not was_at_left and len(before) > 1
    return is_back and before[0].box[0] < left + indent  # the next paragraph with a hanging indent


def join_broken(regions: Sequence[R], lines: Sequence[TextLine], line_gap: float | None = None) -> list[R]:
    """Join paragraphs and listings that the layout model drew as several regions. The regions are in reading order."""
    joined: list[R] = []
    for region in regions:
        if joined and (_continues(joined[-1], region, lines, line_gap) or _is_one_listing(joined[-1], region, lines)):
            above = joined.pop()
            joined.append(replace(above, box=union([above.box, region.box]), lines=(*above.lines, *region.lines)))
        else:
            joined.append(region)
    return joined


def _continues(above: Region, below: Region, lines: Sequence[TextLine], line_gap: float | None) -> bool:
    if not (above.label == below.label == "Text" and above.lines and below.lines):
        return False
    last, first = lines[above.lines[-1]], lines[below.lines[0]]
    if line_gap is not None and _stands_apart(last, first, line_gap):
        return False
    gap = first.box[1] - last.box[3]
    is_near = (
        -THRESHOLDS.max_line_overlap * first.size < gap < THRESHOLDS.max_continued_gap * first.size
        and are_same_type(last, first)
    )
    is_full = last.box[2] >= max(above.box[2], below.box[2]) - THRESHOLDS.max_continued_end * last.size
    is_aligned = (
        abs(first.box[0] - min(lines[i].box[0] for i in above.lines)) < THRESHOLDS.max_continued_offset * first.size
    )
    is_ended = bool(CLAUSE_END.search(last.text) or CONTENTS_ENTRY.search(last.text))
    return is_near and is_aligned and is_full and not is_ended and not ITEM.match(first.text)


def _is_one_listing(above: Region, below: Region, lines: Sequence[TextLine]) -> bool:
    if not (above.label == below.label == "Code" and above.lines and below.lines):
        return False
    gap = below.box[1] - above.box[3]
    size = lines[below.lines[0]].size
    return -THRESHOLDS.max_line_overlap * size < gap < THRESHOLDS.max_listing_gap * size


def _choose_label(region: Region, group: Sequence[TextLine], body: Body, page: Box) -> str:
    text = " ".join(line.text.strip() for line in group)
    if all(line.is_title for line in group) and not CAPTION.match(text):
        return "SectionHeader"
    if region.label == "Bibliography" and not _is_listing(group, body):
        return "SectionHeader" if is_heading(region, group, body) else "Bibliography"
    if is_note(group, body, page) and not CAPTION.match(text):
        return "Footnote"
    if (region.label == "Caption" or CAPTION.match(text)) and not _is_large(group, body):
        return "Caption"
    if _is_listing(group, body):
        return "Code"
    return "SectionHeader" if is_heading(region, group, body) else "Text"


def _is_listing(group: Sequence[TextLine], body: Body) -> bool:
    if not all(line.is_mono for line in group):
        return False
    return is_drawn_with_characters(group) if body.is_mono else len(group) > 1 or not _is_large(group, body)


def _is_large(group: Sequence[TextLine], body: Body) -> bool:
    return min(line.size for line in group) >= TEXT_LAYER_THRESHOLDS.min_heading_growth * body.size


def is_heading(region: Region, group: Sequence[TextLine], body: Body) -> bool:
    """Whether lines that stand apart are a heading: short, and larger, heavier, or numbered and set off."""
    text = " ".join(line.text.strip() for line in group)
    growth = min(line.size for line in group) / body.size
    if (
        not _may_be_heading(group, text)
        or (_is_sentence(text) and growth < THRESHOLDS.min_sentence_growth)
        or growth < THRESHOLDS.max_note_growth
    ):
        return False
    if growth >= TEXT_LAYER_THRESHOLDS.min_heading_growth:
        return not INSIDE_SENTENCE.match(text)
    if all(is_heavier(line, body) for line in group):
        return not text.rstrip().endswith(":") or region.label == "SectionHeader"
    is_set_off = all(line.is_italic for line in group) or growth > THRESHOLDS.min_set_off_growth or _is_capital(text)
    return is_set_off and (bool(NUMBERED_HEADING.match(text)) or region.label == "SectionHeader")


def _is_centred_heading(region: Region, indices: Sequence[int], lines: Sequence[TextLine], body: Body) -> bool:
    """Whether lines in the middle of their column are a heading, by their number or the layout model's label."""
    group = [lines[i] for i in indices]
    text = " ".join(line.text.strip() for line in group)
    is_small = max(line.size for line in group) < THRESHOLDS.max_note_growth * body.size
    is_called = bool(NUMBERED_HEADING.match(text)) or region.label == "SectionHeader"
    if is_small or not is_called or not _may_be_heading(group, text) or _is_sentence(text):
        return False
    box, reach = union(line.box for line in group), THRESHOLDS.column_reach * group[0].size
    middle = (box[0] + box[2]) / 2
    column = [
        line.box
        for line in lines
        if box[1] - reach < line.box[1] < box[3] + reach and line.box[0] <= middle <= line.box[2]
    ] or [box]
    left, right = min(b[0] for b in column), max(b[2] for b in column)
    indent = THRESHOLDS.min_centred_indent * (right - left)
    return (
        box[0] - left > indent
        and right - box[2] > indent
        and abs(middle - (left + right) / 2) < THRESHOLDS.max_off_centre * indent
    )


def _may_be_heading(group: Sequence[TextLine], text: str) -> bool:
    is_short = len(group) <= THRESHOLDS.max_heading_lines and len(text) <= THRESHOLDS.max_heading_letters
    is_item = bool(ITEM.match(text)) and not NUMBERED_HEADING.match(text)
    has_letters = sum(c.isalpha() for c in text) > 1
    is_entry = any(PLAIN_PAGE.fullmatch(line.text) for line in group[1:]) or any(
        len(line.parts) > 1 and PLAIN_PAGE.fullmatch(line.parts[-1][1]) for line in group
    )  # an entry of a table of contents
    are_authors = len(AFFILIATED_NAME.findall(text)) > 1
    if are_authors or is_entry:
        return False
    return is_short and has_letters and not is_item and not text.rstrip().endswith((",", ";"))


def _is_sentence(text: str) -> bool:
    return text.rstrip().endswith(".") and len(text.split()) > THRESHOLDS.min_sentence_words


def _is_capital(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return len(letters) > THRESHOLDS.min_capital_letters and sum(
        c.isupper() for c in letters
    ) > THRESHOLDS.min_capitals * len(letters)


def is_note(group: Sequence[TextLine], body: Body, page: Box) -> bool:
    """Whether lines are a footnote: smaller than the running text, low on the page, and marked."""
    is_low = group[0].box[1] > page[1] + THRESHOLDS.min_note_depth * height(page)
    is_small = median(line.size for line in group) < THRESHOLDS.max_note_growth * body.size
    is_wide = width(union(line.box for line in group)) > THRESHOLDS.min_note_width * width(page)
    return is_low and is_small and is_wide and bool(FOOTNOTE.match(group[0].text))
