"""Every threshold of the rules for text layers, with its meaning, its unit and what it was checked on."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class TextLayerThresholds:
    """What the rules for text layers compare with. Each comment ends with where the value comes from.

    *By hand* means that the value was chosen by hand and was not measured by itself. What follows in brackets is what
    the rules that use it were checked on together:

    - *public PDFs*: published conversions of public PDFs, `tests/benchmarks/fidelity.py`;
    - *tests*: the unit and integration tests of this folder.
    """

    # In `text_line`: the type of a line, and of the running text

    #: The size of a heading's type over that of the running text, where nothing else shows a heading.
    #: By hand (public PDFs).
    min_heading_growth: float = 1.12
    #: A font's weight over that of the running text, for a bold face whose name does not say so. By hand (public PDFs).
    min_bold_growth: float = 1.3
    #: Weights from here on are no weights but damage; fonts have 100 to 900. By hand (public PDFs).
    max_weight: int = 1800
    #: The share of a document's letters that are not code, above which the document is more than code. By hand (tests).
    min_text_share: float = 0.15
    #: How much two lines of one size may differ, as a share of the larger size: accents and superscripts stretch a
    #: box. By hand (public PDFs).
    same_size: float = 0.06
    #: The size of type, in points, of a document without text. By hand.
    usual_size_pt: float = 10.0
    #: The unit that sizes are rounded to, in points. Type that is smaller is not read. By hand (tests).
    size_step_pt: float = 0.5
    #: The fewest letters of a line that can show by its shape that it is turned. By hand (public PDFs).
    min_turned_letters: int = 3

    # In `lines`, `line_type` and `placed_glyphs`: cutting the provider's lines, and their type

    #: The widest gap inside a line, in heights of its letters: wider than any space, justified ones included.
    #: By hand (public PDFs).
    min_column_gap: float = 2.0
    #: The same for code, which may have wide gaps itself. By hand (tests).
    min_listing_gap: float = 12.0
    #: The narrowest gap between two cells, in heights of the letters. It is wider than most spaces; cells also stand
    #: in rows. By hand (public PDFs).
    min_cell_gap: float = 0.9
    #: The share of a line's letters in a type of one width, above which the line is code. Names of code stand in
    #: running text too. By hand (tests).
    min_mono_share: float = 0.85
    #: The number of different letters above which their widths can show a type of one width. By hand (tests).
    min_compared_letters: int = 4
    #: How much these widths may differ, as a share of the widest letter. By hand (tests).
    max_width_spread: float = 0.05
    #: The letters of another weight that a bold line may have: a note's mark. By hand (tests).
    max_plain_letters: int = 1
    #: The same as a share of the line's letters; the larger of the two counts. By hand (tests).
    max_plain_share: float = 0.1
    #: By how much a page's measures, rounded to whole points, may leave out what stands on its edge, in points.
    #: By hand (tests).
    page_edge_pt: float = 1.0

    # In `duplicate_lines`

    #: The share of each of two lines that both have in common, for one to lie on the other. By hand (public PDFs).
    min_duplicate: float = 0.6
    #: The share of a page's lines that lie on another one, above which the page has two layers, and which of them is
    #: right is unknown. By hand (public PDFs).
    max_laid_over: float = 0.5

    # In `row_fragments`: parts of a row that the PDF has apart

    #: How far apart the right edges of page numbers in one column may lie, in points. By hand (public PDFs).
    same_number_edge_pt: float = 2.0
    #: The height of an initial over the height of the lines beside it. By hand (tests).
    min_initial: float = 1.6
    #: The widest gap between an initial and its lines, in heights of a line. By hand (tests).
    max_initial_gap: float = 1.0
    #: How far a line may reach into an initial, in heights of the line. By hand (tests).
    max_initial_overlap: float = 0.3

    # In `single_words`: words and letters that a document places one by one

    #: The share of the lower line's height that two lines on one row have in common. By hand (tests).
    min_level: float = 0.5
    #: The height of one line over that of the other on one row. A larger one is an initial or a mark. By hand (tests).
    max_level_growth: float = 2.0
    #: The widest gap between two words, in heights of the higher line. A wider gap separates columns. By hand (tests).
    max_single_word_gap: float = 0.6
    #: The same between ideographs, whose ink may be much smaller than their square. By hand (tests).
    max_ideograph_gap: float = 1.2
    #: The narrowest gap between two words, in heights of the lower line. Nearer letters are of one word.
    #: By hand (tests).
    min_single_word_gap: float = 0.12
    #: How far a word may reach back into the word before it, in heights of the higher line. By hand (tests).
    max_word_overlap: float = 0.3
    #: How much the angles of two words on one row may differ, in radians. By hand (tests).
    max_turn_difference: float = 0.1

    # In `turned_pages`

    #: How far off a quarter turn text may run, in radians. Text that is more askew says nothing about the page.
    #: By hand (tests).
    max_skew: float = math.radians(10)
    #: The fewest letters of a piece that show in which direction it runs. By hand (tests).
    min_directed_letters: int = 3
    #: How far beside its column the next ideograph may stand, in sizes of a letter. By hand (tests).
    max_column_offset: float = 0.5
    #: How far below the last ideograph the next one may stand, in sizes of a letter. By hand (tests).
    max_column_step: float = 2.5
    #: The number of steps downwards that must be exceeded for ideographs to run in columns. By hand (tests).
    min_column_steps: int = 4

    # In `characters`: what pdftext leaves out

    #: How far letters rise above the line they stand on, in sizes of their type. Usual for Latin and East Asian fonts.
    ascent: float = 0.8
    #: How far letters descend below that line, in sizes of their type. Usual for Latin and East Asian fonts.
    descent: float = 0.2
    #: The width of a character of which nothing is known, in sizes of its type. By hand (tests).
    usual_advance: float = 0.5
    #: The share of a font's characters on a page without Unicode, above which the font maps to no Unicode.
    #: By hand (tests).
    max_unmapped: float = 0.5

    # In `unmapped_fonts`

    #: The fewest characters of such a font on a page. Fewer are marks and signs, which OCR reads no better.
    #: By hand (tests).
    min_unmapped_letters: int = 4
    #: The share of common pairs of letters in the words of a language. Measured: 12 languages have 0.55 and more, text
    #: that is shifted by some letters has 0.2.
    min_common_pairs: float = 0.4
    #: The share of the characters that are in words, for the text to be words. Codes have digits and signs among them.
    #: By hand (tests).
    min_wordy: float = 0.6

    # In `quality`: is the text garbled?

    #: The probability from which a text is labelled "bad". By hand (tests).
    min_bad: float = 0.5
    #: By how much a share of characters that nobody writes makes a text bad: 10 % of them reach `min_bad`.
    #: By hand (tests).
    strange_weight: float = 5
    #: The fewest words for statistics of letters. By hand (tests).
    min_judged_words: int = 20
    #: The share of a text's characters that are in Latin words. With fewer, the text is in another script or is
    #: numbers. By hand (tests).
    min_latin: float = 0.3
    #: The share of common pairs of letters below which words are of no language. By hand (tests).
    min_language_pairs: float = 0.2
    #: The probability that a text of such words is garbled. By hand (tests).
    rare_pairs_probability: float = 0.9
    #: The most letters of an acronym. By hand (tests).
    max_acronym: int = 5
    #: The most changes from a small to a capital letter in one word. By hand (tests).
    max_case_changes: int = 2

    # In `drawn_paths`

    #: How many objects a page may have for its paths to be looked at, 2 microseconds each. By hand (tests).
    max_drawn_objects: int = 20_000
    #: How many lines or marks make a drawing, in which none means anything for text; each costs 20 microseconds.
    #: By hand (tests).
    max_drawn_lines: int = 1_000
    #: The largest side of a mark, in points. By hand (tests).
    max_mark_pt: float = 9.0

    # In `drawn_bullets`

    #: The smallest side of a bullet, in points. By hand (tests).
    min_bullet_pt: float = 1.2
    #: The shorter side of a bullet over its longer one. By hand (tests).
    min_bullet_ratio: float = 0.7
    #: The height of a bullet over that of the letters' boxes. By hand (tests).
    max_bullet_share: float = 0.7
    #: The least depth of its middle below the upper edge of the letters' boxes, as a share of their height.
    #: By hand (tests).
    min_bullet_depth: float = 0.3
    #: The greatest depth, likewise. By hand (tests).
    max_bullet_depth: float = 0.85
    #: The widest gap between a bullet and its text, in heights of the letters. By hand (tests).
    max_bullet_gap: float = 2.5
    #: The fewest bullets of one size in one column of a page. By hand (tests).
    min_drawn_bullets: int = 2
    #: The unit that the places and sizes of bullets are compared in, in points. By hand (tests).
    bullet_step_pt: float = 1.0

    # In `struck_text`: lines that strike text through or underline it

    #: The thickness of the thickest line, in points. By hand (tests).
    max_strike_pt: float = 3.0
    #: How many times as long as thick such a line is at least. By hand (tests).
    min_strike_ratio: float = 4.0
    #: The thickness of the thickest line, as a share of the height of the characters' boxes. By hand (tests).
    max_strike_share: float = 0.2
    #: The least depth of its middle below the upper edge of the characters' boxes, as a share of their height.
    #: By hand (tests).
    min_strike_depth: float = 0.35
    #: The greatest depth, likewise: underlines lie below it. By hand (tests).
    max_strike_depth: float = 0.74
    #: The share of a character's width that the line crosses. By hand (tests).
    min_strike_overlap: float = 0.1
    #: The share of the line's length that the characters take. By hand (tests).
    min_strike_covered: float = 0.75
    #: The greatest depth of the middle of a line that underlines, likewise: rules of tables lie below it.
    #: By hand (tests).
    max_underline_depth: float = 1.12

    # In `drawn_type`

    #: How many runs of one type a page may have for PDFium to be asked for their colours, 3 microseconds each.
    #: By hand (tests).
    max_runs: int = 10_000
    #: The share of a page's characters from which a stroke around them makes none bold: it then is the usual type.
    #: By hand (tests).
    max_stroked: float = 0.5

    # In `line_type`

    #: The share of a line's letters above which a rule below them underlines the line. By hand (tests).
    min_underlined: float = 0.8

    # In `text_line`: the distance of a document's lines

    #: The fewest lines that run on into the next, for their distance to be the document's own. By hand (tests).
    min_running_pairs: int = 5
    #: The widest white between two lines of a paragraph, in sizes of the type: double spacing has 1.5. By hand (tests).
    max_line_gap: float = 2.0
    #: How far such distances may differ to be alike, in sizes of the type. By hand (tests).
    same_line_gap: float = 0.08
    #: The share of them that must be alike. By hand (tests).
    min_alike_gaps: float = 0.7

    # In `outline`

    #: How many entries of an outline are read. By hand (tests).
    max_outline_entries: int = 5_000

    # In `tagged_headings`

    #: How many elements of a page's structure are looked at. By hand (tests).
    max_tagged_elements: int = 20_000
    #: How deep they may lie in each other. By hand (tests).
    max_tag_depth: int = 60
    #: How many objects of a page are looked at for the text of headings. By hand (tests).
    max_tagged_objects: int = 20_000


THRESHOLDS = TextLayerThresholds()
"""The values that the rules use."""
