"""OpenDocument texts, sheets and slides, and rich texts, have what they have in the formats of Microsoft."""

from __future__ import annotations

from pathlib import Path

import pytest

from markerd.errors import DocumentError
from open_documents import write
from structured import markdown, picture


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('<text:h text:outline-level="2">Costs</text:h><text:p>of it</text:p>', "## Costs\n\nof it"),
        ('<text:p>a <text:span text:style-name="Deep">b</text:span></text:p>', "a **b**"),
        ('<text:p><text:span text:style-name="Plain">a</text:span></text:p>', "a"),
        ('<text:p>m<text:span text:style-name="Up">2</text:span></text:p>', "m<sup>2</sup>"),
        ('<text:p><text:span text:style-name="Gone">a</text:span></text:p>', "~~a~~"),
        ('<text:p>a<text:span text:style-name="Unseen">secret</text:span></text:p>', "a"),
        ('<text:p text:style-name="Quotations">said</text:p>', "> said"),
        (
            '<text:p text:style-name="Preformatted_20_Text">x</text:p>'
            '<text:p text:style-name="Preformatted_20_Text"/>'
            '<text:p text:style-name="Preformatted_20_Text"><text:s text:c="2"/>y</text:p>',
            "```\nx\n\n\u00a0\u00a0y\n```",
        ),
        ("<text:p>a<text:line-break/>b<text:s/>c</text:p>", "a  \nb c"),
        ('<text:p><text:a xlink:href="http://e.org/">there</text:a></text:p>', "[there](http://e.org/)"),
        ("<text:tracked-changes><text:p>gone</text:p></text:tracked-changes><text:p>kept</text:p>", "kept"),
        (
            '<text:list text:style-name="Numbers"><text:list-item><text:p>c</text:p><text:list><text:list-item>'
            "<text:p>x</text:p></text:list-item></text:list></text:list-item><text:list-item><text:p>d</text:p>"
            "</text:list-item></text:list>",
            "3. c\n   - a. x\n4. d",
        ),
        (
            "<table:table><table:table-row><table:table-cell table:number-columns-spanned='2'><text:p>wide</text:p>"
            "</table:table-cell><table:covered-table-cell/></table:table-row><table:table-row><table:table-cell>"
            "<text:p>1</text:p></table:table-cell><table:table-cell><text:p>2</text:p></table:table-cell>"
            "</table:table-row></table:table>",
            "| wide | wide |\n|---|---|\n| 1 | 2 |",
        ),
    ],
)
def test_text_has_its_structure(tmp_path: Path, body: str, shown: str) -> None:
    assert markdown(write(tmp_path / "a.odt", "text", body)) == shown


def test_text_has_its_notes_and_pictures(tmp_path: Path) -> None:
    note = (
        '<text:note text:id="n1"><text:note-citation>1</text:note-citation><text:note-body><text:p>below</text:p>'
        "</text:note-body></text:note>"
    )
    frame = '<draw:frame><draw:image xlink:href="Pictures/a.png"/><svg:desc>it</svg:desc></draw:frame>'
    path = write(
        tmp_path / "a.odt",
        "text",
        f"<text:p>text{note}</text:p><text:p>{frame}</text:p>",
        {"Pictures/a.png": picture()},
    )
    shown = markdown(path)
    assert "text<sup>[1](#note-n1)</sup>" in shown
    assert "![it](_page_0_Picture_" in shown
    assert shown.endswith("<sup>1</sup> below")


def test_sheets_have_what_is_shown(tmp_path: Path) -> None:
    """Cells as they are formatted, repeated ones, merged ones; not the hidden sheet, nor the empty rest of a row."""
    cell = "<table:table-cell{}><text:p>{}</text:p></table:table-cell>".format
    rest = "<table:table-cell table:number-columns-repeated='16000'/>"
    rows = f"<table:table-row>{cell('', 'Kind')}{cell('', 'Sum')}{rest}</table:table-row>"
    repeated = cell(" table:number-columns-repeated='2'", "1,50 €")
    rows += f"<table:table-row>{repeated}</table:table-row><table:table-row table:number-rows-repeated='1048000'/>"
    body = f'<table:table table:name="Costs">{rows}</table:table>'
    hidden = f"<table:table-row>{cell('', 'secret')}</table:table-row>"
    body += f'<table:table table:name="No" table:style-name="Hidden">{hidden}</table:table>'
    shown = markdown(write(tmp_path / "a.ods", "spreadsheet", body))
    assert shown == "# Costs\n\n| Kind | Sum |\n|---|---|\n| 1,50 € | 1,50 € |"


def test_slides_come_as_they_are_seen(tmp_path: Path) -> None:
    def frame(top: int, text: str, kind: str = "outline") -> str:
        place = f'svg:x="2cm" svg:y="{top}cm" svg:width="20cm" svg:height="2cm"'
        box = f"<draw:text-box><text:p>{text}</text:p></draw:text-box>"
        return f'<draw:frame presentation:class="{kind}" {place}>{box}</draw:frame>'

    notes = f"<presentation:notes>{frame(1, 'say this', 'notes')}</presentation:notes>"
    body = f"<draw:page>{frame(8, 'below')}{frame(4, 'above')}{frame(1, 'Title', 'title')}{notes}</draw:page>"
    shown = markdown(write(tmp_path / "a.odp", "presentation", body))
    assert shown == "## Title\n\nabove\n\nbelow\n\n> **Notes:**\n>\n> say this"


def test_encrypted_document_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.odt", "text", "", {"META-INF/manifest.xml": b"<m><encryption-data/></m>"})
    with pytest.raises(DocumentError) as caught:
        markdown(path)
    assert caught.value.kind == "encrypted"


_HEAD = r"{\rtf1\ansicpg1252\deff0{\fonttbl{\f0\froman Times;}{\f1\fmodern C;}{\f2\fcharset204 R;}{\f3\fcharset128 J;}}"
_STYLES = r"{\stylesheet{\s0 Normal;}{\s1 heading 1;}{\*\cs2 Strong;}}{\*\generator Any;}{\info{\author nobody}}"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (r"\pard\s1 Costs\par\pard of it\par", "# Costs\n\nof it"),
        (r"\pard\outlinelevel1{\b Costs}\par", "## Costs"),
        (r"a {\b b} {\i\strike c}\plain  d{\v  secret}{\deleted  gone}\par", "a **b** *~~c~~* d"),
        (r"caf\'e9 \u8364?5 \u-10179?\u-8704?\par", "café €5 😀"),
        (r"{\f2 \'cf\'f0}{\f1 code}\line next\par", "Пр`code`  \nnext"),
        (r"m{\super 2} H{\sub 2}O\par", "m<sup>2</sup> H<sub>2</sub>O"),
        (r'{\field{\*\fldinst HYPERLINK "http://e.org/"}{\fldrslt there}}\par', "[there](http://e.org/)"),
        (
            r"{\listtext 1.\tab}one\par{\listtext 2.\tab}two\par\ilvl1{\listtext\'b7\tab}in\par",
            "1. one\n2. two\n   - in",
        ),
        (r"\pard\fi-360\li720 (a)\tab first\par (b)\tab next\par", "- (a) first\n- (b) next"),
        (
            r"\trowd\intbl a\cell b\cell\row\intbl c\cell d\cell\row\pard after\par",
            "| a | b |\n|---|---|\n| c | d |\n\nafter",
        ),
        (r"x{\footnote\pard below}\par", 'x<sup>[1](#note-1)</sup>\n\n<span id="note-1"></span><sup>1</sup> below'),
        (r"a{\*\unknown never}{\header top}b\~c\_d\{e\}\par", "ab\u00a0c\u2011d{e}"),
        (r"open {group", "open group"),
        (r"text{\footnote below", 'text<sup>[1](#note-1)</sup>\n\n<span id="note-1"></span><sup>1</sup> below'),
        (r"\trowd\intbl a\cell b", "| a | b |\n|---|---|"),
        (
            r"\trowd\intbl a\cell\pard\itap2 b\nestcell c\nestcell{\*\nesttableprops\nestrow}"
            r"\pard\intbl d\cell\row\pard",
            "a\n\n| b | c |\n|---|---|\n\nd",
        ),
        (r"{\upr{ansi}{\*\ud{uni\u8364?}}}\par", "uni€"),
        (r"{\shp{\*\shpinst{\sp{\sn name}{\sv 202}}{\shptxt in a box\par}}{\shprslt again}}", "in a box"),
        (r"{\f3 \'83e\'83X\'83g}\par", "テスト"),
        (
            r'{\field{\*\fldinst HYPERLINK \\l "x"}{\fldrslt there}}{\*\bkmkstart x} here\par',
            '[there](#x)<span id="x"></span> here',
        ),
        (r"a\u0?b\'01c\par", "abc"),
        (
            r"\pard\fi-360\li720{\listtext 1.\tab}one\par\pard\li720 more\par"
            r"\pard\fi-360\li720{\listtext 2.\tab}two\par\pard after\par",
            "1. one\n\n   more\n2. two\n\nafter",
        ),
        (
            r'{\field{\*\fldinst HYPERLINK "http://e.org/"}{\fldrslt a {\b b}{\*\bkmkstart x}c}} d\par',
            "[a **b**c](http://e.org/) d",
        ),
    ],
)
def test_rich_text_has_its_structure(tmp_path: Path, body: str, shown: str) -> None:
    path = tmp_path / "a.rtf"
    path.write_bytes(f"{_HEAD}{_STYLES}\n{body}}}".encode("ascii"))
    assert markdown(path) == shown


def test_rich_text_has_its_pictures(tmp_path: Path) -> None:
    path = tmp_path / "a.rtf"
    path.write_text(rf"{_HEAD}before{{\pict\pngblip\picw40 {picture().hex()}}} after\par}}")
    assert markdown(path).startswith("before![](_page_0_Picture_")


def test_rich_text_has_pictures_that_are_written_as_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.rtf"
    data = picture()
    path.write_bytes(rb"{\rtf1 before{\pict\pngblip\bin%d " % len(data) + data + rb"} after\par}")
    assert markdown(path).startswith("before![](_page_0_Picture_")


def test_sheet_has_all_rows_that_are_repeated_and_all_that_is_drawn(tmp_path: Path) -> None:
    """What one element stands for is written as often as it is seen; what has no text shows its value."""
    cell = '<table:table-cell><text:p>0</text:p></table:table-cell><table:table-cell office:value="7"/>'
    frame = '<table:table-cell><draw:frame><draw:image xlink:href="a.png"/></draw:frame></table:table-cell>'
    rows = f'<table:table-row table:number-rows-repeated="1500">{cell}</table:table-row>'
    body = f'<table:table table:name="S">{rows}<table:table-row>{cell}{frame}</table:table-row></table:table>'
    shown = markdown(write(tmp_path / "a.ods", "spreadsheet", body, {"a.png": picture()}))
    assert shown.count("| 0 | 7 |") == 1501
    assert "_Picture_" in shown


def test_sheet_with_a_text_in_too_many_cells_is_refused(tmp_path: Path) -> None:
    cell = f'<table:table-cell table:number-columns-repeated="1000"><text:p>{"x" * 2000}</text:p></table:table-cell>'
    for rows in (100, 100_000):
        body = (
            f'<table:table><table:table-row table:number-rows-repeated="{rows}">{cell}</table:table-row></table:table>'
        )
        with pytest.raises(DocumentError) as caught:
            markdown(write(tmp_path / "a.ods", "spreadsheet", body))
        assert (caught.value.kind, caught.value.is_permanent) == ("too_many_parts", True)


def test_slide_has_the_text_of_every_shape(tmp_path: Path) -> None:
    shapes = "".join(f"<draw:{name}><text:p>{name}</text:p></draw:{name}>" for name in ("line", "path", "polygon"))
    place = f'svg:x="{"9" * 400}cm" svg:y="1cm"'
    body = f"<draw:page>{shapes}<draw:caption {place}><text:p>far</text:p></draw:caption></draw:page>"
    shown = markdown(write(tmp_path / "a.odp", "presentation", body))
    assert {"line", "path", "polygon", "far"} <= set(shown.split())


def test_hidden_section_stays_hidden(tmp_path: Path) -> None:
    body = '<text:section text:display="none"><text:p>secret</text:p></text:section><text:p>seen</text:p>'
    assert markdown(write(tmp_path / "a.odt", "text", body)) == "seen"
