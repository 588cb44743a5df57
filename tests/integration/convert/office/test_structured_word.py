"""DOCX: what mammoth alone would lose is there, once, in its place."""

from __future__ import annotations

from pathlib import Path

from markerd.convert.protocol import ArtifactRole
from structured import markdown, picture, rendered
from word_documents import paragraph, run, write


def drawing(relation: str, alt: str) -> str:
    return (
        f'<w:r><w:drawing><wp:inline><wp:docPr id="1" name="p" descr="{alt}"/><a:graphic>'
        f'<a:graphicData uri="u"><pic:pic>'
        f'<pic:blipFill><a:blip r:embed="{relation}"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline>'
        "</w:drawing></w:r>"
    )


def test_heading_is_found_by_name_ancestor_or_outline(tmp_path: Path) -> None:
    """Whatever Word in another language or a template calls the style."""
    body = paragraph("One", "berschrift1") + paragraph("Two", "Chapter") + paragraph("Three", "Clause")
    assert markdown(write(tmp_path / "a.docx", body)) == "# One\n\n# Two\n\n## Three"


def test_item_among_items_is_no_heading(tmp_path: Path) -> None:
    """Its author gave it a level of the outline; it looks as the others do. One that stands alone is a heading."""

    def outlined(text: str) -> str:
        return paragraph(text, numbering=(1, 0)).replace("</w:pPr>", '<w:outlineLvl w:val="0"/></w:pPr>')

    between = outlined("a") + paragraph("b", numbering=(1, 0)) + outlined("c")
    assert markdown(write(tmp_path / "a.docx", between)) == "3. a\n4. b\n5. c"
    alone = outlined("a") + paragraph("text") + outlined("b")
    assert markdown(write(tmp_path / "a.docx", alone)) == "# a\n\ntext\n\n# b"


def test_list_numbers_continue_after_an_interruption(tmp_path: Path) -> None:
    """Lists begin where the document says, and so do inner ones; bullets may come from a style."""
    items = [paragraph("c", numbering=(1, 0)), paragraph("d", numbering=(1, 0)), paragraph("d1", numbering=(1, 1))]
    body = "".join([*items, paragraph("text"), paragraph("e", numbering=(1, 0)), paragraph("dot", "Bul")])
    assert markdown(write(tmp_path / "a.docx", body)) == "3. c\n4. d\n   1. d1\n\ntext\n\n5. e\n\n- dot"


def test_headings_keep_their_numbers(tmp_path: Path) -> None:
    """As Word writes them: of their own level, or of those above too, in Roman numbers or in digits."""
    headings = [("Rules", 0), ("Scope", 1), ("Terms", 1), ("Costs", 0), ("Fees", 1)]
    body = "".join(paragraph(text, "berschrift1" if level == 0 else "Clause", (3, level)) for text, level in headings)
    lines = ["# Part I Rules", "## 1.1 Scope", "## 1.2 Terms", "# Part II Costs", "## 2.1 Fees"]
    assert markdown(write(tmp_path / "a.docx", body)) == "\n\n".join(lines)


def test_items_with_other_labels_keep_them(tmp_path: Path) -> None:
    """Text may refer to (b), or to 1.2."""
    items = [("Buyer", 0), ("Duties", 1), ("pay", 2), ("fetch", 2), ("now", 3)]
    body = "".join(paragraph(text, numbering=(3, level)) for text, level in items)
    lines = ["- Part I Buyer", "  - 1.1 Duties", "    - (a) pay", "    - (b) fetch", "      1. now"]
    assert markdown(write(tmp_path / "a.docx", body)) == "\n".join(lines)


def test_documents_within_the_document_come_out_in_place(tmp_path: Path) -> None:
    """Pages, other packages, plain and rich text, which Word takes in when it opens the file."""
    inner = write(tmp_path / "inner.docx", paragraph("from a package", "berschrift1")).read_bytes()
    parts = {"word/a.html": b"<h2>from a page</h2><p>with <b>bold</b>", "word/b.docx": inner, "word/c.txt": b"a < b\n"}
    parts["word/d.rtf"] = rb"{\rtf1 from {\b rich} text\par}"
    links = {name: ("aFChunk", name.rpartition("/")[2]) for name in parts}
    marks = "".join(f'<w:altChunk r:id="{name}"/>' for name in parts)
    body = paragraph("before") + marks + paragraph("after")
    shown = markdown(write(tmp_path / "a.docx", body, parts=parts, links=links))
    assert (
        shown == "before\n\n## from a page\n\nwith **bold**\n\n# from a package\n\na < b\n\nfrom **rich** text\n\nafter"
    )


def test_page_break_separates_words(tmp_path: Path) -> None:
    body = f'<w:p>{run("one")}<w:r><w:br w:type="page"/></w:r>{run("two")}</w:p>'
    assert markdown(write(tmp_path / "a.docx", body)) == "one two"


def test_quotations_and_code_come_out(tmp_path: Path) -> None:
    body = paragraph("said", "Quote") + paragraph("if x:", "Code") + paragraph("  y", "Code")
    assert markdown(write(tmp_path / "a.docx", body)) == "> said\n\n```\nif x:\n  y\n```"


def test_formulas_come_out_inline_and_as_blocks(tmp_path: Path) -> None:
    """In a line and on their own."""
    fraction = "<m:f><m:num><m:r><m:t>β</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f>"
    total = (
        '<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub><m:r><m:t>i</m:t></m:r></m:sub><m:sup/><m:e>'
        "<m:r><m:t>x</m:t></m:r></m:e></m:nary>"
    )
    body = f"<w:p>{run('so ')}<m:oMath>{fraction}</m:oMath>{run(' is')}</w:p>"
    body += f"<w:p><m:oMathPara><m:oMath>{total}</m:oMath></m:oMathPara></w:p>"
    assert markdown(write(tmp_path / "a.docx", body)) == "so $\\frac{\\beta}{2}$ is\n\n$$\\sum_{i} x$$"


def test_text_box_comes_out_once(tmp_path: Path) -> None:
    """Word writes a box twice, for itself and for its older versions; some programs only the newer way."""
    content = f"<w:txbxContent>{paragraph('boxed')}</w:txbxContent>"
    new = f"<w:drawing><wp:anchor><a:graphic><wps:txbx>{content}</wps:txbx></a:graphic></wp:anchor></w:drawing>"
    old = f"<w:pict><v:shape><v:textbox>{content}</v:textbox></v:shape></w:pict>"
    choices = f"<mc:Choice Requires='wps'>{new}</mc:Choice><mc:Fallback>{old}</mc:Fallback>"
    both = f"<mc:AlternateContent>{choices}</mc:AlternateContent>"
    for number, box in enumerate((both, new)):
        body = f"<w:p>{run('before')}<w:r>{box}</w:r></w:p>{paragraph('after')}"
        assert markdown(write(tmp_path / f"{number}.docx", body)) == "before\n\nboxed\n\nafter"


def test_inserted_text_stays_and_deleted_or_hidden_text_goes(tmp_path: Path) -> None:
    """A field shows its result, and its link leads on."""
    body = (
        f"<w:p>{run('now ')}<w:ins>{run('new ')}</w:ins><w:del><w:r><w:delText>old </w:delText></w:r></w:del>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r>"
        f"<w:fldSimple w:instr=' SEQ Figure '>{run('7 ')}</w:fldSimple>"
        f"<w:fldSimple w:instr=' HYPERLINK \"http://f.org\" '>{run('site')}</w:fldSimple></w:p>"
    )
    assert markdown(write(tmp_path / "a.docx", body)) == "now new 7 [site](http://f.org)"


def test_notes_come_out_at_the_end(tmp_path: Path) -> None:
    """With their number, which a link leads to; Word's separators are no notes."""
    separator = '<w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>'
    notes = f'{separator}<w:footnote w:id="2"><w:p>{run("Noted.")}</w:p></w:footnote>'
    body = f"<w:p>{run('Said')}<w:r><w:footnoteReference w:id='2'/></w:r></w:p>{paragraph('End')}"
    output = rendered(write(tmp_path / "a.docx", body, notes))
    assert output[ArtifactRole.MARKDOWN].markdown == (
        'Said<sup>[1](#footnote-2)</sup>\n\nEnd\n\n<span id="footnote-2"></span><sup>1</sup> Noted.'
    )
    assert [block.block_type for block in output[ArtifactRole.CHUNKS].blocks] == ["Text", "Text", "Footnote"]


def test_pictures_in_cells_and_merged_cells_come_out(tmp_path: Path) -> None:
    """Cells reach over columns and rows."""
    tall = f'<w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr>{paragraph("tall")}</w:tc>'
    under = f"<w:tc><w:tcPr><w:vMerge/></w:tcPr>{paragraph('')}</w:tc>"
    body = (
        f'<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{paragraph("wide")}</w:tc></w:tr><w:tr>{tall}'
        f"<w:tc>{paragraph('a')}</w:tc></w:tr><w:tr>{under}<w:tc><w:p>{drawing('i', 'Red')}</w:p></w:tc></w:tr></w:tbl>"
    )
    links = {"i": ("image", "media/i.png")}
    output = rendered(write(tmp_path / "a.docx", body, parts={"word/media/i.png": picture()}, links=links))
    (name,) = output[ArtifactRole.MARKDOWN].images
    table = f"| wide | wide |\n|---|---|\n| tall | a |\n| tall | ![Red]({name}) |"
    assert output[ArtifactRole.MARKDOWN].markdown == table


def test_missing_picture_leaves_its_text(tmp_path: Path) -> None:
    """Linked, missing, or of a kind that cannot be decoded."""
    links = {"i": ("image", "media/i.emf"), "h": ("image", "http://e.org/x.png"), "m": ("image", "media/none.png")}
    body = "".join(f"<w:p>{drawing(name, f'text {name}')}</w:p>" for name in links)
    output = rendered(write(tmp_path / "a.docx", body, parts={"word/media/i.emf": bytes(99)}, links=links))
    assert output[ArtifactRole.MARKDOWN].markdown == "text i\n\n[text h](http://e.org/x.png)\n\ntext m"
    assert output[ArtifactRole.MARKDOWN].images == {}


def test_headers_come_out_when_asked_for(tmp_path: Path) -> None:
    """As Marker does for a PDF."""
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    header = f'<w:hdr xmlns:w="{namespace}">{paragraph("Top")}</w:hdr>'.encode()
    made = write(tmp_path / "a.docx", paragraph("body"), parts={"word/h.xml": header}, links={"h": ("header", "h.xml")})
    assert markdown(made) == "body"
    assert markdown(made, keep_pageheader_in_output=True) == "Top\n\nbody"
