"""Numbers Marker's lists where their items are numbered: Marker renders bullets, and leaves the numbers in the text.

Importing this module imports marker.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marker.schema import BlockTypes
from marker.schema.groups import ListGroup

from markerd.convert.embedded.text.patterns import ITEM_NUMBER_HTML, NUMBER_AFTER_BULLET_HTML
from markerd.convert.rendering.renderers import BULLETED


class NumberedList(ListGroup):  # type: ignore[misc]  # Marker is untyped
    """`<ol>` where the items' numbers follow each other, which are then removed from the texts; otherwise Marker's
    `<ul>`.

    Numbers that skip one, and labels such as "a)" or "(1)", stay in the text: HTML would number again.
    """

    def assemble_html(self, document: Any, child_blocks: Any, parent_structure: Any, block_config: Any = None) -> str:
        """Build the HTML from the rendered items, whose first lines lose their numbers here; called by Marker."""
        html = str(super().assemble_html(document, child_blocks, parent_structure, block_config))
        start = _take_numbers(child_blocks)
        return html if start is None else _build_numbered(html, start)


def _take_numbers(items: Sequence[Any]) -> int | None:
    """Remove the items' numbers and return the first; None, and no change, where they are no sequence."""
    for item in items:
        _number_nested(item)
    lines = [_find_first_line(item) for item in items]
    for item, line in zip(items, lines, strict=True):
        if line is not None and NUMBER_AFTER_BULLET_HTML.match(line.html):
            item.html = item.html.replace("<li", f"<li {BULLETED}", 1)
    found = [ITEM_NUMBER_HTML.match(line.html) if line is not None else None for line in lines]
    numbers = [int(match[2]) for match in found if match]
    if not numbers or len(numbers) < len(items) or numbers != list(range(numbers[0], numbers[0] + len(items))):
        return None
    for line, match in zip(lines, found, strict=True):
        if line is not None and match is not None:
            line.html = match[1] + line.html[match.end() :]
    return numbers[0]


def _number_nested(item: Any) -> None:
    """Number the lists inside an item: Marker renders each item within another one as a list of its own."""
    for child in item.children or ():
        if child.id.block_type == BlockTypes.ListItem:
            start = _take_numbers([child])
            if start is not None:
                child.html = _build_numbered(child.html, start)


def _find_first_line(item: Any) -> Any | None:
    first = next(iter(item.children or ()), None)
    return first if first is not None and first.id.block_type == BlockTypes.Line else None


def _build_numbered(html: str, start: int) -> str:
    opening = "<ol>" if start == 1 else f'<ol start="{start}">'
    head, _, tail = html.partition("<ul>")
    body, _, end = tail.rpartition("</ul>")
    return f"{head}{opening}{body}</ol>{end}"
