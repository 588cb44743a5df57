"""Fetches the weights that are missing or damaged into the caches that the libraries read.

This is the only part of markerd that downloads. huggingface_hub tells what a repository holds; its own download begins
each file anew in each process and looks at sizes only, so the files are fetched here.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from markerd.convert.model_sets.weights import caches, hub, store
from markerd.convert.model_sets.weights.checkpoints import Checkpoint, Kind
from markerd.convert.model_sets.weights.transfer import MB, Progress, RemoteFile, fetch
from markerd.errors import StorageError, UnavailableError
from markerd.files import durable

_TIMEOUT = httpx.Timeout(30.0)  # seconds without an answer or a byte


@dataclass(frozen=True)
class _Wanted:
    """A file of a checkpoint, where it comes to lie, and where what has come of it is kept until then."""

    remote: RemoteFile
    target: Path
    partial: Path


def pull(checkpoints: Sequence[Checkpoint], environment: Mapping[str, str], progress: Progress) -> int:
    """Fetch what is missing or damaged of these checkpoints; return how many files were fetched.

    A repository comes into force once all its files are there. Raises UnavailableError where something cannot be had,
    StorageError where it does not fit, both with what to do.
    """
    with _lock(caches.locate_hub(environment)):
        fetched = [
            *(_pull_repository(parts, progress) for parts in _group_by_repository(checkpoints)),
            *(_pull_store(each, environment, progress) for each in checkpoints if each.kind is Kind.STORE),
        ]
    return sum(fetched)


def _group_by_repository(checkpoints: Sequence[Checkpoint]) -> list[list[Checkpoint]]:
    found: dict[str, list[Checkpoint]] = {}
    for checkpoint in checkpoints:
        if checkpoint.kind is Kind.HUB:
            found.setdefault(checkpoint.repository, []).append(checkpoint)
    return list(found.values())


def _pull_repository(parts: Sequence[Checkpoint], progress: Progress) -> int:
    """Fetch the files into `blobs`, link them from the snapshot of the commit, then point `refs/main` at that.

    A file that lies in the snapshot itself, as in a copy of a cache, stays where it is.
    """
    folder = parts[0].folder
    listed = hub.list_files(parts)
    snapshot = caches.locate_snapshot(folder, listed.commit)
    linked: list[tuple[Path, _Wanted]] = []
    for file in listed.files:
        link, blob = snapshot / file.path, folder / "blobs" / file.blob
        if link.is_symlink() or not file.remote.is_whole(link):
            linked.append((link, _Wanted(file.remote, blob, blob.with_name(f"{blob.name}.incomplete"))))
    with _open_client(hub.build_headers()) as client:
        fetched = _fetch_all(client, list({wanted.target: wanted for _, wanted in linked}.values()), progress)
    for link, wanted in linked:
        _put_link(link, wanted.target)
    _write(folder / "refs", caches.DEFAULT_REVISION, listed.commit.encode("ascii"))
    return fetched


def _put_link(link: Path, blob: Path) -> None:
    """Link the file as huggingface_hub does: by a relative path, so that the cache can be moved."""
    link.parent.mkdir(parents=True, exist_ok=True)
    path = Path(os.path.relpath(blob, link.parent))
    if link.is_symlink() and link.readlink() == path:
        return
    temporary = link.with_name(f".{link.name}.link")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(path)
    temporary.replace(link)


def _pull_store(checkpoint: Checkpoint, environment: Mapping[str, str], progress: Progress) -> int:
    """Fetch the files of the folder's list, and the list last: surya takes a folder with one for complete."""
    folder = checkpoint.folder
    with _open_client({}) as client:
        listed = store.list_files(client, environment, checkpoint)
        wanted = [
            _Wanted(remote, folder / name, folder / f".{name.replace('/', '-')}.{store.name_state(remote)}.part")
            for name, remote in listed.files.items()
        ]
        fetched = _fetch_all(client, wanted, progress)
    _write(folder, caches.MANIFEST, listed.manifest)
    return fetched


def _write(folder: Path, name: str, content: bytes) -> None:
    if (folder / name).is_file() and (folder / name).read_bytes() == content:
        return
    folder.mkdir(parents=True, exist_ok=True)
    durable.write_file(folder, name, content)


def _open_client(headers: Mapping[str, str]) -> httpx.Client:
    return httpx.Client(headers=dict(headers), follow_redirects=True, timeout=_TIMEOUT)


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Keep a second download out. Raises UnavailableError if there is one."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".markerd-pull.lock").open("w")
    except OSError as error:
        raise UnavailableError(f"{folder} cannot be written: {error.strerror}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UnavailableError(f"another `markerd models pull` fills {folder}") from error
        yield


def _fetch_all(client: httpx.Client, wanted: Sequence[_Wanted], progress: Progress) -> int:
    """Fetch those files that are not there, or damaged."""
    missing = [file for file in wanted if not file.remote.is_whole(file.target)]
    if missing:
        _check_room(missing)
    for file in missing:
        fetch(client, file.remote, file.partial, file.target, progress)
    return len(missing)


def _check_room(missing: Sequence[_Wanted]) -> None:
    """Raise StorageError where the files do not fit on the disk."""
    have = sum(file.partial.stat().st_size for file in missing if file.partial.exists())
    needed = sum(file.remote.size_bytes or 0 for file in missing) - have
    place = missing[0].target.parent
    there = next(folder for folder in (place, *place.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if free < needed:
        message = f"no room in {place}: {needed / MB:.0f} MB are needed, and {free / MB:.0f} MB are free"
        raise StorageError(message, place, needed)
