"""The blocks of the pages, read from the rendered `chunks`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from markerd.convert.rendering.retrieval.placing import Box, PageBlock


def read_blocks(rendered: str) -> Iterator[PageBlock]:
    """Yield the blocks in order. A block that fills its page has no place on it: such are those of Office documents."""
    output = json.loads(rendered)
    pages = {int(number): info["bbox"] for number, info in output["page_info"].items()}
    for block in output["blocks"]:
        box = None if block["bbox"] == pages.get(block["page"]) else _read_box(block["bbox"])
        yield PageBlock(block["page"] + 1, block["html"], box)


def _read_box(sides: Any) -> Box:
    left, top, right, bottom = map(float, sides)
    return left, top, right, bottom
