"""The thresholds of the independent readers, with its meaning, its unit and where it was measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReaderThresholds:
    """What the readers compare with."""

    #: Two equal characters whose origins are not farther apart than this are one character that was drawn twice, for a
    #: bold look or a shadow, in points. Measured on public PDFs: shadows lie 0.2 to 0.4 points apart.
    same_place_pt: float = 0.5
    #: The margin around a table that the table model is shown, in pixels of a scan at 192 dpi. By hand.
    table_margin_px: int = 8


THRESHOLDS = ReaderThresholds()
"""The values that the readers use."""
