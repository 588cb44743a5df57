"""What an output is called: its folder, the folders that lead there, and the files in it. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from markerd.convert.protocol import Artifact, ArtifactRole
from markerd.errors import PublishError
from markerd.pipeline import manifest
from markerd.pipeline.manifest import Manifest
from markerd.values import make_printable, number_names, shorten_name

_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_LONGEST_ENDING = "_chunks.json"
ENDINGS = {
    ArtifactRole.MARKDOWN: ".md",
    ArtifactRole.HTML: ".html",
    ArtifactRole.JSON: ".json",
    ArtifactRole.CHUNKS: _LONGEST_ENDING,
    ArtifactRole.CHUNK_LINES: ".jsonl",
    ArtifactRole.META: "_meta.json",
}
"""What follows the document's name in the name of each file; images keep names of their own."""


def name_output(folder: str, path: str) -> tuple[str, str]:
    """Name the folder of a document's output: its stem, and its stem with a hash for where the first is taken.

    `path` is the document's path below the hot folder `folder`.
    """
    stem = _make_safe_on_shares(PurePath(path).stem)
    mark = hashlib.sha256(f"{make_printable(folder)}\0{make_printable(path)}".encode()).hexdigest()[:8]
    # The folder's name must leave room for the endings of the files in it, which are called after it.
    plain, marked = (shorten_name(stem, end + _LONGEST_ENDING) for end in ("", f"-{mark}"))
    return plain.removesuffix(_LONGEST_ENDING), marked.removesuffix(_LONGEST_ENDING)


def _make_safe_on_shares(name: str) -> str:
    """Make it a name that Windows can open: Windows drops spaces and dots at an end, and knows devices by name."""
    kept = name.rstrip(" .")
    name = kept + "_" * (len(name) - len(kept))
    return f"{name}_" if _DEVICE.fullmatch(name) else name


def name_parents(path: str) -> tuple[str, ...]:
    """Name the folders that lead to the output of a document, below the output folder."""
    return tuple(map(_make_safe_on_shares, PurePath(path).parent.parts))


def name_files(artifacts: Sequence[Artifact], name: str) -> Iterator[str]:
    """Name each file in the folder `name`: images as the texts name them, the others after the document.

    Where that is the name of the manifest or of an image, they take a number. Names that differ in case alone count as
    one, as they do on Windows shares and Macs. Raises PublishError.
    """
    taken = {manifest.FILE_NAME, *(a.file_name.casefold() for a in artifacts if a.role == ArtifactRole.IMAGE.value)}
    for artifact in artifacts:
        role = ArtifactRole(artifact.role)
        if PurePath(artifact.file_name).name != artifact.file_name or artifact.file_name == manifest.FILE_NAME:
            raise PublishError(f"the converter named a file that is none: {artifact.file_name!r}")
        if role is ArtifactRole.IMAGE:
            yield artifact.file_name
            continue
        target = next(free for free in number_names(name + ENDINGS[role]) if free.casefold() not in taken)
        taken.add(target.casefold())
        yield target


def guess_output_names(found: Manifest) -> list[str]:
    """Guess what the folder of this output is called: its files are named after it, the one of the meta data always."""
    endings = {role.value: ending for role, ending in ENDINGS.items()}
    files = sorted(found.artifacts, key=lambda artifact: artifact.role != ArtifactRole.META.value)
    stems = [
        file.file.removesuffix(endings[file.role]) for file in files if file.file.endswith(endings.get(file.role, "/"))
    ]
    return [stem for stem in dict.fromkeys(stems) if stem and PurePath(stem).name == stem]
