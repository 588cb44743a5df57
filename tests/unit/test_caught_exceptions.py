"""The documentation lists each place that catches every exception."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "daemon" / "markerd"
PAGE = ROOT / "docs" / "explain" / "caught-exceptions.md"
ALL = {"Exception", "BaseException"}


def find_handlers(source: str) -> Iterator[str]:
    """The functions with a handler for everything that does not end by raising the same exception again."""
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef):
            inner = [node for node in ast.walk(function) if isinstance(node, ast.FunctionDef) and node is not function]
            hidden = {id(node) for nested in inner for node in ast.walk(nested)}
            for node in ast.walk(function):
                if isinstance(node, ast.ExceptHandler) and id(node) not in hidden and catches_all(node):
                    yield function.name


def catches_all(handler: ast.ExceptHandler) -> bool:
    names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else ALL
    last = handler.body[-1]
    return bool(names & ALL) and not (isinstance(last, ast.Raise) and last.exc is None)


def test_every_handler_for_all_exceptions_is_listed() -> None:
    """A new handler needs a reason on the page, and one that is gone leaves the page."""
    found = {
        (str(path.relative_to(PACKAGE)), function)
        for path in PACKAGE.rglob("*.py")
        for function in find_handlers(path.read_text("utf-8"))
    }
    listed = re.findall(r"^\| `([^`]+)` `([^`]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert found == set(listed)


def test_handler_that_raises_again_is_not_listed() -> None:
    """Handlers that end otherwise are found, and so is a bare `except:`."""
    raising = "def f():\n    try: g()\n    except BaseException:\n        h()\n        raise\n"
    hiding = "def f():\n    try: g()\n    except:\n        h()\n"
    assert (list(find_handlers(raising)), list(find_handlers(hiding))) == ([], ["f"])
