"""Marker's renderers of HTML and Markdown with a text for each picture that has one. Importing this imports marker.

Their names are Marker's, since options may name the class that they are for.
"""

from __future__ import annotations

import re
from typing import Any

from marker.renderers import html, json, markdown

from markerd.convert.rendering.alt_text import move_alt_texts
from markerd.convert.rendering.markdown import MarkdownWriter
from markerd.convert.rendering.safe_html import make_safe

BULLETED = "data-bulleted=''"
"""Said of an item whose text begins with a number that is none of a list."""
_NUMBERED = re.compile(r"- (\d{1,3})\\?([.)] )")


class _Checked:
    """Mixed into Marker's renderers of HTML and Markdown: pictures with their texts, and nothing that runs."""

    def extract_html(self, *arguments: Any, **options: Any) -> tuple[str, dict[str, Any]]:
        """What Marker calls for the HTML of a document and its pictures."""
        markup, images = super().extract_html(*arguments, **options)  # type: ignore[misc]  # of the class mixed into
        return make_safe(move_alt_texts(markup)), images


class CheckedBlocks:
    """Mixed into Marker's renderers of trees: blocks with nothing that runs."""

    def extract_json(self, *arguments: Any, **options: Any) -> Any:
        """What Marker calls for each block."""
        output = super().extract_json(*arguments, **options)  # type: ignore[misc]  # of the class mixed into
        output.html = make_safe(output.html)
        return output


class JSONRenderer(CheckedBlocks, json.JSONRenderer):  # type: ignore[misc]  # marker is untyped
    """Marker's, checked."""


class HTMLRenderer(_Checked, html.HTMLRenderer):  # type: ignore[misc]  # marker is untyped
    """Marker's, with alternative texts."""


class _Numbering(MarkdownWriter):
    """With the numbers that items of PDFs have in their text."""

    def convert_li(self, el: Any, text: str, parent_tags: Any) -> str:
        """Marker has no numbered lists: an item that begins with a number has that for its marker, and no bullet."""
        item = str(super().convert_li(el, text, parent_tags))
        numbered = _NUMBERED.match(item)
        if numbered is None:
            return item
        if el.has_attr("data-bulleted"):
            return f"- {numbered[1]}\\{numbered[2]}{item[numbered.end() :]}"
        marker = numbered[1] + numbered[2]
        # What an item holds is indented by the width of its marker; after a bullet that is two.
        return marker + item[numbered.end() :].replace("\n  ", "\n" + " " * len(marker))


class MarkdownRenderer(_Checked, markdown.MarkdownRenderer):  # type: ignore[misc]  # marker is untyped
    """Marker's, with alternative texts and without tags by mistake."""

    @property
    def md_cls(self) -> Any:
        """What turns HTML into Markdown."""
        return _Numbering.like(super().md_cls)
