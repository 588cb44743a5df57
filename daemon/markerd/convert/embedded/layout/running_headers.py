"""Running heads and feet, detected by what the pages share: repeated text, and page numbers that count on. Pure.

Text that stands on one page only is no running head, and neither is all the text of a page: letters, forms, slides and
short pages keep their first lines. The first occurrence of each head and foot is content; later ones are left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from markerd.convert.embedded.geometry import Box, group_by_height, height, width
from markerd.convert.embedded.layout.thresholds import THRESHOLDS
from markerd.convert.embedded.text.patterns import CLEAR_PAGE_NUMBER, DIGITS, PAGE_NUMBER
from markerd.convert.embedded.text_layer.text_line import Body, TextLine, find_body, is_heavier
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS as TEXT_LAYER_THRESHOLDS

_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
PageLines = tuple[Box, Sequence[TextLine]]


@dataclass(frozen=True)
class _EdgeLine:
    """A line near an edge of a page: `row` counts from the edge inwards, `offset` is its distance in points."""

    page: int
    index: int
    label: str
    row: int
    offset: float
    text: str
    is_plain: bool
    """Whether its type is neither larger nor heavier than the body's: then its numbers may count on."""

    @property
    def key(self) -> tuple[str, str]:
        return self.label, DIGITS.sub("#", self.text) if self.is_plain else self.text

    @property
    def numbers(self) -> list[int]:
        return [int(number) for number in DIGITS.findall(self.text)]


@dataclass(frozen=True)
class Margins:
    """The running heads and feet of a page: the label of each line, PageHeader or PageFooter, by the line's index."""

    left_out: Mapping[int, str]
    shown: Mapping[int, str] = field(default_factory=dict)
    """The first occurrences, which are content and shown as plain text."""

    def show_labels(self, labels: Set[str]) -> Margins:
        """The same margins, with nothing left out that has one of these labels."""
        content = {line: label for line, label in self.left_out.items() if label in labels}
        left_out = {line: label for line, label in self.left_out.items() if label not in labels}
        return Margins(left_out, {**self.shown, **content})


def find_running_heads(pages: Sequence[PageLines]) -> list[Margins]:
    """Find the running heads and feet of each page.

    A page on which they are all that is said keeps them.
    """
    body = find_body([line for _, lines in pages for line in lines])
    edges = [edge for number, page in enumerate(pages) for edge in _find_edge_lines(number, page, body)]
    repeated = [_find_repeated(edges, pages), _find_beside_numbers(edges)]
    out = {*_find_page_numbers(edges, pages), *(edge for group in repeated for edge in _drop_first_occurrences(group))}
    shown = {edge for group in repeated for edge in group} - out
    found = [_build_margins(number, out, shown) for number in range(len(pages))]
    return [
        margins if any(line.letters and i not in margins.left_out for i, line in enumerate(lines)) else Margins({})
        for margins, (_, lines) in zip(found, pages, strict=True)
    ]


def _build_margins(page: int, out: Set[_EdgeLine], shown: Set[_EdgeLine]) -> Margins:
    return Margins(
        {edge.index: edge.label for edge in out if edge.page == page},
        {edge.index: edge.label for edge in shown if edge.page == page},
    )


def _find_edge_lines(number: int, page: PageLines, body: Body) -> list[_EdgeLine]:
    """Find the lines near the edges of one page that are no larger than a running head."""
    box, lines = page
    is_slide = width(box) > height(box)  # a slide's title is larger than its text by less than a book's
    growth = {
        "PageHeader": TEXT_LAYER_THRESHOLDS.min_heading_growth if is_slide else THRESHOLDS.max_margin_growth,
        "PageFooter": THRESHOLDS.max_margin_growth,
    }
    return [
        _EdgeLine(
            number,
            i,
            label,
            place,
            lines[i].box[1] - box[1] if label == "PageHeader" else box[3] - lines[i].box[3],
            " ".join(lines[i].text.split()).casefold(),
            not is_heavier(lines[i], body),
        )
        for label, rows in _find_edge_rows(box, lines).items()
        for place, row in enumerate(rows)
        for i in row
        if lines[i].size <= growth[label] * body.size
    ]


def _find_edge_rows(page: Box, lines: Sequence[TextLine]) -> dict[str, list[list[int]]]:
    """Find the rows near the edges, from the edge inwards, that white separates from the text."""
    upright = [i for i, line in enumerate(lines) if line.is_upright]
    down = [[upright[place] for place in row] for row in group_by_height([lines[i].box for i in upright])]
    depth = THRESHOLDS.max_margin_depth * height(page)
    head = [row for row in down[: THRESHOLDS.max_running_rows] if max(lines[i].box[3] for i in row) < page[1] + depth]
    foot = [
        row for row in down[::-1][: THRESHOLDS.max_running_rows] if min(lines[i].box[1] for i in row) > page[3] - depth
    ]
    return {
        "PageHeader": _keep_set_apart(head, down, lines),
        "PageFooter": _keep_set_apart([row for row in foot if row not in head], down[::-1], lines),
    }


def _keep_set_apart(rows: list[list[int]], inwards: list[list[int]], lines: Sequence[TextLine]) -> list[list[int]]:
    """Keep those of the rows, with which `inwards` begins, that more than a line's distance separates from the rest."""
    for count in range(min(len(rows), len(inwards) - 1), 0, -1):
        if _measure_gap(inwards[count - 1], inwards[count], lines) > THRESHOLDS.min_running_gap * min(
            height(lines[i].box) for i in inwards[count - 1]
        ):
            return rows[:count]
    return []


def _measure_gap(one: Sequence[int], other: Sequence[int], lines: Sequence[TextLine]) -> float:
    """Measure the white between two rows, whichever is above."""
    return max(
        min(lines[i].box[1] for i in other) - max(lines[i].box[3] for i in one),
        min(lines[i].box[1] for i in one) - max(lines[i].box[3] for i in other),
    )


def _find_repeated(edges: Sequence[_EdgeLine], pages: Sequence[PageLines]) -> list[_EdgeLine]:
    """Find lines at one place on several pages that are otherwise different; their numbers are equal or count on."""
    groups: dict[tuple[str, str], list[_EdgeLine]] = defaultdict(list)
    for edge in edges:
        groups[edge.key].append(edge)
    said = _count_inner_lines(pages, edges)
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


def _is_repeated(edge: _EdgeLine, group: Sequence[_EdgeLine], said: Sequence[Counter[str]]) -> bool:
    others: set[int] = set()
    for other in group:
        is_same = abs(other.offset - edge.offset) < THRESHOLDS.same_place_pt and _do_numbers_match(edge, other)
        if is_same and other.page != edge.page and not _are_alike(said[edge.page], said[other.page]):
            others.add(other.page)
            if len(others) >= THRESHOLDS.min_repeated_pages - 1:
                return True
    return False


def _do_numbers_match(one: _EdgeLine, other: _EdgeLine) -> bool:
    """Whether each number of one text equals the other's, or differs by the number of pages between them."""
    pairs = zip(one.numbers, other.numbers, strict=True)
    return all(first == second or first - second == one.page - other.page for first, second in pairs)


def _count_inner_lines(pages: Sequence[PageLines], edges: Iterable[_EdgeLine]) -> list[Counter[str]]:
    """Count the lines of each page between its edges, without lines of numbers: tables of them may look alike."""
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
    """Whether most lines of one page are also on the other."""
    return (one & other).total() > THRESHOLDS.max_alike * min(one.total(), other.total())


def _find_page_numbers(edges: Iterable[_EdgeLine], pages: Sequence[PageLines]) -> list[_EdgeLine]:
    """Find page numbers at an end of their row: another page counts on, or the form can be nothing else.

    Both edges count together: the first page of a chapter has its number at the bottom, others at the top.
    """
    values = {
        edge: value
        for edge in edges
        if (value := read_page_number(edge.text)) is not None and edge.row < THRESHOLDS.max_number_rows
    }
    ends = [edge for edge in values if _is_at_row_end(edge, pages[edge.page][1])]
    counted: dict[int, set[int]] = defaultdict(set)
    for edge in ends:
        counted[values[edge] - edge.page].add(edge.page)
    return [
        edge
        for edge in ends
        if is_clear_page_number(edge.text) or len(counted[values[edge] - edge.page]) >= THRESHOLDS.min_counted_pages
    ]


def _is_at_row_end(edge: _EdgeLine, lines: Sequence[TextLine]) -> bool:
    """Whether nothing stands left of the line on its row, or nothing right of it."""
    box = lines[edge.index].box
    level = [line.box for line in lines if min(line.box[3], box[3]) - max(line.box[1], box[1]) > 0.5 * height(box)]
    return not any(other[0] < box[0] for other in level) or not any(other[0] > box[0] for other in level)


def _find_beside_numbers(edges: Sequence[_EdgeLine]) -> list[_EdgeLine]:
    """Find text beside page numbers that count on, if several pages have it: the titles of chapters."""
    counted: dict[tuple[str, int], set[tuple[int, int]]] = defaultdict(set)
    for edge in edges:
        value = read_page_number(edge.text)
        if value is not None:
            counted[edge.label, value - edge.page].add((edge.page, edge.row))
    rows = {
        (label, *place)
        for (label, _), places in counted.items()
        if len({page for page, _ in places}) >= THRESHOLDS.min_repeated_pages
        for place in places
    }
    beside = [e for e in edges if (e.label, e.page, e.row) in rows and read_page_number(e.text) is None]
    on_pages: dict[tuple[str, str], set[int]] = defaultdict(set)
    for edge in beside:
        on_pages[edge.label, edge.text].add(edge.page)
    return [edge for edge in beside if len(on_pages[edge.label, edge.text]) > 1]


def _drop_first_occurrences(edges: Sequence[_EdgeLine]) -> list[_EdgeLine]:
    """Drop the first occurrence of each text, which stays as content."""
    first: Mapping[tuple[str, str], int] = {
        edge.key: edge.page for edge in sorted(edges, key=lambda edge: edge.page, reverse=True)
    }
    return [edge for edge in edges if edge.page != first[edge.key]]


def is_clear_page_number(text: str) -> bool:
    """Whether the text can be nothing but a page number: `Page 3`, `3 of 9`, `- 3 -`."""
    return CLEAR_PAGE_NUMBER.match(text) is not None


def read_page_number(text: str) -> int | None:
    """Read a page number, arabic or roman; None for other text."""
    found = PAGE_NUMBER.match(text)
    if found is None:
        return None
    if found[1].isdigit():
        return int(found[1])
    digits = [_ROMAN[letter] for letter in found[1].lower()]
    return sum(-one if one < other else one for one, other in zip(digits, [*digits[1:], 0], strict=True))
