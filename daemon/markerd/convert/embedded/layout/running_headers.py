"""Running heads and feet, told by what the pages have in common: repeated text, and page numbers that count on. Pure.

What stands on one page only is none, and neither is all that a page says: letters, forms, slides and short pages keep
their first lines. The first occurrence of each head and foot is content; the later ones are left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from markerd.convert.embedded.geometry import Box, height, rows_by_height, width
from markerd.convert.embedded.layout.thresholds import THRESHOLDS
from markerd.convert.embedded.text.patterns import CLEAR_PAGE_NUMBER, DIGITS, PAGE_NUMBER
from markerd.convert.embedded.text_layer.text_line import Body, TextLine, body_of, is_heavier
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS as TEXT_LAYER_THRESHOLDS

_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
Page = tuple[Box, Sequence[TextLine]]


@dataclass(frozen=True)
class _Edge:
    """A line near an edge of a page: `row` counts from the edge inwards, `offset` is how far from it in points."""

    page: int
    index: int
    label: str
    row: int
    offset: float
    text: str
    is_plain: bool
    """Whether it is set neither larger nor heavier than the body: then numbers in it may count on."""

    @property
    def key(self) -> tuple[str, str]:
        return self.label, DIGITS.sub("#", self.text) if self.is_plain else self.text

    @property
    def numbers(self) -> list[int]:
        return [int(number) for number in DIGITS.findall(self.text)]


@dataclass(frozen=True)
class Margins:
    """The running heads and feet of a page: by the index of each line its label, PageHeader or PageFooter."""

    left_out: Mapping[int, str]
    shown: Mapping[int, str] = field(default_factory=dict)
    """What is content, plain text: the first occurrences."""

    def showing(self, labels: Set[str]) -> Margins:
        """The same with nothing left out that has one of these labels."""
        content = {line: label for line, label in self.left_out.items() if label in labels}
        left_out = {line: label for line, label in self.left_out.items() if label not in labels}
        return Margins(left_out, {**self.shown, **content})


def running(pages: Sequence[Page]) -> list[Margins]:
    """The running heads and feet of each page."""
    body = body_of([line for _, lines in pages for line in lines])
    edges = [edge for number, page in enumerate(pages) for edge in _edges_of(number, page, body)]
    repeated = [_repeated(edges, pages), _beside_numbers(edges)]
    out = {*_page_numbers(edges, pages), *(edge for group in repeated for edge in _later(group))}
    shown = {edge for group in repeated for edge in group} - out
    found = [_margins(number, out, shown) for number in range(len(pages))]
    return [
        margins if any(line.letters and i not in margins.left_out for i, line in enumerate(lines)) else Margins({})
        for margins, (_, lines) in zip(found, pages, strict=True)
    ]


def _margins(page: int, out: Set[_Edge], shown: Set[_Edge]) -> Margins:
    return Margins(
        {edge.index: edge.label for edge in out if edge.page == page},
        {edge.index: edge.label for edge in shown if edge.page == page},
    )


def _edges_of(number: int, page: Page, body: Body) -> list[_Edge]:
    """The lines near the edges of one page, none of which is larger than a running head."""
    box, lines = page
    is_slide = width(box) > height(box)  # whose titles are larger than its text, by less than a book's
    growth = {
        "PageHeader": TEXT_LAYER_THRESHOLDS.min_heading_growth if is_slide else THRESHOLDS.max_margin_growth,
        "PageFooter": THRESHOLDS.max_margin_growth,
    }
    return [
        _Edge(
            number,
            i,
            label,
            place,
            lines[i].box[1] - box[1] if label == "PageHeader" else box[3] - lines[i].box[3],
            " ".join(lines[i].text.split()).casefold(),
            not is_heavier(lines[i], body),
        )
        for label, rows in _edge_rows(box, lines).items()
        for place, row in enumerate(rows)
        for i in row
        if lines[i].size <= growth[label] * body.size
    ]


def _edge_rows(page: Box, lines: Sequence[TextLine]) -> dict[str, list[list[int]]]:
    """The rows near the edges, from the edge inwards, as long as nothing else is beside them."""
    upright = [i for i, line in enumerate(lines) if line.is_upright]
    down = [[upright[place] for place in row] for row in rows_by_height([lines[i].box for i in upright])]
    depth = THRESHOLDS.max_margin_depth * height(page)
    head = [row for row in down[: THRESHOLDS.max_running_rows] if max(lines[i].box[3] for i in row) < page[1] + depth]
    foot = [
        row for row in down[::-1][: THRESHOLDS.max_running_rows] if min(lines[i].box[1] for i in row) > page[3] - depth
    ]
    return {
        "PageHeader": _set_apart(head, down, lines),
        "PageFooter": _set_apart([row for row in foot if row not in head], down[::-1], lines),
    }


def _set_apart(rows: list[list[int]], inwards: list[list[int]], lines: Sequence[TextLine]) -> list[list[int]]:
    """Those of the rows, which `inwards` begins with, that more than a line's distance parts from what follows them."""
    for count in range(min(len(rows), len(inwards) - 1), 0, -1):
        if _gap(inwards[count - 1], inwards[count], lines) > THRESHOLDS.min_running_gap * min(
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


def _repeated(edges: Sequence[_Edge], pages: Sequence[Page]) -> list[_Edge]:
    """Lines that stand at one place on several pages, which are else unlike; numbers in them are the same or count."""
    groups: dict[tuple[str, str], list[_Edge]] = defaultdict(list)
    for edge in edges:
        groups[edge.key].append(edge)
    said = _said(pages, edges)
    return [
        edge
        for group in groups.values()
        for place, edge in enumerate(group)
        if _is_repeated(
            edge,
            group[max(0, place - THRESHOLDS.compared_occurrences) : place + THRESHOLDS.compared_occurrences + 1],
            said,
        )
    ]


def _is_repeated(edge: _Edge, group: Sequence[_Edge], said: Sequence[Counter[str]]) -> bool:
    others: set[int] = set()
    for other in group:
        is_same = abs(other.offset - edge.offset) < THRESHOLDS.same_place_pt and _go_on(edge, other)
        if is_same and other.page != edge.page and not _are_alike(said[edge.page], said[other.page]):
            others.add(other.page)
            if len(others) >= THRESHOLDS.min_repeated_pages - 1:
                return True
    return False


def _go_on(one: _Edge, other: _Edge) -> bool:
    """Whether each number of one text is the other's too, or as much more as there are pages between them."""
    pairs = zip(one.numbers, other.numbers, strict=True)
    return all(first == second or first - second == one.page - other.page for first, second in pairs)


def _said(pages: Sequence[Page], edges: Iterable[_Edge]) -> list[Counter[str]]:
    """What each page says between its edges, in words and line by line: tables of numbers may look the same."""
    at_edge = {(edge.page, edge.index) for edge in edges}
    return [
        Counter(
            line.text.strip().casefold()
            for index, line in enumerate(lines)
            if (number, index) not in at_edge and any(c.isalpha() for c in line.text)
        )
        for number, (_, lines) in enumerate(pages)
    ]


def _are_alike(one: Counter[str], other: Counter[str]) -> bool:
    """Whether most lines of the one page are on the other."""
    return (one & other).total() > THRESHOLDS.max_alike * min(one.total(), other.total())


def _page_numbers(edges: Iterable[_Edge], pages: Sequence[Page]) -> list[_Edge]:
    """Page numbers at an end of their row: another page goes on counting, or nothing else is written so.

    At either edge: a chapter's first page has its number below, where the others have it above.
    """
    values = {
        edge: value
        for edge in edges
        if (value := page_number(edge.text)) is not None and edge.row < THRESHOLDS.max_number_rows
    }
    ends = [edge for edge in values if _is_end(edge, pages[edge.page][1])]
    counted: dict[int, set[int]] = defaultdict(set)
    for edge in ends:
        counted[values[edge] - edge.page].add(edge.page)
    return [
        edge
        for edge in ends
        if is_clear_page_number(edge.text) or len(counted[values[edge] - edge.page]) >= THRESHOLDS.min_counted_pages
    ]


def _is_end(edge: _Edge, lines: Sequence[TextLine]) -> bool:
    """Whether nothing stands left of it on its row, or nothing right of it."""
    box = lines[edge.index].box
    level = [line.box for line in lines if min(line.box[3], box[3]) - max(line.box[1], box[1]) > 0.5 * height(box)]
    return not any(other[0] < box[0] for other in level) or not any(other[0] > box[0] for other in level)


def _beside_numbers(edges: Sequence[_Edge]) -> list[_Edge]:
    """Text beside page numbers that count on over pages, where it is on several of these: the titles of chapters."""
    counted: dict[tuple[str, int], set[tuple[int, int]]] = defaultdict(set)
    for edge in edges:
        value = page_number(edge.text)
        if value is not None:
            counted[edge.label, value - edge.page].add((edge.page, edge.row))
    rows = {
        (label, *place)
        for (label, _), places in counted.items()
        if len({page for page, _ in places}) >= THRESHOLDS.min_repeated_pages
        for place in places
    }
    beside = [e for e in edges if (e.label, e.page, e.row) in rows and page_number(e.text) is None]
    on_pages: dict[tuple[str, str], set[int]] = defaultdict(set)
    for edge in beside:
        on_pages[edge.label, edge.text].add(edge.page)
    return [edge for edge in beside if len(on_pages[edge.label, edge.text]) > 1]


def _later(edges: Sequence[_Edge]) -> list[_Edge]:
    """Without the first of each text, which stays as content."""
    first: Mapping[tuple[str, str], int] = {
        edge.key: edge.page for edge in sorted(edges, key=lambda edge: edge.page, reverse=True)
    }
    return [edge for edge in edges if edge.page != first[edge.key]]


def is_clear_page_number(text: str) -> bool:
    """Whether it says of itself that it numbers a page: `Page 3`, `3 of 9`, `- 3 -`."""
    return CLEAR_PAGE_NUMBER.match(text) is not None


def page_number(text: str) -> int | None:
    """The number of a page, arabic or roman; None for other text."""
    found = PAGE_NUMBER.match(text)
    if found is None:
        return None
    if found[1].isdigit():
        return int(found[1])
    digits = [_ROMAN[letter] for letter in found[1].lower()]
    return sum(-one if one < other else one for one, other in zip(digits, [*digits[1:], 0], strict=True))
