"""Lists in a text layer: labels that stand apart from their items, and items among other lines. Pure."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from markerd.convert.embedded.blocks.thresholds import THRESHOLDS
from markerd.convert.embedded.geometry import Box, height, union, vertical_overlap, width
from markerd.convert.embedded.layout.regions import Region
from markerd.convert.embedded.text.patterns import (
    BULLETED,
    DASHED,
    FULL_STOP_AT_END,
    HANGING_NUMBER,
    ITEM,
    LIST_LABEL,
    TICK_BOX,
    UNKNOWN_BULLET,
)


def is_bulleted(text: str) -> bool:
    """Whether a line begins with a bullet."""
    return bool(BULLETED.match(text))


def find_label_owners(boxes: Sequence[Box], texts: Sequence[str]) -> dict[int, int]:
    """Find, for each line that is only a list label, the line right of it on the same row that it belongs to."""
    owners = {}
    for index, text in enumerate(texts):
        if LIST_LABEL.match(text):
            item = _find_item_right_of(index, boxes, texts)
            if item is not None:
                owners[index] = item
    return {**_find_hanging_owners(boxes, texts), **owners}


def _find_hanging_owners(boxes: Sequence[Box], texts: Sequence[str]) -> dict[int, int]:
    """Find the owners of numbers that stand in a column of their own, as in contracts and specifications.

    Nothing else stands on the row of such a number but its text, and several of these texts begin at one place.
    """
    found = {}
    for label in (index for index, text in enumerate(texts) if HANGING_NUMBER.fullmatch(text.strip())):
        place = boxes[label]
        on_row = [
            index
            for index, box in enumerate(boxes)
            if index != label and vertical_overlap(box, place) > 0.5 * min(height(box), height(place))
        ]
        if len(on_row) == 1 and 0 <= boxes[on_row[0]][0] - place[2] <= THRESHOLDS.max_hanging_gap * height(place):
            found[label] = on_row[0]
    starts = [boxes[item][0] for item in found.values()]
    is_column = {item: _count_near(boxes[item][0], starts) >= THRESHOLDS.min_hanging for item in found.values()}
    return {label: item for label, item in found.items() if is_column[item]}


def _count_near(start: float, starts: Sequence[float]) -> int:
    return sum(abs(other - start) <= THRESHOLDS.same_hanging_start_pt for other in starts)


def _find_item_right_of(label: int, boxes: Sequence[Box], texts: Sequence[str]) -> int | None:
    place = boxes[label]
    near = [
        (box[0] - place[2], index)
        for index, box in enumerate(boxes)
        if index != label
        and not LIST_LABEL.match(texts[index])
        and vertical_overlap(box, place) > 0.5 * min(height(box), height(place))
        and -THRESHOLDS.max_label_overlap * height(place)
        <= box[0] - place[2]
        <= THRESHOLDS.max_label_gap * height(place)
    ]
    return min(near)[1] if near else None


def replace_unknown_bullet(spans: Sequence[Any]) -> None:
    """Replace a bullet that Marker does not know, and put a bullet before a box to tick.

    Marker cuts a list at the labels that it knows.
    """
    first = next((span for span in spans if span.text.strip()), None)
    if first is None:
        return
    first.text = TICK_BOX.sub(r"• \g<0>", UNKNOWN_BULLET.sub("• ", first.text))


def split_lists(
    region: Region, boxes: Sequence[Box], texts: Sequence[str], heavy: Set[int] = frozenset()
) -> list[Region]:
    """Split a Text region into running text and lists; any other region stays unchanged.

    `heavy` are the lines in bold type: a single number whose text is bold is a heading. A single number at the start of
    a line inside a paragraph is no item: there must be two, or a bullet.
    """
    if region.label != "Text" or not region.lines:
        return [region]
    lines = sorted(region.lines, key=lambda i: (boxes[i][1], boxes[i][0]))
    items = [i for i in lines if ITEM.match(texts[i])]
    dashed = [i for i in items if DASHED.match(texts[i])]
    if len(dashed) == 1 and dashed != lines[:1]:
        items.remove(dashed[0])  # a parenthesis that the end of a line separates
    is_list = items[:1] == lines[:1] or len(items) > 1 or any(is_bulleted(texts[i]) for i in items)
    is_heading = len(items) == 1 and set(lines) <= heavy and not is_bulleted(texts[items[0]])
    if not items or not is_list or is_heading:
        return [region]
    return [
        replace(region, box=union([boxes[i] for i in part]), label=label, lines=tuple(part))
        for label, part in _split_parts(lines, set(items), _RegionLines(boxes, texts, heavy, region.box))
    ]


@dataclass(frozen=True)
class _RegionLines:
    """The lines of a region, and the box around them."""

    boxes: Sequence[Box]
    texts: Sequence[str]
    heavy: Set[int]
    around: Box

    def is_full(self, index: int) -> bool:
        """Whether the line ends near the right edge, so that what follows continues it."""
        return self.boxes[index][2] > self.around[2] - THRESHOLDS.max_full_end * width(self.around)


def _split_parts(indices: Sequence[int], items: set[int], lines: _RegionLines) -> list[tuple[str, list[int]]]:
    parts: list[tuple[str, list[int]]] = []
    for index in indices:
        is_after_list = bool(parts) and parts[-1][0] == "ListGroup"
        is_listed = index in items or (is_after_list and _continues(index, parts[-1][1], items, lines))
        label = "ListGroup" if is_listed else "Text"
        if parts and parts[-1][0] == label:
            parts[-1][1].append(index)
        else:
            parts.append((label, [index]))
    return parts


def _continues(index: int, listed: Sequence[int], items: set[int], lines: _RegionLines) -> bool:
    """Whether a line continues the item above it: it is indented, or the line above was full.

    It does not where the line above ends early, with a sentence, and a new one begins; nor where it is a heading.
    """
    item, above = next(i for i in reversed(listed) if i in items), listed[-1]
    is_full = lines.is_full(above)
    begins = lines.texts[index].lstrip()[:1].isupper() and bool(FULL_STOP_AT_END.search(lines.texts[above]))
    if (begins and not is_full) or (index in lines.heavy and item not in lines.heavy and not is_full):
        return False
    is_indented = lines.boxes[index][0] > lines.boxes[item][0] + THRESHOLDS.min_item_indent * height(lines.boxes[index])
    return is_indented or is_full
