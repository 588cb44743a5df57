"""Tables in canonical HTML: a layout made of cells becomes blocks again, and spans are made to fit their table."""

from __future__ import annotations

from bs4 import Tag

_WIDEST = 1000  # the limit of colspan in HTML
_TALLEST = 65534  # the limit of rowspan in HTML
_MOST_REACHED = 200_000
"""Places that the cells of a table may always cover together: a second of work."""
_MEANT = 20
"""Places that may be covered for each cell; ordinary tables seldom have 3."""


def make_sound(table: Tag) -> None:
    """Correct one table, in place. Inner tables must have been corrected before."""
    rows = find_rows(table)
    cells = [cell for row in rows for cell in find_cells(row)]
    if len(cells) == 1 or not any(_is_filled(cell) for cell in cells) or _is_layout(table, rows, cells):
        _dissolve(table, cells)
    else:
        for inner in table.find_all("table"):
            _flatten_inner_table(inner)
        _drop_empty_rows(rows)
        _fit_spans(find_rows(table))


def find_rows(table: Tag) -> list[Tag]:
    """Return the rows of this table, without those of the tables in it."""
    return [row for row in table.find_all("tr") if row.find_parent("table") is table]


def find_cells(row: Tag) -> list[Tag]:
    return [child for child in row.children if isinstance(child, Tag) and child.name in ("td", "th")]


def read_span(cell: Tag, name: str) -> int:
    """Read `colspan` or `rowspan` as a browser does; 0 stands for a rowspan to the end."""
    digits = str(cell.get(name, "1")).strip()
    return int(digits[:6]) if digits.isascii() and digits.isdigit() else 1


def _is_filled(cell: Tag) -> bool:
    return bool(cell.get_text(strip=True)) or cell.find("img") is not None


def _is_layout(table: Tag, rows: list[Tag], cells: list[Tag]) -> bool:
    """Whether the table's cells only place things: they hold headings or tables, and hardly any cell is plain."""
    if table.find("th") or table.find("caption"):
        return False
    holders = [cell for cell in cells if cell.find(["table", "h1", "h2", "h3", "h4", "h5", "h6"])]
    widest = max((len(find_cells(row)) for row in rows), default=0)
    filled = [cell for cell in cells if _is_filled(cell)]
    return bool(holders) and (len(rows) == 1 or widest == 1 or 2 * len(holders) > len(filled))


def _dissolve(table: Tag, cells: list[Tag]) -> None:
    """Put the cells' content in reading order, each in a block of its own."""
    for cell in cells:
        cell.name, cell.attrs = "div", {}
        table.insert_before(cell.extract())
    for caption in table.find_all("caption"):
        caption.name = "p"
        table.insert_before(caption.extract())
    table.decompose()


def _flatten_inner_table(inner: Tag) -> None:
    """Write a table within a cell of a table with data as one line a row."""
    for row in find_rows(inner):
        line = Tag(name="p")
        for number, cell in enumerate(find_cells(row)):
            if number:
                line.append("; ")
            for block in cell.find_all(["p", "div"]):
                block.unwrap()
            for node in list(cell.children):
                line.append(node.extract())
        inner.insert_before(line)
    inner.decompose()


def _drop_empty_rows(rows: list[Tag]) -> None:
    """Drop rows without content, where no cell spans rows."""
    if any(read_span(cell, "rowspan") != 1 for row in rows for cell in find_cells(row)):
        return
    for row in rows:
        if not any(_is_filled(cell) for cell in find_cells(row)):
            row.decompose()


def _fit_spans(rows: list[Tag]) -> None:
    """Let cells reach no further than there are rows; where they would reach without limit altogether, drop the
    spans.
    """
    cells = [
        (cell, *_fit_span(cell, len(rows) - number)) for number, row in enumerate(rows) for cell in find_cells(row)
    ]
    reached = sum(tall * wide for _, tall, wide in cells)
    is_meant = reached <= max(_MOST_REACHED, _MEANT * len(cells))
    for cell, tall, wide in cells:
        for name, size in (("rowspan", tall), ("colspan", wide)):
            if size > 1 and is_meant:
                cell[name] = str(size)
            else:
                del cell[name]


def _fit_span(cell: Tag, below: int) -> tuple[int, int]:
    """Return the rows, from the cell's own one on, and the columns that it reaches over."""
    tall = min(read_span(cell, "rowspan") or below, below, _TALLEST)
    return tall, min(max(read_span(cell, "colspan"), 1), _WIDEST)
