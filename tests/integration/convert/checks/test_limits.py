"""Documents that are small on the disk and large once read, refused before they are; and ordinary ones that are not."""

from __future__ import annotations

import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

import bombs
import documents
from markerd.convert.preflight import examine
from markerd.convert.protocol import DocumentLimits
from markerd.errors import DocumentError

pytestmark = pytest.mark.filterwarnings("ignore")  # marker's and its libraries' own warnings

MB = bombs.MB
SMALL = DocumentLimits(max_unpacked_bytes=8 * MB, max_pages=100)
Maker = Callable[[Path], Path]


def zeros_pdf(path: Path, megabytes: int, dictionary: str = "/Filter /FlateDecode") -> Path:
    return bombs.page_pdf(path, bombs.stream(bombs.packed(bytes(MB), megabytes), dictionary))


def deflated_twice(path: Path) -> Path:
    content = zlib.compress(bombs.packed(bytes(MB), 20))
    return bombs.page_pdf(path, bombs.stream(content, "/Filter [/FlateDecode /FlateDecode]"))


def picture_pdf(path: Path, width: int) -> Path:
    picture = f"/Subtype /Image /Width {width} /Height {width} /BitsPerComponent 1 /ColorSpace /DeviceGray"
    content = bombs.stream(b"500 0 0 500 50 50 cm /I Do", "")
    return bombs.page_pdf(path, content, extra=[bombs.stream(b"", picture)])


def nested(path: Path, levels: int) -> Path:
    path.write_text("<html><body>" + "<div class='a'>" * levels + "words")
    return path


def word(path: Path) -> Path:
    return bombs.docx(path, ["Words of the letter"])


UNPACKS_TOO_LARGE: dict[str, tuple[Maker, DocumentLimits]] = {
    "zeros in a member": (lambda path: bombs.with_part(word(path), "word/media/a.bin", 17), DocumentLimits()),
    "a member larger than its directory says": (
        lambda path: bombs.with_lie(bombs.with_part(word(path), "word/media/a.bin", 17)),
        DocumentLimits(),
    ),
    "members that are too large together": (
        lambda path: bombs.with_part(bombs.with_part(word(path), "a", 5), "b", 5),
        SMALL,
    ),
    "too many members": (lambda path: bombs.with_members(word(path), 20_001), DocumentLimits()),
    "zeros in a stream": (lambda path: zeros_pdf(path, 17), DocumentLimits()),
    "zeros in a stream by another name": (lambda path: zeros_pdf(path, 17, "/Filter /Fl#61teDecode"), DocumentLimits()),
    "zeros deflated twice": (deflated_twice, DocumentLimits()),
    "a stream beyond the limit": (lambda path: zeros_pdf(path, 9), SMALL),
    "a picture of ten thousand million pixels": (lambda path: picture_pdf(path, 100_000), DocumentLimits()),
}  # fmt: skip


@pytest.mark.parametrize("case", UNPACKS_TOO_LARGE)
def test_document_that_unpacks_too_large_is_refused(case: str, tmp_path: Path) -> None:
    """It is permanent, with a kind of its own, without ever holding what comes out."""
    make, limits = UNPACKS_TOO_LARGE[case]
    path = make(tmp_path / "document")
    assert path.stat().st_size < 4 * MB
    tracemalloc.start()
    try:
        with pytest.raises(DocumentError) as refused:
            examine(path, limits)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (refused.value.kind, refused.value.is_permanent) == ("unpacks_too_large", True)
    assert peak < 40 * MB


def test_document_with_too_many_pages_is_refused(tmp_path: Path) -> None:
    """A PDF that lists one page again and again, and a TIFF whose frames are the same bytes."""
    kids = " ".join(["3 0 R"] * 101)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count 101 >>".encode(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ]
    for path in (bombs.pdf(tmp_path / "a.pdf", objects), bombs.tiff(tmp_path / "a.tiff", 100, 100, 101)):
        with pytest.raises(DocumentError) as refused:
            examine(path, SMALL)
        assert (refused.value.kind, refused.value.is_permanent) == ("too_many_pages", True)
        examine(path, DocumentLimits(max_pages=101))


def test_html_nested_too_deep_is_refused(tmp_path: Path) -> None:
    """Paragraphs without their end tags are not nested."""
    with pytest.raises(DocumentError) as refused:
        examine(nested(tmp_path / "deep.html", 5_001), DocumentLimits())
    assert (refused.value.kind, refused.value.is_permanent) == ("nested_too_deep", True)
    examine(nested(tmp_path / "less.html", 4_999), DocumentLimits())
    flat = tmp_path / "flat.html"
    flat.write_text("<html><body><p>words<br>of it" * 6_000 + "<svg><path d='M0'/></svg>" * 6_000 + "<i>a</i>" * 6_000)
    examine(flat, DocumentLimits())


def test_ordinary_documents_are_within_the_limits(tmp_path: Path) -> None:
    """Those of every kind, also where they pack well or are damaged, which others report."""
    made = [
        documents.docx(tmp_path / "a.docx", "Heading", "Words " * 200_000),
        documents.epub(tmp_path / "a.epub", "Heading", "Words"),
        documents.html(tmp_path / "a.html", "Heading", "Words"),
        documents.scan_png(tmp_path / "a.png", "Words"),
        documents.scan_pdf(tmp_path / "a.pdf", "Words"),
        bombs.with_lie(word(tmp_path / "lie.docx")),
        bombs.with_part(word(tmp_path / "blank.docx"), "word/media/blank.bmp", 15),
        zeros_pdf(tmp_path / "blank.pdf", 15),
        bombs.tiff(tmp_path / "a.tiff", 100, 100, 100),
        picture_pdf(tmp_path / "plan.pdf", 30_000),
    ]
    half = tmp_path / "half.docx"
    half.write_bytes(made[0].read_bytes()[:-40])
    for path in (*made, half):
        examine(path, DocumentLimits())


def test_documents_of_the_corpus_are_within_the_limits(corpus: Path) -> None:
    """No document of real life is beyond a limit."""
    refused = set()
    for path in filter(Path.is_file, corpus.rglob("*")):
        try:
            examine(path, DocumentLimits())
        except DocumentError as error:
            refused.add(error.kind)
    assert {"encrypted"} <= refused <= {"encrypted", "unreadable", "conversion"}  # by PDFium
