"""Blocks of code in the documentation, to be run as they are printed."""

from __future__ import annotations

import re
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def read_code_block(page: str, beginning: str) -> str:
    """The block of Python of the page that begins so."""
    blocks = re.findall(r"^```python\n(.*?)^```$", (_ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return str(next(block for block in blocks if block.startswith(beginning)))
