"""Benchmarks start with the path that the documentation gives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
DOCUMENTED_PATH = "tests:tests/support"
FIND = """
import ast, importlib.util, sys
from pathlib import Path
for file in map(Path, sys.argv[1:]):
    for node in ast.parse(file.read_text("utf-8")).body:
        names = [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in getattr(node, "names", [])]
        for name in names if isinstance(node, (ast.Import, ast.ImportFrom)) else ():
            if importlib.util.find_spec(name.partition(".")[0]) is None:
                print(file.name, name)
"""


def test_benchmarks_import_with_the_documented_path() -> None:
    """The documented path alone suffices. The Makefile and the text of each benchmark name the same one."""
    files = sorted((TESTS / "benchmarks").glob("*.py"))
    assert len(files) > 10
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([DOCUMENTED_PATH, os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, "-c", FIND, *map(str, files)],
        cwd=TESTS.parent, env=environ, stdout=subprocess.PIPE, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == ""
    for text in [TESTS.parent / "Makefile", *files]:
        lines = [line for line in text.read_text("utf-8").splitlines() if "benchmarks/" in line]
        named = {word for line in lines for word in line.split() if word.startswith("PYTHONPATH=")}
        assert named <= {f"PYTHONPATH={DOCUMENTED_PATH}"}, text
