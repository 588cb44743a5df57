"""Scans whose text is known, for `fidelity.py`: in one and two columns, coarse and fine, askew, on a side, with noise.

    python tests/benchmarks/scans.py FOLDER && PYTHONPATH=tests:tests/support python tests/benchmarks/fidelity.py FOLDER

The text is that of the licence. Each NAME.pdf in FOLDER/scan holds nothing but an image; NAME.txt says what is on it.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
from PIL import Image, ImageFilter
from weasyprint import HTML

LICENCE = Path(__file__).resolve().parents[2] / "LICENSE"
STYLE = "@page { size: A4; margin: 20mm } body { font: 10pt/1.35 'DejaVu Serif' } .two { column-count: 2 }"
PARAGRAPHS = 5

Change = Callable[[Any], Any]


def turned(degrees: float) -> Change:
    return lambda page: page.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white")


def noisy(page: Any) -> Any:
    """As a worn copier makes it: soft, on grey paper, with grain."""
    soft = np.asarray(page.convert("L").filter(ImageFilter.GaussianBlur(0.7)), dtype=float)
    grain = np.random.default_rng(1).normal(0, 25, soft.shape)
    return Image.fromarray((soft * 0.85 + 20 + grain).clip(0, 255).astype(np.uint8))


CHANGES: dict[str, tuple[int, Change]] = {
    **{f"{dpi} dpi": (dpi, lambda page: page) for dpi in (100, 150, 200, 300)},
    **{f"turned by {degrees}": (150, turned(degrees)) for degrees in (90, 180, 270, 1, -3, 5)},
    "noise": (150, noisy),
    "noise, askew": (150, lambda page: noisy(turned(2)(page))),
    "two tones": (200, lambda page: page.convert("1")),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    folder = parser.parse_args().folder / "scan"
    folder.mkdir(parents=True, exist_ok=True)
    parts = [" ".join(part.split()) for part in LICENCE.read_text(encoding="utf-8").split("\n\n")]
    prose = [part for part in parts if 200 < len(part) < 900][:PARAGRAPHS]
    for columns in ("one", "two"):
        html = f"<div class={columns}>" + "".join(f"<p>{escape(part)}</p>" for part in prose) + "</div>"
        pdf = HTML(string=f"<style>{STYLE}</style><h1>Terms and conditions</h1>{html}").write_pdf()
        for name, (dpi, change) in CHANGES.items():
            page = pypdfium2.PdfDocument(io.BytesIO(pdf))[0].render(scale=dpi / 72).to_pil()
            change(page).save(folder / f"{columns}, {name}.pdf", resolution=dpi, quality=85)
            text = "\n".join(["Terms and conditions", *prose])
            (folder / f"{columns}, {name}.txt").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
