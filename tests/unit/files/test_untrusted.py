"""What somebody else may have written: it is read within bounds, or refused."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.files.untrusted import MAX_DEPTH, parse_json, read_file
from markerd.monitoring import status_file
from markerd.pipeline.dead_letters import read_reason
from markerd.pipeline.part_store import Parts

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


@given(_values)
def test_json_of_ordinary_depth_is_parsed(value: Any) -> None:
    """The bound takes nothing from what is ours."""
    assert parse_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_json_nested_too_deep_is_refused(opening: str, closing: str) -> None:
    """At the bound, just above it, where the parser itself would still agree, and where it gives up."""
    deepest = opening * MAX_DEPTH + "1" + closing * MAX_DEPTH
    assert parse_json(deepest.encode())
    for depth in (MAX_DEPTH + 2, 900, 200_000):
        with pytest.raises(ValueError, match="nested too deep"):
            parse_json((opening * depth + "1" + closing * depth).encode())


def test_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    """As many bytes are taken, one more is refused."""
    (tmp_path / "file").write_bytes(b"12345")
    assert read_file(tmp_path / "file", 5) == b"12345"
    with pytest.raises(ValueError, match="more than 4 bytes"):
        read_file(tmp_path / "file", 4)


def _make(kind: str, path: Path) -> None:
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "nested":
        path.write_bytes(b"[" * 200_000)
    else:
        path.write_bytes(b'{"pid": 1' + b"0" * 40 + b', "config": [], "key": 1, "pages": "9"}')


@pytest.mark.parametrize("kind", ["fifo", "socket", "folder", "device", "nested", "other"])
def test_no_entry_under_our_name_stops_its_reader(short: Path, kind: str) -> None:
    """Neither the status command, nor a document with parts, nor who looks for the reason of a dead letter."""
    for name in (status_file.FILE_NAME, "a.error.json"):
        _make(kind, short / name)
    (short / "parts").mkdir()
    _make(kind, short / "parts" / "key.json")
    found = status_file.read(short)
    assert found is None or not found["is_running"]
    folder = os.open(short, os.O_RDONLY)
    try:
        assert read_reason(folder, "a.error.json") is None
    finally:
        os.close(folder)
    assert Parts(short, {}, 10).pages is None


@pytest.fixture
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The name of a socket may have no more than 107 bytes."""
    return tmp_path_factory.mktemp("u")


@pytest.mark.skipif(not os.path.isdir("/dev/fd"), reason="descriptors cannot be counted")
def test_a_folder_in_a_files_place_leaves_no_descriptor_open(tmp_path: Path) -> None:
    """It is met at each document that is published beside it."""
    (tmp_path / "manifest.json").mkdir()
    before = len(os.listdir("/dev/fd"))
    for _ in range(3):
        with pytest.raises(IsADirectoryError):
            read_file(tmp_path / "manifest.json", 100)
    assert len(os.listdir("/dev/fd")) == before
