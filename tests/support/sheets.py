"""Pages without text: blank paper as scanners and cameras see it, and pictures without an edge or a line."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from documents import FONT, assembled

WIDTH, HEIGHT = 1240, 1754  # A4 at 150 dpi
_DOWN, _ACROSS = np.mgrid[0:HEIGHT, 0:WIDTH] / np.array([HEIGHT, WIDTH])[:, None, None]
Levels = NDArray[np.float64]


def _light(paper: float, fall: float) -> Levels:
    """Paper whose corners are darker by `fall` levels."""
    return np.asarray(paper - fall * 2 * ((_ACROSS - 0.5) ** 2 + (_DOWN - 0.5) ** 2), dtype=np.float64)


def _shine_through(paper: Levels) -> Levels:
    back = Image.new("L", (WIDTH, HEIGHT), 255)
    pen, font = ImageDraw.Draw(back), ImageFont.truetype(str(FONT), 26)
    for top in range(120, 1600, 42):
        pen.text((130, top), "The mill is closed until the wheel has been repaired by the miller.", 0, font=font)
    shown = back.transpose(Image.Transpose.FLIP_LEFT_RIGHT).filter(ImageFilter.GaussianBlur(3))
    return paper - 0.15 * (255.0 - np.asarray(shown, dtype=np.float64))


def _draw(paper: Levels, draw: Callable[[Any], None]) -> Levels:
    image = Image.fromarray(paper.clip(0, 255).astype(np.uint8))
    draw(ImageDraw.Draw(image))
    return np.asarray(image, dtype=np.float64)


def _cast_shadows(pen: Any) -> None:
    pen.rectangle((0, 0, 20, HEIGHT), 40)
    pen.rectangle((0, HEIGHT - 9, WIDTH, HEIGHT), 70)


def _punch(pen: Any) -> None:
    for top in (520, 1200):
        pen.ellipse((60, top, 96, top + 36), 25)


def _spill_dust(pen: Any) -> None:
    for number in range(150):
        left, top = 37 * number % WIDTH, 211 * number % HEIGHT
        pen.rectangle((left, top, left + 2, top + number % 4), 60)


def _streak(pen: Any) -> None:
    pen.line((470, 0, 470, HEIGHT), 110, 3)


BLANK: dict[str, Levels] = {
    "white": np.full((HEIGHT, WIDTH), 255.0),
    "grey": np.full((HEIGHT, WIDTH), 205.0),
    "light in the middle": _light(245, 40),
    "light from one side": 250 - 35 * _ACROSS,
    "text shines through": _shine_through(_light(245, 10)),
    "shadows of the edges": _draw(_light(246, 10), _cast_shadows),
    "holes": _draw(_light(246, 10), _punch),
    "dust": _draw(_light(246, 10), _spill_dust),
    "streak of the scanner": _draw(_light(246, 10), _streak),
}


def draw_words(words: str, size_px: int) -> Levels:
    """Draw a few words in the middle of white paper."""
    font = ImageFont.truetype(str(FONT), size_px)
    return _draw(BLANK["white"], lambda pen: pen.text((WIDTH // 2, HEIGHT // 3), words, 0, font=font, anchor="mm"))


_CHANCE = np.random.default_rng(1)
_SOFT = Image.fromarray(_CHANCE.integers(0, 256, (8, 6), dtype=np.uint8)).resize(
    (WIDTH, HEIGHT), Image.Resampling.BICUBIC
)
PICTURES: dict[str, Levels] = {
    "gradient": 255 * _DOWN,
    "gradient of greys": 110 + 90 * _ACROSS,
    "pale gradient": 215 + 35 * _DOWN,
    "sky": np.stack([120 + 90 * _DOWN, 170 + 60 * _DOWN, 235 + 10 * _DOWN], axis=-1),
    "soft photograph": np.asarray(_SOFT, dtype=np.float64),
    "glow": 255 - 130 * np.exp(-(((_ACROSS - 0.5) / 0.2) ** 2) - ((_DOWN - 0.4) / 0.15) ** 2),
}


def write_picture(levels: Levels, kind: str, grain: float = 0.0, dpi: int = 150) -> bytes:
    """Return the page as a file of this kind (`PNG`, `JPEG`, `PDF` …), with grain of so many levels."""
    noisy = levels + np.random.default_rng(0).normal(0, grain, levels.shape) if grain else levels
    out = io.BytesIO()
    options = {"resolution": dpi} if kind == "PDF" else {"dpi": (dpi, dpi)}
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(out, kind, **options)
    return out.getvalue()


_SHADING = b"<< /ShadingType 2 /ColorSpace /DeviceRGB /Coords [0 0 0 792] /Function 6 0 R >>"
_FUNCTION = b"<< /FunctionType 2 /Domain [0 1] /C0 [0.9 0.95 1] /C1 [0.3 0.5 0.9] /N 1 >>"
_CURVES = [b"2 w %d 100 m %d 300 %d 500 %d 700 c S" % (x, 600 - x, x + 90, 600 - x) for x in range(60, 500, 40)]
_BARS = [b"0.%d 0.5 0.7 rg %d 200 40 %d re f" % (step, 80 + 60 * step, 60 * step) for step in range(1, 8)]
DRAWN = {
    "shading": b"/S sh",
    "shading in a frame": b"q 60 200 480 400 re W n /S sh Q",
    "curves": b" ".join(_CURVES),
    "bars": b" ".join(_BARS),
}
"""Content streams of a PDF's page that draw with vectors alone."""


def write_drawn_page(content: bytes) -> bytes:
    """Return a PDF of one page with this content."""
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
            b"/Resources << /Shading << /S 5 0 R >> >> >>",
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
            _SHADING,
            _FUNCTION,
        ]
    )
