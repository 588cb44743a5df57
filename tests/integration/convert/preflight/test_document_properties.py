"""What documents say of themselves is read from where each format keeps it, and costs no document anything."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import described_documents as described
import documents
from markerd.document_metadata import MAX_CHARACTERS, NOTHING_SAID, DocumentMetadata, clean_text, read_date

pytestmark = pytest.mark.filterwarnings("ignore")  # marker's and its libraries' own warnings


def read_properties(path: Path) -> DocumentMetadata:
    from markerd.convert.preflight import document_properties

    return document_properties.read_properties(path)


_KINDS: dict[str, Callable[[Path], object]] = {
    "a.pdf": lambda path: path.write_bytes(described.pdf()),
    "a.docx": described.docx,
    "a.odt": described.odt,
    "a.epub": described.epub,
    "a.html": described.html,
    "a.eml": described.mail,
    "a.rtf": described.rtf,
}


@pytest.mark.parametrize("name", _KINDS)
def test_document_is_read_for_what_it_says_of_itself(tmp_path: Path, name: str) -> None:
    """Title, authors and keywords from every kind, and the day on which it was made."""
    _KINDS[name](tmp_path / name)
    found = read_properties(tmp_path / name)
    assert (found.title, found.authors) == (described.TITLE, described.AUTHORS)
    assert found.keywords == ("mills", "water")
    assert found.created.startswith("2024-05-06")
    assert found.language == ("" if name == "a.rtf" else "de-AT")


def test_last_editor_of_an_open_document_is_no_author(tmp_path: Path) -> None:
    """The date of the last change is not that of the beginning either."""
    found = read_properties(described.odt(tmp_path / "a.odt"))
    assert (found.created, found.modified) == ("2024-05-06T07:08:09", "2024-06-01T00:00:00")


def test_pdf_without_information_is_read_for_its_xmp(tmp_path: Path) -> None:
    """PDF 2.0 has given up the dictionary."""
    (tmp_path / "a.pdf").write_bytes(described.pdf_with_packet())
    found = read_properties(tmp_path / "a.pdf")
    assert (found.title, found.authors, found.keywords) == (described.TITLE, described.AUTHORS, ("mills",))


def test_xmp_of_a_picture_is_not_that_of_the_document(tmp_path: Path) -> None:
    """A JPEG carries its own, in the midst of its stream."""
    packet = described.pdf_with_packet().replace(b"/Type /Metadata /Subtype /XML", b"/Subtype /Image")
    (tmp_path / "a.pdf").write_bytes(packet)
    assert read_properties(tmp_path / "a.pdf").title == ""


@pytest.mark.parametrize("name", _KINDS)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_damaged_document_says_nothing_or_something(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    """Bytes that are wrong, missing or doubled are no reason to fail."""
    path = tmp_path_factory.mktemp("damaged") / name
    _KINDS[name](path)
    content = path.read_bytes()
    start = data.draw(st.integers(0, len(content) - 1))
    length = data.draw(st.integers(0, 400))
    path.write_bytes(content[:start] + data.draw(st.binary(max_size=40)) + content[start + length :])
    found = read_properties(path)
    assert found.title == clean_text(found.title)


@pytest.mark.parametrize("content", [b"", b"plain text", b"PK\3\4", b"\x89PNG\r\n\x1a\n", b"{\\rtf1 {\\info{\\title x"])
def test_document_without_properties_says_nothing(tmp_path: Path, content: bytes) -> None:
    """Neither does a picture, or a file that is cut off."""
    (tmp_path / "a.bin").write_bytes(content)
    assert read_properties(tmp_path / "a.bin") == NOTHING_SAID


def _replace_part(path: Path, name: str, old: bytes, new: bytes) -> Path:
    with zipfile.ZipFile(path) as package:
        parts = {each: package.read(each) for each in package.namelist()}
    assert old in parts[name]
    parts[name] = parts[name].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for each, content in parts.items():
            package.writestr(each, content)
    return path


def test_title_of_megabytes_is_cut(tmp_path: Path) -> None:
    """What follows it in the part is beyond what is read; what stands before it is not lost."""
    path = described.docx(tmp_path / "a.docx", "TITLE")
    found = read_properties(_replace_part(path, "docProps/core.xml", b"TITLE", b"x" * 3_000_000))
    assert found.title == "x" * MAX_CHARACTERS


def test_book_with_a_long_list_of_files_has_its_properties(tmp_path: Path) -> None:
    """They stand above the list, of which only the beginning is read."""
    path, item = described.epub(tmp_path / "a.epub"), b'<item id="i" href="x.png" media-type="image/png"/>'
    found = read_properties(_replace_part(path, "content.opf", b"</manifest>", item * 40_000 + b"</manifest>"))
    assert (found.title, found.authors, found.language) == (described.TITLE, described.AUTHORS, "de-AT")


def test_entities_of_properties_are_not_expanded(tmp_path: Path) -> None:
    """A file of the machine does not become a title."""
    (tmp_path / "secret").write_text("secret")
    path = described.odt(tmp_path / "a.odt", "TITLE")
    hostile = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]>'.encode()
    _replace_part(path, "meta.xml", b"TITLE", b"&e;")
    _replace_part(path, "meta.xml", b"<office:document-meta", hostile + b"<office:document-meta")
    assert "secret" not in read_properties(path).title


def test_page_that_names_no_title_in_its_head_has_none(tmp_path: Path) -> None:
    """The title of a drawing in the body is not that of the page."""
    path = tmp_path / "a.html"
    path.write_text("<!doctype html><html><body><svg><title>Icon</title></svg><p>Text.</p></body></html>")
    assert read_properties(path).title == ""
    assert read_properties(documents.html(tmp_path / "b.html", "H", "P")).title == "x"


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60), st.sampled_from(["'", ""]))
def test_date_of_a_pdf_is_read(when: datetime, offset_minutes: int, quote: str) -> None:
    """With its offset from UTC, however it is written."""
    from markerd.convert.preflight.pdf_properties import read_pdf_date

    moment = when.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset_minutes)))
    sign, minutes = "-" if offset_minutes < 0 else "+", abs(offset_minutes)
    offset = f"{sign}{minutes // 60:02}{quote}{minutes % 60:02}{quote}"
    written = f"D:{moment.year:04}{moment:%m%d%H%M%S}{offset}"
    assert datetime.fromisoformat(read_date(read_pdf_date(written))) == moment
