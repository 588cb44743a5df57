"""Running heads and feet, told from their places, from what is repeated on other pages, and from page numbers: pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from markerd.convert.models.embedded.geometry import Box, height, rows_by_height
from markerd.convert.models.embedded.regions import MAX_MARGIN_DEPTH, MAX_MARGIN_GROWTH
from markerd.convert.models.embedded.textline import Body, TextLine, body_of, is_heavier

MAX_ROWS = 3  # of a head or a foot
MIN_GAP = 0.8  # of a line's height, between a running head and the text: less is the distance of lines in one text
SAME_PLACE = 4.0  # points by which a repeated line may stand higher or lower
MAX_UNREPEATED = 999  # the number of a page that no other goes on with: 1984 is a year
_PAGE_NUMBER = re.compile(
    r"^\W*(?:page|p\.|seite|s\.|pagina|página|стр\.?)?\s*(\d{1,4}|(?=[ivxlc])(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3}))"
    r"(?:\s*(?:/|of|von|de|sur|из)\s*\d{1,4})?\W*$",
    re.IGNORECASE,
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
Page = tuple[Box, Sequence[TextLine]]


def running(pages: Sequence[Page]) -> list[dict[int, str]]:
    """For each page the lines that are running heads or feet, with the label of each."""
    edges = [_edge_rows(box, lines) for box, lines in pages]
    body = body_of([line for _, lines in pages for line in lines])
    known = _repeated(pages, edges, body) | _numbered(pages, edges, body)
    return [
        {
            index: label
            for label, rows in edge.items()
            for row in _running_rows(rows, {i for page, i in known if page == number})
            for index in row
        }
        for number, edge in enumerate(edges)
    ]


def _edge_rows(page: Box, lines: Sequence[TextLine]) -> dict[str, list[list[int]]]:
    """The rows near the edges, from the edge inwards, as long as nothing else is beside them."""
    upright = [i for i, line in enumerate(lines) if line.is_upright]
    down = [[upright[place] for place in row] for row in rows_by_height([lines[i].box for i in upright])]
    depth = MAX_MARGIN_DEPTH * height(page)
    head = [row for row in down[:MAX_ROWS] if max(lines[i].box[3] for i in row) < page[1] + depth]
    foot = [row for row in down[::-1][:MAX_ROWS] if min(lines[i].box[1] for i in row) > page[3] - depth]
    return {
        "PageHeader": _set_apart(head, down, lines),
        "PageFooter": _set_apart([row for row in foot if row not in head], down[::-1], lines),
    }


def _set_apart(rows: list[list[int]], inwards: list[list[int]], lines: Sequence[TextLine]) -> list[list[int]]:
    """Those of the rows, which `inwards` begins with, that more than a line's distance parts from what follows them."""
    for count in range(len(rows), 0, -1):
        if count == len(inwards) or _gap(inwards[count - 1], inwards[count], lines) > MIN_GAP * min(
            height(lines[i].box) for i in inwards[count - 1]
        ):
            return rows[:count]
    return []


def _gap(one: Sequence[int], other: Sequence[int], lines: Sequence[TextLine]) -> float:
    """Between two rows, whichever is above."""
    return max(
        min(lines[i].box[1] for i in other) - max(lines[i].box[3] for i in one),
        min(lines[i].box[1] for i in one) - max(lines[i].box[3] for i in other),
    )


def _repeated(pages: Sequence[Page], edges: Sequence[dict[str, list[list[int]]]], body: Body) -> set[tuple[int, int]]:
    """(page, line) of lines that stand at one place on several pages; numbers aside, unless they are bold."""
    places: dict[tuple[str, str], list[tuple[int, int, float]]] = defaultdict(list)
    for number, ((page, lines), edge) in enumerate(zip(pages, edges, strict=True)):
        for label, rows in edge.items():
            for index in (i for row in rows for i in row if lines[i].size <= MAX_MARGIN_GROWTH * body.size):
                text = lines[index].text.strip().casefold()
                key = text if is_heavier(lines[index], body) else re.sub(r"\d+", "#", text)
                offset = lines[index].box[1] - page[1] if label == "PageHeader" else page[3] - lines[index].box[3]
                places[(label, key)].append((number, index, offset))
    found = set()
    for group in places.values():
        for number, index, offset in group:
            others = {n for n, _, o in group if n != number and abs(o - offset) < SAME_PLACE}
            if len(others) >= (1 if len(pages) < 4 else 2):
                found.add((number, index))
    return found


def _numbered(pages: Sequence[Page], edges: Sequence[dict[str, list[list[int]]]], body: Body) -> set[tuple[int, int]]:
    """(page, line) of page numbers at an end of their row: another page goes on counting, or they are small."""
    counted: dict[tuple[str, int], set[int]] = defaultdict(set)
    seen = []
    for page, ((_, lines), edge) in enumerate(zip(pages, edges, strict=True)):
        for label, rows in edge.items():
            for row in rows[:2]:
                ends = sorted(row, key=lambda i: lines[i].box[0])
                for index in {ends[0], ends[-1]}:
                    value = _page_number(lines[index].text)
                    if value is not None and all(lines[i].size <= MAX_MARGIN_GROWTH * body.size for i in row):
                        counted[label, value - page].add(page)
                        seen.append((page, index, (label, value - page), value <= MAX_UNREPEATED))
    return {(page, index) for page, index, count, is_small in seen if is_small or len(counted[count]) > 1}


def _page_number(text: str) -> int | None:
    """The number of a page, arabic or roman; None for other text."""
    found = _PAGE_NUMBER.match(text)
    if found is None:
        return None
    if found[1].isdigit():
        return int(found[1])
    digits = [_ROMAN[letter] for letter in found[1].lower()]
    return sum(-one if one < other else one for one, other in zip(digits, [*digits[1:], 0], strict=True))


def _running_rows(rows: Sequence[Sequence[int]], known: set[int]) -> list[Sequence[int]]:
    """Rows that hold a line known to be running, with all between them and the edge."""
    last = max((place for place, row in enumerate(rows, start=1) if any(i in known for i in row)), default=0)
    return list(rows[:last])
