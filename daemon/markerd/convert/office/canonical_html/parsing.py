"""Trees of elements in which finding a child's place is cheap, however many children its parent has.

BeautifulSoup searches from the first child on, for each element that is taken out, put in or replaced: over a body of
300,000 paragraphs that takes hours. A walk over a tree changes one child after its neighbour, so here the search begins
where the last one ended.
"""

from __future__ import annotations

from bs4 import BeautifulSoup, Tag
from bs4.element import PageElement


class Element(Tag):
    """A `Tag` that remembers where it last found a child."""

    _near = 0

    def index(self, element: PageElement) -> int:
        """Return the place of a child, found by identity. Raises ValueError where it is no child."""
        contents = self.contents
        before = min(self._near, len(contents) - 1)
        after = before + 1
        while before >= 0 or after < len(contents):
            if before >= 0 and contents[before] is element:
                self._near = before
                return before
            if after < len(contents) and contents[after] is element:
                self._near = after
                return after
            before, after = before - 1, after + 1
        raise ValueError("Tag.index: element not in tag")


def parse_html(markup: str) -> BeautifulSoup:
    """Parse a page, or a piece of one, as browsers do."""
    return BeautifulSoup(markup, "lxml", element_classes={Tag: Element})
