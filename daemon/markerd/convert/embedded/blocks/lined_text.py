"""Text of which each line says something by itself, such as an address or an imprint: its lines stay lines.

Only modules that run with Marker import this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from marker.schema.blocks import Text

from markerd.convert.embedded.blocks.thresholds import THRESHOLDS
from markerd.convert.embedded.geometry import Box, height, vertical_overlap, width
from markerd.convert.embedded.text.hyphens import OwnWords
from markerd.convert.embedded.text.line_joining import is_spaceless
from markerd.convert.embedded.text.patterns import BETWEEN_LINES_HTML, CLAUSE_END, LABELLED
from markerd.convert.embedded.text_layer.text_line import TextLine

ENDING = ",;.:!?)]}\u00bb\u201d\u2019%"  # no line begins with these


class LinedText(Text):  # type: ignore[misc]  # Marker is untyped
    """Marker's text block, with a line break between its lines."""

    def assemble_html(
        self, document: Any, child_blocks: Any, parent_structure: Any = None, block_config: Any = None
    ) -> str:
        """Build the HTML of the block; called by Marker's renderers."""
        html = super().assemble_html(document, child_blocks, parent_structure, block_config)
        return BETWEEN_LINES_HTML.sub("<br>", html)


def strip_line_ends(outputs: Sequence[Any]) -> None:
    """Remove the space that the end of each of Marker's lines would become, before the line break."""
    for output in outputs:
        output.spans[-1].text = output.spans[-1].text.rstrip()


def close_spaceless_lines(outputs: Sequence[Any]) -> None:
    """Remove the space between Marker's lines where their script has none between words."""
    for above, below in pairwise(outputs):
        last = "".join(span.text for span in above.spans).rstrip()[-1:]
        first = "".join(span.text for span in below.spans).lstrip()[:1]
        if last and first and is_spaceless(last) and is_spaceless(first):
            strip_line_ends([above])


def keep_compound_hyphens(outputs: Sequence[Any], own_words: OwnWords) -> None:
    """Write the hyphen of a compound twice where a line ends with it: Marker removes one before a small letter."""
    for above, below in pairwise(outputs):
        line, next_line = ("".join(span.text for span in output.spans) for output in (above, below))
        if own_words.keeps_hyphen(line, next_line) and next_line.lstrip()[:1].islower():
            last = next(span for span in reversed(above.spans) if span.text.strip())
            last.text = f"{last.text.rstrip()}-\n"


def are_lines(lines: Sequence[TextLine], right: float) -> bool:
    """Whether no line continues in the next one.

    Most lines end at various places although the next word had room, up to `right`, or each is a label and its value,
    or none is part of a sentence: a name, a street, a town.
    No line begins with a small letter or stands on the row of the one before.
    """
    is_broken = any(_continues(above, below) for above, below in pairwise(lines))
    have_room = [_has_room(line, below, right) for line, below in pairwise(lines)]
    if len(lines) > 1 and not is_broken and all(have_room) and all(LABELLED.match(line.text) for line in lines):
        return True
    if len(lines) < THRESHOLDS.min_lines or is_broken:
        return False
    roomy = sum(have_room) / (len(lines) - 1)
    if roomy >= THRESHOLDS.min_roomy_entries and all(map(_is_entry, lines)):
        return True
    widths = [width(line.box) for line in lines]
    before_last = len(lines) - 1
    is_narrow = max(widths) < THRESHOLDS.max_narrow * (right - min(line.box[0] for line in lines))
    ragged = sum(wide < THRESHOLDS.max_ragged * max(widths) for wide in widths[:-1])
    is_ragged = is_narrow or ragged >= THRESHOLDS.min_ragged_lines * before_last
    return is_ragged and roomy >= THRESHOLDS.min_roomy_lines


def _continues(above: TextLine, below: TextLine) -> bool:
    first = below.text.lstrip()[:1]
    is_broken = above.text.rstrip().endswith(("-", ","))
    is_level = vertical_overlap(above.box, below.box) > 0.5 * min(height(above.box), height(below.box))
    return is_broken or is_level or first.islower() or first in ENDING


def _is_entry(line: TextLine) -> bool:
    text = line.text.strip()
    return not text[:1].islower() and text[:1].isalnum() and not CLAUSE_END.search(text)


def _has_room(line: TextLine, below: TextLine, right: float) -> bool:
    words = below.text.split(maxsplit=1)
    first = width(below.box) * len(words[0]) / max(len(below.text.strip()), 1) if words else 0.0
    return line.box[2] + first + height(line.box) < right


def find_right_edge(box: Box, others: Sequence[Box], page: Box) -> float:
    """Find how far right the lines of a region could go: to what stands beside it, or to a margin like the left one."""
    beside = [o[0] for o in others if o[0] >= box[2] and vertical_overlap(o, box) > 0]
    margin = max(0.0, min((o[0] for o in [box, *others]), default=0.0) - page[0])
    return max(box[2], min([*beside, page[2] - margin]))
