"""A document of Marker's placed within a larger output: its pages get the numbers that they have there, and a title.

Importing this module imports marker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from marker.schema import BlockTypes
from marker.schema.blocks import BlockId
from marker.schema.polygon import PolygonBox
from marker.schema.registry import get_block_class

TITLE_LEVEL = 2
"""The level of the heading of what is attached, below that of the message's subject."""
_TAG = re.compile(r"<(?:a|span)\b[^<>]*>")
_PLACE = re.compile(r"((?:href|id)=['\"]#?page-)(\d+)(-\d+['\"])")
_LINK = re.compile(r"(#?page-)(\d+)(-\d+)")


@dataclass(frozen=True)
class Place:
    """Where a document stands: its page 0 is number `first_page` of the output.

    Its page `title_page`, counted in itself, begins with the heading `title`.
    """

    first_page: int
    title: str
    title_page: int

    def put(self, document: Any) -> None:
        """Number the pages of a finished document anew, and add the title if its page is among them."""
        for page in document.pages:
            if page.page_id == self.title_page:
                self._add_title(document, page)
        for page in document.pages:
            self._renumber(page)
        # Both find pages by the numbers that they had; the second is that of the embedded models' document.
        document._page_index = None
        getattr(document, "known_pages", {}).clear()
        for entry in document.table_of_contents or ():
            entry["page_id"] += self.first_page

    def _add_title(self, document: Any, page: Any) -> None:
        box = PolygonBox.from_bbox(page.polygon.bbox, ensure_nonzero_area=True)
        heading = page.add_block(get_block_class(BlockTypes.SectionHeader), box)
        heading.structure = []
        heading.html = f"<h{TITLE_LEVEL}>{escape(self.title)}</h{TITLE_LEVEL}>"
        heading.heading_level = TITLE_LEVEL
        page.structure = [heading.id, *(page.structure or ())]
        entry = {"title": self.title, "heading_level": TITLE_LEVEL, "page_id": page.page_id, "polygon": box.polygon}
        document.table_of_contents = [entry, *(document.table_of_contents or ())]

    def _renumber(self, page: Any) -> None:
        draw = page._highres_loader
        if draw is not None:
            page._highres_loader = lambda number: draw(number - self.first_page)
        for block in _list_blocks(page):
            block.page_id += self.first_page
            block._structure_index = None
            if block.structure:
                block.structure = [self._move(block_id) for block_id in block.structure]
            self._renumber_links(block)

    def _move(self, block_id: Any) -> Any:
        number = block_id.page_id + self.first_page
        return BlockId(page_id=number, block_id=block_id.block_id, block_type=block_id.block_type)

    def _renumber_links(self, block: Any) -> None:
        """Let links within the document, and the places that they lead to, follow its pages."""
        for name in ("ref", "url"):
            value = getattr(block, name, None)
            if isinstance(value, str) and (found := _LINK.fullmatch(value)):
                setattr(block, name, self._count_on(found))
        markup = getattr(block, "html", None)
        if isinstance(markup, str) and "page-" in markup:
            block.html = _TAG.sub(lambda tag: _PLACE.sub(self._count_on, tag[0]), markup)

    def _count_on(self, found: re.Match[str]) -> str:
        return f"{found[1]}{int(found[2]) + self.first_page}{found[3]}"


def _list_blocks(page: Any) -> Iterator[Any]:
    """Yield the page and all its blocks, each once."""
    yield page
    yield from page.children or ()
