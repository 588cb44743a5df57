"""A line of a text layer with its type: size, weight, slant, family. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from markerd.convert.embedded.geometry import Box, height, width
from markerd.convert.embedded.text.patterns import CLAUSE_END
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS


@dataclass(frozen=True)
class TextLine:
    """A line with its type: `size` is the height of its letters' boxes, which grows with the type; `weight` is
    PDFium's."""

    box: Box
    text: str
    size: float
    weight: float = 400.0
    is_bold: bool = False
    is_italic: bool = False
    is_mono: bool = False
    math: float = 0.0
    """The share of its characters that are mathematics, 0 to 1."""
    parts: tuple[tuple[Box, str], ...] = ()
    """The parts between gaps wider than those between words: cells, if the line is a row of a table."""
    family: str = ""
    """The name of the font that most letters have, without style and the prefix of a subset."""
    colour: int = 0
    """Red, green and blue in one number, 0 for black."""
    is_underlined: bool = False
    is_tagged: bool = False
    """Whether the PDF's own structure calls the line a heading."""
    is_title: bool = False
    """Whether the document as a whole shows that the line is a heading, or a part of one."""

    @property
    def letters(self) -> int:
        """The number of characters that can be seen."""
        return sum(not c.isspace() for c in self.text)

    @property
    def is_upright(self) -> bool:
        """Whether the line runs across the page; turned text is higher than wide."""
        return width(self.box) >= height(self.box) or self.letters < THRESHOLDS.min_turned_letters


@dataclass(frozen=True)
class Body:
    """The type of the running text, in which most letters are set. Raises ValueError for a size of 0 or less."""

    size: float
    weight: float = 400.0
    is_bold: bool = False
    is_mono: bool = False
    line_gap: float | None = None
    """The white between two lines of one paragraph, in sizes of the type; None where the text does not show it."""

    def __post_init__(self) -> None:
        if not self.size > 0:
            raise ValueError(f"type has a size, not {self.size}")


def find_body(lines: Sequence[TextLine]) -> Body:
    """Find the commonest type by letters; a usual one where there are no lines.

    Code is no body where there is other text too. Lines without a size, which PDFs write for text that is not to be
    seen, do not count.
    """
    counts: Counter[tuple[float, float, bool, bool]] = Counter()
    for line in (line for line in lines if line.size > 0):
        size = max(THRESHOLDS.size_step_pt, round(line.size / THRESHOLDS.size_step_pt) * THRESHOLDS.size_step_pt)
        counts[(size, line.weight, line.is_bold, line.is_mono)] += line.letters
    if not counts:
        return Body(THRESHOLDS.usual_size_pt)
    in_text = Counter({type_: letters for type_, letters in counts.items() if not type_[3]})
    if in_text.total() > THRESHOLDS.min_text_share * counts.total():
        counts = in_text
    (size, weight, is_bold, is_mono), _ = counts.most_common(1)[0]
    return Body(size, weight, is_bold, is_mono, measure_line_gap(lines))


def measure_line_gap(lines: Sequence[TextLine]) -> float | None:
    """Measure the white between lines over whose end a sentence runs on, in sizes of the type.

    None where too few do, or where they stand at various distances.
    """
    gaps = [
        (below.box[1] - above.box[3]) / below.size
        for above, below in pairwise(lines)
        if below.size > 0 and are_same_type(above, below) and _runs_on(above, below)
    ]
    if len(gaps) < THRESHOLDS.min_running_pairs:
        return None
    usual = median(gaps)
    alike = sum(abs(gap - usual) <= THRESHOLDS.same_line_gap for gap in gaps)
    return usual if alike >= THRESHOLDS.min_alike_gaps * len(gaps) else None


def _runs_on(above: TextLine, below: TextLine) -> bool:
    is_below = (
        above.box[3] - 0.5 * height(above.box) < below.box[1] < above.box[3] + THRESHOLDS.max_line_gap * below.size
    )
    return is_below and below.text.lstrip()[:1].islower() and not CLAUSE_END.search(above.text)


def is_heavier(line: TextLine, body: Body) -> bool:
    """Whether the line is bold where the running text is not."""
    if line.is_bold:
        return not body.is_bold
    return 0 < body.weight * THRESHOLDS.min_bold_growth <= line.weight < THRESHOLDS.max_weight and not body.is_bold


def are_same_type(first: TextLine, second: TextLine) -> bool:
    """Whether two lines are set alike in size and weight."""
    is_same_size = abs(first.size - second.size) <= THRESHOLDS.same_size * max(first.size, second.size)
    return is_same_size and first.is_bold == second.is_bold and first.is_mono == second.is_mono
