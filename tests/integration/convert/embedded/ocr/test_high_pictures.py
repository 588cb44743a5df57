"""A picture many times as high as wide: a screenshot of a chat, a receipt."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from documents import FONT
from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

WIDTH_PX, HEIGHT_PX, PITCH_PX = 720, 9_000, 90
NAMES = ("anna", "berta", "clara", "dora", "emma")


def test_each_message_of_a_screenshot_is_read_once_in_order(engine: Engine, tmp_path: Path) -> None:
    """Strips overlap, but no message is read twice."""
    picture = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), "white")
    draw, font = ImageDraw.Draw(picture), ImageFont.truetype(str(FONT), 26)
    tops = range(40, HEIGHT_PX - PITCH_PX, PITCH_PX)
    for number, top in enumerate(tops):
        left = 40 if number % 3 else 190
        draw.text((left, top), f"Message {number} from {NAMES[number % 5]} at noon", fill="black", font=font)
    for name in ("output", "scratch"):
        (tmp_path / name).mkdir()
    picture.save(tmp_path / "screenshot.png")
    request = ConversionRequest(
        document="screenshot.png",
        source=str(tmp_path / "screenshot.png"),
        output_dir=str(tmp_path / "output"),
        scratch_dir=str(tmp_path / "scratch"),
        formats=("markdown",),
    )
    engine.convert(request, lambda pages: None)
    (written,) = (tmp_path / "output").glob("*.md")
    assert [int(number) for number in re.findall(r"Message (\d+) from", written.read_text("utf-8"))] == [
        *range(len(tops))
    ]
