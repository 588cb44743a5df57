"""Where layout and text layer meet: this builder makes sure that no line of the text layer is lost.

Marker attaches each line of the text layer to the region with which it shares most area, and shows pictures as images
without their text. This builder corrects the layout before that happens. Only modules that run with Marker import this
one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from html import escape
from types import SimpleNamespace
from typing import Annotated, Any, TypeVar

from marker.builders.layout import LayoutBuilder
from marker.providers.pdf import PdfProvider
from marker.schema import BlockTypes
from marker.schema.polygon import PolygonBox
from marker.schema.registry import get_block_class

from markerd.convert.checks.faults import FailedPage, Fault, is_fault
from markerd.convert.embedded.blocks.code import restore_listing
from markerd.convert.embedded.blocks.heading_levels import Heading, find_levels
from markerd.convert.embedded.blocks.lined_text import (
    LinedText,
    are_lines,
    close_spaceless_lines,
    find_right_edge,
    keep_compound_hyphens,
    strip_line_ends,
)
from markerd.convert.embedded.blocks.lists import replace_unknown_bullet
from markerd.convert.embedded.geometry import Box, as_box
from markerd.convert.embedded.layout.partition import Partition
from markerd.convert.embedded.layout.regions import PICTURES, PlacedRegion
from markerd.convert.embedded.layout.running_headers import Margins, find_running_heads
from markerd.convert.embedded.marker_hooks import page_group  # noqa: F401 - Marker makes its pages of it from now on
from markerd.convert.embedded.marker_hooks.layer_lines import (
    collect_lines,
    drop_repeated,
    find_position,
    join_labels,
    mark_titles,
)
from markerd.convert.embedded.marker_hooks.layout_ahead import lay_out_ahead
from markerd.convert.embedded.marker_hooks.line_numbers import leave_out_line_numbers
from markerd.convert.embedded.marker_hooks.list_group import NumberedList
from markerd.convert.embedded.marker_hooks.section_header import TypedHeading
from markerd.convert.embedded.marker_hooks.table_readers import build_table_readers
from markerd.convert.embedded.page_assembly import assemble_page
from markerd.convert.embedded.readers.table_model import TableModel
from markerd.convert.embedded.tables.page_tables import read_page_tables
from markerd.convert.embedded.tables.table_judge import TableJudge
from markerd.convert.embedded.text.hyphens import OwnWords
from markerd.convert.embedded.text.line_joining import join_lines
from markerd.convert.embedded.text_layer.duplicate_lines import has_two_layers
from markerd.convert.embedded.text_layer.lines import LayerLine, read_layer_lines
from markerd.convert.embedded.text_layer.outline import OutlineEntry, read_outline
from markerd.convert.embedded.text_layer.surrogate_pairs import join_surrogates
from markerd.convert.embedded.text_layer.text_line import Body, find_body
from markerd.convert.embedded.text_layer.unmapped_fonts import mark_unreadable
from markerd.convert.rendering.alt_text import write_alt_html

Result = TypeVar("Result")
INDENTED_LINE, INDENTED_LINE_KEPT = "\n ", "\n&#32;"


class EmbeddedLayoutBuilder(LayoutBuilder):  # type: ignore[misc]  # Marker is untyped
    """Marker's layout builder, followed by a correction of each page that has a text layer."""

    keep_pageheader_in_output: Annotated[bool, "Mirrors the renderers: what stands at the top is content."] = False
    keep_pagefooter_in_output: Annotated[bool, "Mirrors the renderers: what stands at the bottom is content."] = False

    def __init__(
        self, layout_model: Any, fast_layout_model: Any, table_model: TableModel | None = None, config: Any = None
    ) -> None:
        super().__init__(layout_model, fast_layout_model, config)
        self._table_model = table_model

    def __call__(self, document: Any, provider: Any) -> None:
        """Fill the document's pages with regions; called by Marker with its document and provider."""
        self.failed_pages: dict[int, FailedPage] = {}
        is_read_whole = self.force_ocr and self.ocr_full_page and self.mode == "balanced"
        if self.force_layout_block is not None or is_read_whole:
            super().__call__(document, provider)
            return
        with lay_out_ahead(self.get_layout_model(), document.pages) as layouts:
            self._lay_out(document, provider, layouts)

    def _lay_out(self, document: Any, provider: Any, layouts: Iterator[Any]) -> None:
        """Fill the pages with regions; `layouts` gives the layout model's result for each page, in order."""
        leave_out_line_numbers(document.pages)
        found = {
            page.page_id: self._guard_page(page, partial(_read_layer, provider=provider)) for page in document.pages
        }
        layers = {number: layer for number, layer in found.items() if layer is not None}
        body = find_body([part.line for layer in layers.values() for part in layer])
        self._own_words = OwnWords(part.line.text for layer in layers.values() for part in layer)
        read = [page for page in document.pages if page.page_id in layers]
        pages = [(as_box(page.polygon.bbox), collect_lines(layers[page.page_id])) for page in read]
        headings: list[tuple[Any, Heading]] = []
        margins_of_pages = find_running_heads(pages)
        mark_titles([layers[page.page_id] for page in read], margins_of_pages, _read_outline(provider, read))
        margins_of = {page.page_id: margins for page, margins in zip(read, margins_of_pages, strict=True)}
        for page in document.pages:
            layer = layers.get(page.page_id)
            judge = (
                self._guard_page(page, partial(self._build_judge, layer=layer, path=provider.filepath))
                if layer
                else None
            )
            self._add_regions(page, next(layouts))
            if layer and page.page_id not in self.failed_pages:
                work = partial(
                    self._correct_page, layer=layer, body=body, margins=margins_of[page.page_id], judge=judge
                )
                corrected = self._guard_page(page, work)
                if corrected is not None:
                    provider.page_lines[page.page_id], own = corrected
                    page.is_laid_out_by_rules = True
                    headings.extend(own)
        document.pages = [page for page in document.pages if page.page_id not in self.failed_pages]
        _set_levels(headings)

    def _add_regions(self, page: Any, layout: Any) -> None:
        """Give the page the regions that the layout model found, as Marker does for all pages together."""
        self.add_blocks_to_pages([page], [layout])
        self.expand_layout_blocks(SimpleNamespace(pages=[page], get_block=page.get_block))

    def _guard_page(self, page: Any, work: Callable[[Any], Result]) -> Result | None:
        """Return what `work` gives for the page; None where it fails, and the page is kept for a plainer reader."""
        try:
            return work(page)
        except Exception as error:  # a fault of any kind in our rules costs the page its structure, not the document
            if not is_fault(error):
                raise
            self.failed_pages[page.page_id] = FailedPage(page, Fault.of(error, "the page could not be laid out"))
            return None

    def _build_judge(self, page: Any, layer: Sequence[LayerLine], path: str) -> TableJudge | None:
        """Read what the judge of tables needs: while the layout model looks at the page. None without a text layer."""
        known = read_page_tables(page) if layer else None
        if known is None:
            return None
        return TableJudge(known, collect_lines(layer), build_table_readers(page, path, self._table_model))

    def _correct_page(
        self,
        page: Any,
        layer: Sequence[LayerLine],
        body: Body,
        margins: Margins,
        judge: TableJudge | None,
    ) -> tuple[list[Any], list[tuple[Any, Heading]]]:
        """Give each line a region that will be shown.

        Returns the provider's lines in reading order, and the headings.
        """
        margins = margins.show_labels(self._find_content_margins())
        positions = [find_position(part) for part in layer]
        placed = assemble_page(page, collect_lines(layer), positions, body, margins, judge)
        for block_id in page.structure:
            page.get_block(block_id).removed = True
        for region in placed.regions:
            keep_compound_hyphens([layer[line].output for line in region.lines], self._own_words)
        blocks = _rebuild_structure(page, placed, layer)
        return _order_outputs(placed, layer), _collect_headings(placed, blocks, layer)

    def _find_content_margins(self) -> frozenset[str]:
        """Find the labels of margins that hold content in this kind of document."""
        kept = {"PageHeader": self.keep_pageheader_in_output, "PageFooter": self.keep_pagefooter_in_output}
        return frozenset(label for label, is_kept in kept.items() if is_kept)


def _read_layer(page: Any, provider: Any) -> list[LayerLine]:
    join_surrogates(provider, page.page_id, page.pdftext_page)
    mark_unreadable(page.pdftext_page)
    outputs = provider.page_lines.get(page.page_id) or []
    layer = drop_repeated(read_layer_lines(outputs, page.pdftext_page, as_box(page.polygon.bbox)))
    if has_two_layers([part.line.box for part in layer]):
        provider.page_lines[page.page_id] = []  # Marker has OCR read a page without lines
        return []
    return join_labels(layer)


def _read_outline(provider: Any, pages: Sequence[Any]) -> list[OutlineEntry]:
    if not isinstance(provider, PdfProvider):
        return []
    with provider.get_doc() as pdf:
        return read_outline(pdf, [page.page_id for page in pages])


def _rebuild_structure(page: Any, placed: Partition, layer: Sequence[LayerLine]) -> list[Any]:
    """Build new blocks for the regions; they become the page's structure."""
    blocks, owners = [], {}
    for region in placed.regions:
        is_lined = _is_lined(region, placed.regions, layer, as_box(page.polygon.bbox))
        kind = LinedText if is_lined else _choose_block_class(region)
        outputs = [layer[line].output for line in region.lines]
        (strip_line_ends if is_lined else close_spaceless_lines)(outputs)
        block = page.add_block(kind, PolygonBox.from_bbox(list(region.box), ensure_nonzero_area=True))
        block.top_k = {block.block_type: region.score}
        block.html = _build_html(region, layer)
        owners.update({id(layer[line].output): block.id for line in region.lines})
        if region.label == "ListGroup":
            for line in region.lines:
                replace_unknown_bullet(layer[line].output.spans)
        held = [layer[i] for i in region.lines]
        page.count_unreadable(block.id, sum(part.unreadable for part in held), sum(part.line.letters for part in held))
        blocks.append(block)
    page.assign_owners(owners)
    page.structure = [block.id for block in blocks]
    return blocks


def _build_html(region: PlacedRegion, layer: Sequence[LayerLine]) -> str | None:
    if region.html:
        return region.html
    if region.label == "Equation" and region.lines:
        return write_alt_html(" ".join(layer[i].line.text.strip() for i in region.lines))
    if region.label == "Code" and region.lines:
        code = escape(restore_listing([layer[i].line for i in region.lines]))
        # Marker removes the indent that all lines of the document's HTML share: the first space must be no space.
        return f"<pre>{code.replace(INDENTED_LINE, INDENTED_LINE_KEPT)}</pre>"
    if region.label in PICTURES and region.lines:
        # Marker shows a picture without its words, so the labels of a drawing stand before it.
        return f"<p>{escape(join_lines([layer[i].line.text for i in region.lines]))}</p>"
    return None


def _is_lined(region: PlacedRegion, placed: Sequence[PlacedRegion], layer: Sequence[LayerLine], page: Box) -> bool:
    if region.label != "Text" or region.html:
        return False
    right = find_right_edge(region.box, [other.box for other in placed], page)
    return are_lines([layer[i].line for i in region.lines], right)


def _choose_block_class(region: PlacedRegion) -> Any:
    # No model here writes LaTeX: an equation is shown as a picture, with its characters as alternative text.
    label = "Picture" if region.label == "Equation" else region.label
    if label == "SectionHeader":
        return TypedHeading
    if label == "ListGroup":
        return NumberedList
    return get_block_class(BlockTypes[label])


def _collect_headings(
    placed: Partition, blocks: Sequence[Any], layer: Sequence[LayerLine]
) -> list[tuple[Any, Heading]]:
    found = []
    for region, block in zip(placed.regions, blocks, strict=True):
        if region.label == "SectionHeader" and region.lines:
            lines = [layer[i].line for i in region.lines]
            text = join_lines([line.text for line in lines])
            found.append((block, Heading(text, max(line.size for line in lines), all(line.is_bold for line in lines))))
    return found


def _set_levels(headings: Sequence[tuple[Any, Heading]]) -> None:
    """Set the headings as HTML: Marker gives levels again, by height alone, to headings without HTML.

    Their text has no emphasis then.
    """
    for (block, heading), level in zip(headings, find_levels([heading for _, heading in headings]), strict=True):
        block.type = heading
        block.html = f"<h{level}>{escape(heading.text)}</h{level}>"


def _order_outputs(placed: Partition, layer: Sequence[LayerLine]) -> list[Any]:
    """Sort the provider's lines in reading order, and count their characters again: Marker sorts blocks by it."""
    ordered = [layer[line].output for region in placed.regions for line in region.lines]
    position = 0
    for output in ordered:
        for span in output.spans:
            span.minimum_position, span.maximum_position = position, position + len(span.text)
            position += len(span.text) + 1
    return ordered
