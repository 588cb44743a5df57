"""One file fetched over HTTP: it goes on where an earlier attempt stopped, and is whole and right before it counts."""

from __future__ import annotations

import errno
import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import httpx

from markerd.errors import NO_ROOM, StorageError, UnavailableError

_CHUNK_BYTES = 1 << 20
_ATTEMPTS = 5
"""Connections in a row that may break without a byte before it is given up; huggingface_hub has the same number."""
_PAUSE_S = 0.5
"""Before the second connection; twice as long before each further one."""
_TOO_LARGE = frozenset({errno.EFBIG, *NO_ROOM})
MB = 1_000_000


@dataclass(frozen=True)
class Digest:
    """The sum that a file must have: "sha256", "md5", or "git" for that of a blob of git (SHA-1 over length and
    bytes).
    """

    algorithm: str
    value: str

    def fits(self, file: Path) -> bool:
        """Whether the file has this sum. It is read whole."""
        known = "sha1" if self.algorithm == "git" else self.algorithm
        total = hashlib.new(known, usedforsecurity=False)
        if self.algorithm == "git":
            total.update(b"blob %d\0" % file.stat().st_size)
        with file.open("rb") as opened:
            while chunk := opened.read(_CHUNK_BYTES):
                total.update(chunk)
        return total.hexdigest() == self.value.lower()


@dataclass(frozen=True)
class RemoteFile:
    """A file to fetch: its name for people, its URL, and what is known of it.

    `validator` is the entity tag for If-Range; empty where the URL never changes its content.
    """

    name: str
    url: str
    size_bytes: int | None = None
    digest: Digest | None = None
    validator: str = ""

    def is_whole(self, file: Path) -> bool:
        """Whether the file is this one, as far as it can be told. It is read whole."""
        if not file.is_file() or self.size_bytes not in (None, file.stat().st_size):
            return False
        return self.digest is None or self.digest.fits(file)


class Progress(Protocol):
    """What shows how far a download is."""

    def begin(self, name: str, size_bytes: int | None, have_bytes: int) -> None:
        """A file is fetched, of which `have_bytes` are there already."""

    def advance(self, count: int) -> None:
        """`count` more bytes have come; it is negative where what was there is thrown away."""

    def end(self) -> None:
        """The file is whole."""


def fetch(client: httpx.Client, remote: RemoteFile, partial: Path, target: Path, progress: Progress) -> None:
    """Fetch a file into `partial`, and rename it to `target` once it is whole and its sum is right.

    `partial` stays when this fails, for the next attempt. Raises UnavailableError where the server does not give the
    file, and StorageError where it does not fit on the disk.
    """
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        had = _measure(partial)
        progress.begin(remote.name, remote.size_bytes, had)
        _complete(client, remote, partial, progress)
        if had and not remote.is_whole(partial):  # what was there was damaged, or of another file
            progress.advance(-_measure(partial))
            partial.unlink()
            _complete(client, remote, partial, progress)
        if not remote.is_whole(partial):
            partial.unlink()
            raise UnavailableError(f"{remote.name}: what came from {remote.url} is damaged: its sum is another one")
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.replace(target)
        progress.end()
    except OSError as error:
        raise _translate(error, remote, partial) from error


def _complete(client: httpx.Client, remote: RemoteFile, partial: Path, progress: Progress) -> None:
    """Fetch what is missing of the file, over as many connections as it takes."""
    failures = 0
    while remote.size_bytes is None or _measure(partial) != remote.size_bytes:
        before = _measure(partial)
        try:
            _fetch_rest(client, remote, partial, progress)
            if remote.size_bytes is None:
                return
            if _measure(partial) > remote.size_bytes:
                progress.advance(-_measure(partial))
                partial.unlink()
        except httpx.TransportError as error:
            failures = 0 if _measure(partial) > before else failures + 1
            if failures >= _ATTEMPTS:
                raise _explain_loss(error, remote, partial) from error
            time.sleep(_PAUSE_S * 2 ** max(failures - 1, 0))
            continue
        failures = 0 if _measure(partial) > before else failures + 1
        if failures >= _ATTEMPTS:
            raise UnavailableError(f"{remote.name}: {remote.url} ends after {_measure(partial)} bytes")


def _fetch_rest(client: httpx.Client, remote: RemoteFile, partial: Path, progress: Progress) -> None:
    have = _measure(partial)
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        headers |= {"If-Range": remote.validator} if remote.validator else {}
    with client.stream("GET", remote.url, headers=headers) as response, partial.open("ab", buffering=0) as file:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            _begin_anew(file, have, progress)
            return
        refuse_error(response, remote.name)
        if have and not _continues(response, have):
            _begin_anew(file, have, progress)
        for chunk in response.iter_bytes():  # as it comes, so that it is kept whatever ends this process
            _write_whole(file, chunk)
            progress.advance(len(chunk))
        os.fsync(file.fileno())


def _write_whole(file: IO[bytes], chunk: bytes) -> None:
    """Write without a buffer, in as many calls as it takes: near a limit the system takes less than it is given."""
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]


def _continues(response: httpx.Response, have: int) -> bool:
    """Whether the server sends the rest, and not the whole file."""
    sent = response.headers.get("Content-Range", "")
    return response.status_code == httpx.codes.PARTIAL_CONTENT and sent.startswith(f"bytes {have}-")


def _begin_anew(file: IO[bytes], have: int, progress: Progress) -> None:
    file.truncate(0)
    progress.advance(-have)


def refuse_error(response: httpx.Response, name: str) -> None:
    """Raise UnavailableError for an answer that is not what was asked for."""
    if response.is_success:
        return
    url, status = response.url, response.status_code
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise UnavailableError(f"{name}: {url} needs a permission ({status}): set HF_TOKEN if you have one")
    if status == httpx.codes.NOT_FOUND:
        raise UnavailableError(f"{name}: there is nothing at {url} (404)")
    raise UnavailableError(f"{name}: {url} answers {status} {response.reason_phrase}")


def _measure(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _explain_loss(error: httpx.TransportError, remote: RemoteFile, partial: Path) -> UnavailableError:
    have = _measure(partial)
    kept = f"; {have / MB:.1f} MB are kept, and the next pull goes on there" if have else ""
    return UnavailableError(f"{remote.name}: no connection to {remote.url}: {str(error) or type(error).__name__}{kept}")


def _translate(error: OSError, remote: RemoteFile, partial: Path) -> StorageError | UnavailableError:
    if error.errno in _TOO_LARGE:
        needed = max((remote.size_bytes or 0) - _measure(partial), 0)
        message = (
            f"{remote.name}: no room in {partial.parent}: {needed / MB:.1f} MB more are needed ({error.strerror}); "
            "what has come is kept"
        )
        return StorageError(message, partial.parent, needed)
    return UnavailableError(f"{remote.name}: {error.filename or partial}: {error.strerror or error}")
