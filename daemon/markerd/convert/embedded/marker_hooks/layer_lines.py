"""What is done to the lines of a text layer before a page is laid out. Only modules that run with Marker import this
one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from markerd.convert.embedded.blocks.lists import find_label_owners
from markerd.convert.embedded.blocks.titles import find_titles
from markerd.convert.embedded.layout.running_headers import Margins
from markerd.convert.embedded.text_layer.duplicate_lines import find_repeated
from markerd.convert.embedded.text_layer.lines import LayerLine
from markerd.convert.embedded.text_layer.outline import OutlineEntry
from markerd.convert.embedded.text_layer.row_fragments import find_initial_owners, find_page_owners
from markerd.convert.embedded.text_layer.text_line import TextLine


def collect_lines(layer: Iterable[LayerLine]) -> list[TextLine]:
    return [part.line for part in layer]


def find_position(part: LayerLine) -> int:
    """Find where the line stands in the PDF's stream of characters."""
    return min((int(span.minimum_position) for span in part.output.spans), default=0)


def drop_repeated(layer: Sequence[LayerLine]) -> list[LayerLine]:
    twice = find_repeated([part.line.box for part in layer], [part.line.text for part in layer])
    return [part for index, part in enumerate(layer) if index not in twice]


def join_labels(layer: Sequence[LayerLine]) -> list[LayerLine]:
    """Put what stands apart on a row before the line that it belongs to.

    This is the label of a list item, an initial, or the entry of a table of contents before its page.
    """
    boxes, texts = [part.line.box for part in layer], [part.line.text for part in layer]
    initials = find_initial_owners(boxes, texts)
    owners = {**find_label_owners(boxes, texts), **find_page_owners(boxes, texts), **initials}
    for label, item in owners.items():
        layer[item].prepend(layer[label], "" if label in initials else " ")
    return [part for index, part in enumerate(layer) if index not in owners]


def mark_titles(
    layers: Sequence[Sequence[LayerLine]], margins: Sequence[Margins], outline: Sequence[OutlineEntry] = ()
) -> None:
    """Mark the lines that the document as a whole shows to be headings, on its pages in order."""
    pages = [collect_lines(layer) for layer in layers]
    found = find_titles(pages, [one.left_out.keys() for one in margins], outline)
    for layer, own in zip(layers, found, strict=True):
        for number, part in enumerate(layer):
            if number in own:
                part.line = replace(part.line, is_title=True)
