"""What the documentation says is what the code does, and its links lead somewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

import generate
from markerd.logs.event_catalog import EVENTS

ROOT = Path(__file__).resolve().parent.parent.parent
LEVELS = {"debug", "info", "warning", "error"}
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "systemd/*.md", "launchd/*.md", "config/**/*.md", "tests/benchmarks/*.md")
    for path in ROOT.glob(pattern)
)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", generate.files(), ids=named)
def test_generated_page_is_what_the_code_says(path: Path) -> None:
    """After a change of events, keys, metrics, commands, exit codes or the manifest: `make pages`."""
    assert path.read_text("utf-8") == generate.files()[path], "run `make pages`"


def test_every_page_of_the_reference_is_generated() -> None:
    """No page there is written by hand, where it would grow old."""
    assert set((ROOT / "docs" / "reference").glob("*.md")) == {p for p in generate.files() if p.suffix == ".md"}


# --- links ------------------------------------------------------------------------------------------------------------


def tokens_of(path: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(path.read_text("utf-8"))


def anchors_of(path: Path) -> set[str]:
    """Every heading by the name that a forge and MyST give it: GitHub's, with a number where one comes again."""
    found: set[str] = set()
    tokens = tokens_of(path)
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            text = "".join(child.content for child in inline.children or ())
            slug = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
            number = next(n for n in range(len(tokens)) if (f"{slug}-{n}" if n else slug) not in found)
            found.add(f"{slug}-{number}" if number else slug)
    return found


def links_of(path: Path) -> Iterator[str]:
    for token in tokens_of(path):
        for child in token.children or ():
            target = child.attrs.get("href") if child.type == "link_open" else child.attrs.get("src")
            if isinstance(target, str):
                yield unquote(target)


def broken_links(path: Path) -> list[str]:
    """Links into the repository that lead to no file, or to no heading of one."""
    broken = []
    for link in links_of(path):
        if re.match(r"[a-z]+:", link):
            continue  # of the web: tests stay on this machine
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.is_file() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    """Each link within the repository leads to a file that is there, and to a heading of it."""
    assert broken_links(path) == []


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    """A missing file, a missing heading, and a missing picture; what is there is not reported."""
    (tmp_path / "other.md").write_text("# One `two`\n\n# One `two`\n")
    (tmp_path / "page.md").write_text(
        "# Here\n[a](other.md#one-two-1) [b](#here) [c](https://example.org/none) [d](none.md) [e](other.md#three)\n"
        "![f](none.png)\n\n| g |\n| --- |\n| [g](#there) |\n"
    )
    assert broken_links(tmp_path / "page.md") == ["none.md", "other.md#three", "none.png", "#there"]


def test_every_page_is_in_a_table_of_contents() -> None:
    """A page that no `toctree` names is found by nobody."""
    listed = {ROOT / "docs" / "index.md"}
    for path in (ROOT / "docs").rglob("*.md"):
        for block in re.findall(r"```{toctree}\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
            names = [line.strip() for line in block.splitlines() if line.strip() and not line.startswith(":")]
            listed |= {(path.parent / f"{name}.md").resolve() for name in names}
    assert set((ROOT / "docs").rglob("*.md")) == listed


# --- the log ----------------------------------------------------------------------------------------------------------


def logged() -> Iterator[tuple[str, str, set[str]]]:
    """(where, event, fields given by name) of every call of a logger in the package."""
    for path in sorted((ROOT / "daemon" / "markerd").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
                event = node.args[0] if node.args else None
                if isinstance(event, ast.Constant) and isinstance(event.value, str) and "." in event.value:
                    fields = {keyword.arg for keyword in node.keywords if keyword.arg} - {"exc_info"}
                    yield f"{path.name}:{node.lineno}", event.value, fields


def test_every_logged_event_is_in_the_vocabulary() -> None:
    """No part logs an event or a field that the vocabulary does not have."""
    calls = list(logged())
    assert len({event for _, event, _ in calls}) > 20
    for where, event, fields in calls:
        assert event in EVENTS, where
        assert fields <= set(EVENTS[event].fields), (where, fields - set(EVENTS[event].fields))


def test_texts_use_fields_that_the_event_has() -> None:
    """Each field in an event's text is one of its fields."""
    for name, event in EVENTS.items():
        assert set(re.findall(r"{(\w+)}", event.text)) <= set(event.fields), name
