"""Every threshold of the table rules, with its meaning, its unit and what it was checked on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TableThresholds:
    """What the table rules compare with. Each comment ends with where the value comes from.

    *By hand* means that the value was chosen by hand and was not measured by itself. What follows in brackets is what
    the rules that use it were checked on together; where a comment does not say it, by hand and on made tables:

    - *made tables*: 220 generated tables in many styles, `tests/benchmarks/tables.py`;
    - *public PDFs*: published conversions of public PDFs, `tests/benchmarks/fidelity.py`;
    - *scans*: pages rendered as scans, `tests/benchmarks/scans.py`;
    - *scanned tables*: 34 published documents with tables, as pictures of 150 dpi with noise, up to 0.7 degrees askew;
    - *tests*: the unit and integration tests of this folder.
    """

    # In `columns`: words that make one cell, and cells that make one column
    #: The widest gap between two words of one cell, as a share of the line's height. Spaces take 0.2 to 0.3 of it.
    max_word_gap: float = 0.42
    #: The same between two numbers, which share a cell less often. By hand (made tables).
    max_number_gap: float = 0.33
    #: How far a word may lie inside the range of a vertical rule that separates it, in points. By hand (made tables).
    rule_slack_pt: float = 1.0
    #: How far a vertical rule may end above or below the middle of a line and still separate its words, in points.
    rule_end_slack_pt: float = 2.0
    #: The length of a vertical rule that separates columns, as a share of the table's height. By hand (made tables).
    min_column_rule: float = 0.4
    #: Parts of one vertical rule lie at most this far apart horizontally, in points. By hand (made tables).
    same_column_rule_pt: float = 2.0
    #: The most lines that hold a heading beside its column of numbers, so that both are one column.
    max_heading_lines: int = 2
    #: For each group of this many lines, one line may reach into the next column. By hand (made tables).
    lines_per_stray: int = 25
    #: How far two phrases may overlap before they count as one above the other, as a share of the line's height.
    max_phrase_overlap: float = 0.1
    #: The share of a column, or of the phrase where that is narrower, that a phrase covers to stand in the column.
    min_column_reach: float = 0.3

    # In `grid`: cells from pieces of text alone
    #: The mean number of words in a cell from which a column is running text. By hand (tests).
    min_prose_words: float = 3.5
    #: The number of words from which a cell is a sentence. By hand (tests).
    min_sentence_words: int = 7
    #: The share of a table's words in such sentences, above which the table is running text. By hand (tests).
    max_sentence_share: float = 0.7
    #: The fewest rows of a table that nothing but its columns shows. By hand (tests).
    min_grid_rows: int = 3
    #: The share of the cells of such a table that hold text, which must be exceeded. By hand (tests).
    min_grid_filled: float = 0.8
    #: The share of the letters and digits that a table's HTML may lack before the table is refused.
    #: By hand (public PDFs).
    max_lost_letters: float = 0.01
    #: The share of the rows that may cross the gap between two columns; one row less than this is allowed.
    #: By hand (tests).
    max_crossing_rows: float = 0.1
    #: The share of a column that a piece covers to count as standing in it. By hand (tests).
    min_column_cover: float = 0.6

    # In `rows`: lines that make one row
    #: The length of a horizontal rule that separates rows, as a share of the table's width. By hand (made tables).
    min_row_rule: float = 0.6
    #: Parts of one horizontal rule lie less than this far apart vertically, in points. By hand (made tables).
    same_row_rule_pt: float = 2.5
    #: How much wider the white between rows is than the white inside rows, as a share of the line's height.
    min_white_jump: float = 0.2
    #: The most lines between two rules that can be one row. By hand (made tables).
    max_row_lines: int = 12
    #: The fewest bands between rules for each band to be one row. By hand (made tables).
    min_ruled_bands: int = 4
    #: How far a line reaches beside the line above and the line below to belong to both rows, as a share of its height.
    min_straddle: float = 0.1
    #: Lines that overlap by more than this share of the line's height are in one row. By hand (made tables).
    max_line_overlap: float = 0.3
    #: What each row costs, and twice if its first column is empty. The other costs are in its unit.
    row_cost: float = 0.6
    #: What each number costs that stands below another one in one cell. By hand (made tables).
    repeat_cost: float = 3.0
    #: The most numbers that stand so in a row; with more, no longer row is tried. By hand (made tables).
    max_repeats: int = 2
    #: What each cell costs that is not set at the height of its row, and what it costs once that the cells of a table
    #: are set in the middle or at the bottom. By hand (made tables).
    misfit_cost: float = 1.0
    #: How far a cell may stand from that height, as a share of the line's height. By hand (made tables).
    max_anchor_slack: float = 0.35
    #: What it costs to part a line from the one above where the white is that inside rows, and for each cell that goes
    #: on in small letters; twice for one that goes on within a word. By hand (made tables).
    join_gain: float = 1.5
    #: What it costs to join a line to the one above where the white is that between rows, and for each cell whose first
    #: word would have fitted above. By hand (made tables).
    part_cost: float = 2.0
    #: The same for each other cell of a column in which some go on in small letters. By hand (made tables).
    capital_cost: float = 0.3
    #: The same in a column where none does. By hand (made tables).
    unlikely_cost: float = 0.9

    # In `header_rows`: the head of a table
    #: The most lines that a head takes. By hand (made tables).
    max_head_lines: int = 5
    #: The most lines that the lower part of a head takes, below the first rule. By hand (made tables).
    max_lower_head_lines: int = 2
    #: How far a heading may stand from the middle of its columns, as a share of the line's height.
    max_off_centre: float = 0.5
    #: The largest gap between a heading and the rule below it, as a share of the line's height.
    max_heading_rule_gap: float = 0.9
    #: How far a heading may reach below that rule, as a share of the line's height. By hand (made tables).
    max_heading_rule_overlap: float = 0.3

    # In `cells`
    #: The fewest columns of a table in which a centred line is a title over all columns. By hand (made tables).
    min_titled_columns: int = 3

    # In `page_tables`: is this region a table?
    #: The share of the cells that hold text, and of the rows with two filled cells, in a region that the layout model
    #: does not call a table. By hand (public PDFs).
    min_table_filled: float = 0.45
    #: The share of a table's area on which something other than rules and shades may be drawn. A drawing has more.
    max_drawn: float = 0.01
    #: How far outside of the words of a table its rules may lie, in points. By hand (made tables).
    rule_margin_pt: float = 3.0

    # In `frames`: tables between horizontal rules
    #: The shortest rule that can frame a table, in points. By hand (made tables).
    min_frame_rule_pt: float = 60.0
    #: The share of the longer rule that two rules of one table have in common. By hand (made tables).
    min_shared_rule: float = 0.85
    #: The widest white between two rows, as a share of the line's height. By hand (made tables).
    max_row_white: float = 0.9
    #: The widest white without text between two rules of one table, in heights of a line. By hand (made tables).
    max_empty_white: float = 6.0
    #: The width of a row beside a frame, at most, over the frame's width. By hand (made tables).
    max_added_row_width: float = 1.05
    #: The width of a title beside a frame, at most, over the frame's width. By hand (made tables).
    max_added_title_width: float = 0.5
    #: How far titles may grow a frame before a row must follow, in heights of a line. By hand (made tables).
    max_added_titles: float = 2.5
    #: The width of a line, over the frame's width, above which a line of one phrase is running text.
    max_phrase_width: float = 0.5
    #: The share of such lines that may stand between two rules of one table. By hand (made tables).
    max_prose_lines: float = 0.3
    #: How far outside of a frame the middle of a word may lie, in points. By hand (made tables).
    frame_slack_pt: float = 3.0

    # In `ruling_lines`: the rules of a page image, at the 96 dpi that Marker draws
    #: The shortest horizontal rule, in pixels: longer than the strokes of a letter, shorter than a cell.
    #: By hand (public PDFs).
    min_across_px: int = 36
    #: The shortest vertical rule, in pixels, chosen likewise. By hand (public PDFs).
    min_down_px: int = 13
    #: Rules nearer to each other than this are one rule, in pixels. By hand (public PDFs).
    snap_px: int = 4
    #: The thickest box that counts as a rule, in pixels. By hand (made tables).
    max_rule_thickness_px: int = 6
    #: The most rules of one grid in one direction. A drawing has more. By hand (public PDFs).
    max_rules: int = 200
    #: The length of all rules at one place, as a share of the grid, from which they are a border of the grid.
    #: By hand (public PDFs).
    min_grid_rule: float = 0.35
    #: The share of a ruled table's cells that hold text. By hand (public PDFs).
    min_ruled_filled: float = 0.4
    #: The share of a word's height, at its top and bottom, in which ink may be a rule instead. By hand (made tables).
    word_inset: float = 0.2
    #: How far around a word, to its left and right, ink belongs to the word, in pixels. By hand (made tables).
    word_halo_across_px: int = 2
    #: The same above and below the word, in pixels. By hand (made tables).
    word_halo_down_px: int = 1
    #: The side of the square around a point of a rule in which ink belongs to the rule, in pixels.
    rule_halo_px: int = 5
    #: The side of the square whose median grey is the ground, in pixels. By hand (public PDFs).
    ground_px: int = 9
    #: How many grey levels of 255 a thin rule differs from its ground. By hand (public PDFs).
    min_rule_contrast: int = 24
    #: How many grey levels of 255 the grounds of two areas differ where a shaded area begins. By hand (public PDFs).
    min_shade_contrast: int = 8
    #: Over how many rows of pixels the ground of a shade is measured. By hand (made tables).
    shade_px: int = 5
    #: The share of a border's length that must be drawn for the border to separate two cells. By hand (public PDFs).
    min_drawn_border: float = 0.5
    #: The mean number of words on a line of a cell, below which each line is a row. By hand (made tables).
    max_short_cell_words: float = 2.6
    #: The share of the columns that a line between two rules fills to be a row by itself. By hand (made tables).
    min_stacked_columns: float = 0.6
    #: The fewest rows that lines between two rules make, if they make any. By hand (made tables).
    min_stacked_lines: int = 3

    # In `trimming`: captions and paragraphs at the ends of a table
    #: The width of a line of running text, over the table's width. By hand (tests).
    min_prose_width: float = 0.5

    # In `aligned_text`: tables without rules in a text layer
    #: The fewest rows with several parts in a table that only its columns show. By hand (made tables).
    min_aligned_rows: int = 3
    #: The fewest columns of a table of a head and one row. By hand (made tables).
    min_short_table_columns: int = 3
    #: The size of type of a table's title over that of the row above it. By hand (public PDFs).
    min_title_growth: float = 1.12
    #: The widest white between two rows, in heights of a line. By hand (public PDFs).
    max_aligned_row_gap: float = 1.6
    #: The share of the cells that hold text. By hand (public PDFs).
    min_aligned_filled: float = 0.55
    #: The same for a table whose head and labels have no empty cell. By hand (made tables).
    min_labelled_filled: float = 0.3
    #: The share of the rows that begin as the items of a list, above which two columns are a list.
    #: By hand (public PDFs).
    max_item_rows: float = 0.6
    #: The share of the cells that hold text, and of those the share of numbers, in a table of narrow gaps.
    min_narrow_filled: float = 0.8
    #: The fewest columns of such a table. By hand (made tables).
    min_narrow_columns: int = 3
    #: The widest gap between labels and what they label, in heights of a line. By hand (made tables).
    max_pair_gap: float = 6.0
    #: The number of words from which a line is running text rather than a cell. By hand (public PDFs).
    min_running_words: int = 4
    #: The most characters of a line of code that may be a cell. By hand (public PDFs).
    max_code_cell_letters: int = 15
    #: The fewest lines of a column of running text. By hand (scans).
    min_column_lines: int = 8
    #: The gap between two columns of running text is looked for from this share of the page's width, in percent.
    #: By hand (public PDFs).
    first_cut_percent: int = 20
    #: The same, up to this share of the page's width, in percent. By hand (public PDFs).
    last_cut_percent: int = 80
    #: The share of the lines of running text that may cross the gap between two columns. By hand (public PDFs).
    max_crossing_lines: float = 0.15
    #: The share of the lines of running text that the smaller of two columns exceeds. By hand (public PDFs).
    min_column_share: float = 0.25
    #: The width of a line that counts for a column, over the page's width. By hand (public PDFs).
    min_column_line_width: float = 0.1

    # In `borderless_scans`: tables without rules on a scan
    #: The share of the taller of two regions that stands level with the other. By hand (scans).
    min_level: float = 0.6
    #: The narrowest gap between columns, in heights of a line. OCR draws lines higher than the type, and draws each
    #: line with all that is near. By hand (scans).
    min_scanned_gap: float = 0.5

    # In `scanned_tables`
    #: The scale at which rules are looked for: Marker draws pages for OCR at 192 dpi, and the thresholds of
    #: `ruling_lines` are for 96. By hand (scanned tables).
    rule_image_scale: float = 0.5
    #: The fewest lines of text in drawn rules that may be a table. By hand (scanned tables).
    min_ruled_lines: int = 4
    #: The fewest lines of text in a picture that may be a table. By hand (scanned tables).
    min_pictured_lines: int = 12
    #: The share of a table's lines of text that stand beside others. Tables of the scans had 0.57 and more.
    min_beside_text: float = 0.5
    #: The mean certainty of the table model's output, 0 to 1, for a table. Tables of the scans had 0.966 and more.
    min_model_score: float = 0.955
    #: How well the model's cells and the text fit each other in a table, 0 to 1. Tables of the scans had 0.51 and more,
    #: figures with as high a score had 0.17 and less; published tables 0.49 and more.
    min_model_fit: float = 0.35
    #: What the table model counts above the rules: a share of a reader that agrees fully (scanned tables).
    model_trust: float = 0.2
    #: The share of a region of the layout model, above which tables cover it. By hand (scanned tables).
    max_covered: float = 0.5
    #: The share of the text's area that lies in the grid of a table. By hand (scanned tables).
    min_in_grid: float = 0.9

    # In `table_judge`, `placed_grid` and `cell_lines`: the tables of a page with a text layer
    #: How alike two readings are that need no third, 0 to 1. From 0.9 to 1 nothing changes (published tables).
    min_agreement: float = 0.99
    #: The most readings with the table model on one page, each of which takes some 70 ms. By hand.
    most_model_readings: int = 12
    #: The least fit of a table that only another reader sees. From 0.6 to 0.68 nothing changes (published tables).
    min_proposed_fit: float = 0.65
    #: The share of such a table's phrases that stand beside others. By hand (published tables).
    min_beside_proposed: float = 0.6
    #: The share of a table's lines that only another reader sees, where our rows ended early. By hand (made tables).
    min_added_share: float = 0.25
    #: The rows of a table over its lines of text, at most, if its cells take several lines. By hand (made tables).
    max_wrapped_rows: float = 0.7
    #: What our reading by rules, white and words counts for in such a table, beside the agreement with each other one.
    wrapped_trust: float = 0.5
    #: The share of a table's words that may lie outside of the cells of a reader. By hand (published tables).
    max_words_outside: float = 0.1

    #: The width of a space in a cell, in heights of a line. By hand (made tables).
    cell_space: float = 0.25

    # In `model_grid`: lines of text in the cells of the table model. Costs are in heights of a line
    #: What a row of the model costs that no line is matched to. By hand (scanned tables).
    empty_row_cost: float = 1.0
    #: What a second line in a cell costs whose box is too low for two. By hand (scanned tables).
    shared_cell_cost: float = 1.0
    #: What a second line in a row costs otherwise. By hand (scanned tables).
    shared_row_cost: float = 0.2
    #: The height of a cell's box from which it holds two lines, in heights of a line. By hand (scanned tables).
    min_two_line_cell: float = 1.6
    #: The most that a line costs for lying away from its cells. By hand (scanned tables).
    max_stray: float = 3.0


THRESHOLDS = TableThresholds()
"""The values that the rules use."""
