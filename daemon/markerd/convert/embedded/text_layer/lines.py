"""The lines of a page's text layer as Marker's provider has them, prepared for the layout.

The provider's lines run across columns where the PDF wrote them in one go, lack the labels of lists that symbol fonts
draw, and may lie outside the page. Here each becomes one line or several, with what its type shows. Only modules that
run with Marker import this one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from marker.schema.polygon import PolygonBox
from pdftext.postprocessing import handle_hyphens, postprocess_text

from markerd.convert.embedded.geometry import Box, as_box, height, overlap, union
from markerd.convert.embedded.text.mending import mend_text
from markerd.convert.embedded.text.patterns import (
    HYPHEN_AT_END,
    WIDE_SPACE,
)
from markerd.convert.embedded.text_layer.drawn_bullets import DRAWN_BULLET
from markerd.convert.embedded.text_layer.glyphs import order_ligatures, read_shown_label, separate_scripts
from markerd.convert.embedded.text_layer.line_type import describe_type
from markerd.convert.embedded.text_layer.placed_glyphs import PlacedGlyph, cut_at_gaps, place_glyph
from markerd.convert.embedded.text_layer.struck_text import STRUCK, show_struck
from markerd.convert.embedded.text_layer.text_line import TextLine
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS
from markerd.convert.embedded.text_layer.unmapped_fonts import UNREADABLE


@dataclass
class LayerLine:
    """A line as Marker takes it, and as the rules for the layout see it."""

    output: Any
    line: TextLine
    unreadable: int = 0
    """The number of its letters in fonts that do not say what they show."""

    def prepend(self, label: LayerLine, between: str = " ") -> None:
        """Take over a line that the PDF has apart, to the left of this one: the label of a list item, an initial."""
        label.output.spans[-1].text = label.output.spans[-1].text.rstrip() + between
        self.output.spans[:0] = label.output.spans
        self.output.chars[:0] = label.output.chars
        self.output.line.polygon = self.output.line.polygon.merge([label.output.line.polygon])
        self.unreadable += label.unreadable
        text = f"{label.line.text.strip()}{between}{self.line.text.lstrip()}"
        parts = (*label.line.parts, *self.line.parts)
        self.line = replace(self.line, box=union([label.line.box, self.line.box]), text=text, parts=parts)


def read_layer_lines(outputs: Sequence[Any], pdftext_page: Any, page: Box) -> list[LayerLine]:
    """Read the lines on the page, each cut where the gap between two columns runs through it."""
    raw_lines = [line for block in (pdftext_page or {}).get("blocks", ()) for line in block["lines"]]
    if len(raw_lines) != len(outputs):
        raw_lines = [None] * len(outputs)
    parts = (part for output, raw in zip(outputs, raw_lines, strict=True) for part in _split_line(output, raw))
    return [part for part in parts if part.line.text.strip() and _clip_to_page(part, page)]


def _split_line(output: Any, raw: Any) -> Iterator[LayerLine]:
    raw_spans = [span for span in raw["spans"] if span["text"]] if raw else []
    if len(raw_spans) != len(output.spans) or not raw_spans:
        yield _keep_provider_line(output)
        return
    glyphs = [place_glyph(char, number) for number, span in enumerate(raw_spans) for char in span["chars"]]
    label = _read_label(raw)
    is_code = all(glyph.is_mono for glyph in glyphs if glyph.is_seen)
    for number, part in enumerate(
        cut_at_gaps(glyphs, THRESHOLDS.min_listing_gap if is_code else THRESHOLDS.min_column_gap)
    ):
        seen = [glyph for glyph in part if glyph.is_seen]
        if seen:
            yield _build_line(output, part, seen, label if number == 0 else None)


def _read_label(raw: Any) -> str | None:
    """Read what the first glyph of the line shows, if its character does not say so, or the bullet drawn before it."""
    chars = [char for span in raw["spans"] for char in span["chars"] if not char["char"].isspace()]
    if chars and chars[0]["font"].get(DRAWN_BULLET):
        return "\u2022"
    if len(chars) < 2 or len({char["font"]["name"] for char in chars}) < 2:
        return None
    return read_shown_label(chars[0]["char"], chars[0]["font"]["name"] or "")


def _build_line(
    output: Any, glyphs: Sequence[PlacedGlyph], seen: Sequence[PlacedGlyph], label: str | None
) -> LayerLine:
    numbers = sorted({glyph.span for glyph in glyphs})
    spans = [_cut_span(output.spans[number], [g for g in glyphs if g.span == number]) for number in numbers]
    if label is not None:
        _put_label(spans, label)
    _trim_spans(spans)
    _show_struck_spans(spans, glyphs)
    box = union(glyph.box for glyph in seen)
    made = output.model_copy(
        update={
            "line": output.line.model_copy(
                update={"polygon": PolygonBox.from_bbox(list(box), ensure_nonzero_area=True)}
            ),
            "spans": spans,
            "chars": [[] for _ in spans],
        }
    )
    unreadable = sum(bool(glyph.font.get(UNREADABLE)) for glyph in seen)
    return LayerLine(made, describe_type(spans, glyphs, seen, box), unreadable)


def _cut_span(span: Any, glyphs: Sequence[PlacedGlyph]) -> Any:
    """Cut a span to these glyphs, with its text cleaned as pdftext and Marker clean it."""
    letters = order_ligatures([g.character for g in glyphs], [g.box for g in glyphs])
    text = mend_text(handle_hyphens(postprocess_text("".join(letters)), keep_hyphens=True))
    text = separate_scripts(WIDE_SPACE.sub(" ", text))
    text = HYPHEN_AT_END.sub("-", text)  # the hyphen at which Marker joins words
    if span.has_superscript or span.has_subscript:
        text = text.strip()
    seen = [g.box for g in glyphs if g.is_seen]
    polygon = PolygonBox.from_bbox(list(union(seen)), ensure_nonzero_area=True) if seen else span.polygon
    return span.model_copy(update={"text": text, "polygon": polygon})


def _trim_spans(spans: list[Any]) -> None:
    """Remove space before the first word, and leave one line break, in the last span with text.

    The space would separate a hyphenated word from its beginning, as would a line break in a span of its own.
    """
    first = next((span for span in spans if span.text.strip()), None)
    if first is not None and not (first.has_superscript or first.has_subscript):
        first.text = first.text.lstrip()
    while len(spans) > 1 and not spans[-1].text.strip():
        spans.pop()
    spans[-1].text = spans[-1].text.rstrip("\n") + "\n"


def _show_struck_spans(spans: Sequence[Any], glyphs: Sequence[PlacedGlyph]) -> None:
    """Give spans that a line strikes through their HTML: Marker has no format for them."""
    is_struck = [any(g.font.get(STRUCK) for g in part) for _, part in groupby(glyphs, key=lambda glyph: glyph.span)]
    if len(is_struck) < len(spans):
        return
    for span, struck, below in zip(spans, is_struck, [*spans[1:], None], strict=False):
        if struck:
            span.html = show_struck(span.text, below.text if below is not None else "")


def _put_label(spans: Sequence[Any], label: str) -> None:
    first = next((span for span in spans if span.text.strip()), None)
    if first is None:
        return
    if len(first.text.strip()) == 1 and read_shown_label(first.text.strip(), first.font) is not None:
        first.text = f"{label} "
    else:
        first.text = f"{label} {first.text.lstrip()}"
    for span in spans:
        if span is first:
            break
        span.text = ""


def _keep_provider_line(output: Any) -> LayerLine:
    """Build a line of which nothing is known but what the provider says."""
    box = as_box(output.line.polygon.bbox)
    formats = [name for span in output.spans if span.text.strip() for name in span.formats]
    text = "".join(span.text for span in output.spans)
    return LayerLine(output, TextLine(box, text, height(box), is_bold="bold" in formats, is_italic="italic" in formats))


def _clip_to_page(part: LayerLine, page: Box) -> bool:
    """Clip the line to the page; False for a line that lies outside.

    Marker would have OCR read the whole page for a line that leaves it.
    """
    box = part.line.box
    if (
        overlap(
            box,
            (
                page[0] - THRESHOLDS.page_edge_pt,
                page[1] - THRESHOLDS.page_edge_pt,
                page[2] + THRESHOLDS.page_edge_pt,
                page[3] + THRESHOLDS.page_edge_pt,
            ),
        )
        <= 0
    ):
        return False
    left, top = min(max(box[0], page[0]), page[2]), min(max(box[1], page[1]), page[3])
    inside = left, top, max(min(box[2], page[2]), left), max(min(box[3], page[3]), top)
    if inside != box:
        part.output.line.polygon = PolygonBox.from_bbox(list(inside), ensure_nonzero_area=True)
        part.line = replace(part.line, box=inside)
    return True
