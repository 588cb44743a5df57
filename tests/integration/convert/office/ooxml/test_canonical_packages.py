"""A file is what its bytes are: under any suffix, in the strict form of the standard, with names in any spelling."""

from __future__ import annotations

import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import documents
from markerd.convert.sandbox import environment
from structured import markdown, picture

environment.apply_environment(1)
pytestmark = pytest.mark.filterwarnings("ignore")  # marker's and its libraries' own warnings


def sheet(path: Path) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "Cities"
    book.active.append(["City", "Founded"])
    book.active.append(["Leeds", 1207.5])
    book.active["B2"].number_format = "#,##0.00"
    book.active["A2"].hyperlink = "http://e.org/leeds"
    book.save(path)
    return path


def slides(path: Path) -> Path:
    import io

    from pptx import Presentation

    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "Cities"
    frame = slide.placeholders[1].text_frame
    frame.text = "Leeds"
    run = frame.paragraphs[0].add_run()
    run.text = "2"
    run.font._element.set("baseline", "30000")
    slide.shapes.add_picture(io.BytesIO(picture()), 0, 0)
    presentation.save(str(path))
    return path


def letter(path: Path) -> Path:
    import io

    import docx as python_docx

    document = python_docx.Document()
    document.add_heading("Cities", level=1)
    document.add_paragraph("Leeds", style="List Bullet")
    document.add_picture(io.BytesIO(picture()))
    document.save(str(path))
    return path


MAKERS: dict[str, Callable[[Path], Path]] = {
    "a.xlsx": sheet,
    "a.pptx": slides,
    "a.docx": letter,
    "a.epub": lambda path: documents.epub(path, "Cities", "Leeds"),
}
OFFICE = [name for name in MAKERS if name != "a.epub"]


def renamed(source: Path, target: Path, rename: Callable[[str], str], change: Callable[[bytes], bytes]) -> Path:
    """The package with other names of its members, and other bytes in its XML."""
    with zipfile.ZipFile(source) as package, zipfile.ZipFile(target, "w") as out:
        for name in package.namelist():
            data = package.read(name)
            member = zipfile.ZipInfo("x")
            member.filename = rename(name)
            out.writestr(member, change(data) if name.endswith((".xml", ".rels")) else data)
    return target


def unchanged(data: bytes) -> bytes:
    return data


def strict(data: bytes) -> bytes:
    """As the strict form has it (ECMA-376 part 4, annex A)."""
    data = re.sub(
        rb"http://schemas.openxmlformats.org/(drawingml|officeDocument|wordprocessingml|spreadsheetml|presentationml)/2006/",
        rb"http://purl.oclc.org/ooxml/\1/",
        data,
    )
    data = data.replace(b"/extended-properties", b"/extendedProperties").replace(b'baseline="30000"', b'baseline="30%"')
    content_type = rb'ContentType="[^"]*"'
    return re.sub(content_type, lambda found: found[0].replace(b"extendedProperties", b"extended-properties"), data)


@pytest.mark.parametrize("suffix", ["", ".xls", ".pdf", ".txt", ".docx", ".xlsx", ".pptx", ".epub", ".html", ".XLSM"])
@pytest.mark.parametrize("name", MAKERS)
def test_a_document_under_any_name(tmp_path: Path, name: str, suffix: str) -> None:
    source = MAKERS[name](tmp_path / name)
    other = (tmp_path / f"other{suffix}").resolve()
    other.write_bytes(source.read_bytes())
    assert markdown(other) == markdown(source)


@pytest.mark.parametrize("name", OFFICE)
def test_the_strict_form_reads_like_the_other(tmp_path: Path, name: str) -> None:
    source = MAKERS[name](tmp_path / name)
    other = renamed(source, tmp_path / f"strict-{name}", str, strict)
    assert b"schemas.openxmlformats.org/officeDocument/2006" not in zipfile.ZipFile(other).read("_rels/.rels")
    assert markdown(other) == markdown(source)


def test_the_strict_form_in_utf_16(tmp_path: Path) -> None:
    def wide(data: bytes) -> bytes:
        text = strict(data).decode("utf-8")
        return re.sub(r"^<\?xml[^>]*\?>", "", text).encode("utf-16") if "spreadsheetml/main" in text else strict(data)

    source = sheet(tmp_path / "a.xlsx")
    assert markdown(renamed(source, tmp_path / "b.xlsx", str, wide)) == markdown(source)


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize(
    "rename",
    [lambda name: name.replace("/", "\\"), str.lower, str.upper, lambda name: f"/{name}", lambda name: f"./{name}"],
    ids=["backslashes", "lower", "upper", "absolute", "dotted"],
)
def test_names_in_other_spellings(tmp_path: Path, name: str, rename: Callable[[str], str]) -> None:
    source = MAKERS[name](tmp_path / name)
    assert markdown(renamed(source, tmp_path / f"other-{name}", rename, unchanged)) == markdown(source)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1 << 30), name=st.sampled_from([*MAKERS]), is_strict=st.booleans())
def test_names_in_any_spelling(tmp_path: Path, seed: int, name: str, is_strict: bool) -> None:
    """Each letter in either case, each slash either way."""
    chance = random.Random(seed)

    def spelled(member: str) -> str:
        letters = (chance.choice((sign.lower(), sign.upper())) for sign in member)
        return "".join(chance.choice("/\\") if letter == "/" else letter for letter in letters)

    source = MAKERS[name](tmp_path / name)
    change = strict if is_strict and name in OFFICE else unchanged
    assert markdown(renamed(source, tmp_path / f"other-{name}", spelled, change)) == markdown(source)


def test_a_workbook_whose_styles_have_another_name(tmp_path: Path) -> None:
    source = sheet(tmp_path / "a.xlsx")
    other = renamed(
        source,
        tmp_path / "b.xlsx",
        lambda name: name.replace("styles.xml", "looks.xml"),
        lambda data: data.replace(b"styles.xml", b"looks.xml"),
    )
    assert "1,207.50" in markdown(source)
    assert markdown(other) == markdown(source)


def test_an_ordinary_package_is_not_copied(tmp_path: Path) -> None:
    from markerd.convert.office.ooxml.canonical_packages import open_canonical

    for name in OFFICE:
        source = MAKERS[name](tmp_path / name)
        with open_canonical(source) as package:
            assert package == source
