"""Compares each page of a converted document with its source; a page that falls short is read again in a plainer way.

The words of a page are those of its text layer, from PDFium directly, so that no code of ours that may have lost them
stands between. Importing this module imports marker.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from markerd.convert.checks.blank_paper import measure_shown_share
from markerd.convert.checks.coverage import extract_text, measure_coverage, split_words
from markerd.convert.checks.faults import Fault, MetFault, catch_fault
from markerd.convert.checks.quality import MIN_COVERAGE
from markerd.convert.checks.thresholds import THRESHOLDS
from markerd.convert.embedded.geometry import as_box
from markerd.convert.embedded.layout.regions import MARGINS
from markerd.convert.embedded.readers.liteparse_reader import LiteparseReader
from markerd.convert.embedded.readers.read_block import ReadBlock, build_text_block
from markerd.convert.embedded.readers.text_layer import TextLayer
from markerd.convert.marker_bridge.plain_pages import (
    build_page_picture,
    find_block_places,
    has_picture,
    is_shown_by_picture,
    put_blocks,
    show_as_picture,
)
from markerd.convert.marker_bridge.providers import is_image
from markerd.convert.marker_bridge.table_readers import take_table_readers
from markerd.convert.protocol import PageCheck

_REFERENCE = re.compile(r"<content-ref src='([^']*)'></content-ref>")
_TEXT_LAYER = "text layer"
_KEEP_OPTIONS = ("keep_pageheader_in_output", "keep_pagefooter_in_output")
_logger = logging.getLogger(__name__)


class SelfCheck:
    """Compares each page of a document with the file that it was read from; `options` are those of the conversion.

    `set_aside` has the pages, counted from 0, whose layout failed, each with its fault: they are empty and get their
    blocks here. `unread` are those that OCR could not read although their text layer is in doubt.
    """

    def __init__(self, options: Mapping[str, Any], set_aside: Mapping[int, Fault], unread: Collection[int]) -> None:
        self._options = options
        self._set_aside = set_aside
        self._unread = unread

    def run(self, document: Any) -> list[PageCheck]:
        """Return one check for each page, in the document's order. Pages that fell short are replaced in the
        document.
        """
        path = document.filepath
        if is_image(Path(path)):
            return [_name_readers(self._check_ocr(document, page), page) for page in document.pages]
        self._reader = LiteparseReader(path)
        with TextLayer(path) as layer:
            return [_name_readers(self._check(document, page, layer), page) for page in document.pages]

    def _check(self, document: Any, page: Any, layer: TextLayer) -> PageCheck:
        fault = self._set_aside.get(page.page_id)
        if fault is not None:
            return self._replace_failed(page, layer, fault)
        if page.text_extraction_method != "pdftext" or page.page_id in self._unread:
            return self._check_ocr(document, page)
        share, words = self._compare(document, page, layer.read_text(page.page_id))
        if share < MIN_COVERAGE:
            share, words = self._compare(document, page, layer.read_shown_text(page.page_id))
        if share < MIN_COVERAGE and _has_blocks_read_by_ocr(page):
            return self._check_ocr(document, page)
        if not words:
            return self._check_ocr(document, page)
        check = PageCheck(page.page_id + 1, share, len(words))
        return check if share >= MIN_COVERAGE else self._replace_better(page, layer, words, check)

    def _compare(self, document: Any, page: Any, source: str) -> tuple[float, list[str]]:
        """Return the share of the source's words that the page's output has, and these words."""
        words = split_words(source)
        return measure_coverage(words, split_words(render_page_text(document, page, self._options))), words

    def _check_ocr(self, document: Any, page: Any) -> PageCheck:
        """Check a page that has no text layer to compare with. One that shows more than the few words that were read
        on it is shown as a picture.
        """
        text = render_page_text(document, page, self._options)
        is_silent = not (text.strip() if page.text_extraction_method == "pdftext" else split_words(text))
        shown = 0.0
        if sum(map(str.isalnum, text)) <= THRESHOLDS.max_stray_letters:
            shown = measure_shown_share(page.get_image(), () if is_silent else find_block_places(page))
            if shown >= THRESHOLDS.min_drawn and not is_shown_by_picture(page):
                show_as_picture(page)
        return PageCheck(page.page_id + 1, is_unread=(is_silent and shown > 0) or page.page_id in self._unread)

    def _replace_better(self, page: Any, layer: TextLayer, words: Sequence[str], check: PageCheck) -> PageCheck:
        """Keep the reading with the most words, of the present one and those of the plainer readers."""
        share = check.coverage or 0.0
        best, blocks, reader = self._read_plainly(page.page_id, layer, words)
        if best <= share:
            return check
        put_blocks(page, blocks)
        reason = f"the rules for the layout found only {share:.0%} of its words"
        return replace(check, coverage=best, degraded=reason, reader=reader)

    def _replace_failed(self, page: Any, layer: TextLayer, fault: Fault) -> PageCheck:
        """Read a page whose layout failed. Without text it is shown as a picture; where there is none, as a note."""
        words = split_words(_read_shown_text(layer, page.page_id))
        share, blocks, reader = self._read_plainly(page.page_id, layer, words)
        put_blocks(page, blocks or [_build_picture(page)])
        return PageCheck(
            page.page_id + 1,
            share if words else None,
            len(words),
            is_unread=not words and not (has_picture(page) and measure_shown_share(page.get_image()) == 0),
            degraded=fault.reason,
            where=fault.where,
            error=fault.error,
            reader=reader,
        )

    def _read_plainly(self, number: int, layer: TextLayer, words: Sequence[str]) -> tuple[float, list[ReadBlock], str]:
        """Return the reading with the most of these words: its share of them, its blocks, and the reader's name.

        The plainest reader is asked only where the better one falls short.
        """
        share, blocks = _read_with(self._reader.read_blocks, number, words)
        if share >= MIN_COVERAGE:
            return share, blocks, self._reader.name
        plain_share, plain_blocks = _read_with(layer.read_blocks, number, words)
        if plain_share > share or not blocks:
            return plain_share, plain_blocks, _TEXT_LAYER
        return share, blocks, self._reader.name


def _name_readers(check: PageCheck, page: Any) -> PageCheck:
    return replace(check, tables=take_table_readers(page))


def _build_picture(page: Any) -> ReadBlock:
    box = as_box(page.polygon.bbox)
    if has_picture(page):
        return build_page_picture(page)
    return build_text_block(f"Page {page.page_id + 1} is damaged and could not be read.", box)


def _read_shown_text(layer: TextLayer, number: int) -> str:
    """A page that failed already counts as one without text where its text layer cannot be read either."""
    text = catch_fault(lambda: layer.read_shown_text(number))
    if isinstance(text, MetFault):
        _logger.warning("the text layer of page %d could not be read: %s", number + 1, text)
        return ""
    return text


def _read_with(
    read: Callable[[int], list[ReadBlock]], number: int, words: Sequence[str]
) -> tuple[float, list[ReadBlock]]:
    """Return the share of the words that the reader finds, and its blocks; one that fails finds nothing."""
    blocks = catch_fault(lambda: read(number))
    if isinstance(blocks, MetFault):
        _logger.warning("page %d could not be read a second time: %s", number + 1, blocks)
        return 0.0, []
    return measure_coverage(words, [word for block in blocks for word in split_words(extract_text(block.html))]), blocks


def _has_blocks_read_by_ocr(page: Any) -> bool:
    """Whether OCR read blocks of the page. Then the words of its text layer, which is garbled or in a font without
    meaning, are no measure.
    """
    return any(page.get_block(block_id).text_extraction_method == "surya" for block_id in page.structure or ())


def render_page_text(document: Any, page: Any, options: Mapping[str, Any]) -> str:
    """Return what a reader of the page's output sees, and what was left out on purpose.

    These are running heads and feet, of a page that has more than them, and the numbers of lines.
    """
    output = page.render(document, None, {}, {name: bool(options.get(name)) for name in _KEEP_OPTIONS})
    shown = extract_text(_splice_children(output))
    left_out = [
        block.raw_text(document)
        for block in map(page.get_block, page.structure or ())
        if block.block_type.name in MARGINS and block.ignore_for_output
    ]
    numbers = getattr(page, "left_out_text", "")  # only the embedded models' pages leave out the numbers of lines
    return "\n".join([shown, *left_out, numbers]) if shown.strip() else shown


def _splice_children(output: Any) -> str:
    """Return the HTML of a rendered block with that of its children at their places."""
    children = {str(child.id): child for child in output.children or ()}
    return _REFERENCE.sub(
        lambda found: _splice_children(children[found[1]]) if found[1] in children else "", output.html
    )
