"""One file over broken connections: whole in the end, and no byte twice."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub_server import HubServer, hub_at
from markerd.convert.model_sets.weights import transfer
from markerd.convert.model_sets.weights.transfer import Digest, RemoteFile, fetch
from markerd.errors import UnavailableError

CONTENT = bytes(number * 7 % 251 for number in range(5000))


class Counted:
    """Counts what is reported."""

    def __init__(self) -> None:
        self.have, self.ended = 0, 0

    def begin(self, name: str, size_bytes: int | None, have_bytes: int) -> None:
        self.have = have_bytes

    def advance(self, count: int) -> None:
        self.have += count

    def end(self) -> None:
        self.ended += 1


@pytest.fixture(scope="module")
def server() -> Iterator[HubServer]:
    with hub_at({}, {"file": CONTENT}) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def _impatient() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfer, "_PAUSE_S", 0.0)
        yield


def describe(server: HubServer, *, has_size: bool = True) -> RemoteFile:
    digest = Digest("sha256", hashlib.sha256(CONTENT).hexdigest())
    return RemoteFile("file", f"{server.url}/store/file", len(CONTENT) if has_size else None, digest)


@settings(max_examples=30)
@given(st.lists(st.integers(1, 2000), max_size=6), st.integers(0, 5000))
def test_file_is_whole_after_any_cuts(server: HubServer, cuts: list[int], had: int) -> None:
    """Each answer begins where the one before it ended, also where another process left off."""
    server.forget()
    server.faults.cuts["file"] = list(cuts)
    progress = Counted()
    with tempfile.TemporaryDirectory() as name, httpx.Client() as client:
        partial, target = Path(name, "partial"), Path(name, "target")
        if had:
            partial.write_bytes(CONTENT[:had])
        fetch(client, describe(server), partial, target, progress)
        assert target.read_bytes() == CONTENT
        assert not partial.exists()
    assert (progress.have, progress.ended) == (len(CONTENT), 1)
    begin, places = had, []
    for cut in [*cuts, len(CONTENT)]:
        if begin < len(CONTENT):
            places.append(f"bytes={begin}-" if begin else "")
        begin += cut
    assert server.gets("file") == places


@pytest.mark.parametrize("has_size", [True, False])
def test_server_that_gives_nothing_is_given_up(server: HubServer, tmp_path: Path, has_size: bool) -> None:
    """After five connections without a byte; what had come is kept."""
    server.forget()
    server.faults.cuts["file"] = [1000, *[0] * 20]
    with httpx.Client() as client, pytest.raises(UnavailableError, match="no connection to"):
        fetch(client, describe(server, has_size=has_size), tmp_path / "partial", tmp_path / "target", Counted())
    assert (tmp_path / "partial").read_bytes() == CONTENT[:1000]
    assert not (tmp_path / "target").exists()
    assert len(server.gets("file")) == 6


def test_sum_of_git_is_that_of_a_blob(tmp_path: Path) -> None:
    """As `git hash-object` tells it."""
    file = tmp_path / "file"
    file.write_bytes(b"hello\n")
    assert Digest("git", "ce013625030ba8dba906f756967f9e9ca394464a").fits(file)
    assert not Digest("git", "0" * 40).fits(file)
