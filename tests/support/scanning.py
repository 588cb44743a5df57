"""PDFs as if they were scanned: each page nothing but an image."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pypdfium2
from PIL import Image

DPI = 150
_MOST_SKEW = 0.7  # degrees; a page pushed into a feeder by hand
_GRAIN = 8  # of 255; the standard deviation of the noise of an office scanner

Change = Callable[[Any], Any]


def draw_pages(pdf: bytes, change: Change = lambda page: page) -> bytes:
    """Return a PDF of the pages in grey at 150 dpi, each after `change`."""
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    pages = [change(page.render(scale=DPI / 72).to_pil().convert("L")) for page in document]
    out = io.BytesIO()
    pages[0].save(out, "PDF", resolution=DPI, save_all=True, append_images=pages[1:])
    return out.getvalue()


def scan(pdf: bytes, seed: str) -> bytes:
    """Return the pages a little askew and grainy, always the same for a seed."""
    chance, grain = random.Random(seed), np.random.default_rng(sum(seed.encode()))

    def change(page: Any) -> Any:
        askew = page.rotate(chance.uniform(-_MOST_SKEW, _MOST_SKEW), Image.Resampling.BICUBIC, fillcolor=255)
        noisy = np.asarray(askew, dtype=float) + grain.normal(0, _GRAIN, (askew.height, askew.width))
        return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))

    return draw_pages(pdf, change)
