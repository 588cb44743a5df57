"""Chunks for retrieval: exact, bounded, complete, and the same again after an edit elsewhere."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from markerd.convert.rendering.retrieval.chunk_lines import Origin, write_lines
from markerd.convert.rendering.retrieval.cutting import Size
from markerd.convert.rendering.retrieval.markdown_blocks import Kind, list_blocks
from markerd.convert.rendering.retrieval.placing import PageBlock, Places, place_blocks
from markerd.convert.rendering.retrieval.tokens import TokenIndex, count_tokens

_ORIGIN = Origin("/inbox", "a.pdf")
_words = st.sampled_from(
    ["mill", "Wasser", "水車の歴史", "1234567", "a_b", "encyclopaedically", "e.g.", "$x^2$", "\u2028"]
)
_sentences = st.lists(_words, min_size=1, max_size=12).map(lambda words: " ".join(words) + ".")
_paragraphs = st.lists(_sentences, min_size=1, max_size=8).map(" ".join)
_headings = st.tuples(st.integers(1, 4), _words).map(lambda each: f"{'#' * each[0]} {each[1]}")
_rows = st.lists(st.lists(_words, min_size=2, max_size=4).map(lambda cells: f"| {' | '.join(cells)} |"), max_size=9)
_tables = _rows.map(lambda rows: "\n".join(["| a | b |", "|---|---|", *rows]))
_code = st.lists(_words, max_size=20).map(lambda lines: "\n".join(["```python", "# no heading", *lines, "```"]))
_lists = st.lists(_sentences, min_size=1, max_size=6).map(lambda items: "\n".join(f"- {item}" for item in items))
_markdown = st.lists(_paragraphs | _headings | _tables | _code | _lists, max_size=12).map("\n\n".join)
_anything = st.text(st.sampled_from("ab \n#|`-~=.<t>{}1水\u2028\t\r"), max_size=300) | st.text(max_size=200)
_sizes = st.integers(8, 80).flatmap(lambda most: st.integers(0, most // 2).map(lambda overlap: Size(most, overlap)))


def _read(
    markdown: str, size: Size, blocks: Sequence[PageBlock] = (), origin: Origin = _ORIGIN
) -> list[dict[str, Any]]:
    return [json.loads(line) for line in write_lines(markdown, Places(place_blocks(markdown, blocks)), size, origin)]


@given(_markdown | _anything, _sizes)
@example("x" * 10_000, Size(32, 16))
@example("水" * 3_000, Size(32, 16))
@example("a " * 5_000 + "\n" * 4_000 + "b" * 300, Size(32, 8))
@example("| " + "cell " * 4_000 + "|", Size(40))
def test_chunk_is_exactly_its_part_of_the_markdown(markdown: str, size: Size) -> None:
    """It is as long as is allowed at most, and its tokens are those of the rule."""
    for chunk in _read(markdown, size):
        assert markdown[chunk["start"] : chunk["end"]] == chunk["text"] != ""
        assert chunk["tokens"] == count_tokens(chunk["text"]) <= size.max_tokens
        assert count_tokens(chunk["text"][: chunk["overlap"]]) <= size.overlap_tokens + 1


@given(_markdown | _anything, _sizes)
def test_all_text_is_in_the_chunks_once(markdown: str, size: Size) -> None:
    """In order, but for what they have in common; marks between pages and front matter are no text."""
    chunks = _read(markdown, size)
    own = "".join(markdown[chunk["start"] + chunk["overlap"] : chunk["end"]] for chunk in chunks)
    blocks = (block for block in list_blocks(markdown) if block.kind is not Kind.PAGE_MARK)
    assert "".join(own.split()) == "".join("".join(markdown[b.start : b.end] for b in blocks).split())


@given(_markdown, _sizes)
def test_ids_are_unique_and_the_same_again(markdown: str, size: Size) -> None:
    """Of another document they are others."""
    first, again = ([chunk["id"] for chunk in _read(markdown, size)] for _ in range(2))
    assert first == again
    assert len(set(first)) == len(first)
    assert all(str(uuid.UUID(each)) == each for each in first)
    other = [chunk["id"] for chunk in _read(markdown, size, origin=Origin("/inbox", "b.pdf"))]
    assert not set(first) & set(other)


def _pages(texts: Sequence[str]) -> tuple[str, list[PageBlock]]:
    blocks = [
        PageBlock(number, f"<p>{text}</p>", (0.0, float(row), 9.0, row + 1.0))
        for number, page in enumerate(texts, start=1)
        for row, text in enumerate(page.split("\n\n"))
    ]
    return "\n\n".join(texts), blocks


_long_words = st.text("abcdefgh", min_size=3, max_size=8)
_page = st.lists(st.lists(_long_words, min_size=4, max_size=30).map(" ".join), min_size=1, max_size=5)


@given(st.lists(_page.map("\n\n".join), min_size=2, max_size=6, unique=True), st.data(), _sizes)
def test_edit_of_a_page_changes_no_id_of_another(texts: list[str], data: st.DataObject, size: Size) -> None:
    """Chunks end where pages end."""
    edited = data.draw(st.integers(0, len(texts) - 1))
    changed = [*texts[:edited], "Wholly different words stand here now.", *texts[edited + 1 :]]
    before, after = (_read(*_arrange(each, size)) for each in (texts, changed))
    kept = {chunk["id"] for chunk in before if edited + 1 not in chunk["pages"]}
    assert kept <= {chunk["id"] for chunk in after}


def _arrange(texts: list[str], size: Size) -> tuple[str, Size, list[PageBlock]]:
    markdown, blocks = _pages(texts)
    return markdown, Size(size.max_tokens, 0), blocks


@given(st.lists(_page.map("\n\n".join), min_size=1, max_size=6))
def test_chunk_has_the_pages_and_boxes_of_its_blocks(texts: list[str]) -> None:
    """The words of both are the same, so each page is that of the text."""
    markdown, blocks = _pages(texts)
    start = 0
    pages = []
    for number, text in enumerate(texts, start=1):
        pages.append((start, start + len(text), number))
        start += len(text) + 2
    for chunk in _read(markdown, Size(64), blocks):
        expected = [number for start, end, number in pages if start < chunk["end"] and chunk["start"] < end]
        assert chunk["pages"] == expected
        assert {box["page"] for box in chunk["boxes"]} == set(expected)


def test_pages_are_found_where_the_texts_differ() -> None:
    """A repeated cell, a link, a running header of the page alone and a picture do not lead astray."""
    blocks = [
        PageBlock(1, "<p>Annual report of the mill</p>", None),
        PageBlock(1, "<table><tr><td colspan=3>total of all years</td></tr></table>", None),
        PageBlock(1, "<p>Page footer of one</p>", None),
        PageBlock(2, "<p><img alt='' src='/page/1/Figure/4'></p>", (1.0, 2.0, 3.0, 4.0)),
        PageBlock(2, "<p>See <a href='http://example.org/a/b'>the place</a> for more</p>", None),
    ]
    markdown = (
        "Annual report of the mill\n\n| total of all years | total of all years | total of all years |\n"
        "|---|---|---|\n\n# Pictures\n\n![](_page_1_Figure_4.jpeg)\n\nSee [the place](http://example.org/a/b) for more"
    )
    first, second = _read(markdown, Size(100), blocks)
    assert (first["pages"], second["pages"]) == ([1], [2])
    assert second["boxes"] == [{"page": 2, "box": [1.0, 2.0, 3.0, 4.0]}]


def test_headings_are_the_path_and_begin_a_chunk() -> None:
    """Headings that follow each other stay together; marks and elements are no part of the path."""
    markdown = (
        "Preface.\n\n# The **Mill**\n\n## <span id='x'></span>Water \\#1\n\nText.\n\n"
        "## Wind ##\n\nMore.\n\nTitle\n=====\n\nEnd."
    )
    chunks = [(chunk["heading_path"], chunk["text"].split("\n")[0]) for chunk in _read(markdown, Size(200))]
    assert chunks == [
        ([], "Preface."),
        (["The Mill", "Water #1"], "# The **Mill**"),
        (["The Mill", "Wind"], "## Wind ##"),
        (["Title"], "Title"),
    ]


def test_code_and_rows_are_not_cut_where_they_fit() -> None:
    """A block of code that fits a chunk is whole; a long table is cut between rows, and a cell stays whole."""
    code = "```\n" + "\n".join(f"line {number}" for number in range(8)) + "\n```"
    table = "| a | b |\n|---|---|\n" + "\n".join(f"| cell {number} | of a row |" for number in range(40))
    chunks = _read(f"{'word ' * 20}\n\n{code}\n\n{table}", Size(40))
    assert sum(code in chunk["text"] for chunk in chunks) == 1
    rows = [line for chunk in chunks for line in chunk["text"].splitlines() if line.startswith("| cell")]
    assert rows == table.splitlines()[2:]


def test_chunk_begins_with_the_end_of_the_one_before() -> None:
    """With whole sentences, where there is one."""
    markdown = " ".join(f"Sentence number {number} stands here." for number in range(30))
    chunks = _read(markdown, Size(60, 20))
    for before, chunk in pairwise(chunks):
        shared = chunk["text"][: chunk["overlap"]].strip()
        assert re.fullmatch(r"(Sentence number \d+ stands here\. ?)+", shared)
        assert before["text"].endswith(shared)


def test_front_matter_and_marks_of_pages_are_no_chunks() -> None:
    """The offsets count them."""
    markdown = f'---\ntitle: "T"\n---\n\n{{0}}{"-" * 48}\n\nOne.\n\n{{1}}{"-" * 48}\n\nTwo.\n'
    assert [chunk["text"] for chunk in _read(markdown, Size(100))] == ["One.", "Two."]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("mill", 1), ("windmill", 2), ("a b", 2), ("12345", 2), ("水車", 2), ("мельница", 3), ("-" * 16, 2),
     ("¿a_b?", 5)],
)  # fmt: skip
def test_tokens_are_counted_by_the_rule(text: str, tokens: int) -> None:
    """That of the documentation."""
    assert count_tokens(text) == tokens
    assert TokenIndex(text).count(0, len(text)) == tokens


def test_long_text_takes_time_in_proportion() -> None:
    """Tables and code that never end, long white space, and pages that have nothing in common with the Markdown."""
    markdown = "<table\n\n" * 50_000 + "# " + " " * 50_000 + "x #\n\n```\n" + "word " * 200_000
    blocks = [PageBlock(1, "<p>" + "other " * 100_000 + "</p>", None)]
    assert sum(chunk["tokens"] for chunk in _read(markdown, Size(512), blocks)) > 200_000
