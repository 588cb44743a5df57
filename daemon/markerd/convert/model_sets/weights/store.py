"""What a folder of surya's own store holds: the files of its list, with what the server says of each."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import httpx

from markerd.convert.model_sets.weights.caches import MANIFEST
from markerd.convert.model_sets.weights.checkpoints import STORE_PREFIX, Checkpoint
from markerd.convert.model_sets.weights.transfer import Digest, RemoteFile, refuse_error
from markerd.errors import UnavailableError

STORE_URL = "https://models.datalab.to"
"""Surya's default (surya/settings.py, S3_BASE_URL)."""
_MOST_LISTED_BYTES = 1 << 20
_MD5 = re.compile(r'"([0-9a-f]{32})"')  # the entity tag of a file that was put there in one piece


@dataclass(frozen=True)
class Listed:
    """The files by their names, and the list itself as it came."""

    files: Mapping[str, RemoteFile]
    manifest: bytes


def list_files(client: httpx.Client, environment: Mapping[str, str], checkpoint: Checkpoint) -> Listed:
    """Ask the store for a checkpoint's list of files, and for each of them. Raises UnavailableError."""
    name = checkpoint.reference.removeprefix(STORE_PREFIX)
    base = f"{(environment.get('S3_BASE_URL') or STORE_URL).rstrip('/')}/{name}"
    try:
        manifest = _read_manifest(client, f"{base}/{MANIFEST}", name)
        files = {file: _describe(client, f"{base}/{file}", f"{name}/{file}") for file in _parse(manifest, name)}
    except httpx.TransportError as error:
        raise UnavailableError(f"{name}: no connection to {base}: {str(error) or type(error).__name__}") from error
    return Listed(files, manifest)


def name_state(remote: RemoteFile) -> str:
    """Name the present content of a file, so that the beginning of another one is not continued with it."""
    return hashlib.sha256(f"{remote.validator} {remote.size_bytes}".encode()).hexdigest()[:8]


def _read_manifest(client: httpx.Client, url: str, name: str) -> bytes:
    content = b""
    with client.stream("GET", url) as response:
        refuse_error(response, name)
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > _MOST_LISTED_BYTES:
                raise UnavailableError(f"{name}: the list of files at {url} is longer than {_MOST_LISTED_BYTES} bytes")
    return content


def _parse(manifest: bytes, name: str) -> list[str]:
    """Read the list. Its names become paths below the folder."""
    try:
        names = json.loads(manifest)["files"]
    except (ValueError, KeyError, TypeError) as error:
        raise UnavailableError(f"{name}: the list of files is none: {error}") from error
    if not isinstance(names, list) or not names or not all(map(_is_plain, names)):
        raise UnavailableError(f"{name}: the list of files has other things than names")
    return [file for file in dict.fromkeys(names) if file != MANIFEST]


def _is_plain(name: object) -> bool:
    if not isinstance(name, str) or not name or "\0" in name:
        return False
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and path.name == name.rpartition("/")[2]


def _describe(client: httpx.Client, url: str, name: str) -> RemoteFile:
    response = client.head(url, headers={"Accept-Encoding": "identity"})
    refuse_error(response, name)
    tag = response.headers.get("ETag", "")
    length = response.headers.get("Content-Length")
    md5 = _MD5.fullmatch(tag)
    is_strong = bool(tag) and not tag.startswith("W/")
    size_bytes = int(length) if length and length.isdecimal() else None
    return RemoteFile(name, url, size_bytes, Digest("md5", md5[1]) if md5 else None, tag if is_strong else "")
