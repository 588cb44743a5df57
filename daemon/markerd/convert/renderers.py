"""Marker's renderers of HTML and Markdown with a text for each picture that has one. Importing this imports marker.

Their names are Marker's, since options may name the class that they are for.
"""

from __future__ import annotations

import re
from typing import Any

from marker.renderers import html, markdown

from markerd.convert.alt_text import PicturesWithAlt

_OPENS_TAG = re.compile(r"(?<!\\)<(?=[A-Za-z/!?])")
_OPENS_HEADING = re.compile(r"(?m)^(#{1,6}\s)")
_NUMBERED = re.compile(r"- (?P<marker>\d{1,3}[.)] )")


class HTMLRenderer(PicturesWithAlt, html.HTMLRenderer):  # type: ignore[misc]  # marker is untyped
    """Marker's, with alternative texts."""


class _Markdownify(markdown.Markdownify):  # type: ignore[misc]  # marker is untyped
    """Marker's, but what the text has of Markdown is shown: `<name>` is no tag to be hidden, `# name` no heading."""

    def escape(self, text: str, parent_tags: Any = None) -> str:
        """Called for each text that is no code."""
        return _OPENS_HEADING.sub(r"\\\1", _OPENS_TAG.sub(r"\\<", str(super().escape(text, parent_tags))))

    def convert_li(self, el: Any, text: str, parent_tags: Any) -> str:
        """Marker has no numbered lists: an item that begins with a number has that for its marker, and no bullet."""
        item = str(super().convert_li(el, text, parent_tags))
        numbered = _NUMBERED.match(item)
        if numbered is None:
            return item
        marker = numbered["marker"]
        # What an item holds is indented by the width of its marker; after a bullet that is two.
        return marker + item[numbered.end() :].replace("\n  ", "\n" + " " * len(marker))


class MarkdownRenderer(PicturesWithAlt, markdown.MarkdownRenderer):  # type: ignore[misc]  # marker is untyped
    """Marker's, with alternative texts and without tags by mistake."""

    @property
    def md_cls(self) -> Any:
        """What Marker turns HTML into Markdown with."""
        converter = super().md_cls
        converter.__class__ = _Markdownify
        return converter
