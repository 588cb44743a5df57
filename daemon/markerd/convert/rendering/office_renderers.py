"""Marker's renderers for Office and web documents: pictures keep their alternative text and their place in a line."""

from __future__ import annotations

import re
from typing import Any

from bs4 import BeautifulSoup
from marker.renderers.html import HTMLOutput, HTMLRenderer
from marker.renderers.markdown import MarkdownRenderer

from markerd.convert.protocol import ArtifactRole
from markerd.convert.rendering.chunks import ChunkRenderer
from markerd.convert.rendering.markdown import MarkdownWriter
from markerd.convert.rendering.packed_rows import unpack_rows
from markerd.convert.rendering.renderers import JSONRenderer
from markerd.convert.rendering.safe_html import make_safe
from markerd.values import Spans

_SHOWN = re.compile(r"<p>([^<]*)<img src='(_page_\d+_Picture_\d+\.\w+)'></p>")
_REFERENCE = re.compile(r'<content-ref src="(/page/\d+/Picture/\d+)"></content-ref>')


class _Spliced(HTMLRenderer):  # type: ignore[misc]  # marker is untyped
    def extract_html(self, document: Any, document_output: Any, *_: Any) -> tuple[str, dict[str, Any]]:
        """Put the HTML together as Marker does, but without its `dedent`, which removes the indentation of code."""
        images: dict[str, Any] = {}
        markup = self.splice_content_refs(document, document_output, images)
        for tag in ("b", "i"):
            markup = self.merge_consecutive_tags(markup, tag)
        alone = {block_id.to_path() for page in document.pages for block_id in page.structure}
        markup = _SHOWN.sub(lambda found: _place_picture(found, alone), markup)
        page = f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"/></head><body>{make_safe(markup)}</body></html>'
        return page, images


def _place_picture(found: re.Match[str], alone: set[str]) -> str:
    """Write a picture with its alternative text, which Marker puts before it; as a paragraph only where it stands
    alone.
    """
    image = f'<img src="{found[2]}" alt="{found[1]}">'
    return f"<p>{image}</p>" if found[2].rpartition(".")[0] in alone else image


class _Html(_Spliced):
    """Writes HTML without the white space of `prettify`, which would come between the letters of a word."""

    def __call__(self, document: Any) -> Any:
        output = document.render(self.block_config)
        markup, images = self.extract_html(document, output)
        text = unpack_rows(str(BeautifulSoup(markup, "html.parser")))
        return HTMLOutput(html=text, images=images, metadata=self.generate_document_metadata(document, output))


class _Markdown(_Spliced, MarkdownRenderer):  # type: ignore[misc]  # marker is untyped
    spans: str = Spans.REPEAT.value
    """Set by Marker from the option of this name (`protocol.SPANS`)."""

    @property
    def md_cls(self) -> Any:
        return MarkdownWriter.like(super().md_cls, self.spans)


RENDERERS: dict[ArtifactRole, type[Any]] = {
    ArtifactRole.MARKDOWN: _Markdown,
    ArtifactRole.HTML: _Html,
    ArtifactRole.JSON: JSONRenderer,
    ArtifactRole.CHUNKS: ChunkRenderer,
}
