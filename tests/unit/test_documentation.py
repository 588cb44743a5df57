"""What the documentation says is what the code does, and its links lead somewhere."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path, PurePath
from urllib.parse import unquote

import click
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

import generate
from markerd.cli.app import app
from markerd.config import load_config
from markerd.logs.event_catalog import EVENTS

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "daemon" / "markerd"
LEVELS = {"debug", "info", "warning", "error"}
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "systemd/*.md", "launchd/*.md", "config/**/*.md", ".github/**/*.md")
    for path in ROOT.glob(pattern)
)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


GENERATED = generate.files()
WRITTEN = [path for path in PAGES if path.name != "CHANGELOG.md" and path not in GENERATED]
"""Pages by hand. The changelog also names what was."""
LARGEST_README_BYTES = 6_000
"""Two screens: what is longer belongs into a page below docs/."""


@pytest.mark.parametrize("path", GENERATED, ids=named)
def test_generated_page_is_up_to_date(path: Path) -> None:
    """After a change of events, keys, metrics, commands, exit codes or the manifest, `make pages` writes the pages
    anew."""
    assert path.read_text("utf-8") == GENERATED[path], "run `make pages`"


def test_every_page_of_the_reference_is_generated() -> None:
    """No page there is written by hand, where it would go stale."""
    assert set((ROOT / "docs" / "reference").glob("*.md")) == {p for p in GENERATED if p.suffix == ".md"}


def test_readme_stays_short() -> None:
    """The README says what markerd is, how to begin, and where to read on."""
    assert len((ROOT / "README.md").read_bytes()) <= LARGEST_README_BYTES


def test_architecture_shows_every_room() -> None:
    """Each folder at the top, in `convert` and in `embedded` stands in the diagrams."""
    page = (ROOT / "docs" / "explain" / "architecture.md").read_text("utf-8")
    for title, folder in (
        ("The rooms", ""),
        ("Inside `convert`", "convert"),
        ("Inside `embedded`", "convert/embedded"),
    ):
        diagram = page.split(f"## {title}")[1].split("```text")[1].split("```")[0]
        rooms = {path.parent.name for path in (ROOT / "daemon" / "markerd" / folder).glob("*/__init__.py")}
        assert rooms <= set(re.findall(r"[a-z_]+", diagram)), title


def test_configuration_of_the_readme_is_valid(tmp_path: Path) -> None:
    """What people copy from the README and the quick start works."""
    for number, page in enumerate((ROOT / "README.md", ROOT / "docs" / "guide" / "quick-start.md")):
        (block,) = re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
        file = tmp_path / f"{number}.toml"
        file.write_text(block)
        assert load_config(file, {"HOME": str(tmp_path)}).folders[0].path == tmp_path / "markerd" / "inbox"


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


def test_broken_link_is_noticed(tmp_path: Path) -> None:
    """A missing file, heading or picture is reported, and an existing one is not."""
    (tmp_path / "other.md").write_text("# One `two`\n\n# One `two`\n")
    (tmp_path / "page.md").write_text(
        "# Here\n[a](other.md#one-two-1) [b](#here) [c](https://example.org/none) [d](none.md) [e](other.md#three)\n"
        "![f](none.png)\n\n| g |\n| --- |\n| [g](#there) |\n"
    )
    assert broken_links(tmp_path / "page.md") == ["none.md", "other.md#three", "none.png", "#there"]


def test_every_page_is_in_a_table_of_contents() -> None:
    """Nobody finds a page that no `toctree` names."""
    listed = {ROOT / "docs" / "index.md"}
    for path in (ROOT / "docs").rglob("*.md"):
        for block in re.findall(r"```{toctree}\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
            names = [line.strip() for line in block.splitlines() if line.strip() and not line.startswith(":")]
            listed |= {(path.parent / f"{name}.md").resolve() for name in names}
    assert set((ROOT / "docs").rglob("*.md")) == listed


# --- commands ---------------------------------------------------------------------------------------------------------


def code_of(path: Path) -> Iterator[str]:
    """Every line of a block of code, and every piece of code within a text."""
    for token in tokens_of(path):
        if token.type == "fence":
            yield from token.content.splitlines()
        yield from (child.content for child in token.children or () if child.type == "code_inline")


def commands_of(path: Path, program: str) -> Iterator[list[str]]:
    """The arguments of each call of `program`, without those that leave out words."""
    for line in code_of(path):
        for command in re.split(r"&&|[|;<>]", re.sub(r"^[$#] ", "", line)):
            words = command.split("  #")[0].split()
            if words and PurePath(words[0]).name == program and not {"COMMAND", "…", "X"} & set(words):
                yield words[1:]


def parse(command: click.Command, arguments: list[str]) -> None:
    """Raises UsageError for a command or an option that does not exist."""
    if not isinstance(command, click.Group):
        command.make_context("markerd", [*arguments])
    elif arguments and not arguments[0].startswith("-"):
        if arguments[0] not in command.commands:
            raise click.UsageError(f"no such command: {arguments[0]}")
        parse(command.commands[arguments[0]], arguments[1:])


def broken_commands(path: Path) -> list[str]:
    broken = []
    for arguments in commands_of(path, "markerd"):
        try:
            parse(app, arguments)
        except click.MissingParameter:
            pass  # a text may name a command without all that it needs
        except click.UsageError as error:
            broken.append(error.message)
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for arguments in commands_of(path, "make"):
        asked = {word for word in arguments if "=" not in word and not word.startswith(".venv/")}
        broken += sorted(asked - targets)
    code = "\n".join(code_of(path))
    files = re.findall(r"(?<![\w/.])(?:tests|docs|config|samples|systemd|launchd)/[\w/-]+\.\w+", code)
    return broken + [file for file in files if not any((root / file).is_file() for root in (ROOT, PACKAGE))]


@pytest.mark.parametrize(
    "path", [p for p in PAGES if p.name != "CHANGELOG.md" and p not in generate.files()], ids=named
)
def test_commands_and_files_are_there(path: Path) -> None:
    """Each command of markerd and each target of make that a page shows exists, and so does each file."""
    assert broken_commands(path) == []


def test_broken_command_is_noticed(tmp_path: Path) -> None:
    """An unknown command, option, target or file is reported, and an existing one is not."""
    (tmp_path / "page.md").write_text(
        "`markerd stats` and `make nothing`\n\n```console\n"
        "$ markerd init && /opt/bin/markerd status --wat   # markerd none\n$ make run PYTHON=python3\n"
        "$ python tests/none.py\n$ pytest tests/conftest.py\n```\n"
    )
    first, second, *others = broken_commands(tmp_path / "page.md")
    assert "stats" in first
    assert "--wat" in second
    assert others == ["nothing", "tests/none.py"]


# --- the log ----------------------------------------------------------------------------------------------------------


def test_documentation_shows_no_format_of_a_count() -> None:
    """A counted noun is shown in the plural behind its field, and no text is left with a colon in its braces."""
    assert EVENTS["cleanup.done"].pattern == "Cleaned up: {semaphores_after} semaphores, {children_after} children"
    assert not [name for name, event in EVENTS.items() if re.search("{[^}]*:", event.pattern)]


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
        assert {field for _, field, _, _ in string.Formatter().parse(event.text) if field} <= set(event.fields), name
