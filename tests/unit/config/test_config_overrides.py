"""Environment variables that override the configuration."""

from __future__ import annotations

from typing import Any

import pytest

from markerd.config.overrides import apply_overrides

DOCUMENT = {"converter": {"threads": 1}, "folders": [{"path": "/in", "output": "/out"}]}


def problems(environ: dict[str, str], document: dict[str, Any] = DOCUMENT) -> list[str]:
    return [problem.to_line({}) for problem in apply_overrides(document, environ).problems]


@pytest.mark.parametrize(
    ("variable", "text", "expected"),
    [
        ("CONVERTER__THREADS", "2", {"converter": {"threads": 2}}),
        ("CONVERTER__THREADS", "two", {"converter": {"threads": "two"}}),
        ("CONVERTER__TIMEOUT_S", "1.5", {"converter": {"timeout_s": 1.5}}),
        ("converter__Timeout_S", "9", {"converter": {"timeout_s": 9}}),
        ("CONVERTER__RECYCLE_RSS_MB", "4096", {"converter": {"recycle_rss_mb": 4096}}),
        ("DAEMON__STATE_DIR", "/x", {"daemon": {"state_dir": "/x"}}),
        ("DAEMON__STATE_DIR", '"/x"', {"daemon": {"state_dir": "/x"}}),
        ("DAEMON__STATE_DIR", "2026", {"daemon": {"state_dir": "2026"}}),
        ("LOG__FORMAT", "json", {"log": {"format": "json"}}),
        ("LOG__FILE", "true", {"log": {"file": "true"}}),
        ("LOG__LEVEL", "info\nfile = 1", {"log": {"level": "info\nfile = 1"}}),
    ],
)
def test_variable_overrides_a_key_of_a_section(variable: str, text: str, expected: dict[str, dict[str, Any]]) -> None:
    """A value is read as TOML if its key takes such a value, otherwise as plain text."""
    result = apply_overrides(DOCUMENT, {f"MARKERD__{variable}": text})
    assert result.problems == []
    ((section, values),) = expected.items()
    assert result.document[section] == {**dict(DOCUMENT).get(section, {}), **values}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("PATH", "/elsewhere", {"path": "/elsewhere"}),
        ("RECURSIVE", "false", {"recursive": False}),
        ("FORMATS", '["markdown", "json"]', {"formats": ["markdown", "json"]}),
        ("FORMATS", "html", {"formats": ["html"]}),
        ("FORMATS", '"html"', {"formats": ["html"]}),
        ("INCLUDE", '["*.{pdf,PDF}"]', {"include": ["*.{pdf,PDF}"]}),
        ("MARKER__PAGE_RANGE", "0-5", {"marker": {"page_range": "0-5"}}),
        ("MARKER__FORCE_OCR", "true", {"marker": {"force_ocr": True}}),
        ("MARKER__LEVELS", "[1, 2]", {"marker": {"levels": [1, 2]}}),
        ("MARKER__PdfProvider_force_ocr", "true", {"marker": {"PdfProvider_force_ocr": True}}),
    ],
)
def test_variable_overrides_a_key_of_an_entry(key: str, text: str, expected: dict[str, Any]) -> None:
    """Keys and Marker options of an entry are overridden by its number."""
    result = apply_overrides(DOCUMENT, {f"MARKERD__FOLDERS__0__{key}": text})
    assert result.problems == []
    assert result.document["folders"] == [{"path": "/in", "output": "/out", **expected}]


def test_new_entries_are_added_in_the_order_of_their_numbers() -> None:
    """The numbers after the last entry add entries, 10 after 9."""
    environ = {f"MARKERD__FOLDERS__{number}__PATH": f"/in{number}" for number in range(1, 12)}
    result = apply_overrides(DOCUMENT, environ)
    assert result.problems == []
    assert [folder["path"] for folder in result.document["folders"]] == ["/in", *(f"/in{n}" for n in range(1, 12))]


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("MARKERD__CONVERTR__THREADS", "did you mean MARKERD__CONVERTER__THREADS?"),
        ("MARKERD__CONVERTER__THREAD", "did you mean MARKERD__CONVERTER__THREADS?"),
        ("MARKERD__FOLDERS__3__OUPUT", "did you mean MARKERD__FOLDERS__3__OUTPUT?"),
        ("MARKERD__FOLDERS__PATH", "did you mean MARKERD__FOLDERS__0__PATH?"),
        ("MARKERD__FOLDERS__0__MARKER", "did you mean MARKERD__FOLDERS__0__MARKER__OPTION?"),
        ("MARKERD__CONVERTER", "did you mean MARKERD__CONVERTER__"),
        ("MARKERD__FOLDERS__-1__PATH", "MARKERD__"),
        ("MARKERD__FOLDERS__²__PATH", "MARKERD__"),
        ("MARKERD__FOLDERS__0__PATH__X", "MARKERD__"),
        ("MARKERD__FOLDERS__0__MARKER__", "MARKERD__"),
        ("MARKERD__", "MARKERD__SECTION__KEY"),
    ],
)
def test_unknown_variable_is_a_problem(variable: str, hint: str) -> None:
    """A variable that overrides nothing is a problem under its own name, with a hint."""
    (line,) = problems({variable: "1"})
    assert line.startswith((variable, repr(variable)))
    assert hint in line


def test_gap_in_the_numbers_is_a_problem() -> None:
    """The number of an entry must follow the last one."""
    (line,) = problems({"MARKERD__FOLDERS__5__PATH": "/x"})
    assert "only 1 [[folders]]" in line
    assert "number 1" in line


@pytest.mark.parametrize("text", ["", "  "])
def test_empty_variable_is_a_problem(text: str) -> None:
    """An empty variable is neither taken for a value nor ignored."""
    (line,) = problems({"MARKERD__LOG__FILE": text})
    assert "empty" in line


def test_commas_without_brackets_are_a_problem() -> None:
    """Several values are written as a TOML array, and the problem says so."""
    (line,) = problems({"MARKERD__FOLDERS__0__FORMATS": "markdown,json"})
    assert '["a", "b"]' in line


@pytest.mark.parametrize("document", [{"folders": 1}, {"folders": [1]}, {"folders": [{"marker": 1}]}])
def test_override_adds_no_problem_to_a_malformed_document(document: dict[str, Any]) -> None:
    """If the file has something else than a table, the override adds no second problem and does not fail."""
    result = apply_overrides(document, {"MARKERD__FOLDERS__0__MARKER__X": "1"})
    assert result.problems == []
    assert result.document == document


def test_overrides_leave_the_document_unchanged() -> None:
    """The overrides go into a copy."""
    apply_overrides(DOCUMENT, {"MARKERD__FOLDERS__0__PATH": "/x", "MARKERD__CONVERTER__THREADS": "7"})
    assert DOCUMENT == {"converter": {"threads": 1}, "folders": [{"path": "/in", "output": "/out"}]}


def test_other_variables_are_ignored() -> None:
    """Only names that begin with MARKERD__, with two underscores, count."""
    assert problems({"MARKERD_CONFIG": "x", "PATH": "/bin", "XMARKERD__A": "1"}) == []
