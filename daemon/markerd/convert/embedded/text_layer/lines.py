"""The lines of a page's text layer as Marker's provider has them, made ready for the layout: imported where Marker is.

The provider's lines run across columns where the PDF wrote them in one go, lack the labels of lists that symbol fonts
draw, and may lie outside of the page. Here each becomes one line or several, with what its type tells.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from ftfy import TextFixerConfig, fix_text
from marker.schema.polygon import PolygonBox
from pdftext.postprocessing import handle_hyphens, postprocess_text

from markerd.convert.embedded.geometry import Box, area, as_box, height, overlap, union
from markerd.convert.embedded.text.patterns import (
    BOLD_FONT,
    HYPHEN_AT_END,
    ITALIC_FONT,
    MATH_FONT,
    MONO_FONT,
    RIGHT_TO_LEFT,
    WIDE_SPACE,
)
from markerd.convert.embedded.text_layer.glyphs import label_shown, with_ligatures_in_order, with_scripts_apart
from markerd.convert.embedded.text_layer.text_line import TextLine
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS
from markerd.convert.embedded.text_layer.unmapped_fonts import UNREADABLE

HYPHENS = str.maketrans("\x02\ufffe", "--")  # how pdfium gives the hyphen of a word that a line's end breaks
AS_WRITTEN = TextFixerConfig(fix_character_width=False)  # East Asian commas and figures are as wide as their letters
FIXED_PITCH, FORCE_BOLD = 1, 1 << 18  # of a font's flags


@dataclass
class LayerLine:
    """A line as Marker takes it, and as the rules for the layout see it."""

    output: Any
    line: TextLine
    unreadable: int = 0
    """How many of its letters are in fonts that do not say what they show."""

    def put_before(self, label: LayerLine, between: str = " ") -> None:
        """Take over what the PDF has as a line of its own left of this one: a list's label, an initial."""
        label.output.spans[-1].text = label.output.spans[-1].text.rstrip() + between
        self.output.spans[:0] = label.output.spans
        self.output.chars[:0] = label.output.chars
        self.output.line.polygon = self.output.line.polygon.merge([label.output.line.polygon])
        self.unreadable += label.unreadable
        text = f"{label.line.text.strip()}{between}{self.line.text.lstrip()}"
        parts = (*label.line.parts, *self.line.parts)
        self.line = replace(self.line, box=union([label.line.box, self.line.box]), text=text, parts=parts)


@dataclass(frozen=True)
class _Glyph:
    character: str
    box: Box
    span: int
    font: Any

    @property
    def is_seen(self) -> bool:
        return not self.character.isspace() and area(self.box) > 0

    @property
    def is_mono(self) -> bool:
        return bool(MONO_FONT.search(self.font["name"] or "")) or bool((self.font["flags"] or 0) & FIXED_PITCH)


def layer_lines(outputs: Sequence[Any], pdftext_page: Any, page: Box) -> list[LayerLine]:
    """The lines on the page, each cut where a column's gap runs through it."""
    raw_lines = [line for block in (pdftext_page or {}).get("blocks", ()) for line in block["lines"]]
    if len(raw_lines) != len(outputs):
        raw_lines = [None] * len(outputs)
    parts = (part for output, raw in zip(outputs, raw_lines, strict=True) for part in _parts(output, raw))
    return [part for part in parts if part.line.text.strip() and _is_put_on(part, page)]


def _parts(output: Any, raw: Any) -> Iterator[LayerLine]:
    raw_spans = [span for span in raw["spans"] if span["text"]] if raw else []
    if len(raw_spans) != len(output.spans) or not raw_spans:
        yield _untold(output)
        return
    glyphs = [
        _Glyph(char["char"], as_box(char["bbox"]), number, char["font"])
        for number, span in enumerate(raw_spans)
        for char in span["chars"]
    ]
    label = _label(raw)
    is_code = all(glyph.is_mono for glyph in glyphs if glyph.is_seen)
    for number, part in enumerate(_cut(glyphs, THRESHOLDS.min_listing_gap if is_code else THRESHOLDS.min_column_gap)):
        seen = [glyph for glyph in part if glyph.is_seen]
        if seen:
            yield _line(output, part, seen, label if number == 0 else None)


def _label(raw: Any) -> str | None:
    """What the line's first glyph shows, if it is one that its character does not tell."""
    chars = [char for span in raw["spans"] for char in span["chars"] if not char["char"].isspace()]
    if len(chars) < 2 or len({char["font"]["name"] for char in chars}) < 2:
        return None
    return label_shown(chars[0]["char"], chars[0]["font"]["name"] or "")


def _cut(glyphs: Sequence[_Glyph], min_gap: float) -> list[list[_Glyph]]:
    if RIGHT_TO_LEFT.search("".join(glyph.character for glyph in glyphs)):
        return [list(glyphs)]  # places go back and forth in such a line
    parts: list[list[_Glyph]] = [[]]
    last: _Glyph | None = None
    for glyph in glyphs:
        if glyph.is_seen:
            if last is not None and _is_apart(last.box, glyph.box, min_gap):
                parts.append([])
            last = glyph
        parts[-1].append(glyph)
    return parts


def _is_apart(last: Box, box: Box, min_gap: float) -> bool:
    limit = min_gap * max(height(last), height(box))
    is_level = min(last[3], box[3]) > max(last[1], box[1])
    return is_level and (box[0] - last[2] > limit or last[0] - box[2] > limit)


def _line(output: Any, glyphs: Sequence[_Glyph], seen: Sequence[_Glyph], label: str | None) -> LayerLine:
    spans = [
        _span(output.spans[number], [glyph for glyph in glyphs if glyph.span == number])
        for number in sorted({glyph.span for glyph in glyphs})
    ]
    if label is not None:
        _put_label(spans, label)
    _trim(spans)
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
    return LayerLine(made, _described(spans, glyphs, seen, box), unreadable)


def _span(span: Any, glyphs: Sequence[_Glyph]) -> Any:
    """The part of a span that is these glyphs; its text as pdftext and Marker clean it."""
    letters = with_ligatures_in_order([g.character for g in glyphs], [g.box for g in glyphs])
    text = fix_text(handle_hyphens(postprocess_text("".join(letters)), keep_hyphens=True), AS_WRITTEN)
    text = with_scripts_apart(WIDE_SPACE.sub(" ", text))
    text = HYPHEN_AT_END.sub("-", text)  # the one that Marker joins words at
    if span.has_superscript or span.has_subscript:
        text = text.strip()
    seen = [g.box for g in glyphs if g.is_seen]
    polygon = PolygonBox.from_bbox(list(union(seen)), ensure_nonzero_area=True) if seen else span.polygon
    return span.model_copy(update={"text": text, "polygon": polygon})


def _trim(spans: list[Any]) -> None:
    """No space before the first word, which would part a hyphenated one. One line break, in the last span that says
    something: alone in a span of its own it parts hyphenated words too."""
    first = next((span for span in spans if span.text.strip()), None)
    if first is not None and not (first.has_superscript or first.has_subscript):
        first.text = first.text.lstrip()
    while len(spans) > 1 and not spans[-1].text.strip():
        spans.pop()
    spans[-1].text = spans[-1].text.rstrip("\n") + "\n"


def _put_label(spans: Sequence[Any], label: str) -> None:
    first = next((span for span in spans if span.text.strip()), None)
    if first is None:
        return
    if len(first.text.strip()) == 1 and label_shown(first.text.strip(), first.font) is not None:
        first.text = f"{label} "
    else:
        first.text = f"{label} {first.text.lstrip()}"
    for span in spans:
        if span is first:
            break
        span.text = ""


def _described(spans: Sequence[Any], glyphs: Sequence[_Glyph], seen: Sequence[_Glyph], box: Box) -> TextLine:
    names = [glyph.font["name"] or "" for glyph in seen]
    mono = sum(glyph.is_mono for glyph in seen)
    in_text = [glyph for glyph in seen if not glyph.is_mono] or seen
    half = len(seen) / 2
    return TextLine(
        box,
        "".join(span.text for span in spans),
        median(height(glyph.box) for glyph in in_text),
        median(glyph.font["weight"] or 0 for glyph in seen),
        _is_bold(in_text),
        sum(bool(ITALIC_FONT.search(n)) for n in names) > half,
        mono > THRESHOLDS.min_mono_share * len(seen) or (mono == 0 and _has_one_width(seen)),
        sum(_is_math(glyph) for glyph in seen) / len(seen),
        tuple(_cell(part) for part in _cut(glyphs, THRESHOLDS.min_cell_gap)),
    )


def _is_bold(glyphs: Sequence[_Glyph]) -> bool:
    """Whether all but a note's mark is: a line that begins in bold type and goes on without is running text."""
    plain = [
        g for g in glyphs if not BOLD_FONT.search(g.font["name"] or "") and not (g.font["flags"] or 0) & FORCE_BOLD
    ]
    letters = [g for g in plain if g.character.isalnum() and not _is_math(g)]
    return len(plain) < len(glyphs) and len(letters) <= max(
        THRESHOLDS.max_plain_letters, THRESHOLDS.max_plain_share * len(glyphs)
    )


def _is_math(glyph: _Glyph) -> bool:
    """Set in a font of mathematics, an operator, or a letter that Unicode has for mathematics alone."""
    is_letter = "\U0001d400" <= glyph.character[:1] <= "\U0001d7ff"
    is_sign = is_letter or unicodedata.category(glyph.character[:1] or " ") == "Sm"
    return is_sign or bool(MATH_FONT.search(glyph.font["name"] or ""))


def _has_one_width(seen: Sequence[_Glyph]) -> bool:
    """Whether narrow letters are as wide as broad ones, whatever the font is called."""
    widths = {g.character: g.box[2] - g.box[0] for g in seen if g.character.isascii() and g.character.isalpha()}
    has_both = bool(widths.keys() & set("iljtfr")) and bool(widths.keys() & set("mwMWGOQ"))
    return (
        has_both
        and len(widths) > THRESHOLDS.min_compared_letters
        and max(widths.values()) - min(widths.values()) < THRESHOLDS.max_width_spread * max(widths.values())
    )


def _cell(glyphs: Sequence[_Glyph]) -> tuple[Box, str]:
    return union(g.box for g in glyphs if g.is_seen), "".join(g.character for g in glyphs).strip()


def _untold(output: Any) -> LayerLine:
    """A line of which no more is known than what the provider says."""
    box = as_box(output.line.polygon.bbox)
    formats = [name for span in output.spans if span.text.strip() for name in span.formats]
    text = "".join(span.text for span in output.spans)
    return LayerLine(output, TextLine(box, text, height(box), is_bold="bold" in formats, is_italic="italic" in formats))


def _is_put_on(part: LayerLine, page: Box) -> bool:
    """Whether it lies on the page, for a part at least; what hangs over the edge is cut off.

    Marker condemns a whole page to OCR for a line that leaves it.
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


def layer_words(pdftext_page: Any) -> list[tuple[Box, str]]:
    """The words of a page, each with its own place."""
    words: list[tuple[Box, str]] = []
    for line in (line for block in (pdftext_page or {}).get("blocks", ()) for line in block["lines"]):
        glyphs = [_Glyph(c["char"], as_box(c["bbox"]), 0, c["font"]) for span in line["spans"] for c in span["chars"]]
        for part in _cut(glyphs, THRESHOLDS.min_cell_gap):
            words.extend(_words(part))
    return words


def _words(glyphs: Sequence[_Glyph]) -> Iterator[tuple[Box, str]]:
    word: list[_Glyph] = []
    for glyph in [*glyphs, None]:
        if glyph is not None and glyph.is_seen:
            word.append(glyph)
        elif word and (glyph is None or glyph.character.isspace()):
            text = fix_text(postprocess_text("".join(g.character for g in word).translate(HYPHENS)), AS_WRITTEN)
            if text.strip():
                yield union(g.box for g in word), text.strip()
            word = []
