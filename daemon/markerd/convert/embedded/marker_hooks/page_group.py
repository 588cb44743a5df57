"""A page of Marker's that gives each line to the block that the layout builder chose for it, and has our list items.

Marker alone gives a line to the block it shares most area with; where blocks lie on each other that is another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marker.schema import BlockTypes
from marker.schema.blocks import ListItem
from marker.schema.groups.page import PageGroup
from marker.schema.registry import register_block_class
from pydantic import PrivateAttr

from markerd.convert.embedded.marker_hooks.list_item import WholeItem


class AssignedPage(PageGroup):  # type: ignore[misc]  # Marker is untyped
    """`assign` is called once, before Marker merges the lines in; without it this is Marker's own page."""

    _owners: dict[int, Any] = PrivateAttr(default_factory=dict)
    _doubted: set[Any] = PrivateAttr(default_factory=set)
    _unreadable: int = PrivateAttr(default=0)
    _letters: int = PrivateAttr(default=0)

    def assign(self, owners: Mapping[int, Any]) -> None:
        """Block ids by the `id()` of the provider's line."""
        self._owners = dict(owners)

    def doubt(self, block_id: Any, unreadable: int, letters: int) -> None:
        """Told of each block: how many of its letters are in fonts that do not say what they show."""
        self._unreadable += unreadable
        self._letters += letters
        if 2 * unreadable > letters:
            self._doubted.add(block_id)

    @property
    def doubted(self) -> frozenset[Any]:
        """Ids of the blocks whose text is to be read by OCR."""
        return frozenset(self._doubted)

    @property
    def is_doubted_whole(self) -> bool:
        """Whether most of the page's text is to be."""
        return 2 * self._unreadable > self._letters

    def add_block(self, block_cls: type, polygon: Any) -> Any:
        """What Marker makes its blocks with."""
        return super().add_block(WholeItem if block_cls is ListItem else block_cls, polygon)

    def compute_line_block_intersections(self, blocks: Sequence[Any], provider_outputs: Sequence[Any]) -> Any:
        """What Marker asks for: by a line's index how much of it lies in its block, and the block's id."""
        if not self._owners:
            return super().compute_line_block_intersections(blocks, provider_outputs)
        valid = {block.id for block in blocks}
        return {
            index: (1.0, self._owners[id(output)])
            for index, output in enumerate(provider_outputs)
            if self._owners.get(id(output)) in valid
        }


register_block_class(BlockTypes.Page, AssignedPage)
