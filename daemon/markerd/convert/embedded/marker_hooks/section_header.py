"""A section header that knows the type it is set in: its level may have to be decided again, among more headings.

Importing this module imports marker.
"""

from __future__ import annotations

from marker.schema.blocks import SectionHeader

from markerd.convert.embedded.blocks.heading_levels import Heading


class TypedHeading(SectionHeader):  # type: ignore[misc]  # Marker is untyped
    """Marker's block, and what `heading_levels` asks for."""

    type: Heading | None = None
