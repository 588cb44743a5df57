"""Labels of the lines of a text region: headings, paragraphs, listings, notes and captions, from made lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from markerd.convert.embedded.blocks.code import restore_listing
from markerd.convert.embedded.blocks.formulas import is_wordy
from markerd.convert.embedded.blocks.labelling import join_broken, split_into_blocks, split_paragraphs
from markerd.convert.embedded.geometry import union
from markerd.convert.embedded.layout.regions import Region
from markerd.convert.embedded.text_layer.text_line import Body, TextLine, find_body

PAGE = (0.0, 0.0, 600.0, 800.0)
BODY = Body(12.0)
FULL = "a line of running text that fills the column from its left side to the right"


def make_line(
    y: float, text: str, x: float = 60.0, right: float = 540.0, size: float = 12.0, **type_: bool
) -> TextLine:
    return replace(TextLine((x, y, right, y + size), text, size), **type_)  # type: ignore[arg-type]  # all are flags


def split_region(*lines: TextLine, label: str = "Text") -> list[tuple[str, str]]:
    """The label and the text of each part of a region that holds the lines."""
    region = Region(union(one.box for one in lines), label, lines=tuple(range(len(lines))))
    return [
        (part.label, " ".join(lines[i].text for i in part.lines))
        for part in split_into_blocks(region, lines, BODY, PAGE)
    ]


@pytest.mark.parametrize(
    "heading",
    [
        make_line(100, "Results", right=150, size=18.0),
        make_line(100, "Results", right=150, is_bold=True),
        make_line(100, "2.1 Results", right=150, is_italic=True),
        make_line(100, "Appendix A Results", right=190, is_bold=True),
    ],
)
def test_a_line_set_off_by_its_type_is_a_heading(heading: TextLine) -> None:
    """A larger, heavier, or numbered and slanted line is a heading, whatever the layout model called it."""
    assert [label for label, _ in split_region(heading, make_line(124, FULL), make_line(138, FULL))] == [
        "SectionHeader",
        "Text",
    ]


@pytest.mark.parametrize(
    "text",
    [
        make_line(100, "This is a whole sentence, in bold type.", is_bold=True, right=400),
        make_line(100, "• Results", size=18.0, right=150),
        make_line(100, "12.5", size=18.0, right=150),
        make_line(100, "Name:", is_bold=True, right=150),
        make_line(100, "Jane Doe* , John Roe# , Max Moe*", size=14.0, right=300),
        replace(
            make_line(100, "1 Introduction 7", is_bold=True),
            parts=(((60, 1, 90, 2), "1 Introduction"), ((500, 1, 510, 2), "7")),
        ),
    ],
)
def test_lines_that_only_look_like_headings_are_text(text: TextLine) -> None:
    """Sentences, items, numbers, labels of forms, authors and entries of a table of contents are no headings."""
    assert split_region(text)[0][0] == "Text"


def test_a_heading_of_the_model_that_is_plain_text_is_text() -> None:
    """The layout model's label alone makes no heading of a line that is set like the rest."""
    assert split_region(make_line(100, "a line like any other", right=300), label="SectionHeader") == [
        ("Text", "a line like any other")
    ]


def test_gaps_indents_and_short_lines_separate_paragraphs() -> None:
    """A region can have all three kinds of paragraph breaks."""
    lines = (
        make_line(100, "one " + FULL),
        make_line(114, "ends early.", right=200),
        make_line(128, "two " + FULL),
        make_line(142, "goes on " + FULL),
        make_line(156, "three, indented " + FULL, x=80),
        make_line(170, "goes on " + FULL),
        make_line(200, "four, after a gap " + FULL),
    )
    assert [text.split()[0] for _, text in split_region(*lines)] == ["one", "two", "three,", "four,"]


def test_entries_with_hanging_indent_are_separated() -> None:
    """In a bibliography, the first line of each entry stands left of its other lines."""
    lines = (
        make_line(100, "[1] Smith " + FULL),
        make_line(114, "goes on " + FULL, x=80),
        make_line(128, "goes on", x=80, right=300),
        make_line(142, "[2] Jones " + FULL),
        make_line(156, "goes on", x=80, right=300),
    )
    found = split_region(*lines, label="Bibliography")
    assert [(label, text[:3]) for label, text in found] == [("Bibliography", "[1]"), ("Bibliography", "[2]")]


def test_leaders_separate_entries_of_a_table_of_contents() -> None:
    """A line that ends with dots and a page number ends its entry."""
    assert len(split_region(make_line(100, "1 Aims . . . . . . 3"), make_line(114, "2 Ends . . . . . . 5"))) == 2


def test_monospaced_lines_are_a_listing_with_its_indentation() -> None:
    """Monospaced lines are a listing where the running text is not monospaced itself."""
    lines = (
        make_line(100, "def f():", x=60, right=108, is_mono=True),
        make_line(114, "return 1", x=84, right=132, is_mono=True),
        make_line(142, "f()", x=60, right=78, is_mono=True),
    )
    assert [label for label, _ in split_region(*lines)] == ["Code"]
    assert restore_listing(lines) == "def f():\n    return 1\n\nf()"
    everywhere = Body(12.0, is_mono=True)
    region = Region(PAGE, "Text", lines=(0, 1))
    assert {part.label for part in split_into_blocks(region, lines[:2], everywhere, PAGE)} == {"Text"}


def test_small_marked_lines_low_on_the_page_are_notes() -> None:
    """The same lines in the type of the body, or at the top of the page, are text."""
    assert split_region(make_line(700, "1 See the report of that year.", size=9.0))[0][0] == "Footnote"
    assert split_region(make_line(700, "1 See the report of that year.", size=12.0))[0][0] == "Text"
    assert split_region(make_line(100, "1 See the report of that year.", size=9.0))[0][0] == "Text"


@pytest.mark.parametrize("text", ["Figure 3: A curve", "Table 2.1 Sizes", "Abb. 4: Kurve", "Fig. 7 - Flow"])
def test_captions_are_known_by_their_words(text: str) -> None:
    """A caption is detected in several languages, in small type."""
    assert split_region(make_line(300, text, size=10.0))[0][0] == "Caption"


def test_bold_caption_is_a_caption() -> None:
    """A bold caption larger than the text is a heading that begins with such a word."""
    text = "Figure 1. A sample program"
    assert split_region(make_line(300, text, right=260, is_bold=True))[0][0] == "Caption"
    assert split_region(make_line(300, "Algorithm 2", right=200, is_bold=True, size=16.0))[0][0] == "SectionHeader"


def test_caption_with_bold_beginning_continues_in_plain_type() -> None:
    """The plain end of a caption belongs to its bold beginning."""
    first = make_line(300, "Figure 1. Sample program: primes is", is_bold=True)
    assert split_region(first, make_line(314, "initialized on entry to this code.", right=300)) == [
        ("Caption", "Figure 1. Sample program: primes is initialized on entry to this code.")
    ]


def test_a_caption_of_the_model_in_large_type_is_a_heading() -> None:
    """Captions are not larger than the text. Those of the layout model are captions even without the word."""
    assert split_region(make_line(100, "The mills", size=16.0, right=160), label="Caption")[0][0] == "SectionHeader"
    assert split_region(make_line(100, "The mills", size=10.0, right=160), label="Caption")[0][0] == "Caption"


def test_a_sentence_about_a_figure_is_no_caption() -> None:
    """ "Figure 3 shows" continues as a sentence."""
    assert split_region(make_line(300, "Figure 3 shows " + FULL))[0][0] == "Text"


def test_a_paragraph_drawn_as_two_regions_is_made_whole() -> None:
    """Two regions are joined only where the last line of the first is full and ends no sentence."""
    lines = (make_line(100, FULL), make_line(114, "and goes on.", right=200))
    two = [Region(one.box, "Text", lines=(i,)) for i, one in enumerate(lines)]
    assert [region.lines for region in join_broken(two, lines)] == [(0, 1)]
    ended = (make_line(100, FULL + "."), lines[1])
    assert len(join_broken(two, ended)) == 2


def test_the_body_is_what_most_letters_are_set_in() -> None:
    """Letters are counted, not lines: headings and table cells are many and short."""
    lines = [make_line(100, FULL), *(make_line(200 + 20 * i, "cell", size=9.0) for i in range(5))]
    assert find_body(lines).size == 12.0
    assert find_body([]).size > 0


def test_prose_labelled_as_equation_is_detected() -> None:
    """The layout model takes narrow paragraphs for equations."""
    assert is_wordy(["where the first of these terms is larger than the second"])
    assert not is_wordy(["E = m c", "+ sum a x, where i > 0"])


def test_name_of_code_does_not_split_a_sentence() -> None:
    """A sentence stays whole although a line of it holds only a name of code."""
    lines = (
        make_line(100, FULL),
        make_line(114, "cargo", right=90, is_mono=True),
        make_line(128, "and so on.", right=200),
    )
    assert len(split_region(*lines)) == 1
    assert [label for label, _ in split_region(replace(lines[0], text="Type:"), lines[1])] == ["Text", "Code"]


def test_a_large_line_of_code_is_a_heading_and_a_listing_is_no_bibliography() -> None:
    """Manuals have headings that are names, and the layout model takes listings for references."""
    assert split_region(make_line(100, "os.path.join", size=16.0, right=150, is_mono=True))[0][0] == "SectionHeader"
    assert (
        split_region(
            make_line(100, "x = 1", is_mono=True), make_line(114, "y = 2", is_mono=True), label="Bibliography"
        )[0][0]
        == "Code"
    )


def test_a_listing_drawn_as_many_regions_is_one() -> None:
    """Regions are joined across a blank line, and where an indented line stands below none of the others."""
    lines = (
        make_line(100, "if x:", right=90, is_mono=True),
        make_line(114, "return", x=100, right=150, is_mono=True),
        make_line(140, "else:", right=90, is_mono=True),
        make_line(180, "apart", right=90, is_mono=True),
    )
    regions = [Region(one.box, "Code", lines=(i,)) for i, one in enumerate(lines)]
    assert [region.lines for region in join_broken(regions, lines)] == [(0, 1, 2), (3,)]


def test_a_listing_keeps_the_gaps_inside_its_lines() -> None:
    """A text layer has one space for each gap; the listing shows its width."""
    parts_ = (((60.0, 100.0, 84.0, 112.0), "x = 1"), ((132.0, 100.0, 162.0, 112.0), "# one"))
    numbered = replace(make_line(100, "x = 1 # one", right=126, is_mono=True), parts=parts_)
    assert restore_listing([numbered, make_line(114, "long_name = 2", right=138, is_mono=True)]).startswith(
        "x = 1        # one\n"
    )


def test_drawings_of_characters_keep_their_form_in_a_text_file() -> None:
    """In a printed text file, tables of characters keep their form, and paragraphs are paragraphs."""
    cells = (((60.0, 1.0, 90.0, 2.0), "tar"), ((200.0, 1.0, 230.0, 2.0), "yes"))
    rows = [replace(make_line(100 + 14 * i, "tar yes", is_mono=True), parts=cells) for i in range(3)]
    region = Region(PAGE, "Text", lines=(0, 1, 2))
    assert [part.label for part in split_into_blocks(region, rows, Body(12.0, is_mono=True), PAGE)] == ["Code"]


def test_a_numbered_line_in_the_middle_of_its_column_is_a_heading() -> None:
    """Its type may be that of the text. Without a number or the model's label, or at the side, it is text."""

    def label(text: str, x: float, called: str = "Text") -> str:
        lines = [make_line(80, FULL), make_line(110, text, x=x, right=x + 80), make_line(140, FULL)]
        return split_into_blocks(Region(lines[1].box, called, lines=(1,)), lines, BODY, PAGE)[0].label

    assert label("II. Results", 260) == "SectionHeader"
    assert label("Results", 260, "SectionHeader") == "SectionHeader"
    assert label("Results", 260) == label("II. Results", 60) == "Text"


def test_the_entries_of_a_table_of_contents_stay_apart() -> None:
    """Each entry is a region of its own, however full its line is."""
    lines = (make_line(100, "1 Aims . . . . . . 3"), make_line(114, "2 Ends . . . . . . 5"))
    two = [Region(one.box, "Text", lines=(i,)) for i, one in enumerate(lines)]
    assert len(join_broken(two, lines)) == 2


def test_code_is_the_body_only_where_there_is_hardly_text() -> None:
    """A manual can have more letters in its listings than in its text."""
    code, text = make_line(100, "x" * 80, is_mono=True), make_line(114, "y" * 20)
    assert not find_body([code, text]).is_mono
    assert find_body([code, code, text]).is_mono


def test_each_entry_of_a_bibliography_is_a_paragraph() -> None:
    """Entries are separated although the last line above is full and nothing is indented."""
    texts = ["[1] A. Miller. On wheels.", "[2] B. Baker. On bread and", "what becomes of it."]
    lines = [TextLine((60.0, 100.0 + 12 * row, 300.0, 110.0 + 12 * row), text, 10.0) for row, text in enumerate(texts)]
    assert split_paragraphs([0, 1, 2], lines) == [[0], [1, 2]]


@pytest.mark.parametrize("text", ["A quiet evening by the sea", "I have a dream", "a man of few words"])
def test_a_line_in_italics_that_begins_with_a_word_of_one_letter_is_no_heading(text: str) -> None:
    """A word of one letter is no number."""
    assert (
        split_region(make_line(100, text, right=300.0, is_italic=True), make_line(124, FULL), make_line(138, FULL))[0][
            0
        ]
        == "Text"
    )
