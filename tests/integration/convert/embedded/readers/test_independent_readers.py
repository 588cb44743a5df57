"""The readers that take over where the layout rules fail: liteparse, and the text layer alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from liteparse import AnnotationRect, LayoutBlock, LayoutCell

from documents import assembled, page_of, pdf_bytes
from markerd.convert.checks.coverage import extract_text, split_words
from markerd.convert.embedded.readers.liteparse_reader import LiteparseReader, _build_blocks
from markerd.convert.embedded.readers.text_layer import TextLayer

BOX = AnnotationRect(x=10.0, y=20.0, width=30.0, height=40.0)


def make_item(text: str, level: int = 0, marker: str = "•", *, is_ordered: bool = False) -> LayoutBlock:
    """Make a list item as liteparse gives it."""
    return LayoutBlock(kind="list_item", text=text, level=level, ordered=is_ordered, marker=marker, bbox=BOX)


def build_html(*found: LayoutBlock) -> list[str]:
    """Build the HTML of the blocks that these become."""
    return [block.html for block in _build_blocks(found)]


@pytest.mark.parametrize(
    ("found", "html"),
    [
        ([make_item("a"), make_item("b")], "<ul><li>a</li><li>b</li></ul>"),
        ([make_item("a"), make_item("b", 1), make_item("c", 1), make_item("d")],
         "<ul><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ul>"),
        ([make_item("a", 2), make_item("b")], "<ul><li>a</li><li>b</li></ul>"),
        ([make_item("x", marker="3.", is_ordered=True), make_item("y", marker="4.", is_ordered=True)],
         '<ol start="3"><li>x</li><li>y</li></ol>'),
        ([make_item("x", marker="a)", is_ordered=True)], "<ol><li>a) x</li></ol>"),
        ([make_item("dot"), make_item("one", marker="1.", is_ordered=True)],
         "<ul><li>dot</li></ul><ol><li>one</li></ol>"),
    ],
    ids=["flat", "nested", "begins deep", "numbered from 3", "lettered", "mixed"],
)  # fmt: skip
def test_items_become_lists(found: list[LayoutBlock], html: str) -> None:
    """They keep their depth and numbers; labels that HTML would number again stay in the text."""
    assert build_html(*found) == [html]


def test_each_kind_becomes_a_block_that_says_the_same() -> None:
    """Text is escaped; a rule gives no block, a figure is a place without text."""
    cells = [LayoutCell(text="a < b", bbox=None), LayoutCell(text="2", bbox=None)]
    found = [
        LayoutBlock(kind="heading", text="1 <Start>", level=9, bbox=BOX),
        LayoutBlock(kind="paragraph", text="plain & bold", bold=True, bbox=BOX),
        LayoutBlock(kind="paragraph", text="  ", bbox=BOX),
        LayoutBlock(kind="table", header=cells, rows=[cells], bbox=BOX),
        LayoutBlock(kind="code", lines=["if a:", "    b"], bbox=BOX),
        LayoutBlock(kind="rule", bbox=BOX),
        LayoutBlock(kind="figure", id="p1_1", format="png", bbox=BOX),
    ]
    row = "<tr><{0}>a &lt; b</{0}><{0}>2</{0}></tr>"
    assert [(block.label, block.html) for block in _build_blocks(found)] == [
        ("SectionHeader", "<h6>1 &lt;Start&gt;</h6>"),
        ("Text", "<p><b>plain &amp; bold</b></p>"),
        ("Table", f"<table><tbody>{row.format('th')}{row.format('td')}</tbody></table>"),
        ("Code", "<pre>if a:\n    b</pre>"),
        ("Picture", ""),
    ]
    assert {block.box for block in _build_blocks(found)} == {(10.0, 20.0, 40.0, 60.0)}


def test_single_pages_are_read_alike_each_time(tmp_path: Path) -> None:
    """The reader gives the page that is asked for, with all its words, and the same when asked again."""
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_bytes(page_of("Anna first"), page_of("Berta second"), page_of("Clara third")))
    reader = LiteparseReader(str(path))
    pages = [reader.read_blocks(number) for number in (2, 0, 1)]
    shown = [split_words(extract_text("".join(block.html for block in page))) for page in pages]
    assert [page[0] for page in shown] == ["clara", "anna", "berta"]
    with TextLayer(str(path)) as layer:
        layers = [sorted(split_words(layer.read_text(number))) for number in (2, 0, 1)]
    assert [sorted(page) for page in shown] == layers
    assert LiteparseReader(str(path)).read_blocks(2) == pages[0]


def test_text_layer_leaves_out_text_off_the_page_or_drawn_twice(tmp_path: Path) -> None:
    """A shadow is no second word, and text beside the page is not seen. A word that stands twice is read twice."""
    content = (
        b"BT /F1 14 Tf 72 700 Td (Shadow) Tj ET BT /F1 14 Tf 72 700 Td (Shadow) Tj ET "
        b"BT /F1 14 Tf 72 600 Td (twice) Tj ET BT /F1 14 Tf 72 580 Td (twice) Tj ET "
        b"BT /F1 14 Tf 900 600 Td (beside) Tj ET"
    )
    path = tmp_path / "a.pdf"
    path.write_bytes(_one_page(content))
    with TextLayer(str(path)) as layer:
        assert sorted(split_words(layer.read_shown_text(0))) == ["shadow", "twice", "twice"]
        [block] = layer.read_blocks(0)
    assert split_words(extract_text(block.html)) == ["shadow", "twice", "twice"]


def test_page_without_text_has_no_blocks(tmp_path: Path) -> None:
    """Neither reader invents one."""
    path = tmp_path / "a.pdf"
    path.write_bytes(_one_page(b""))
    with TextLayer(str(path)) as layer:
        assert layer.read_blocks(0) == []
    assert LiteparseReader(str(path)).read_blocks(0) == []


def _one_page(content: bytes) -> bytes:
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents 5 0 R >>",
            f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream",
        ]
    )
