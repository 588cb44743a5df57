"""`make lint` and the hooks of git run the same linters."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
HOOKS = ROOT / ".pre-commit-config.yaml"


def read_lint_commands() -> set[str]:
    """The commands of the target, without the folder of the virtual environment and without what is linted."""
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    lines = [line.strip().removeprefix("$(BIN)/") for line in recipe.group(1).splitlines()]
    return {line.removesuffix(" .") for line in lines}


def test_hooks_run_the_linters_of_make_lint() -> None:
    """A commit that the hooks let pass is not refused by `make lint` for a linter that they leave out."""
    (repository,) = yaml.safe_load(HOOKS.read_text())["repos"]
    hooks = {hook["entry"].removeprefix(".venv/bin/") for hook in repository["hooks"]}
    assert hooks == read_lint_commands()


def test_hooks_are_valid() -> None:
    """pre-commit itself accepts the file."""
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(HOOKS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
