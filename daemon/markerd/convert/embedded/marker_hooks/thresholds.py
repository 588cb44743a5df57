"""Every threshold of what Marker calls, with its meaning, its unit and what it was checked on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HookThresholds:
    """What the hooks for Marker compare with. Each comment ends with where the value comes from.

    *By hand* means that the value was chosen by hand and was not measured by itself. What follows in brackets is what
    the rules that use it were checked on together:

    - *public PDFs*: published conversions of public PDFs, `tests/benchmarks/fidelity.py`;
    - *scans*: pages rendered as scans, `tests/benchmarks/scans.py`;
    - *tests*: the unit and integration tests of this folder.
    """

    # In `layout_predictor`

    #: The score of a detection, 0 to 1, that must be exceeded. By hand (public PDFs).
    min_detection_score: float = 0.4

    # In `ocr_builder`

    #: The number of letters that OCR read over the number in the text layer. With fewer, OCR does not know the script,
    #: and the text layer stays. By hand (tests).
    min_read: float = 0.5

    # In `recognition_predictor`: what is no text

    #: The most letters of a line that can be a speck of dust. By hand (scans).
    max_dust_letters: int = 2
    #: The most such lines on a blank page. More letters, even single digits, are a table. By hand (tests).
    max_dust_lines: int = 12
    #: The height of such a line over the longer side of the page. By hand (scans).
    max_dust_height: float = 0.02
    #: The darkness of a line over that of most lines, below which it shines through from the back. By hand (scans).
    min_ink: float = 0.35
    #: The score, 0 to 1, from which a faint line is read nevertheless. By hand (scans).
    min_faint_score: float = 0.9
    #: The percentile of a line's pixels that shows how dark its letters are. By hand (scans).
    ink_percentile: int = 97

    # In `recognition_predictor`: regions

    #: The share of a line inside a picture, above which the line belongs to it. By hand (scans).
    min_line_share: float = 0.5
    #: The area of a picture over that of the page. Smaller pictures without text are specks. By hand (scans).
    min_picture: float = 0.01
    #: The share of a picture on which something is drawn. With less on it, it is paper with specks. By hand (scans).
    min_drawn: float = 0.01
    #: The width of the margin where scanners leave shadows, as a share of the page's shorter side. By hand (scans).
    scan_edge: float = 0.02
    #: The share of the lower of two regions that stands beside the other, for it to limit the width of its lines.
    #: By hand (scans).
    min_beside: float = 0.2
    #: The margin around a block that is read by itself, in pixels. By hand (scans).
    crop_margin_px: int = 6
    #: The smallest side of a block that is read by itself, in pixels. By hand (tests).
    min_crop_px: int = 4


THRESHOLDS = HookThresholds()
"""The values that the hooks use."""
