"""Every threshold of the checks of pages' pictures, with its meaning, its unit and where it was measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PaperThresholds:
    """What tells blank paper from a picture. Levels are grey or colour levels of 255.

    Measured on drawn sheets, at the 96 dpi that Marker draws pages with: blank paper with grain of 0 to 15 levels,
    vignettes, uneven light, text that shines through, shadows, holes, streaks and dust; and gradients, skies and soft
    photographs.
    """

    #: The longer side to which a page's picture is made smaller, in pixels: A4 at 96 dpi. The other sizes are those of
    #: such a picture.
    side_px: int = 1123
    #: The margin that is not looked at, over the page's shorter side: scanners leave shadows there. By hand.
    edge: float = 0.03
    #: The number of cells along each side of a page in which coarse levels are taken: their medians know no specks.
    cells: int = 32
    #: The percentile of cells that may be lighter or darker than paper, at either end: holes and stains.
    stray_percentile: float = 1.0
    #: How far the coarse levels of paper with grain may differ. Light that falls off by 50 levels to the corners gives
    #: 37, a pale sky 46.
    max_lit_spread: float = 40.0
    #: How far those of a page without grain may differ, which no scanner has lit. White gives 0, a pale gradient 18.
    max_drawn_spread: float = 12.0
    #: The mean bend of the levels from pixel to pixel from which a page has grain. Drawn gradients give up to 0.6,
    #: grain of one level 2.
    min_grain: float = 1.0
    #: How much darker than what is around it a pixel is where something is drawn. As in Marker's own rule.
    min_ink_contrast: int = 15
    #: The longer side of the largest speck of dust, in pixels: 3 mm, with the blur around it. By hand.
    max_speck_px: int = 12
    #: The side of the squares in which drawn lines are counted, in pixels. By hand.
    square_px: int = 16
    #: The share of ink from which a square counts. A hair or a speck of dust has less. By hand.
    min_square_ink: float = 0.1
    #: The share of drawn squares from which a page without text is shown as a picture: a drawing of a tenth of its
    #: sides. By hand.
    min_drawn: float = 0.01
    #: The share of a row or column of squares from which it is a streak of the scanner. By hand.
    min_streak: float = 0.8
    #: The most letters on a page that OCR may have seen in a drawing, so that it is looked at as if it had none.
    max_stray_letters: int = 20


THRESHOLDS = PaperThresholds()
"""The values that the checks use."""
