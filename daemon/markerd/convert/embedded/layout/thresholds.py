"""Every threshold of the layout rules, with its meaning, its unit and what it was checked on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LayoutThresholds:
    """What the layout rules compare with. Each comment ends with where the value comes from.

    *By hand* means that the value was chosen by hand and was not measured by itself. What follows in brackets is what
    the rules that use it were checked on together:

    - *public PDFs*: published conversions of public PDFs, `tests/benchmarks/fidelity.py`;
    - *scans*: pages rendered as scans, `tests/benchmarks/scans.py`;
    - *tests*: the unit and integration tests of this folder.
    """

    # In `regions`: which line belongs to which region

    #: The share of a line that lies inside a region for the line to belong to it. By hand (public PDFs).
    min_line_share: float = 0.5
    #: The widest gap between fragments of one row, in heights of a line. Columns of narrow type stand 1.0 apart.
    #: By hand (public PDFs).
    max_fragment_gap: float = 0.7
    #: The height of the taller of two lines of one paragraph over that of the other. By hand (public PDFs).
    max_height_ratio: float = 1.6
    #: The widest white between two lines of one paragraph, in heights of a line. By hand (public PDFs).
    max_line_gap: float = 0.8
    #: The share of the narrower of two lines of one paragraph that lies above or below the other.
    #: By hand (public PDFs).
    min_line_overlap: float = 0.3
    #: How many of the last lines of a paragraph a new line is compared with. By hand (tests).
    compared_lines: int = 8

    # In `regions`: pictures that are text

    #: The share of a picture that lines of text cover, above which the picture is text. By hand (public PDFs, scans).
    min_text_coverage: float = 0.4
    #: The same where next to nothing else is drawn on it. By hand (public PDFs, scans).
    min_sparse_coverage: float = 0.04
    #: The share of a picture that may be drawn beside sparse text is this constant plus `sparse_ink_slope` times the
    #: share that text covers, but at most `max_ink_per_text` times that share. By hand (public PDFs, scans).
    sparse_ink_base: float = 0.02
    #: See `sparse_ink_base`. By hand (public PDFs, scans).
    sparse_ink_slope: float = 0.02
    #: See `sparse_ink_base`. By hand (public PDFs, scans).
    max_ink_per_text: float = 0.15
    #: The share of the page's area that a picture covers which may be a page of text with its shadows. By hand (scans).
    min_page_picture: float = 0.5
    #: The length of a line over its height, from which it is running text. By hand (scans).
    min_long_line: float = 8.0
    #: The fewest such lines on a page of text. By hand (scans).
    min_long_lines: int = 8
    #: The share of the area that the shadows of a copied book may cover. By hand (scans).
    max_shadow: float = 0.25
    #: How many grey levels of 255 ink differs from its background. By hand (scans).
    min_ink_contrast: int = 48
    #: How far around a line ink belongs to the line, in pixels. By hand (scans).
    line_halo_px: int = 2
    #: The side of the squares in which a drawing is looked for, in pixels, so that specks hardly count.
    #: By hand (scans).
    drawn_square_px: int = 8
    #: How many grey levels of 255 such a square differs from the background where something is drawn. By hand (scans).
    min_drawn_contrast: int = 32

    # In `regions`: what the layout model drew twice

    #: The share of a region inside a larger region with the same label, above which it is dropped. By hand (tests).
    max_double: float = 0.85
    #: The share of a region inside a picture, above which the picture is made of it. By hand (tests).
    min_picture_part: float = 0.8
    #: The share of a picture that other regions cover, above which the picture is dropped. By hand (tests).
    max_picture_of_others: float = 0.4
    #: The share of a region without lines that lies on regions with lines, from which it is dropped. By hand (tests).
    max_empty_overlap: float = 0.3

    # In `regions` and `running_headers`: the margins of a page

    #: How far from the edge a running head or foot reaches, as a share of the page's height. By hand (public PDFs).
    max_margin_depth: float = 0.15
    #: The size of type of a running head over that of the running text. A title is larger. By hand (public PDFs).
    max_margin_growth: float = 1.4
    #: The most rows of a region that the layout model calls a head or a foot. By hand (scans).
    max_margin_rows: int = 4

    # In `running_headers`: what pages share

    #: The most rows of a running head or foot. By hand (public PDFs).
    max_running_rows: int = 3
    #: The narrowest white between a running head and the text, in heights of a line. Lines of one text stand closer.
    #: By hand (public PDFs).
    min_running_gap: float = 0.8
    #: How much higher or lower a repeated line may stand, in points. By hand (public PDFs).
    same_place_pt: float = 4.0
    #: The number of pages that a running head or foot is repeated on. By hand (tests).
    min_repeated_pages: int = 3
    #: The number of pages that count on from each other, for a bare number to be a page number. By hand (tests).
    min_counted_pages: int = 2
    #: How many rows from the edge a page number may stand. By hand (tests).
    max_number_rows: int = 2
    #: How many occurrences of one text before and after a line are compared with it. By hand (tests).
    compared_occurrences: int = 20
    #: The share of the lines of two pages that are the same, above which the pages are copies of one letter or form.
    #: By hand (tests).
    max_alike: float = 0.5
    #: The share of the letters of two readings that are the same, for them to be one text. A head of 30
    #: letters of which OCR misreads two has 0.93. By hand (tests).
    min_likeness: float = 0.85

    # In `reading_order`

    #: The sliver by which neighbouring regions may overlap and still count as apart, as a share of the smaller side.
    #: Layout models draw boxes a few pixels too large. By hand (public PDFs).
    max_sliver: float = 0.15
    #: The share of the lower of two regions that stands beside the other, for both to be in columns. Columns need not
    #: start at one height. By hand (scans).
    min_beside: float = 0.2
    #: The width of a box, over the width of what is ordered, above which it stands over the columns.
    #: By hand (public PDFs).
    min_spanning_width: float = 0.6
    #: How far a box may reach into the box below it and still be above it, as a share of the lower height of the two.
    #: By hand (public PDFs).
    max_above_overlap: float = 0.2
    #: The height of the highest region of a grid over that of the lowest, for the grid to be read row by row.
    #: By hand (public PDFs).
    max_grid_ratio: float = 3.0

    # In `column_gaps`: columns of running text on a scan

    #: The narrowest gap between two columns, in heights of a line. OCR draws lines higher than the type, and draws each
    #: line with all that is near. By hand (scans).
    min_column_gap: float = 0.2
    #: The fewest lines beside each other that make two columns. By hand (scans).
    min_gap_rows: int = 4
    #: The narrowest column of running text, in heights of a line. By hand (scans).
    min_column_width: float = 7.0
    #: The usual width of a line over that of the widest line, above which the lines are running text: it fills its
    #: column, the cells of a table do not. By hand (scans).
    min_full_line: float = 0.7
    #: How far a line may reach into the gap, in heights of the line. By hand (scans).
    max_gap_reach: float = 0.3

    # In `nested_regions`

    #: The share of a region inside another, above which its lines are read within the other. By hand (scans).
    min_nested: float = 0.7

    # In `picodet`

    #: The intersection of two detections over their union, above which the weaker one is dropped. By hand
    #: (public PDFs).
    max_detection_overlap: float = 0.5

    # In `page_assembly`

    #: The share of the cells that hold text in a table that the layout model takes for a picture.
    #: By hand (public PDFs).
    min_pictured_filled: float = 0.6
    #: The share of a region's lines in a type of one width, above which the region is a listing. By hand (public PDFs).
    min_listing: float = 0.6
    #: The share of a region inside a known table, above which the region is left out. By hand (public PDFs).
    max_inside_table: float = 0.5
    #: The share of a known table inside a region, above which the region is left out. By hand (public PDFs).
    max_table_inside: float = 0.8
    #: The share of a region that a known running head covers, above which the region is left out.
    #: By hand (public PDFs).
    max_margin_share: float = 0.3
    #: The widest gap between lines beside each other in one region, in heights of a line. By hand (public PDFs).
    max_side_gap: float = 1.5

    # In `text_boxes`

    #: How far apart the ends of two rules may lie that meet in the corner of a frame, in points. By hand (tests).
    frame_corner_pt: float = 4.0
    #: The narrowest text box, as a share of the page's width. Narrower ones are parts of drawings. By hand (tests).
    min_text_box: float = 0.2

    # In `line_numbers`

    #: The fewest numbers in a row where each line has one; fewer count only where other pages have more.
    #: By hand (tests).
    min_numbered_lines: int = 5
    #: The same where only every second, fifth or tenth line has one. By hand (tests).
    min_skipping_numbers: int = 3
    #: The greatest step from number to number, in lines. Drafts and poems count by 5 or 10. By hand.
    max_number_step: int = 10
    #: How far the edges of numbers may stand apart in a column, in heights of a number. By hand (tests).
    same_number_edge: float = 0.5
    #: How far the columns of two pages may stand apart, in units of the page. By hand (tests).
    same_number_place: float = 12.0
    #: How many beginnings above a number are compared with it: strays lie between. By hand (tests).
    compared_chains: int = 3
    #: The share of the distances between numbers that must count the rows of text between them. By hand (tests).
    min_right_counts: float = 0.85
    #: Where a line must end for its sentence to run on, as a share from the shortest to the longest line's end.
    #: By hand (tests).
    min_running_end: float = 0.6
    #: The fewest letters of such a line. Items of lists and cells are shorter. By hand (tests).
    min_line_letters: int = 24
    #: The fewest lines that run on into the next, among those that are numbered. By hand (tests).
    min_running_lines: int = 3
    #: The same as a share of the lines: a transcript of short questions has a tenth. By hand (tests).
    min_running_share: float = 0.1
    #: The share of rows that gaps may cut into cells. By hand (tests).
    max_cut_rows: float = 0.5


THRESHOLDS = LayoutThresholds()
"""The values that the rules use."""
