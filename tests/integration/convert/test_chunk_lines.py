"""Chunks for retrieval, written beside the Markdown of real documents."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import described_documents as described
import documents
from code_blocks import read_code_block
from mails import FORMATS, build_request, mail
from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest, ConversionResult, JoinRequest

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings
_SIZE = {"max_tokens": 40, "overlap_tokens": 8, "folder": "/inbox"}
_PAGES = [
    documents.page_of(f"Chapter {name}\n\n" + "\n".join(f"The {name} line {n} of it." for n in range(9)))
    for name in ("amber", "birch", "cedar")
]


def _replace(request: ConversionRequest, **changes: Any) -> ConversionRequest:
    return ConversionRequest(**{**vars(request), **changes})


def _read(folder: str, result: ConversionResult) -> tuple[str, list[dict[str, Any]]]:
    names = {artifact.role: artifact.file_name for artifact in result.artifacts}
    markdown = Path(folder, names["markdown"]).read_bytes().decode()
    lines = Path(folder, names["chunk_lines"]).read_bytes().decode().split("\n")
    assert lines[-1] == ""
    return markdown, [json.loads(line) for line in lines[:-1]]


def _convert(
    engine: Engine, folder: Path, name: str, content: bytes, **options: Any
) -> tuple[str, list[dict[str, Any]]]:
    request = _replace(build_request(folder, name, content, chunk_lines=_SIZE, **options), formats=("markdown",))
    result = engine.convert(request, lambda _: None)
    assert {artifact.role for artifact in result.artifacts} <= {"markdown", "chunk_lines", "meta", "image"}
    assert not list(Path(request.output_dir).glob("*chunks.json"))
    return _read(request.output_dir, result)


def _check(markdown: str, chunks: list[dict[str, Any]]) -> None:
    assert chunks
    for chunk in chunks:
        assert markdown[chunk["start"] : chunk["end"]] == chunk["text"]


def test_chunks_of_a_pdf_have_pages_and_boxes(tmp_path: Path, engine: Engine) -> None:
    """Each is of the page that has its words; front matter moves the offsets, not the ids."""
    content = documents.pdf_bytes(*_PAGES)
    markdown, chunks = _convert(engine, tmp_path / "a", "a.pdf", content)
    _check(markdown, chunks)
    for chunk in chunks:
        names = [name for name in ("amber", "birch", "cedar") if name in chunk["text"]]
        shown = [("amber", "birch", "cedar")[page - 1] for page in chunk["pages"]]
        assert set(names) <= set(shown)
        assert names == shown or "river runs" in chunk["text"]
        assert {box["page"] for box in chunk["boxes"]} == set(chunk["pages"])
    moved, others = _convert(engine, tmp_path / "b", "a.pdf", content, front_matter=["source", "pages"])
    _check(moved, others)
    assert moved.endswith(markdown)
    assert [chunk["id"] for chunk in others] == [chunk["id"] for chunk in chunks]


def test_edit_on_a_page_keeps_the_ids_of_the_others(tmp_path: Path, engine: Engine) -> None:
    """The document converted again is recognised chunk by chunk, but for what stands in it several times."""
    _, before = _convert(engine, tmp_path / "a", "a.pdf", documents.pdf_bytes(*_PAGES))
    edited = documents.pdf_bytes(_PAGES[0], documents.page_of("Chapter dove\n\nNew words alone"), _PAGES[2])
    _, after = _convert(engine, tmp_path / "b", "a.pdf", edited)
    kept = {chunk["id"] for chunk in before if "amber" in chunk["text"] or "cedar" in chunk["text"]}
    assert kept
    assert kept <= {chunk["id"] for chunk in after}


@pytest.mark.parametrize("name", ["a.docx", "a.html", "a.odt", "a.eml"])
def test_chunks_of_other_documents_have_no_boxes(tmp_path: Path, engine: Engine, name: str) -> None:
    """Their pages have no places; headings are the path."""
    makers = {"a.docx": described.docx, "a.html": described.html, "a.odt": described.odt, "a.eml": described.mail}
    content = makers[name](tmp_path / name).read_bytes()
    markdown, chunks = _convert(engine, tmp_path / "job", name, content)
    _check(markdown, chunks)
    assert all(chunk["boxes"] == [] and chunk["pages"] == [1] for chunk in chunks)
    assert any("Text." in chunk["text"] for chunk in chunks)
    if name in ("a.docx", "a.html"):
        assert chunks[-1]["heading_path"] == ["Heading"]


def test_chunks_of_attachments_have_the_pages_of_the_output(tmp_path: Path, engine: Engine) -> None:
    """What is attached begins on a page of its own."""
    content = bytes(mail([("report.pdf", documents.pdf_bytes(*_PAGES[:2]))]))
    markdown, chunks = _convert(engine, tmp_path / "job", "a.eml", content)
    _check(markdown, chunks)
    assert {chunk["pages"][-1] for chunk in chunks if "birch" in chunk["text"]} == {3}


def test_blocks_of_the_pages_are_kept_where_they_are_wanted(tmp_path: Path, engine: Engine) -> None:
    """`chunks` among the formats is as it was."""
    cases: list[tuple[str, dict[str, Any]]] = [("plain", {}), ("with", {"chunk_lines": _SIZE})]
    plain, wanted = (
        build_request(tmp_path / name, "a.pdf", documents.pdf_bytes(*_PAGES), **options) for name, options in cases
    )
    texts = []
    for request in (plain, wanted):
        result = engine.convert(request, lambda _: None)
        files = {a.role: Path(request.output_dir, a.file_name).read_bytes() for a in result.artifacts}
        texts.append([files[name] for name in FORMATS])
    assert texts[0] == texts[1]


def test_document_in_parts_has_the_chunks_of_a_whole_one(tmp_path: Path, engine: Engine) -> None:
    """The same text on the same pages has the same ids."""
    content = documents.pdf_bytes(*_PAGES, *_PAGES[:2], *_PAGES)
    _, whole = _convert(engine, tmp_path / "whole", "a.pdf", content)
    request = build_request(tmp_path / "job", "a.pdf", content, 5, chunk_lines=_SIZE)
    parts = tmp_path / "parts"
    parts.mkdir()
    for number in range(2):
        (parts / f"{number:06}").mkdir()
        changes = {"output_dir": str(parts / f"{number:06}"), "part": number, "formats": ("markdown",)}
        engine.convert(_replace(request, **changes), lambda _: None)
    joining = JoinRequest(
        "a.pdf", str(parts), request.output_dir, request.scratch_dir, ("markdown",), request.options, 8
    )
    markdown, joined = _read(request.output_dir, engine.join(joining))
    _check(markdown, joined)
    assert [(chunk["id"], chunk["pages"]) for chunk in joined] == [(chunk["id"], chunk["pages"]) for chunk in whole]


def test_documented_lines_feed_an_index(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those for SQLite run as they are printed, and again after an edit: what is gone from the document is gone."""
    code = read_code_block("docs/guide/retrieval.md", "import sqlite3")
    output = tmp_path / "outbox" / "a"
    output.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for number, pages in enumerate((_PAGES, _PAGES[1:])):
        _, chunks = _convert(engine, tmp_path / str(number), "a.pdf", documents.pdf_bytes(*pages))
        (output / "a.jsonl").write_text("".join(json.dumps(chunk) + "\n" for chunk in chunks), encoding="utf-8")
        manifest = {"source": {"folder": "/inbox", "path": "a.pdf"}}
        (output / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        exec(compile(code, "retrieval.md", "exec"), {})  # the documentation's own lines
    with sqlite3.connect("chunks.db") as index:
        found = index.execute("SELECT count(*) FROM chunks WHERE text MATCH 'cedar'").fetchone()
        gone = index.execute("SELECT count(*) FROM chunks WHERE text MATCH 'amber'").fetchone()
    assert found[0] > 0
    assert gone == (0,)
