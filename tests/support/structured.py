"""Conversions of Office and web documents in this process; marker is imported by the first."""

from __future__ import annotations

import base64
import io
import warnings
from pathlib import Path
from typing import Any

from markerd.convert.protocol import ArtifactRole, DocumentLimits

FORMATS = (ArtifactRole.MARKDOWN, ArtifactRole.HTML, ArtifactRole.JSON, ArtifactRole.CHUNKS)


def rendered(path: Path, **options: Any) -> dict[ArtifactRole, Any]:
    """Marker's output in all formats."""
    from markerd.convert.sandbox import environment

    environment.apply_environment(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what marker does when it is imported
        from markerd.convert.office.converter import StructuredConverter
        from markerd.convert.office.format_detection import choose_reader

    reader = choose_reader(path, options)
    assert reader is not None
    return StructuredConverter(reader, options, lambda _: None, DocumentLimits()).render(path, FORMATS)


def markdown(path: Path, **options: Any) -> str:
    text: str = rendered(path, **options)[ArtifactRole.MARKDOWN].markdown
    return text


def page(folder: Path, body: str, head: str = "") -> Path:
    """An HTML file."""
    path = folder / "page.html"
    path.write_text(f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>", encoding="utf-8")
    return path


def picture(colour: str = "red") -> bytes:
    """A PNG of 40 to 30 pixels."""
    from PIL import Image

    data = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(data, "PNG")
    return data.getvalue()


def data_uri(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"
