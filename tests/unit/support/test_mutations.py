"""Damaged documents can be made again from their names."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from mutations import Original, mutant, originals_of


@pytest.fixture
def originals(tmp_path: Path) -> list[Original]:
    for kind in ("pdf", "scan", "image", "office", "hostile"):
        (tmp_path / kind).mkdir()
        for number in range(3):
            (tmp_path / kind / f"{number}.pdf").write_bytes(f"{kind} {number} ".encode() * 40)
    with zipfile.ZipFile(tmp_path / "office" / "book.docx", "w") as book:
        book.writestr("word/document.xml", "<document>words and more words</document>")
    (tmp_path / "image" / "words.txt").write_text("What is on an image is no document.")
    return originals_of(tmp_path)


def test_a_mutant_follows_from_seed_and_number_alone(originals: list[Original]) -> None:
    """Whatever was made before it; another seed makes another."""
    every = [mutant(originals, 5, number) for number in range(40)]
    assert mutant(originals, 5, 17) == every[17]
    assert every[17].name.startswith("5-017-")
    assert mutant(originals, 6, 17) != every[17]
    assert len({each.name for each in every}) == 40


def test_each_original_is_taken_once_in_a_round(originals: list[Original]) -> None:
    """So that no document is left out by chance."""
    names = [mutant(originals, 1, number).name.split("-")[3:] for number in range(len(originals))]
    assert len(originals) == 16
    assert sorted(name for (name,) in names) == sorted(original.path.name for original in originals)


def test_almost_all_of_them_are_damaged(originals: list[Original]) -> None:
    """A zeroed zero or a digit that stays is not."""
    whole = {original.read() for original in originals}
    every = [mutant(originals, 2, number) for number in range(200)]
    assert sum(each.content in whole for each in every) < 10
    assert {"flip", "digits", "inner", "cut", "gut", "zero", "double", "splice", "cross"} == {e.way for e in every}


def test_a_zip_that_is_damaged_inside_opens(originals: list[Original]) -> None:
    """Its members pass their checksums: the damage reaches who reads them."""
    inner = [each for number in range(200) if (each := mutant(originals, 2, number)).way == "inner"]
    for each in inner:
        assert zipfile.ZipFile(io.BytesIO(each.content)).testzip() is None
