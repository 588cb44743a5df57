"""Pages that cannot be drawn, or whose characters do not exist: the others come out, and what is lost is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from documents import page_of, pdf_bytes
from markerd.convert.embedded.readers.text_layer import TextLayer
from markerd.convert.engine import Engine
from markerd.convert.preflight import examine
from markerd.convert.protocol import ConversionRequest, ConversionResult, DocumentLimits
from markerd.errors import DocumentError

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

BOX = b"/MediaBox [0 0 595 842]"
BOXES = {
    "no area": b"/MediaBox [0 0 0 0]",
    "a line": b"/MediaBox [0 0 612 0]",
    "a hair": b"/MediaBox [0 0 .001 .001]",
    "inverted": b"/MediaBox [612 792 0 0]",
    "crop without area": BOX + b" /CropBox [0 0 0 0]",
    "crop outside": BOX + b" /CropBox [700 800 1000 1000]",
    "crop of no height": BOX + b" /CropBox [0 100 612 100]",
    "numbers beyond all": b"/MediaBox [0 0 1e39 1e39]",
    "no numbers": b"/MediaBox [/a /b /c /d]",
}


def with_box(path: Path, box: bytes) -> Path:
    """Three pages, of which the second has this box."""
    head, first, rest = pdf_bytes(*map(page_of, ("Anna", "Berta", "Clara"))).split(BOX, 2)
    path.write_bytes(head + BOX + first + box + rest)
    return path


def convert(engine: Engine, source: Path) -> tuple[str, ConversionResult]:
    job = source.parent / "job"
    for name in ("output", "scratch"):
        (job / name).mkdir(parents=True)
    request = ConversionRequest(
        document=source.name,
        source=str(source),
        output_dir=str(job / "output"),
        scratch_dir=str(job / "scratch"),
        formats=("markdown",),
    )
    result = engine.convert(request, lambda pages: None)
    return next((job / "output").glob("*.md")).read_text("utf-8"), result


@pytest.mark.parametrize("name", BOXES)
def test_page_without_area_costs_itself_at_most(engine: Engine, tmp_path: Path, name: str) -> None:
    """Its text comes out, or a note stands in its place and the page is named; the document is never lost."""
    shown, result = convert(engine, with_box(tmp_path / "pages.pdf", BOXES[name]))
    assert "Anna" in shown
    assert "Clara" in shown
    assert shown.index("Anna") < shown.index("Clara")
    is_said = bool(result.quality and (result.quality.unread_pages or result.quality.missing_pages == (2,)))
    assert "Berta" in shown or (is_said and "Page 2 is damaged and could not be read." in shown)


def characters_pdf(path: Path, targets: dict[int, str]) -> Path:
    """A page whose font says of each of these codes which characters it is, as hexadecimal digits."""
    table = "".join(f"<{code:02X}> <{target}>\n" for code, target in targets.items())
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /x def /CMapType 2 def\n"
        f"1 begincodespacerange <00> <FF> endcodespacerange\n{len(targets)} beginbfchar\n{table}endbfchar\n"
        "endcmap end end"
    )
    text = "".join(f"{code:02X}" for code in targets)
    content = f"BT /F1 14 Tf 60 700 Td <{text}> Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>",
        f"<< /Length {len(cmap)} >>\nstream\n{cmap}\nendstream",
    ]
    body = "%PDF-1.4\n" + "".join(f"{n} 0 obj\n{text}\nendobj\n" for n, text in enumerate(objects, 1))
    path.write_text(f"{body}trailer << /Root 1 0 R >>\n%%EOF\n", encoding="latin-1")
    return path


CHARACTERS = {
    "a lone half": {0x41: "D83D", 0x42: "0042", 0x43: "0043"},
    "halves the wrong way": {0x41: "DE00", 0x42: "D83D", 0x43: "0043"},
    "UTF-8 for a number": {0x41: "F0A8A780", 0x42: "E38081", 0x43: "0043"},
    "none": {0x41: "0000", 0x42: "FFFF", 0x43: "0043"},
}


@pytest.mark.parametrize("name", CHARACTERS)
def test_characters_beyond_unicode_are_skipped(engine: Engine, tmp_path: Path, name: str) -> None:
    source = characters_pdf(tmp_path / "page.pdf", CHARACTERS[name])
    with TextLayer(str(source)) as layer:
        texts = [layer.read_text(0), layer.read_shown_text(0)]
    for text in texts:
        assert "C" in text
        text.encode("utf-8")  # no lone half is left
    shown, _ = convert(engine, source)
    assert "C" in shown


def test_reader_replaces_characters_beyond_unicode(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """PDFium gives the numbers of some fonts as they are, beyond Unicode's last."""
    from pypdfium2 import raw

    source = tmp_path / "page.pdf"
    source.write_bytes(pdf_bytes(page_of("Anna")))
    asked: Any = raw.FPDFText_GetUnicode
    monkeypatch.setattr(
        raw, "FPDFText_GetUnicode", lambda layer, at: 0xE38081 if at == 1 else 0xD83D if at == 2 else asked(layer, at)
    )
    with TextLayer(str(source)) as layer:
        assert layer.read_shown_text(0).startswith("A\ufffd\ufffda")


def test_pdf_that_pdfium_gives_up_without_a_code_is_unreadable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A stream packed in a way that PDFium does not know, of the whole document's objects: no fault of ours."""
    import pypdfium2

    source = tmp_path / "page.pdf"
    source.write_bytes(pdf_bytes(page_of("Anna")))

    def fail(path: Path) -> None:
        raise pypdfium2.PdfiumError("Failed to load document (PDFium: Success).")

    monkeypatch.setattr(pypdfium2, "PdfDocument", fail)
    with pytest.raises(DocumentError) as caught:
        examine(source, DocumentLimits())
    assert (caught.value.kind, caught.value.is_permanent) == ("unreadable", True)
