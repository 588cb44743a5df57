"""The paths of the files that come with the package."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
DATA = PACKAGE / "data"
FONT = DATA / "fonts" / "DejaVuSans.ttf"
PLACEHOLDER_FONT = DATA / "fonts" / "Placeholder.ttf"
FONTS_CONF = DATA / "fonts" / "fonts.conf"
LAYOUT_MODEL = DATA / "layout" / "layout_cdla.onnx"
TABLE_MODEL = DATA / "tables" / "slanet-1m.onnx"
