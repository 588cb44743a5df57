"""What a repository of Hugging Face holds now: its commit, and its files with their sizes and sums."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Any

import httpx

from markerd.convert.model_sets.weights import caches
from markerd.convert.model_sets.weights.checkpoints import Checkpoint
from markerd.convert.model_sets.weights.transfer import Digest, RemoteFile
from markerd.errors import UnavailableError

_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_GIT_SHA1 = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class HubFile:
    """A file at `path` of a repository. `blob` is its name in the cache, which is its sum."""

    path: str
    blob: str
    remote: RemoteFile


@dataclass(frozen=True)
class Listed:
    """A repository at a commit, with those of its files that are wanted."""

    commit: str
    files: Sequence[HubFile]


def list_files(parts: Sequence[Checkpoint]) -> Listed:
    """List what the checkpoints, all of one repository, consist of now.

    Raises UnavailableError where the hub cannot be asked, or the repository has not what is needed.
    """
    repository = parts[0].repository
    info = _ask(repository)
    commit = str(info.sha)
    if not _GIT_SHA1.fullmatch(commit):
        raise UnavailableError(f"{repository}: the hub names no commit")
    names = [sibling.rfilename for sibling in info.siblings or ()]
    for part in parts:
        _refuse_incomplete(part, names)
    wanted = [each for each in info.siblings or () if any(_belongs(each.rfilename, part) for part in parts)]
    return Listed(commit, [_describe(repository, commit, sibling) for sibling in wanted])


def build_headers() -> Mapping[str, str]:
    """Build the headers for the hub, with the user's token if there is one; httpx keeps it from other hosts."""
    _go_online()
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # it is documented there

    headers: Mapping[str, str] = build_hf_headers(library_name="markerd")
    return headers


def _go_online() -> None:
    """Let huggingface_hub use the network; it reads these variables when it is imported."""
    for name in _OFFLINE:
        os.environ.pop(name, None)


def _ask(repository: str) -> Any:
    _go_online()
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HFValidationError, RepositoryNotFoundError

    where = f"{repository} at {constants.ENDPOINT}"
    try:
        return HfApi().model_info(repository, revision=caches.DEFAULT_REVISION, files_metadata=True, timeout=30)
    except GatedRepoError as error:
        raise UnavailableError(f"{where} needs a permission: set HF_TOKEN if you have one") from error
    except RepositoryNotFoundError as error:
        raise UnavailableError(f"{where} does not exist, or needs a token (HF_TOKEN)") from error
    except HfHubHTTPError as error:
        status = error.response.status_code
        reason = "does not exist" if status == httpx.codes.NOT_FOUND else f"cannot be had: the hub answers {status}"
        raise UnavailableError(f"{where} {reason}") from error
    except httpx.TransportError as error:
        raise UnavailableError(f"no connection to the hub for {where}: {str(error) or type(error).__name__}") from error
    except (HFValidationError, ValueError) as error:
        raise UnavailableError(f"{where}: {error}") from error


def _describe(repository: str, commit: str, sibling: Any) -> HubFile:
    """Take the sum from the list, or from the file's own headers where a mirror's list has none."""
    from huggingface_hub import hf_hub_url

    path = sibling.rfilename
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise UnavailableError(f"{repository}: a file has the name {path!r}, which leads out of its folder")
    url = hf_hub_url(repository, path, revision=commit)
    blob, size_bytes = _find_sum(sibling)
    if not blob or size_bytes is None:
        blob, size_bytes = _ask_file(repository, path, url)
    algorithm = "sha256" if _SHA256.fullmatch(blob) else "git"
    remote = RemoteFile(f"{repository}/{path}", url, size_bytes, Digest(algorithm, blob))
    return HubFile(path, blob, remote)


def _find_sum(sibling: Any) -> tuple[str, int | None]:
    if sibling.lfs is not None:
        return str(sibling.lfs.sha256), sibling.lfs.size
    return str(sibling.blob_id or ""), sibling.size


def _ask_file(repository: str, path: str, url: str) -> tuple[str, int | None]:
    from huggingface_hub import get_hf_file_metadata
    from huggingface_hub.errors import HfHubHTTPError

    try:
        found = get_hf_file_metadata(url)
    except (HfHubHTTPError, httpx.TransportError, OSError) as error:
        raise UnavailableError(f"{repository}/{path}: the hub does not describe the file: {error}") from error
    blob = found.etag or ""
    if not (_SHA256.fullmatch(blob) or _GIT_SHA1.fullmatch(blob)):
        raise UnavailableError(f"{repository}/{path}: the hub names no sum of the file")
    return blob, found.size


def _belongs(path: str, part: Checkpoint) -> bool:
    """Whether a file of the repository belongs to a checkpoint: one file, those below a folder, or all of them."""
    if part.is_single_file:
        return any(path == name for names in part.needed for name in names)
    return path.startswith(f"{part.subfolder}/") if part.subfolder else True


def _refuse_incomplete(part: Checkpoint, paths: Sequence[str]) -> None:
    prefix = f"{part.subfolder}/" if part.subfolder else ""
    names = [path.removeprefix(prefix) for path in paths if path.startswith(prefix)]
    for patterns in part.needed:
        if not any(fnmatch(name, pattern) and "/" not in name for name in names for pattern in patterns):
            raise UnavailableError(f"{part.repository} has no {' or '.join(patterns)} for the {part.part.value}")
