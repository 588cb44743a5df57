"""DOCX: lists as Word counts and shows them."""

from __future__ import annotations

from pathlib import Path

from structured import markdown
from word_documents import paragraph, run, write

_ONE = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'


def level(depth: int, kind: str, text: str, more: str = "") -> str:
    return f'<w:lvl w:ilvl="{depth}"><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/>{more}</w:lvl>'


def numbering(*abstracts: str, numbers: str = "") -> str:
    """Numberings by their place, with a list of the same number each."""
    kinds, lists = "", ""
    for place, inside in enumerate(abstracts):
        kinds += f'<w:abstractNum w:abstractNumId="{place}">{inside}</w:abstractNum>'
        lists += f'<w:num w:numId="{place}"><w:abstractNumId w:val="{place}"/></w:num>'
    return kinds + lists + numbers


def test_list_follows_the_style_that_it_names(tmp_path: Path) -> None:
    """Templates keep their numbering in one place, and others refer to it."""
    ours = f'<w:styleLink w:val="Ours"/>{level(0, "decimal", "§ %1")}'
    lists = numbering("", '<w:numStyleLink w:val="Ours"/>', ours)
    body = paragraph("Aim", numbering=(1, 0)) + paragraph("Scope", numbering=(1, 0))
    assert markdown(write(tmp_path / "a.docx", body, numbering=lists)) == "- § 1 Aim\n- § 2 Scope"


def test_level_counts_on_where_it_says_so(tmp_path: Path) -> None:
    """Paragraphs of a judgment are numbered through, whatever heading they stand under."""
    through = level(0, "decimal", "%1.") + level(1, "decimal", "%2.", '<w:lvlRestart w:val="0"/>')
    items = [("Facts", 0), ("one", 1), ("two", 1), ("Law", 0), ("three", 1)]
    body = "".join(paragraph(text, numbering=(1, depth)) for text, depth in items)
    shown = markdown(write(tmp_path / "a.docx", body, numbering=numbering("", through)))
    assert shown == "1. Facts\n   1. one\n   2. two\n2. Law\n\n   3. three"


def test_list_may_override_a_level_of_its_numbering(tmp_path: Path) -> None:
    """With a text of its own, and with a number to begin at."""
    own = f'<w:startOverride w:val="4"/>{level(0, "upperLetter", "Annex %1")}'
    override = f'<w:lvlOverride w:ilvl="0">{own}</w:lvlOverride>'
    number = f'<w:num w:numId="9"><w:abstractNumId w:val="1"/>{override}</w:num>'
    lists = numbering("", level(0, "decimal", "%1."), numbers=number)
    body = paragraph("Law", numbering=(1, 0)) + paragraph("Plan", numbering=(9, 0)) + paragraph("Map", numbering=(9, 0))
    assert markdown(write(tmp_path / "a.docx", body, numbering=lists)) == "1. Law\n\n- Annex D Plan\n- Annex E Map"


def test_style_bound_to_a_level_has_its_number(tmp_path: Path) -> None:
    """The style names the list, and the level names the style."""
    bound = level(0, "decimal", "%1.") + level(1, "decimal", "%1.%2", '<w:pStyle w:val="Sub"/>')
    listed = '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
    style = f'<w:style w:type="paragraph" w:styleId="Sub"><w:name w:val="Sub"/>{listed}</w:style>'
    body = paragraph("Aim", numbering=(1, 0)) + paragraph("Why", "Sub")
    shown = markdown(write(tmp_path / "a.docx", body, numbering=numbering("", bound), styles=style))
    assert shown == "1. Aim\n   - 1.1 Why"


def test_boxes_as_bullets_are_tasks(tmp_path: Path) -> None:
    """In Unicode and in the font of signs; other bullets are ornaments, whatever they look like."""
    wingdings = level(0, "bullet", "\uf0fe", '<w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr>')
    lists = numbering("", level(0, "bullet", "☐"), level(0, "bullet", "☒"), wingdings, level(0, "bullet", "✓"))
    body = "".join(paragraph(text, numbering=(n, 0)) for n, text in enumerate(("pack", "pay", "lock", "go"), start=1))
    assert markdown(write(tmp_path / "a.docx", body, numbering=lists)) == "- [ ] pack\n- [x] pay\n- [x] lock\n- go"


def test_further_paragraphs_of_an_item_stay_in_it(tmp_path: Path) -> None:
    """They begin where its text begins, or have a bullet that is not seen; text at the margin ends the list."""
    indent = '<w:pPr><w:ind w:left="720" w:hanging="360"/></w:pPr>'
    lists = numbering("", level(0, "decimal", "%1.", indent), level(0, "bullet", " "))
    more = f'<w:p><w:pPr><w:ind w:left="720"/></w:pPr>{run("more")}</w:p>'
    body = paragraph("One", numbering=(1, 0)) + more + paragraph("still", numbering=(2, 0))
    body += paragraph("Two", numbering=(1, 0)) + paragraph("after")
    shown = markdown(write(tmp_path / "a.docx", body, numbering=lists))
    assert shown == "1. One\n\n   more\n\n   still\n2. Two\n\nafter"


def test_deleted_and_hidden_items_do_not_count(tmp_path: Path) -> None:
    """Items whose end is deleted or hidden are not there."""
    deleted = f'<w:p><w:pPr>{_ONE}<w:rPr><w:del w:id="1"/></w:rPr></w:pPr><w:del w:id="2">{run("gone")}</w:del></w:p>'
    vanish = "<w:rPr><w:vanish/></w:rPr>"
    hidden = f"<w:p><w:pPr>{_ONE}{vanish}</w:pPr>{run('secret').replace('<w:r>', f'<w:r>{vanish}')}</w:p>"
    body = paragraph("One", numbering=(1, 0)) + deleted + hidden + paragraph("Two", numbering=(1, 0))
    lists = numbering("", level(0, "decimal", "%1."))
    assert markdown(write(tmp_path / "a.docx", body, numbering=lists)) == "1. One\n2. Two"


def test_deleted_ends_join_and_deleted_rows_go(tmp_path: Path) -> None:
    half = f'<w:p><w:pPr><w:rPr><w:del w:id="3"/></w:rPr></w:pPr>{run("half a ")}</w:p>{paragraph("sentence")}'
    rows = ""
    for text, state in (("a", ""), ("b", '<w:trPr><w:del w:id="4"/></w:trPr>'), ("c", "")):
        rows += f"<w:tr>{state}<w:tc><w:p>{run(text)}</w:p></w:tc><w:tc><w:p>{run('2')}</w:p></w:tc></w:tr>"
    shown = markdown(write(tmp_path / "a.docx", f"{half}<w:tbl>{rows}</w:tbl>"))
    assert shown == "half a sentence\n\n| a | 2 |\n|---|---|\n| c | 2 |"
