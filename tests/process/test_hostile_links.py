"""Nothing in a document's links or texts runs, opens a file or leads elsewhere in what is published of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import dom_of
from harness import RunningDaemon
from hostile_documents import ADDRESSES, HOST, MAKERS
from rendering import Seen, seen_in_html, seen_in_markdown

pytestmark = pytest.mark.models

LEAST_PARTED_PAGES = 5


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder with the outputs of a hostile document of every kind; the long PDF is converted in parts."""
    daemon = RunningDaemon(
        tmp_path_factory.mktemp("hostile"),
        folders={"formats": ["markdown", "html", "json", "chunks"]},
        converter={"part_pages": LEAST_PARTED_PAGES},
    ).start()
    for name, make in MAKERS.items():
        daemon.drop(name, make(daemon.root / f"made-{name}").read_bytes())
    for name in MAKERS:
        daemon.wait_for("document.published", document=name)
    daemon.stop()
    yield daemon.outbox
    daemon.kill()


def looks(published: Path, name: str) -> dict[str, Seen]:
    """A document's output in each format, as it is shown; of trees the HTML of all their blocks."""
    folder = published / Path(name).stem
    stem = folder / Path(name).stem
    blocks = [*htmls(json.loads(Path(f"{stem}.json").read_text()))]
    chunks = [*htmls(json.loads(Path(f"{stem}_chunks.json").read_text()))]
    return {
        "markdown": seen_in_markdown(Path(f"{stem}.md").read_text()),
        "html": seen_in_html(Path(f"{stem}.html").read_text()),
        "json": seen_in_html("".join(blocks)),
        "chunks": seen_in_html("".join(chunks)),
    }


def htmls(tree: Any) -> Iterator[str]:
    """All HTML in a tree."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if key == "html":
            yield value
        elif isinstance(value, dict | list):
            yield from htmls(value)


@pytest.mark.parametrize("name", MAKERS)
def test_published_links_lead_only_to_allowed_places(published: Path, name: str) -> None:
    """No published text has a script, and links lead only to allowed places."""
    for form, seen in looks(published, name).items():
        assert seen.faults == [], form
        links = [(address, text) for address, text in seen.links if not address.startswith("#")]
        assert {address[: len(HOST)] for address, _ in links} == {HOST}, form
        assert all(re.fullmatch(r"(Link|Formula) \d+( of many)?", text) for _, text in links), (form, links)
        assert not [picture for picture in seen.pictures if ":" in picture], form


@pytest.mark.parametrize("name", MAKERS)
def test_allowed_links_and_all_texts_are_published(published: Path, name: str) -> None:
    """Allowed links and all texts of the documents are in the outputs."""
    good = [number for number, address in enumerate(ADDRESSES) if address.startswith(HOST)]
    for form, seen in looks(published, name).items():
        texts = {text for _, text in seen.links}
        assert {f"Link {number} of many" for number in good} <= texts, form
        assert (f"{HOST}wiki/A_(b)", f"Link {len(ADDRESSES) - 1} of many") in seen.links, form
        for number in range(len(ADDRESSES)):
            assert f"Link {number} of many" in seen.text, form
        assert "[x](javascript:alert(1))" in seen.text, form
        assert "<script>" in seen.text, form


@pytest.mark.parametrize("name", MAKERS)
def test_text_becomes_no_front_matter(published: Path, name: str) -> None:
    """No text of a document becomes front matter."""
    assert not (published / Path(name).stem / f"{Path(name).stem}.md").read_text().startswith(("---", "+++"))


def test_browser_runs_nothing(published: Path, tmp_path: Path) -> None:
    """This holds for each page, and for each Markdown that is rendered with raw HTML enabled."""
    from markdown_it import MarkdownIt

    frames = []
    for name in MAKERS:
        stem = published / Path(name).stem / Path(name).stem
        rendered = tmp_path / f"{name}.html"
        text = Path(f"{stem}.md").read_text()
        rendered.write_text(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))
        frames += [Path(f"{stem}.html"), rendered]
    for frame in frames:
        attributes = dict(dom_of(frame).attributes)
        assert "data-fired" not in attributes, frame
        assert not [name for name in attributes if name.startswith("on")], frame
