"""Lists in a text layer: labels that stand apart from their items, and items among other lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from markerd.convert.models.embedded.geometry import Box, height, union, vertical_overlap
from markerd.convert.models.embedded.markup import BULLETS
from markerd.convert.models.embedded.regions import Region

ITEM = re.compile(rf"^\s*(?:[{BULLETS}]\s|\(?\d{{1,3}}[.)]\s|\(?(?:[a-z]|[ivx]{{1,5}})[.)]\s)")
_BULLETED = re.compile(rf"^\s*[{BULLETS}]\s")
_LABEL = re.compile(rf"^\s*(?:[{BULLETS}]|\(?(?:\d{{1,3}}|[a-z]|[ivx]{{1,4}})[.)])\s*$")
_BOX = re.compile(r"^\s*[☐☑☒✓□](?=\s)")
_OTHER_BULLET = re.compile(r"^\s*[‣∙·\u2043*➢➤►▶❖◆◇✦➔→](?=\s)\s?")
_MAX_LABEL_GAP = 4.0  # of the line's height, between a label and its item


def is_bulleted(text: str) -> bool:
    """Whether a line begins with a bullet."""
    return bool(_BULLETED.match(text))


def label_owners(boxes: Sequence[Box], texts: Sequence[str]) -> dict[int, int]:
    """For each line that is a list label and nothing more, the line right of it on the same row that it belongs to."""
    owners = {}
    for index, text in enumerate(texts):
        if _LABEL.match(text):
            item = _item_right_of(index, boxes, texts)
            if item is not None:
                owners[index] = item
    return owners


def _item_right_of(label: int, boxes: Sequence[Box], texts: Sequence[str]) -> int | None:
    place = boxes[label]
    near = [
        (box[0] - place[2], index)
        for index, box in enumerate(boxes)
        if index != label
        and not _LABEL.match(texts[index])
        and vertical_overlap(box, place) > 0.5 * min(height(box), height(place))
        and -0.5 * height(place) <= box[0] - place[2] <= _MAX_LABEL_GAP * height(place)
    ]
    return min(near)[1] if near else None


def with_known_bullet(spans: Sequence[Any]) -> None:
    """Marker cuts a list at the labels that it knows: others become a bullet, and boxes to tick get one."""
    first = next((span for span in spans if span.text.strip()), None)
    if first is None:
        return
    first.text = _BOX.sub(r"• \g<0>", _OTHER_BULLET.sub("• ", first.text))


def split_lists(region: Region, boxes: Sequence[Box], texts: Sequence[str]) -> list[Region]:
    """A Text region cut into running text and lists; any other region as it is.

    A single number at the start of a line inside a paragraph is no item: there must be two, or a bullet.
    """
    if region.label != "Text" or not region.lines:
        return [region]
    lines = sorted(region.lines, key=lambda i: (boxes[i][1], boxes[i][0]))
    items = [i for i in lines if ITEM.match(texts[i])]
    is_list = items[:1] == lines[:1] or len(items) > 1 or any(is_bulleted(texts[i]) for i in items)
    if not items or not is_list:
        return [region]
    return [
        replace(region, box=union([boxes[i] for i in part]), label=label, lines=tuple(part))
        for label, part in _parts(lines, set(items), boxes, region.box)
    ]


def _parts(lines: Sequence[int], items: set[int], boxes: Sequence[Box], around: Box) -> list[tuple[str, list[int]]]:
    parts: list[tuple[str, list[int]]] = []
    for index in lines:
        is_after_list = bool(parts) and parts[-1][0] == "ListGroup"
        is_listed = index in items or (is_after_list and _continues(index, parts[-1][1], items, boxes, around))
        label = "ListGroup" if is_listed else "Text"
        if parts and parts[-1][0] == label:
            parts[-1][1].append(index)
        else:
            parts.append((label, [index]))
    return parts


def _continues(index: int, listed: Sequence[int], items: set[int], boxes: Sequence[Box], around: Box) -> bool:
    """Whether a line goes on with the item above it: it is indented, or the line above was full."""
    item = next(i for i in reversed(listed) if i in items)
    is_indented = boxes[index][0] > boxes[item][0] + 0.3 * height(boxes[index])
    is_above_full = boxes[listed[-1]][2] > around[2] - 0.15 * (around[2] - around[0])
    return is_indented or is_above_full
