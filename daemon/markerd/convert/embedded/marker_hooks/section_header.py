"""Section headers: one that keeps its type, because its level may be decided again among more headings, and the levels
of those without a type.

Importing this module imports marker.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marker.processors.sectionheader import SectionHeaderProcessor
from marker.schema.blocks import SectionHeader

from markerd.convert.embedded.blocks.heading_levels import Heading


class TypedHeading(SectionHeader):  # type: ignore[misc]  # Marker is untyped
    """Marker's block, with what `heading_levels` needs."""

    type: Heading | None = None


class HeightLevels(SectionHeaderProcessor):  # type: ignore[misc]  # Marker is untyped
    """Marker's levels by height, without a look at headings that have none: regions that were replaced by others.

    Their heights decide nothing, and without them scikit-learn is seldom needed.
    """

    def bucket_headings(self, line_heights: Sequence[float]) -> Any:
        """Return the ranges of heights of the levels, the highest first; called by Marker."""
        return super().bucket_headings(line_heights) if any(line_heights) else []
