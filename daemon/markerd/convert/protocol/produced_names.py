"""What the files are called that a converter leaves, before they are published under the document's name."""

from __future__ import annotations

from markerd.convert.protocol import SPOOLED_NAME, ArtifactRole

_EXTENSIONS = {ArtifactRole.MARKDOWN: "md", ArtifactRole.HTML: "html", ArtifactRole.CHUNK_LINES: "jsonl"}


def name_file(role: ArtifactRole) -> str:
    """Name the file of a text."""
    return f"{SPOOLED_NAME}-{role.value}.{_EXTENSIONS.get(role, 'json')}"


def name_metadata() -> str:
    """Name the file of Marker's metadata."""
    return f"{SPOOLED_NAME}_meta.json"
