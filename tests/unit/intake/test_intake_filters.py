"""Which names count as documents."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.intake.filters import LEFT_ALONE, is_left_alone, is_skipped_folder, matches


@pytest.mark.parametrize(
    "path",
    [
        "a.pdf.part", "a.pdf.crdownload", "A.TMP", "a.partial", "a.pdf.download", ".a.pdf.swp", "~$a.docx",
        "a.pdf~", ".a.pdf", ".git/a.pdf", "b/.cache/c/a.pdf", "Thumbs.db", "b/desktop.ini", "a.pdf.download/a.pdf",
        "a.pdf.filepart", "a.pdf.!qB", "a.pdf.!ut", "a.pdf.opdownload", "a.pdf.aria2", "a.pdf.upload",
        "a.pdf.inprogress", "a.temp", "a.pdf.jdownload", "a.pdf.bc!", "a.dwl", "a.dwl2", "a.pdf.lftp-pget-status",
        "ehthumbs.db", "Icon\r", "#recycle/a.pdf", "$RECYCLE.BIN/S-1-5/a.pdf", "b/@eaDir/a.pdf/x.jpg", "@Recycle/a.pdf",
        ".Trash-1000/files/a.pdf", "lost+found/#12.pdf", "System Volume Information/a.pdf",
        ".snapshot/hourly.0/a.pdf", "~snapshot/a.pdf",
        "#snapshot/a.pdf", "@Recently-Snapshot/a.pdf", "__MACOSX/a.pdf",
    ],
)  # fmt: skip
def test_unfinished_and_hidden_files_are_left_alone(path: str) -> None:
    """Names of unfinished downloads, editors' copies, hidden files and litter are temporary, at any depth."""
    assert is_left_alone(path)
    assert is_left_alone(path.upper())


@pytest.mark.parametrize(
    "path",
    [
        "a.pdf",
        "part",
        "a.part.pdf",
        "old.tmp/a.pdf",
        "~/a.pdf",
        "$~a.docx",
        "a\n.pdf",
        "caf\udce9.pdf",
        "#recycle",
        "recycle/a.pdf",
        "upload/a.pdf",
        "icon.pdf",
        "temp.pdf",
        "lost+found.pdf",
        "a.pdf.temp/b.pdf",
        "@a.pdf",
        "#1.pdf",
    ],
)
def test_documents_are_not_left_alone(path: str) -> None:
    """A name that only resembles a temporary one is a document's."""
    assert not is_left_alone(path)


def test_configured_patterns_are_left_alone_too() -> None:
    """Names as they stand and patterns, in any case; one that ends in a slash is a folder's."""
    more = ("*.uploading2", "Old/", "draft?.pdf")
    assert is_left_alone("a/b.UPLOADING2", more)
    assert is_left_alone("a/old/b.pdf", more)
    assert is_left_alone("Draft1.pdf", more)
    assert is_left_alone("a.part", more)
    assert not is_left_alone("old", more)
    assert not is_left_alone("draft1.pdf/b.pdf", more)
    assert is_skipped_folder("OLD", more)
    assert not is_skipped_folder("OLD")


def test_the_manual_lists_what_is_left_alone() -> None:
    """Every pattern of the list stands in the reference."""
    page = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "configuration.md").read_text("utf-8")
    section = page[page.index("## Ignored names") :].split("\n#", 1)[0]
    listed = set(re.findall(r"`([^`]+)`", section))
    assert {pattern.replace("\r", "^M") for pattern in LEFT_ALONE} <= listed


def test_without_patterns_everything_matches() -> None:
    """No include pattern means every path."""
    assert matches("a.pdf", [], [])


def test_plain_pattern_matches_the_name_alone() -> None:
    """`*.pdf` lets a PDF in from any folder."""
    assert matches("x/y/a.PDF", ["*.pdf"], [])
    assert not matches("a.pdf/b.docx", ["*.pdf"], [])


def test_pattern_with_slash_matches_the_whole_path() -> None:
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


PATTERNS = st.lists(st.text("ab*?[]!", min_size=1, max_size=5), max_size=4)


@given(name=st.text("ab", min_size=1, max_size=4), patterns=PATTERNS)
def test_every_pattern_means_what_it_does_in_a_shell(name: str, patterns: list[str]) -> None:
    """However it is looked up: plain names, beginnings and ends are, and what has more in it."""
    expected = any(fnmatchcase(name, pattern) for pattern in patterns)
    assert is_left_alone(name, tuple(patterns)) == expected
    assert is_skipped_folder(name, tuple(f"{pattern}/" for pattern in patterns)) == expected
    assert matches(f"b/{name.upper()}", patterns, []) == (expected or not patterns)
    assert matches(f"b/{name}", [], patterns) == (not expected)
