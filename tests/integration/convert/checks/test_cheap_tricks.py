"""Small documents that would be hours or gigabytes of work: each is made less work, or refused by a kind of its own.

What is asserted is what came of them; that it came at all, within the test's time, is the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import bombs
import bombs_drawn
import bombs_packages
import bombs_pages
import bombs_sheets
import structured
from markerd.convert.engine import Engine
from markerd.convert.preflight import examine
from markerd.convert.protocol import ConversionRequest, DocumentLimits
from markerd.errors import DocumentError

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(240)]

Maker = Callable[[Path], Path]

READ: dict[str, tuple[Maker, str]] = {
    "merged.xlsx": (bombs_sheets.merged_whole, "Title"),
    "merged-often.xlsx": (bombs_sheets.merged_often, "Title"),
    "linked.xlsx": (bombs_sheets.linked_whole, "Words of the sheet"),
    "dimension.xlsx": (bombs_sheets.dimensioned, "Words of the sheet"),
    "array.xlsx": (bombs_sheets.array_formula, "2"),
    "diagonal.xlsx": (lambda path: bombs_sheets.diagonal(path, 4_000), "x"),
    "striped.xlsx": (lambda path: bombs_sheets.striped(path, 8_000), "a7999"),
    "merges.xlsx": (lambda path: bombs_sheets.small_merges(path, 4_000), "a3998"),
    "comments.html": (bombs_pages.repeated("<!--", 0.5), "Words of the page"),
    "bases.html": (bombs_pages.repeated("<base ", 0.5), "Words of the page"),
    "sections.html": (bombs_pages.repeated("<![CDATA[", 0.5), "Words of the page"),
    "spaces.html": (lambda path: bombs_pages.web_page(path, "=" + " " * 300_000 + "end"), "= end"),
    "wide.html": (bombs_pages.spanned(1, 1_000, 4_000), "x"),
    "tall.html": (bombs_pages.spanned(65_534, 1, 3_000), "x"),
    "wide-and-tall.html": (bombs_pages.spanned(65_534, 1_000, 1_000), "x"),
    "letter.docx": (lambda path: bombs_packages.long_word(path, 6_000), "Paragraph 5999 of the letter"),
    "again.epub": (lambda path: bombs_packages.book(path, 2, 100_000), "Chapter 1"),
    "titles.pptx": (lambda path: bombs_packages.shapes(path, 3_000), "Words of the title"),
}
"""Documents that are read, by name, each with words of it."""

MOST_WRITTEN = 4 << 20


def converted(path: Path) -> str:
    examine(path, DocumentLimits())
    return structured.markdown(path)


@pytest.mark.parametrize("name", READ)
def test_laborious_document_that_can_be_eased_is_read(name: str, tmp_path: Path) -> None:
    """Its words come out, and not much more."""
    make, words = READ[name]
    path = make(tmp_path / name)
    assert path.stat().st_size < MOST_WRITTEN
    text = converted(path)
    assert words in text
    assert len(text) < MOST_WRITTEN


REFUSED: dict[str, tuple[Maker, str]] = {
    "sheets.xlsx": (bombs_sheets.repeated_sheet, "too_many_pages"),
    "slides.pptx": (bombs_packages.slides, "too_many_pages"),
    "spine.epub": (lambda path: bombs_packages.book(path, 10_001), "too_many_pages"),
    "again.docx": (lambda path: bombs_packages.chunks_again(path, 2_000), "too_many_parts"),
    "within.docx": (bombs_packages.chunk_bomb, "unpacks_too_large"),
    "scripts.html": (bombs_pages.repeated("<script "), "nested_too_deep"),
    "drawings.html": (bombs_pages.repeated("<svg "), "nested_too_deep"),
    "forms.pdf": (bombs_drawn.forms, "nested_too_deep"),
    "form-in-itself.pdf": (bombs_drawn.form_in_itself, "nested_too_deep"),
    "forms-by-reference.pdf": (lambda path: bombs_drawn.forms(path, 30, is_shared=True), "nested_too_deep"),
    "patterns.pdf": (bombs_drawn.patterns, "nested_too_deep"),
    "masks.pdf": (bombs_drawn.masks, "nested_too_deep"),
}
"""Documents that are refused, by name, each with the kind of its refusal."""


@pytest.mark.parametrize("name", REFUSED)
def test_laborious_document_that_cannot_be_eased_is_refused(name: str, tmp_path: Path) -> None:
    """It is permanent, in words that say what was found."""
    make, kind = REFUSED[name]
    path = make(tmp_path / name)
    assert path.stat().st_size < MOST_WRITTEN
    with pytest.raises(DocumentError) as refused:
        converted(path)
    assert (refused.value.kind, refused.value.is_permanent) == (kind, True)
    assert str(refused.value)


def test_ordinary_nested_forms_pass(tmp_path: Path) -> None:
    """A thousand drawings of a symbol, forms ten levels deep, and one that draws itself once."""
    examine(bombs_drawn.forms(tmp_path / "deep.pdf", 10), DocumentLimits())
    symbol = "/Type /XObject /Subtype /Form /BBox [0 0 9 9]"
    itself = bombs.stream(b"/I Do", f"{symbol} /Resources << /XObject << /I 6 0 R >> >>")
    examine(bombs.page_pdf(tmp_path / "itself.pdf", bombs.stream(b"/I Do", ""), extra=[itself]), DocumentLimits())
    many = bombs.stream(b"/I Do " * 1_000, f"{symbol} /Resources << /XObject << /I 7 0 R >> >>")
    extra = [many, bombs.stream(b"0 0 1 1 re f", symbol)]
    examine(bombs.page_pdf(tmp_path / "map.pdf", bombs.stream(b"/I Do", ""), extra=extra), DocumentLimits())


DRAWN: dict[str, Maker] = {
    "thin.png": lambda path: bombs.png(path, 1, 1_000_000),
    "flat.png": lambda path: bombs.png(path, 1_000_000, 1),
    "plan.png": lambda path: bombs.png(path, 13_000, 13_000),
    "screens.png": lambda path: bombs_drawn.printed(path, 1_080, 30_000),
    "indirect.pdf": bombs_drawn.indirect_picture,
    "packed-size.pdf": bombs_drawn.packed_size,
    "written-otherwise.pdf": bombs_drawn.written_otherwise,
    "grid.pdf": lambda path: bombs_drawn.grid(path, 60, 60, 900),
}
"""Pictures, and PDFs whose words are `Words of the page`, that are read."""


def test_tiff_frames_are_written_in_batches(tmp_path: Path) -> None:
    """One by one, the whole PDF would be read again for each."""
    from pypdfium2 import PdfDocument

    from markerd.convert.marker_bridge.providers import prepare_image

    made = prepare_image(bombs.tiff(tmp_path / "frames.tiff", 400, 300, 1_000), tmp_path)
    with closing(PdfDocument(made)) as pdf:
        assert len(pdf) == 1_000
    assert made.read_bytes().count(b"startxref") < 10


@pytest.mark.models
@pytest.mark.parametrize("name", DRAWN)
def test_large_drawings_are_read(name: str, tmp_path: Path, engine: Engine) -> None:
    """Pictures of any size and shape, a hidden size of a picture, and a page that is one large table."""
    path = DRAWN[name](tmp_path / name)
    folders = [tmp_path / each for each in ("output", "scratch", "kept")]
    for folder in folders:
        folder.mkdir()
    output, scratch, kept = map(str, folders)
    request = ConversionRequest(name, str(path), output, scratch, ("markdown",), kept_dir=kept)
    result = engine.convert(request, lambda _: None)
    assert result.pages == 1
    (text,) = (file.read_text() for file in folders[0].glob("*.md"))
    if path.suffix == ".pdf":
        assert ("a59" if name == "grid.pdf" else "Words of the page") in text
