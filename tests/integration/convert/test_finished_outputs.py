"""What is added to an output once it is rendered: front matter, and what the manifest says of the document."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import described_documents as described
import documents
from mails import build_request, convert, mail
from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest, JoinRequest

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings
_ALL = ["title", "authors", "keywords", "language", "created", "source", "sha256", "pages"]


def _read(markdown: str) -> tuple[Any, str]:
    """The front matter, and the Markdown below it."""
    found = re.match(r"---\n(.*?)\n---\n\n", markdown, re.DOTALL)
    assert found is not None
    return yaml.safe_load(found[1]), markdown[found.end() :]


def _convert(engine: Engine, folder: Path, name: str, content: bytes, **options: Any) -> str:
    return convert(engine, build_request(folder, name, content, **options))[1]["markdown"]


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.eml", "a.html"])
def test_front_matter_stands_above_the_same_markdown(tmp_path: Path, engine: Engine, name: str) -> None:
    """What it says is what the document says; without the key the Markdown begins as ever."""
    makers = {"a.docx": described.docx, "a.eml": described.mail, "a.html": described.html}
    content = described.pdf() if name == "a.pdf" else makers[name](tmp_path / name).read_bytes()
    plain = _convert(engine, tmp_path / "plain", name, content)
    facts, body = _read(_convert(engine, tmp_path / "with", name, content, front_matter=_ALL))
    assert body == plain
    assert not plain.startswith("---")
    assert (facts["title"], facts["authors"]) == (described.TITLE, list(described.AUTHORS))
    assert (facts["source"], facts["pages"]) == (name, 1)
    assert facts["sha256"] == hashlib.sha256(content).hexdigest()
    assert list(facts) == [field for field in _ALL if field in facts]


def test_facts_are_known_without_front_matter(tmp_path: Path, engine: Engine) -> None:
    """The manifest has them always."""
    result, files = convert(engine, build_request(tmp_path / "job", "a.pdf", described.pdf()))
    assert (result.metadata.title, result.metadata.authors) == (described.TITLE, described.AUTHORS)
    assert described.TITLE not in files["markdown"]


def test_title_of_a_hostile_document_stays_in_its_line(tmp_path: Path, engine: Engine) -> None:
    """It ends neither the quotes nor the block."""
    title = '---\n---\n" \\ # x: [y] {{ z }} \u2028\x85 <script>'
    facts, body = _read(_convert(engine, tmp_path / "job", "a.pdf", described.pdf(title), front_matter=["title"]))
    assert facts == {"title": '--- --- " \\ # x: [y] {{ z }} <script>'}
    assert "script" not in body


def test_time_is_written_only_where_it_is_asked_for(tmp_path: Path, engine: Engine) -> None:
    """Without it, the same document gives the same bytes."""
    first, second = (
        _convert(engine, tmp_path / str(number), "a.pdf", described.pdf(), front_matter=_ALL) for number in range(2)
    )
    assert first == second
    timed, _ = _read(_convert(engine, tmp_path / "t", "a.pdf", described.pdf(), front_matter=["converted_at"]))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", timed["converted_at"])


def test_markdown_with_front_matter_of_its_own_keeps_it(tmp_path: Path, engine: Engine) -> None:
    """As a block of code below ours; as it was where none is wanted."""
    content = b"---\ntitle: Theirs\n---\n# Heading\n"
    assert _convert(engine, tmp_path / "plain", "a.md", content) == content.decode()
    facts, body = _read(_convert(engine, tmp_path / "with", "a.md", content, front_matter=["source"]))
    assert facts == {"source": "a.md"}
    assert body == "```yaml\ntitle: Theirs\n```\n# Heading\n"


def test_document_in_parts_has_one_front_matter(tmp_path: Path, engine: Engine) -> None:
    """At its top, with the pages of all parts."""
    content = described.pdf(pages=12)
    whole, _ = _read(_convert(engine, tmp_path / "whole", "a.pdf", content, front_matter=_ALL))
    facts, body = _read(_convert_in_parts(engine, tmp_path, content, front_matter=_ALL))
    assert facts == whole
    assert facts["pages"] == 12
    assert "---" not in body


def _convert_in_parts(engine: Engine, folder: Path, content: bytes, **options: object) -> str:
    """Convert five pages at a time, each part with a request of its own, as the daemon does."""
    parts = folder / "parts"
    parts.mkdir()
    request = build_request(folder / "job", "a.pdf", content, 5, **options)
    for number in range(3):
        target = parts / f"{number:06}"
        target.mkdir()
        engine.convert(_replace(request, output_dir=str(target), part=number), lambda _: None)
    joining = JoinRequest(
        "a.pdf", str(parts), request.output_dir, request.scratch_dir, request.formats, request.options, 12
    )
    result = engine.join(joining)
    assert result.metadata.title == described.TITLE
    assert not list(Path(request.output_dir).glob("facts*"))
    return (Path(request.output_dir) / "document-markdown.md").read_text("utf-8")


def _replace(request: ConversionRequest, **changes: Any) -> ConversionRequest:
    return ConversionRequest(**{**vars(request), **changes})


def test_attachments_have_no_front_matter(tmp_path: Path, engine: Engine) -> None:
    """They are part of the mail's output, which has one."""
    message = bytes(mail([("report.pdf", described.pdf()), ("b.docx", described.docx(tmp_path / "b").read_bytes())]))
    markdown = _convert(engine, tmp_path / "job", "a.eml", message, front_matter=["title"])
    assert markdown.count('title: "') == 1
    assert _read(markdown)[0] == {"title": "Files"}


def test_document_that_says_nothing_has_no_block(tmp_path: Path, engine: Engine) -> None:
    """Rather than an empty one."""
    content = documents.pdf_bytes(documents.page_of("plain"))
    assert not _convert(engine, tmp_path / "job", "a.pdf", content, front_matter=["title"]).startswith("---")
