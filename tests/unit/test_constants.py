"""A constant of a module has one value: a second definition would change all code that uses the first."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "daemon" / "markerd"


def find_repeated_constants(source: str) -> list[str]:
    """The names in upper case that the module assigns more than once, outside of any branch."""
    targets = [
        target.id
        for statement in ast.parse(source).body
        if isinstance(statement, (ast.Assign, ast.AnnAssign))
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
        if isinstance(target, ast.Name) and target.id.isupper()
    ]
    return [name for name, count in Counter(targets).items() if count > 1]


def test_no_module_defines_a_constant_twice() -> None:
    """Each name in upper case is assigned once in its module."""
    repeated = {str(file): find_repeated_constants(file.read_text("utf-8")) for file in PACKAGE.rglob("*.py")}
    assert {file: names for file, names in repeated.items() if names} == {}


def test_constant_that_is_defined_twice_is_found() -> None:
    """The check finds a second assignment, and accepts other names."""
    assert find_repeated_constants("WORD = 1\nother = 1\nother = 2\nWORD: int = 2\nLINE = 3\n") == ["WORD"]
