"""The readers that look at a page's tables beside our own rules: the table model, and liteparse."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from markerd.convert.checks.faults import MetFault, catch_fault
from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.layout.regions import scale_box
from markerd.convert.embedded.readers.liteparse_reader import LiteparseReader
from markerd.convert.embedded.readers.read_block import PlacedTable
from markerd.convert.embedded.readers.table_model import ModelTable, TableModel
from markerd.convert.embedded.tables.table_judge import TableReaders

_logger = logging.getLogger(__name__)


def build_table_readers(page: Any, path: str, model: TableModel | None) -> TableReaders:
    """Build the readers for one of Marker's pages, which belongs to the PDF at `path`."""
    image = page.get_image(highres=False)
    across, down = image.width / page.polygon.width, image.height / page.polygon.height

    def read_with_model(box: Box) -> ModelTable:
        assert model is not None
        table = model.read(image.convert("RGB"), scale_box(box, across, down))
        return replace(table, cells=tuple(replace(c, box=scale_box(c.box, 1 / across, 1 / down)) for c in table.cells))

    return TableReaders(read_with_model if model else None, _list_tables(page.page_id, path))


def _list_tables(number: int, path: str) -> Sequence[PlacedTable]:
    """List the tables that liteparse finds; a page that it cannot read has none."""
    found = catch_fault(lambda: LiteparseReader(path).read_tables(number))
    if isinstance(found, MetFault):
        _logger.warning("liteparse could not read the tables of page %d: %s", number + 1, found.error)
        return ()
    return found
