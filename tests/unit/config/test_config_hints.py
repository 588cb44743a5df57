"""What the models refuse, and the words in which it is said."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from markerd.config import Config
from markerd.config.hints import explain
from markerd.config.options import find_option_problems
from markerd.config.problems import Location, Problem, show_value, write_key

FOLDER = {"path": "/in", "output": "/out"}


def lines(document: dict[str, Any]) -> list[str]:
    try:
        Config.model_validate(document)
    except ValidationError as error:
        return [problem.to_line({}) for problem in explain(error.errors())]
    return []


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("daemon", "queue_size", 0),
        ("daemon", "reconcile_s", 0),
        ("daemon", "stop_timeout_s", -1),
        ("converter", "threads", -1),
        ("converter", "timeout_s", 0),
        ("converter", "timeout_per_page_s", -0.1),
        ("converter", "max_attempts", 0),
        ("converter", "retry_delay_s", -1),
        ("converter", "recycle_documents", 0),
        ("converter", "recycle_rss_mb", 0),
        ("converter", "max_rss_mb", 0),
        ("converter", "max_file_mb", 0),
        ("converter", "max_unpacked_mb", 0),
        ("converter", "max_pages", 0),
        ("converter", "part_pages", -1),
        ("converter", "timeout_s", 1e300),
    ],
)
def test_number_out_of_range_is_refused(section: str, key: str, value: float) -> None:
    """A number out of its range is refused, with its key and the bound."""
    (line,) = lines({section: {key: value}, "folders": [FOLDER]})
    assert line.startswith(f"{section}.{key}: ")
    assert "out of range: it must be" in line


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("recursive", 1),
        ("recursive", "yes"),
        ("settle_s", "1"),
        ("settle_s", True),
        ("settle_s", 10**400),
        ("path", 3),
        ("include", "*"),
        ("include", [1]),
        ("formats", {}),
        ("marker", []),
    ],
)
def test_value_of_the_wrong_type_is_refused(key: str, value: object) -> None:
    """A value of the wrong type is refused and never converted."""
    (line,) = lines({"folders": [{**FOLDER, key: value}]})
    assert line.startswith(f"folders[0].{key}")
    assert "must be" in line


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"deamon": {}}, "deamon: there is no such key: did you mean daemon?"),  # codespell:ignore deamon
        ({"daemon": {"queue-size": 1}}, "daemon.queue-size: there is no such key: did you mean queue_size?"),
        ({"daemon": {"threads": 1}}, "daemon.threads: there is no such key here: it belongs in [converter]"),
        ({"output": "/x"}, "output: there is no such key here: it belongs in [[folders]]"),
        (
            {"log": {"zzz": 1}},
            "log.zzz: there is no such key: remove it; known here are format, level, file and",
        ),
        ({"log": {"a\nb": 1}}, "log.'a\\nb': there is no such key"),
        ({"converter": {"part_pages": 4}}, "converter.part_pages: 4 is not allowed: write 0, or at least 5"),
        ({"log": 3}, "log: 3 is not a section: write [log]"),
    ],
)
def test_unknown_key_is_refused_with_a_hint(document: dict[str, Any], expected: str) -> None:
    """The hint is the nearest known key, the section it belongs in, or all known keys."""
    (line,) = lines({"folders": [FOLDER], **document})
    assert line.startswith(expected)


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        ({}, "folders: a table is not a section: write [[folders]]"),
        ([], "folders: is missing: write a [[folders]] section"),
        ([1], "folders[0]: 1 is not a section: write [[folders]]"),
        ([{"output": "/out"}], "folders[0].path: is missing: name the hot folder"),
        ([{"path": "/in"}], "folders[0].output: is missing"),
        ([{**FOLDER, "include": []}], "folders[0].include: is empty: name at least one"),
        ([{**FOLDER, "exclude": [""]}], "folders[0].exclude[0]: is empty: write a pattern"),
        (
            [{**FOLDER, "after": "archvie"}],  # codespell:ignore archvie
            "folders[0].after: 'archvie' is not allowed: did you mean archive?",  # codespell:ignore archvie
        ),
        (
            [{**FOLDER, "spans": "onec"}],
            "folders[0].spans: 'onec' is not allowed: did you mean once?",
        ),
        (
            [{**FOLDER, "converter": "tables"}],
            "folders[0].converter: 'tables' is not allowed: did you mean table?",
        ),
        ([{**FOLDER, "formats": ["json", "MD"]}], "folders[0].formats[1]: 'MD' is not allowed: it must be "),
    ],
)
def test_wrong_entry_is_reported_once(folders: object, expected: str) -> None:
    """What is wrong with an entry is reported once, under the number of the entry."""
    (line,) = lines({"folders": folders})
    assert line.startswith(expected)


@pytest.mark.parametrize("isolation", ["ray", "inline"])
def test_workers_need_processes_of_this_machine(isolation: str) -> None:
    """A cluster has actors instead: two numbers for the same thing would contradict each other."""
    (line,) = lines({"converter": {"isolation": isolation, "workers": 2}, "folders": [FOLDER]})
    assert line.startswith("converter: ")
    assert line.endswith('workers need isolation = "process"')


@pytest.mark.parametrize("address", ["", "cluster", "ray-head:", "ray-head:port"])
def test_address_of_a_cluster_is_local_auto_or_a_host_with_its_port(address: str) -> None:
    """Anything else is a fault of that key."""
    (line,) = lines({"ray": {"address": address}, "folders": [FOLDER]})
    assert line.startswith("ray.address: ")


@pytest.mark.parametrize("address", ["local", "auto", "ray-head:6379", "[fd00::1]:6379"])
def test_addresses_of_clusters(address: str) -> None:
    """These are taken."""
    assert lines({"ray": {"address": address}, "folders": [FOLDER]}) == []


def test_all_faults_of_a_document_are_reported() -> None:
    """Every fault of a document is reported, not only the first."""
    document = {"daemon": {"queue_size": 0, "x": 1}, "log": {"level": "loud"}, "folders": [{"after": "burn"}]}
    assert len(lines(document)) == 6


def test_options_that_json_cannot_hold_are_refused() -> None:
    """Dates, infinities and numbers beyond 64 bits in [folders.marker] are refused at their place."""
    import datetime

    today = datetime.date(2026, 1, 1)
    options = {"since": today, "a": {"b": [1, float("nan")]}, "n": 2**63, "good": [{"x": [1.5, "y", True]}]}
    found = [write_key(problem.location) for problem in find_option_problems({"folders": [{"marker": options}]})]
    assert found == ["folders[0].marker.since", "folders[0].marker.a.b[1]", "folders[0].marker.n"]


def test_problem_names_the_origin_of_its_value() -> None:
    """A problem below a value that is not from the file says where the value comes from."""
    origins: dict[Location, str] = {("folders", 0, "formats"): "is from X", ("log", "file"): "is the default"}
    below = Problem(("folders", 0, "formats", 1), "is bad")
    assert below.to_line(origins) == "folders[0].formats[1]: is bad (is from X)"
    pair = Problem(("folders", 0, "formats"), "is bad", ("log", "file"))
    assert pair.to_line(origins) == "folders[0].formats: is bad (is from X, log.file is the default)"


@pytest.mark.parametrize(
    "value", ["a\nb\x1b[1m\u2028", "x" * 500, {"k_api_key": "s3cret"}, ["s3cret"], pytest.param(16**9999, id="huge")]
)
def test_problem_shows_its_value_on_one_short_line(value: object) -> None:
    """A quoted value cannot forge a line, flood it, or reveal what a table holds."""
    text = show_value(value)
    assert text.isprintable()
    assert len(text) <= 80
    assert "s3cret" not in text
