"""Reads a page with liteparse: headings, paragraphs, lists, tables and listings, without models.

liteparse has a PDFium of its own and shares no rule with ours, so what stops one of them seldom stops the other.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

from markerd.convert.embedded.readers.read_block import Box, PlacedCell, PlacedTable, ReadBlock

_HIGHEST_LEVEL = 6


class LiteparseReader:
    """Reads single pages of one PDF, at `path`. Pages count from 0. It uses no OCR and no network."""

    name = "liteparse"

    def __init__(self, path: str) -> None:
        self._path = path

    def read_blocks(self, number: int) -> list[ReadBlock]:
        """Read the page's blocks in reading order; running heads and feet are among them.

        Raises what liteparse raises: RuntimeError and its subclasses.
        """
        return list(_build_blocks(self._parse(number)))

    def read_tables(self, number: int) -> list[PlacedTable]:
        """Read where the page's tables and their cells are; those without a place are left out.

        Raises what liteparse raises: RuntimeError and its subclasses.
        """
        tables = (block for block in self._parse(number) if block.kind == "table" and block.bbox is not None)
        return [PlacedTable(_read_box(table), tuple(_place_cells(table))) for table in tables]

    def _parse(self, number: int) -> Sequence[Any]:
        from liteparse import LiteParse

        parser = LiteParse(
            ocr_enabled=False,
            quiet=True,
            extract_blocks=True,
            extract_links=False,
            keep_headers_footers=True,
            preserve_very_small_text=True,
            max_pages=number + 1,
            target_pages=str(number + 1),
        )
        pages = parser.parse(self._path).pages
        return pages[0].blocks or [] if pages else []


def _build_blocks(found: Sequence[Any]) -> Iterator[ReadBlock]:
    for is_list, group in itertools.groupby(found, lambda block: block.kind == "list_item"):
        if is_list:
            yield _build_list(list(group))
        else:
            yield from (block for each in group if (block := _build_block(each)) is not None)


def _build_block(found: Any) -> ReadBlock | None:
    box = _read_box(found)
    if found.kind == "heading":
        level = min(max(found.level or 1, 1), _HIGHEST_LEVEL)
        return ReadBlock("SectionHeader", box, f"<h{level}>{escape(found.text)}</h{level}>", level)
    if found.kind == "table":
        return ReadBlock("Table", box, _build_table(found))
    if found.kind in ("code", "grid_fallback"):
        return ReadBlock("Code", box, f"<pre>{escape(chr(10).join(found.lines or ()))}</pre>")
    if found.kind == "figure":
        return ReadBlock("Picture", box)
    text = (found.text or "").strip()
    return ReadBlock("Text", box, f"<p>{_build_emphasis(text, found)}</p>") if text else None


def _build_emphasis(text: str, found: Any) -> str:
    marks = [mark for mark, is_set in (("b", found.bold), ("i", found.italic)) if is_set]
    return "".join(f"<{mark}>" for mark in marks) + escape(text) + "".join(f"</{mark}>" for mark in reversed(marks))


def _build_table(found: Any) -> str:
    rows = "".join(f"<tr>{_build_cells(row, 'td')}</tr>" for row in found.rows or ())
    head = f"<tr>{_build_cells(found.header, 'th')}</tr>" if found.header else ""
    return f"<table><tbody>{head}{rows}</tbody></table>"


def _build_cells(cells: Iterable[Any], tag: str) -> str:
    return "".join(f"<{tag}>{escape(cell.text).replace(chr(10), '<br/>')}</{tag}>" for cell in cells)


def _place_cells(table: Any) -> Iterator[PlacedCell]:
    rows = [*([table.header] if table.header else []), *(table.rows or ())]
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if cell.bbox is not None:
                yield PlacedCell(row, column, _read_box(cell), bool(table.header) and row == 0)


def _build_list(items: Sequence[Any]) -> ReadBlock:
    return ReadBlock("ListGroup", _bound([_read_box(item) for item in items]), _build_nested(items, 0))


def _build_nested(items: Sequence[Any], depth: int) -> str:
    """Build the items as lists within lists: an item deeper than `depth` belongs to the item before it."""
    owners: list[tuple[Any, list[Any]]] = []
    for item in items:
        if owners and (item.level or 0) > depth:
            owners[-1][1].append(item)
        else:
            owners.append((item, []))
    html = ""
    for is_ordered, group in itertools.groupby(owners, lambda owner: bool(owner[0].ordered)):
        held = list(group)
        body = "".join(f"<li>{_build_item_text(item)}{_build_nested(inner, depth + 1)}</li>" for item, inner in held)
        html += f"{_build_opening(held[0][0])}{body}</{'ol' if is_ordered else 'ul'}>"
    return html


def _build_opening(item: Any) -> str:
    number = "".join(itertools.takewhile(str.isdecimal, item.marker or ""))
    is_plain = item.ordered and number and number.isascii() and number != "1"
    return f'<ol start="{int(number)}">' if is_plain else ("<ol>" if item.ordered else "<ul>")


def _build_item_text(item: Any) -> str:
    """Build the text of an item, with its label unless that is a number, which HTML shows by itself."""
    marker = item.marker or ""
    is_shown = not item.ordered or marker.rstrip(".").isdecimal()
    return escape(item.text or "") if is_shown else f"{escape(marker)} {escape(item.text or '')}"


def _read_box(found: Any) -> Box:
    box = found.bbox
    return (0.0, 0.0, 1.0, 1.0) if box is None else (box.x, box.y, box.x + box.width, box.y + box.height)


def _bound(boxes: Sequence[Box]) -> Box:
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)
