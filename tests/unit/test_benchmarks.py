"""Benchmarks start with the path that the documentation gives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
BENCHMARKS = sorted((TESTS / "benchmarks").glob("*.py"))
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
    assert len(BENCHMARKS) > 10
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([DOCUMENTED_PATH, os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, "-c", FIND, *map(str, BENCHMARKS)],
        cwd=TESTS.parent, env=environ, stdout=subprocess.PIPE, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == ""
    for text in [TESTS.parent / "Makefile", *BENCHMARKS]:
        lines = [line for line in text.read_text("utf-8").splitlines() if "benchmarks/" in line]
        named = {word for line in lines for word in line.split() if word.startswith("PYTHONPATH=")}
        assert named <= {f"PYTHONPATH={DOCUMENTED_PATH}"}, text


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=lambda file: file.stem)
def test_help_of_benchmarks_measures_nothing(benchmark: Path, tmp_path: Path) -> None:
    """Whoever asks a benchmark how it is used gets the answer, and no folder of that name."""
    path = [str(TESTS.parent / part) for part in DOCUMENTED_PATH.split(":")]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([*path, os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, str(benchmark), "--help"],
        cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: {benchmark.name} [-h]")
    assert list(tmp_path.iterdir()) == []
