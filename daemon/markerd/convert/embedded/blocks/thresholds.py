"""Every threshold of the rules for blocks, with its meaning, its unit and what it was checked on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BlockThresholds:
    """What the rules for blocks compare with. Each comment ends with where the value comes from.

    *By hand* means that the value was chosen by hand and was not measured by itself. What follows in brackets is what
    the rules that use it were checked on together:

    - *public PDFs*: published conversions of public PDFs, `tests/benchmarks/fidelity.py`;
    - *scans*: pages rendered as scans, `tests/benchmarks/scans.py`;
    - *tests*: the unit and integration tests of this folder.
    """

    # In `labelling`: where a paragraph ends

    #: The widest white between the lines of one paragraph, if its lines stand closer than this, in sizes of the type.
    #: By hand (public PDFs).
    max_usual_gap: float = 0.6
    #: By how much the white before a new paragraph is wider than usual, in sizes of the type. By hand (public PDFs).
    min_paragraph_gap: float = 0.45
    #: The same where the document's lines show how far they stand apart, and a sentence has ended. By hand (tests).
    min_set_gap: float = 0.25
    #: The same where no sentence has ended: a closing and a name. By hand (tests).
    min_loose_gap: float = 0.38
    #: How far two lines may overlap before they are parts of one row, in sizes of the type. By hand (public PDFs).
    max_line_overlap: float = 0.5
    #: The smallest indent of a new paragraph, in sizes of the type. By hand (public PDFs).
    min_indent: float = 0.7
    #: How far before the right edge a line ends that ends a paragraph, as a share of the width. By hand (public PDFs).
    min_short_end: float = 0.3
    #: The widest white between two parts of one paragraph that the layout model drew apart, in sizes of the type.
    #: By hand (public PDFs).
    max_continued_gap: float = 0.6
    #: How far before the right edge the first of these parts may end, in sizes of the type. By hand (public PDFs).
    max_continued_end: float = 4
    #: How far their left edges may differ, in sizes of the type. By hand (public PDFs).
    max_continued_offset: float = 0.5
    #: The widest white inside a listing, in sizes of the type: a blank line. By hand (public PDFs).
    max_listing_gap: float = 2.0
    #: The widest white inside a heading or a caption, in sizes of the type. By hand (public PDFs).
    max_heading_gap: float = 0.5

    # In `labelling`: what is a heading

    #: The most characters of a heading. By hand (public PDFs).
    max_heading_letters: int = 160
    #: The most lines of a heading. By hand (public PDFs).
    max_heading_lines: int = 4
    #: The size of a whole sentence's type over that of the running text, from which it can be a heading.
    #: By hand (public PDFs).
    min_sentence_growth: float = 1.3
    #: The size of type over that of the running text, above which lines are set off from it. By hand (public PDFs).
    min_set_off_growth: float = 1.04
    #: The number of words above which a text with a full stop is a sentence. By hand (public PDFs).
    min_sentence_words: int = 3
    #: The number of letters above which a text can be in capitals. By hand (public PDFs).
    min_capital_letters: int = 3
    #: The share of capitals above which a text is in capitals. By hand (public PDFs).
    min_capitals: float = 0.8
    #: How far above and below a centred heading its column is looked at, in sizes of the type. By hand (public PDFs).
    column_reach: float = 8
    #: The smallest indent of a centred heading on both sides, as a share of the column's width. By hand (public PDFs).
    min_centred_indent: float = 0.1
    #: How far a centred heading may stand from the middle of its column, as a share of that indent.
    #: By hand (public PDFs).
    max_off_centre: float = 0.2
    #: How much the sizes of headings of one level may differ, as a share of the size. By hand (public PDFs).
    same_heading_size: float = 0.05

    # In `set_off_headings`: what is a heading by the type that the document sets headings in

    #: The unit that sizes of type are compared in, in points. By hand (tests).
    type_step_pt: float = 0.5
    #: The fewest headings of one type that show the type to be one of headings. By hand (tests).
    min_heading_runs: int = 2
    #: The share of the runs of such a type that running text follows. By hand (tests).
    min_leading_share: float = 0.5
    #: The fewest characters of such a heading. By hand (tests).
    min_set_off_letters: int = 3
    #: The fewest letters of the running text that follows. By hand (tests).
    min_led_letters: int = 60
    #: The widest white between a heading and its text, in sizes of the type. By hand (tests).
    max_lead: float = 3.0
    #: The narrowest gap to what stands beside a heading in another column, in heights of the heading. By hand (tests).
    max_mate_gap: float = 1.0
    #: By how much the white above is wider than that below, in sizes of the type. By hand (tests).
    min_white_difference: float = 0.1
    #: The width of a heading that no white sets off, as a share of the line above it. By hand (tests).
    max_led_width: float = 0.85
    #: The share of the narrower line's width that two lines of a column have in common. By hand (tests).
    min_column_share: float = 0.3
    #: How many lines of a page are looked at after each line, for what stands below or beside it. By hand (tests).
    max_lines_ahead: int = 60

    # In `plain_headings`: headings in the type of the running text

    #: By how much the white above such a heading is wider than that above a paragraph or below the heading, in sizes
    #: of the type. By hand (tests).
    min_plain_white: float = 0.25
    #: The fewest letters of the line below. By hand (tests).
    min_plain_letters: int = 25
    #: The fewest headings whose numbers follow each other. By hand (tests).
    min_numbered: int = 3

    # In `outlined_headings`

    #: The fewest letters and digits of a title in the outline that is looked for. By hand (tests).
    min_outlined_letters: int = 2

    # In `labelling`: footnotes

    #: The size of a footnote's type over that of the running text, which is larger. By hand (public PDFs).
    max_note_growth: float = 0.93
    #: How far down the page footnotes begin, as a share of the page's height. By hand (public PDFs).
    min_note_depth: float = 0.5
    #: The narrowest footnote, as a share of the page's width. By hand (public PDFs).
    min_note_width: float = 0.15

    # In `code`

    #: The share of characters other than letters and digits, above which lines are a drawing made of characters.
    #: By hand (tests).
    min_drawn: float = 0.4
    #: The most line breaks between two lines of a listing. By hand (tests).
    max_line_breaks: int = 3
    #: The narrowest letter that gaps are divided by, in points, so that no gap is infinitely many letters wide.
    min_letter_pt: float = 0.1
    #: The shortest distance of two lines that gaps are divided by, in points, for the same reason.
    min_pitch_pt: float = 1.0

    # In `formulas`

    #: The share of mathematical characters in a line of a formula: letters of mathematical fonts, and operators.
    #: By hand (public PDFs).
    min_math: float = 0.25
    #: The fewest lines of a formula that is not one line of text. By hand (public PDFs).
    min_formula_lines: int = 3
    #: The widest white between the lines of one formula, in sizes of the type. By hand (public PDFs).
    max_formula_gap: float = 0.8
    #: The number of words above which a line is running text. By hand (public PDFs).
    max_formula_words: int = 2
    #: The most characters of a line without words that can be a part of a formula. By hand (public PDFs).
    max_piece_letters: int = 6
    #: How near to running text a part of a formula is in its row, in sizes of the type. By hand (public PDFs).
    max_row_gap: float = 1.5
    #: The share of the lower line's height that both have in common on one row. By hand (public PDFs).
    min_row_overlap: float = 0.3
    #: The number of words above which an equation can be running text. By hand (public PDFs).
    max_equation_words: int = 5
    #: The share of an equation's characters in words, above which it is running text. By hand (public PDFs).
    max_equation_wordy: float = 0.6

    # In `lists`

    #: The widest gap between a label and its item, in heights of the line. By hand (public PDFs).
    max_label_gap: float = 4.0
    #: The same where numbers have a column of their own. By hand (tests).
    max_hanging_gap: float = 12.0
    #: How far the starts of their texts may differ, in points. By hand (tests).
    same_hanging_start_pt: float = 3.0
    #: How many such numbers make a column. By hand (tests).
    min_hanging: int = 3
    #: How far an item may reach into its label, in heights of the label. By hand (public PDFs).
    max_label_overlap: float = 0.5
    #: How far before the right edge a full line may end, as a share of the width. By hand (public PDFs).
    max_full_end: float = 0.15
    #: The smallest indent of the lines of an item below its first line, in heights of the line. By hand (public PDFs).
    min_item_indent: float = 0.3

    # In `lined_text`: lines that stay lines in a text layer

    #: The fewest lines. Two may be a sentence that was broken. By hand (tests).
    min_lines: int = 3
    #: The width of a line over that of the widest line, below which the line is short. Running text fills its column;
    #: on scans too. By hand (scans, tests).
    max_ragged: float = 0.8
    #: The share of the lines before the last that are short. By hand (tests).
    min_ragged_lines: float = 0.5
    #: The share of the lines before the last after which the next word had room. By hand (tests).
    min_roomy_lines: float = 0.6
    #: The same where each line begins like a name or a number and none ends a sentence. By hand (tests).
    min_roomy_entries: float = 0.5
    #: The width of the widest line over the width that there is, below which the lines are narrow. Running text takes
    #: more. By hand (tests).
    max_narrow: float = 0.5

    # In `block_html`: blocks of a scan

    #: The most rows of a heading. By hand (scans).
    max_heading_rows: int = 3
    #: The widest white between the lines of a paragraph, in heights of a line. By hand (scans).
    max_scanned_line_gap: float = 0.9
    #: The narrowest gap between an entry and its number, in heights of a line. By hand (scans).
    min_entry_gap: float = 1.5
    #: The widest white that may be the gap between two columns rather than room for a word, in heights of a line.
    #: By hand (scans).
    min_room: float = 3.0
    #: The most lines that are short because they are narrow. By hand (scans).
    max_few_rows: int = 3
    #: The width of these lines over the width that there is. By hand (scans).
    max_few_rows_width: float = 0.45


THRESHOLDS = BlockThresholds()
"""The values that the rules use."""
