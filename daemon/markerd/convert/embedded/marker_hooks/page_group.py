"""Marker's page, in which each line belongs to the block that the layout builder chose, and list items are ours; and
Marker's document, which finds its pages quickly.

Marker alone gives a line to the block with which it shares most area; where blocks overlap that is another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from marker.schema import BlockTypes
from marker.schema.blocks import ListItem
from marker.schema.document import Document
from marker.schema.groups.page import PageGroup
from marker.schema.registry import register_block_class
from pydantic import PrivateAttr

from markerd.convert.embedded.marker_hooks.list_item import WholeItem


class AssignedPage(PageGroup):  # type: ignore[misc]  # Marker is untyped
    """A page whose lines have owners. `assign_owners` is called once, before Marker merges the lines in; without it
    this is Marker's own page."""

    _owners: dict[int, Any] = PrivateAttr(default_factory=dict)
    _doubted: set[Any] = PrivateAttr(default_factory=set)
    _unreadable: int = PrivateAttr(default=0)
    _letters: int = PrivateAttr(default=0)
    _left_out_text: str = PrivateAttr(default="")
    is_laid_out_by_rules: bool = False
    """Whether rules for its text layer corrected what the layout model found."""

    def assign_owners(self, owners: Mapping[int, Any]) -> None:
        """Set the block ids of the provider's lines, by the `id()` of each line."""
        self._owners = dict(owners)

    def count_unreadable(self, block_id: Any, unreadable: int, letters: int) -> None:
        """Count the letters of a block, and those in fonts that do not say what they show; called for each block."""
        self._unreadable += unreadable
        self._letters += letters
        if 2 * unreadable > letters:
            self._doubted.add(block_id)

    def leave_out(self, text: str) -> None:
        """Remember text of the page that is left out on purpose, in no block."""
        self._left_out_text = text

    @property
    def left_out_text(self) -> str:
        """What is left out on purpose, in no block."""
        return self._left_out_text

    @property
    def doubted(self) -> frozenset[Any]:
        """Ids of the blocks whose text OCR should read."""
        return frozenset(self._doubted)

    @property
    def is_doubted_whole(self) -> bool:
        """Whether OCR should read most of the page's text."""
        return 2 * self._unreadable > self._letters

    def add_block(self, block_cls: type, polygon: Any) -> Any:
        """Add a block of this class; called by Marker."""
        return super().add_block(WholeItem if block_cls is ListItem else block_cls, polygon)

    def compute_line_block_intersections(self, blocks: Sequence[Any], provider_outputs: Sequence[Any]) -> Any:
        """For each line, by its index, the share that lies in its block and the block's id; called by Marker."""
        if not self._owners:
            return super().compute_line_block_intersections(blocks, provider_outputs)
        valid = {block.id for block in blocks}
        return {
            index: (1.0, self._owners[id(output)])
            for index, output in enumerate(provider_outputs)
            if self._owners.get(id(output)) in valid
        }


class IndexedDocument(Document):  # type: ignore[misc]  # Marker is untyped
    """Marker's document. Each look at a block asks it for a page, thousands of times a page of the document.

    pydantic finds Marker's private index ten times more slowly than what is in the object itself.
    """

    @cached_property
    def known_pages(self) -> dict[int, Any]:
        """The pages by their numbers, as far as they were asked for."""
        return {}

    def get_page(self, page_id: int) -> Any:
        """Return the page of this number, from 0, or None; called by Marker."""
        page = self.known_pages.get(page_id)
        if page is None:
            self.known_pages.update({page.page_id: page for page in self.pages})
            page = self.known_pages.get(page_id)
        return page


register_block_class(BlockTypes.Page, AssignedPage)
register_block_class(BlockTypes.Document, IndexedDocument)
