"""A section header that keeps its type, because its level may be decided again among more headings.

Importing this module imports marker.
"""

from __future__ import annotations

from marker.schema.blocks import SectionHeader

from markerd.convert.embedded.blocks.heading_levels import Heading


class TypedHeading(SectionHeader):  # type: ignore[misc]  # Marker is untyped
    """Marker's block, with what `heading_levels` needs."""

    type: Heading | None = None
