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


class HTMLRenderer(PicturesWithAlt, html.HTMLRenderer):  # type: ignore[misc]  # marker is untyped
    """Marker's, with alternative texts."""


class _Markdownify(markdown.Markdownify):  # type: ignore[misc]  # marker is untyped
    """Marker's, but what the text has of Markdown is shown: `<name>` is no tag to be hidden, `# name` no heading."""

    def escape(self, text: str, parent_tags: Any = None) -> str:
        """Called for each text that is no code."""
        return _OPENS_HEADING.sub(r"\\\1", _OPENS_TAG.sub(r"\\<", str(super().escape(text, parent_tags))))


class MarkdownRenderer(PicturesWithAlt, markdown.MarkdownRenderer):  # type: ignore[misc]  # marker is untyped
    """Marker's, with alternative texts and without tags by mistake."""

    @property
    def md_cls(self) -> Any:
        """What Marker turns HTML into Markdown with."""
        converter = super().md_cls
        converter.__class__ = _Markdownify
        return converter
