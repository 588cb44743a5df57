"""Finds the lines that a document as a whole shows to be headings. Pure."""

from __future__ import annotations

from collections.abc import Sequence, Set

from markerd.convert.embedded.blocks.outlined_headings import find_outlined_headings
from markerd.convert.embedded.blocks.plain_headings import find_plain_headings
from markerd.convert.embedded.blocks.set_off_headings import find_set_off_headings
from markerd.convert.embedded.blocks.typed_lines import Column, find_body_type
from markerd.convert.embedded.text_layer.outline import OutlineEntry
from markerd.convert.embedded.text_layer.text_line import TextLine


def find_titles(
    pages: Sequence[Sequence[TextLine]], left_out: Sequence[Set[int]], outline: Sequence[OutlineEntry] = ()
) -> list[frozenset[int]]:
    """Find the lines of each page that are headings, by their indices; `left_out` are running heads and feet."""
    columns = [Column(lines, out) for lines, out in zip(pages, left_out, strict=True)]
    body = find_body_type(line for column in columns for line in column.lines_in_order)
    if body is None:
        return [frozenset() for _ in pages]
    set_off, plain = find_set_off_headings(columns, body), find_plain_headings(columns, body)
    tagged = [frozenset(i for i, line in enumerate(lines) if line.is_tagged) for lines in pages]
    outlined = find_outlined_headings(columns, outline)
    return [frozenset().union(*found) for found in zip(set_off, plain, tagged, outlined, strict=True)]
