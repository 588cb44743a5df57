"""The script of the page "Convert from Python" does what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import markerd
from documents import letter_pdf

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "from-python.md"


def run_script(folder: Path, source: Path) -> subprocess.CompletedProcess[str]:
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    script = folder / "convert.py"
    script.write_text(code)
    environ = {**os.environ, "PYTHONPATH": str(Path(markerd.__file__).parents[1])}
    command = [sys.executable, str(script), str(source), str(folder / "out")]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environ)


@pytest.mark.models
def test_script_of_the_page_converts(tmp_path: Path) -> None:
    """Markdown and JSON lie in the folder, and the script prints what they are called."""
    source = tmp_path / "letter.pdf"
    source.write_bytes(letter_pdf("Greetings from Python"))
    done = run_script(tmp_path, source)
    assert done.returncode == 0, done.stderr
    printed = dict(line.split() for line in done.stdout.splitlines())
    assert {"markdown", "json"} <= set(printed)
    assert "Greetings from Python" in (tmp_path / "out" / printed["markdown"]).read_text()


@pytest.mark.models
def test_script_of_the_page_reports_a_failure(tmp_path: Path) -> None:
    """A document that cannot be read ends with its kind, not with a traceback."""
    source = tmp_path / "broken.pdf"
    source.write_bytes(b"%PDF-1.7\nbroken\n%%EOF\n")
    done = run_script(tmp_path, source)
    assert (done.returncode, "unreadable" in done.stdout) == (1, True), done.stdout + done.stderr
    assert "Traceback" not in done.stderr
