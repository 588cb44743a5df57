"""Which reader read each table of a page: its HTML says so until the page is checked."""

from __future__ import annotations

import re
from typing import Any

from markerd.convert.embedded.tables.cells import READER_MARK

_MARKED_TABLE = re.compile(rf'<table {READER_MARK}="([^"]*)">')


def take_table_readers(page: Any) -> tuple[str, ...]:
    """Return the names of the readers of the page's tables, in the page's order, and remove them from its HTML."""
    names: list[str] = []
    for block in page.children or ():
        html = getattr(block, "html", None) or ""  # lines and spans have none
        if READER_MARK in html:
            names += _MARKED_TABLE.findall(html)
            block.html = _MARKED_TABLE.sub("<table>", html)
    return tuple(names)
