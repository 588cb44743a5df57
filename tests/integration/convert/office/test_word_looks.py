"""DOCX: emphasis, hidden text, fields and placed text as Word shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from structured import markdown
from word_documents import paragraph, run, write

_STYLES = """
<w:style w:type="character" w:styleId="Strong"><w:name w:val="Strong"/><w:rPr><w:b/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Deep"><w:name w:val="Deep"/><w:basedOn w:val="Strong"/></w:style>
<w:style w:type="character" w:styleId="Gone"><w:name w:val="Gone"/><w:rPr><w:dstrike/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Up"><w:name w:val="Up"/>
<w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Unseen"><w:name w:val="Unseen"/><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Mono"><w:name w:val="HTML Code"/></w:style>
<w:style w:type="paragraph" w:styleId="Slanted"><w:name w:val="Slanted"/><w:rPr><w:i/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Head"><w:name w:val="heading 2"/><w:rPr><w:b/><w:i/></w:rPr></w:style>
<w:style w:type="table" w:styleId="Grid"><w:name w:val="Grid"/>
<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr></w:tblStylePr>
<w:tblStylePr w:type="firstCol"><w:rPr><w:b/></w:rPr></w:tblStylePr></w:style>
"""


def styled(text: str, style: str = "", direct: str = "") -> str:
    named = f'<w:rStyle w:val="{style}"/>' if style else ""
    return f'<w:r><w:rPr>{named}{direct}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


@pytest.mark.parametrize(
    ("runs", "shown"),
    [
        (styled("a", "Strong"), "**a**"),
        (styled("a", "Deep"), "**a**"),
        (styled("a", "Strong", '<w:b w:val="0"/>'), "a"),
        (styled("a", "Gone"), "~~a~~"),
        (styled("m", "") + styled("2", "Up"), "m<sup>2</sup>"),
        (styled("2", "Up", '<w:vertAlign w:val="baseline"/>'), "2"),
        (styled("x", "Mono", "<w:strike/>"), "~~`x`~~"),
        (styled("x", "Mono") + styled("2", "Mono", '<w:vertAlign w:val="superscript"/>'), "`x`<sup>`2`</sup>"),
        (styled("seen") + styled(" unseen", "Unseen") + styled(" here"), "seen here"),
        (styled("shown", "Unseen", '<w:vanish w:val="0"/>'), "shown"),
        (styled("أ", "", "<w:rtl/><w:bCs/>"), "**أ**"),
    ],
)
def test_run_looks_as_its_styles_say(tmp_path: Path, runs: str, shown: str) -> None:
    """What stands in the run itself comes first."""
    assert markdown(write(tmp_path / "a.docx", f"<w:p>{runs}</w:p>", styles=_STYLES)) == shown


def test_emphasis_of_a_paragraph_is_one_stretch(tmp_path: Path) -> None:
    """A strong word in it stands within; a style that says the same again takes it back, as in Word."""
    body = (
        f'<w:p><w:pPr><w:pStyle w:val="Slanted"/></w:pPr>{run("all of ")}{styled("this", "Strong")}{run(" too")}</w:p>'
    )
    assert markdown(write(tmp_path / "a.docx", body, styles=_STYLES)) == "*all of **this** too*"


def test_heading_is_not_stressed_by_its_style(tmp_path: Path) -> None:
    assert markdown(write(tmp_path / "a.docx", paragraph("Costs", "Head"), styles=_STYLES)) == "## Costs"


def test_table_takes_emphasis_from_its_style(tmp_path: Path) -> None:
    """A first column, where the table shows it; the first row is the head anyway."""
    cell = "<w:tc><w:p>{}</w:p></w:tc>".format
    rows = "".join(f"<w:tr>{cell(run(a))}{cell(run(b))}</w:tr>" for a, b in (("K", "V"), ("a", "1")))
    look = '<w:tblPr><w:tblStyle w:val="Grid"/><w:tblLook w:firstRow="1" w:firstColumn="1"/></w:tblPr>'
    shown = markdown(write(tmp_path / "a.docx", f"<w:tbl>{look}{rows}</w:tbl>", styles=_STYLES))
    assert shown == "| K | V |\n|---|---|\n| **a** | 1 |"


def test_rows_that_begin_later_stay_under_their_heads(tmp_path: Path) -> None:
    """Cells left out at either side are empty."""
    row = "<w:tr>{}{}</w:tr>".format
    cells = ["<w:tc><w:p><w:r><w:t>" + text + "</w:t></w:r></w:p></w:tc>" for text in "abcd"]
    later = row('<w:trPr><w:gridBefore w:val="1"/></w:trPr>', cells[3])
    earlier = row('<w:trPr><w:gridAfter w:val="1"/></w:trPr>', cells[2])
    shown = markdown(write(tmp_path / "a.docx", f"<w:tbl>{row('', cells[0] + cells[1])}{later}{earlier}</w:tbl>"))
    assert shown == "| a | b |\n|---|---|\n|  | d |\n| c |  |"


def test_drop_cap_begins_its_paragraph(tmp_path: Path) -> None:
    cap = f'<w:p><w:pPr><w:framePr w:dropCap="drop" w:lines="3"/></w:pPr>{run("O")}</w:p>'
    assert markdown(write(tmp_path / "a.docx", cap + paragraph("nce upon a time"))) == "Once upon a time"


def field(instruction: str, result: str = "", data: str = "") -> str:
    """A field in one run, as some programs write it."""
    separated = f'<w:fldChar w:fldCharType="separate"/><w:t>{result}</w:t>' if result else ""
    begin = f'<w:fldChar w:fldCharType="begin">{data}</w:fldChar>'
    return f'<w:r>{begin}<w:instrText>{instruction}</w:instrText>{separated}<w:fldChar w:fldCharType="end"/></w:r>'


@pytest.mark.parametrize(
    ("instruction", "address"),
    [
        ('HYPERLINK "https://example.com/a b"', "<https://example.com/a b>"),
        ('HYPERLINK "https://example.com" \\l "part" \\o "a tip"', "https://example.com#part"),
        ('hyperlink \\l "_Toc1"', "#_Toc1"),
        ('HYPERLINK \\t "_blank" "https://example.com/x" \\n', "https://example.com/x"),
        ("HYPERLINK https://example.com/bare", "https://example.com/bare"),
    ],
)
def test_link_fields_are_links(tmp_path: Path, instruction: str, address: str) -> None:
    """With a place in the document or on the page, with tips and windows in any order."""
    body = f"<w:p>{field(instruction, 'there')}</w:p>"
    shown = markdown(write(tmp_path / "a.docx", body)).replace("%20", " ")
    assert shown.replace("<", "").replace(">", "") == f"[there]({address})".replace("<", "").replace(">", "")


def test_choices_of_forms_are_shown(tmp_path: Path) -> None:
    """The chosen entry, else the default one, else the first; a box as it is ticked."""
    listed = '<w:listEntry w:val="red"/><w:listEntry w:val="green"/></w:ddList></w:ffData>'
    data = ['<w:result w:val="1"/>', '<w:default w:val="1"/>', ""]
    fields = [field(" FORMDROPDOWN ", data=f"<w:ffData><w:ddList>{chosen}{listed}") for chosen in data]
    box = field(" FORMCHECKBOX ", data="<w:ffData><w:checkBox><w:checked/></w:checkBox></w:ffData>")
    body = "".join(f"<w:p>{each}</w:p>" for each in [*fields, run("paid ") + box])
    assert markdown(write(tmp_path / "a.docx", body)) == "green\n\ngreen\n\nred\n\npaid ☑"
