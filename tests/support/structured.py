"""Conversions of Office and web documents in this process; marker is imported by the first."""

from __future__ import annotations

import base64
import io
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from markerd.convert.protocol import ArtifactRole, ConversionRequest, DocumentLimits
from markerd.errors import DocumentError

FORMATS = (ArtifactRole.MARKDOWN, ArtifactRole.HTML, ArtifactRole.JSON, ArtifactRole.CHUNKS)


def rendered(path: Path, **options: Any) -> dict[ArtifactRole, Any]:
    """Marker's output in all formats."""
    from markerd.convert.sandbox import environment

    environment.apply_environment(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what marker does when it is imported
        from markerd.convert.office.converter import StructuredConverter
        from markerd.convert.office.format_detection import choose_reader
        from markerd.convert.office.readers.mail import MailReader

    reader = choose_reader(path, options)
    assert reader is not None
    if isinstance(reader, MailReader):
        return _mail(reader, path, options)
    return StructuredConverter(reader, options, lambda _: None, DocumentLimits()).render(path, FORMATS)


def _mail(reader: Any, path: Path, options: Mapping[str, Any]) -> dict[ArtifactRole, Any]:
    """The texts of a mail; without models nothing that has pages to look at is read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from markerd.convert.office.mail_converter import MailConverter

    def refuse(file: Path, request: ConversionRequest) -> DocumentError:
        return DocumentError(f"{request.document}: no models for {file.suffix}", kind="unreadable", is_permanent=True)

    with tempfile.TemporaryDirectory() as output, tempfile.TemporaryDirectory() as scratch:
        names = tuple(role.value for role in FORMATS)
        request = ConversionRequest(path.name, str(path), output, scratch, names, options)
        result = MailConverter(reader, refuse, DocumentLimits(), None, request, lambda _: None).convert()
        files = {artifact.role: Path(output, artifact.file_name) for artifact in result.artifacts}
        texts = {role: files[role.value].read_text("utf-8").removesuffix("\n") for role in FORMATS}
    return {role: SimpleNamespace(**{role.value: text}) for role, text in texts.items()}


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
