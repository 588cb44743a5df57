"""Thresholds and patterns stand in one place a folder, documented and used."""

from __future__ import annotations

import dataclasses
import importlib
import re
from pathlib import Path

import pytest

from markerd.convert import embedded

ROOT = Path(embedded.__file__).parent
FOLDERS = sorted(path.parent.name for path in ROOT.glob("*/thresholds.py"))


def _load_thresholds(folder: str) -> object:
    return importlib.import_module(f"{embedded.__name__}.{folder}.thresholds").THRESHOLDS


def _read_comments(folder: str) -> dict[str, str]:
    """The `#:` comment above each field."""
    source = (ROOT / folder / "thresholds.py").read_text(encoding="utf-8")
    found = re.findall(r"((?:    #: .*\n)+)    (\w+): ", source)
    return {name: " ".join(line.strip().removeprefix("#: ") for line in lines.splitlines()) for lines, name in found}


def test_each_folder_with_rules_has_thresholds() -> None:
    assert FOLDERS == ["blocks", "layout", "marker_hooks", "ocr", "readers", "tables", "text", "text_layer"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_thresholds_cannot_be_changed_at_run_time(folder: str) -> None:
    thresholds = _load_thresholds(folder)
    assert dataclasses.is_dataclass(thresholds)
    name = dataclasses.fields(thresholds)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(thresholds, name, 0)


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_threshold_has_a_comment_of_whole_sentences(folder: str) -> None:
    thresholds, comments = _load_thresholds(folder), _read_comments(folder)
    assert dataclasses.is_dataclass(thresholds)
    assert list(comments) == [field.name for field in dataclasses.fields(thresholds)]
    assert all(comment[0].isupper() and comment.endswith(".") for comment in comments.values())


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_threshold_is_used(folder: str) -> None:
    thresholds = _load_thresholds(folder)
    assert dataclasses.is_dataclass(thresholds)
    code = "".join(path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py") if path.name != "thresholds.py")
    unused = [f.name for f in dataclasses.fields(thresholds) if not re.search(rf"THRESHOLDS\.{f.name}\b", code)]
    assert unused == []


def test_patterns_are_compiled_in_one_module() -> None:
    compiling = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py") if "re.compile(" in path.read_text("utf-8")]
    assert compiling == ["text/patterns.py"]


def test_patterns_have_a_name_of_their_own() -> None:
    """A second pattern of the same name would take the place of the first one unseen."""
    names = re.findall(r"^([A-Z_]+) = ", (ROOT / "text" / "patterns.py").read_text("utf-8"), re.MULTILINE)
    assert len(names) == len(set(names))
