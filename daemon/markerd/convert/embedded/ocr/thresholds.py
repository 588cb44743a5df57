"""Every threshold of text recognition, with its meaning, its unit and what it was checked on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OcrThresholds:
    """What text recognition compares with. Each comment ends with where the value comes from.

    *By hand* means that the value was chosen by hand and was not measured by itself. What follows in brackets is what
    the rules that use it were checked on together:

    - *scans*: pages rendered as scans, 100 to 300 dpi, turned, askew and noisy, `tests/benchmarks/scans.py`;
    - *tests*: the unit and integration tests of this folder.
    """

    # In `engine`

    #: The score of a line, 0 to 1, below which the line is dropped. By hand (scans).
    min_text_score: float = 0.5
    #: The longer side of the picture on which lines are found, in pixels. Lines are read at full resolution. Measured
    #: on scans: the same words as from RapidOCR's 2000 pixels, in a third of the time.
    detection_side_px: int = 1408
    #: How many lines show whether a page stands on its head. By hand (scans).
    sample_lines: int = 8
    #: How many times as many long lines the sample is spread over. By hand (scans).
    sample_spread: int = 3
    #: The height of a line over its width, from which it runs up or down. By hand (scans).
    min_tall: float = 1.5
    #: The height of a line over its width, below which it may be a single upright letter. By hand (scans).
    max_single_letter: float = 2.5
    #: The smallest side of a line that is read, in pixels. By hand (tests).
    min_crop_px: int = 3
    #: The margin around what is drawn on a page on which no line was found, over the page's longer side.
    #: By hand (tests).
    lone_margin: float = 0.05
    #: The area of what is drawn over that of the page, above which a second look finds no more. By hand (tests).
    max_lone_area: float = 0.25
    #: The fewest letters in it that are words. By hand (tests).
    min_lone_letters: int = 3

    # In `orientation`

    #: The length of a line over its height, above which the line shows its direction. By hand (scans).
    min_long_line: float = 3.0
    #: The smallest skew that is corrected, in degrees. With less, a line of a page's width rises by less than half its
    #: height. By hand (scans).
    min_skew_degrees: float = 0.3
    #: The largest skew that is corrected, in degrees. By hand (scans).
    max_skew_degrees: float = 20.0
    #: The mean score from which lines are upright. By hand (scans).
    min_upright_score: float = 0.85
    #: By how much the mean score must rise for a page to be turned upside down. By hand (scans).
    min_score_gain: float = 0.05

    # In `strips`

    #: The height of a page over its width up to which it is looked at whole. Paper has 1.3 to 1.7, an opened letter
    #: 2.1. By hand (tests).
    max_page_ratio: float = 2.5
    #: The height of a strip over its width, about that of paper. By hand (tests).
    strip_ratio: float = 1.5
    #: By how much strips overlap, as a share of the width. A line half as high is whole in the strip that it is taken
    #: from. By hand (tests).
    strip_overlap: float = 0.25

    # In `line_splitting`

    #: How many grey levels of 255 ink is darker than the paper. By hand (scans).
    min_ink_contrast: int = 48
    #: The same where strokes are faint, as a share of how dark they are. By hand (scans).
    min_faint_contrast: float = 0.4
    #: The percentile of a line's pixels that shows how dark its strokes are. By hand (scans).
    stroke_percentile: int = 97
    #: The share of ink in a column of pixels that still counts as white: grain. By hand (scans).
    max_grain: float = 0.05
    #: The narrowest white that may be between columns, in heights of the line. By hand (scans).
    min_white: float = 0.4
    #: The margin that letters keep of that white on either side, in heights of the line. By hand (scans).
    letter_margin: float = 0.08
    #: How far a line may reach into that white, in heights of the line. The spaces of words stand less exactly below
    #: each other. By hand (scans).
    max_gap_reach: float = 0.1
    #: The fewest lines with white at one place. Words stand below each other more seldom. By hand (scans).
    min_gap_rows: int = 6
    #: The white that is wider than any space, in heights of the line: between the cells of a table. By hand (scans).
    max_space: float = 2.5
    #: The narrowest part of a line, in heights of the line. A number or a bullet is better read with its text.
    #: By hand (scans).
    min_piece: float = 2.0

    # In `word_spacing`

    #: The fewest recognized spaces that show how wide a space is. By hand (scans).
    min_known_spaces: int = 3
    #: The width of a space where fewer were recognized, in heights of the line. By hand (scans).
    usual_space: float = 0.5
    #: The width of such a space over the white between the letters of the line, at least. Measured on typed pages of
    #: wide pitch, rendered as scans: 1.5 to 2.5 read the same words, without it 0.4 of the words are right.
    min_space_growth: float = 2.0
    #: The width of a missing space over that of the recognized ones. By hand (scans).
    min_space: float = 0.85
    #: The same between digits: a 1 has white on both sides. By hand (scans).
    min_digit_space: float = 1.3
    #: The distance of two characters between which only a dot leader can stand, in heights of the line.
    #: By hand (scans).
    max_character_distance: float = 2.5


THRESHOLDS = OcrThresholds()
"""The values that text recognition uses."""
