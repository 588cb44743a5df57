"""Marker's renderers of HTML and Markdown, with alternative texts for pictures. Importing this module imports marker.

They have the names of Marker's, since options may name the class that they are for.
"""

from __future__ import annotations

import re
from typing import Any

from marker.renderers import html, json, markdown

from markerd.convert.rendering.alt_text import move_alt_texts
from markerd.convert.rendering.markdown import MarkdownWriter
from markerd.convert.rendering.packed_rows import unpack_rows
from markerd.convert.rendering.safe_html import make_safe
from markerd.values import Spans

BULLETED = "data-bulleted=''"
"""Marks an item whose text begins with a number that is not its number in a list."""
_NUMBERED = re.compile(r"- (\d{1,3})\\?([.)] )")


class _Checked:
    """Mixed into Marker's renderers of HTML and Markdown: adds alternative texts, and removes what could run."""

    def extract_html(self, *arguments: Any, **options: Any) -> tuple[str, dict[str, Any]]:
        """Return the HTML of a document and its pictures; called by Marker."""
        markup, images = super().extract_html(*arguments, **options)  # type: ignore[misc]  # of the class mixed into
        return make_safe(move_alt_texts(markup)), images


class CheckedBlocks:
    """Mixed into Marker's renderers of trees: removes what could run from each block."""

    def extract_json(self, *arguments: Any, **options: Any) -> Any:
        """Return the output for one block; called by Marker."""
        output = super().extract_json(*arguments, **options)  # type: ignore[misc]  # of the class mixed into
        output.html = unpack_rows(make_safe(output.html))
        return output


class JSONRenderer(CheckedBlocks, json.JSONRenderer):  # type: ignore[misc]  # marker is untyped
    """Marker's renderer, checked."""


class HTMLRenderer(_Checked, html.HTMLRenderer):  # type: ignore[misc]  # marker is untyped
    """Marker's renderer, with alternative texts."""


class _Numbering(MarkdownWriter):
    """Writes the numbers that items of PDFs have in their text."""

    def convert_li(self, el: Any, text: str, parent_tags: Any) -> str:
        """Use an item's own number as its marker in place of a bullet, because Marker has no numbered lists."""
        item = str(super().convert_li(el, text, parent_tags))
        numbered = _NUMBERED.match(item)
        if numbered is None:
            return item
        if el.has_attr("data-bulleted"):
            return f"- {numbered[1]}\\{numbered[2]}{item[numbered.end() :]}"
        marker = numbered[1] + numbered[2]
        # The content of an item is indented by the width of its marker, which is two for a bullet.
        return marker + item[numbered.end() :].replace("\n  ", "\n" + " " * len(marker))


class MarkdownRenderer(_Checked, markdown.MarkdownRenderer):  # type: ignore[misc]  # marker is untyped
    """Marker's renderer, with alternative texts and without accidental tags."""

    spans: str = Spans.REPEAT.value
    """Set by Marker from the option of this name (`protocol.SPANS`)."""

    @property
    def md_cls(self) -> Any:
        """The converter of HTML to Markdown."""
        return _Numbering.like(super().md_cls, self.spans)
