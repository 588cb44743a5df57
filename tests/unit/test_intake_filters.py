"""Which names count as documents."""

from __future__ import annotations

import pytest

from markerd.intake.filters import is_temporary, matches


@pytest.mark.parametrize(
    "path",
    [
        "a.pdf.part", "a.pdf.crdownload", "A.TMP", "a.partial", "a.pdf.download", ".a.pdf.swp", "~$a.docx",
        "a.pdf~", ".a.pdf", ".git/a.pdf", "b/.cache/c/a.pdf", "Thumbs.db", "b/desktop.ini", "a.pdf.download/a.pdf",
    ],
)  # fmt: skip
def test_unfinished_and_hidden_files_are_temporary(path: str) -> None:
    """Names of unfinished downloads, editors' copies, hidden files and litter are temporary, at any depth."""
    assert is_temporary(path)


@pytest.mark.parametrize(
    "path", ["a.pdf", "part", "a.part.pdf", "old.tmp/a.pdf", "~/a.pdf", "$~a.docx", "a\n.pdf", "caf\udce9.pdf"]
)
def test_documents_are_not_temporary(path: str) -> None:
    """A name that only resembles a temporary one is a document's."""
    assert not is_temporary(path)


def test_without_patterns_everything_matches() -> None:
    """No include pattern means every path."""
    assert matches("a.pdf", [], [])


def test_a_plain_pattern_is_held_against_the_name_alone() -> None:
    """`*.pdf` lets a PDF in from any folder."""
    assert matches("x/y/a.PDF", ["*.pdf"], [])
    assert not matches("a.pdf/b.docx", ["*.pdf"], [])


def test_a_pattern_with_a_slash_is_held_against_the_whole_path() -> None:
    """`scans/*` lets in what lies below that folder only."""
    assert matches("Scans/2024/a.pdf", ["scans/*"], [])
    assert not matches("other/scans/a.pdf", ["scans/*"], [])


def test_exclude_overrides_include() -> None:
    """What is excluded stays out even where it is included."""
    assert not matches("draft-a.pdf", ["*.pdf"], ["draft-*"])


def test_names_with_newlines_and_undecodable_bytes_match() -> None:
    """A pattern sees odd names as any others."""
    assert matches("a\nb.pdf", ["*.pdf"], [])
    assert matches("caf\udce9.pdf", ["*.pdf"], ["x*"])
