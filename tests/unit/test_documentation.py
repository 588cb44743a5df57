"""What the README says of the log is what the code does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from markerd.logs.event_catalog import EVENTS

ROOT = Path(__file__).resolve().parent.parent.parent
LEVELS = {"debug", "info", "warning", "error"}


def documented() -> dict[str, tuple[str, ...]]:
    table = (ROOT / "README.md").read_text("utf-8").split("<!-- events:")[1].split("<!-- end of events -->")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.*) \|$", table, re.MULTILINE)
    return {name: tuple(re.findall(r"`([^`]+)`", fields)) for name, fields in rows}


def test_readme_lists_every_event_with_its_fields() -> None:
    """The README's table and the vocabulary are one."""
    assert documented() == {name: event.fields for name, event in EVENTS.items()}


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
