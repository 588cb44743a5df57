"""A list item that loses its bullet and nothing else: Marker takes every dash between spaces for a bullet.

Importing this module imports marker.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marker.schema import BlockTypes
from marker.schema.blocks import Block, ListItem

from markerd.convert.embedded.text.patterns import BULLET_HTML


class WholeItem(ListItem):  # type: ignore[misc]  # Marker is untyped
    """Marker's list item, rendered as Marker does it."""

    def assemble_html(self, document: Any, child_blocks: Any, parent_structure: Any, block_config: Any = None) -> str:
        """Build the HTML from the rendered lines, the first of which loses its bullet here; called by Marker."""
        if self.html:
            return str(super().assemble_html(document, child_blocks, parent_structure, block_config))
        _take_bullet(child_blocks)
        lines = Block.assemble_html(self, document, child_blocks, parent_structure, block_config)
        if self.list_indent_level:
            indent = f"class='list-indent-{self.list_indent_level}'"
            return f"<ul><li block-type='{self.block_type}' {indent}>{lines}</li></ul>"
        return f"<li block-type='{self.block_type}'>{lines}</li>"


def _take_bullet(children: Sequence[Any]) -> None:
    first = None
    while children:
        first = children[0]
        children = first.children
    if first is not None and first.id.block_type == BlockTypes.Line:
        first.html = BULLET_HTML.sub(r"\1", first.html, count=1)
