"""Regions that a layout model drew inside each other: each line of text is shown once, where it is read. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from markerd.convert.embedded.geometry import Box, share_inside, union
from markerd.convert.embedded.layout.regions import PICTURES, TABLES, Region
from markerd.convert.embedded.layout.thresholds import THRESHOLDS

RUNNING = frozenset({"Text", "Bibliography"})


def merge_nested(regions: Sequence[Region], lines: Sequence[Box]) -> list[Region]:
    """Merge running text inside running text; any other region, such as a heading, splits the text around it.

    The regions have their lines already. Pictures and tables stay as they are.
    """
    result = list(regions)
    for inner in sorted(regions, key=lambda region: len(region.lines)):
        outer = next((o for o in result if _holds(o, inner, lines)), None)
        if outer is None or inner not in result:
            continue
        parts = _merge(outer, inner) if inner.label in RUNNING else _split_around(outer, inner, lines)
        place = result.index(outer)
        result[place : place + 1] = parts
        if inner.label in RUNNING:
            result.remove(inner)
    return result


def _holds(outer: Region, inner: Region, lines: Sequence[Box]) -> bool:
    if outer is inner or outer.label not in RUNNING or not outer.lines or not inner.lines:
        return False
    if inner.label in PICTURES | TABLES or len(outer.lines) <= len(inner.lines):
        return False
    return share_inside(_find_bounds(inner, lines), _find_bounds(outer, lines)) > THRESHOLDS.min_nested


def _merge(outer: Region, inner: Region) -> list[Region]:
    return [replace(outer, box=union([outer.box, inner.box]), lines=tuple(sorted({*outer.lines, *inner.lines})))]


def _split_around(outer: Region, inner: Region, lines: Sequence[Box]) -> list[Region]:
    """Split the lines above the inner region from those below it, each with a region of its own."""
    middle = (_find_bounds(inner, lines)[1] + _find_bounds(inner, lines)[3]) / 2
    above = tuple(i for i in outer.lines if (lines[i][1] + lines[i][3]) / 2 <= middle)
    below = tuple(i for i in outer.lines if i not in above)
    return [replace(outer, box=union(lines[i] for i in part), lines=part) for part in (above, below) if part]


def _find_bounds(region: Region, lines: Sequence[Box]) -> Box:
    return union(lines[i] for i in region.lines)
