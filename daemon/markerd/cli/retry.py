"""`markerd retry`: dead letters return to their hot folder and count as new there."""

from __future__ import annotations

import filecmp
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markerd.config import FolderConfig, load_config
from markerd.errors import EXIT_OK, EXIT_UNAVAILABLE
from markerd.files import durable, moves, trees
from markerd.journal import Journal
from markerd.pipeline.dead_letters import ERROR_ENDING, read_reason
from markerd.values import After, make_printable, shorten_name


@dataclass(frozen=True)
class DeadLetter:
    """A dead letter: `file` lies in `failed`, `path` is its place below the hot folder, `reason` its `.error.json`."""

    file: Path
    path: Path
    reason: Path
    folder: FolderConfig


def retry(config_path: Path, name: str | None) -> int:
    """Put back the dead letter called `name`, or all of them. This works with and without a running daemon."""
    config = load_config(config_path)
    letters = [
        letter
        for folder in config.folders
        for letter in _iterate_dead_letters(folder)
        if name is None or _is_called(letter, name)
    ]
    if not letters:
        _print("No dead letters." if name is None else f"No dead letter called {make_printable(name)}.")
        return EXIT_OK if name is None else EXIT_UNAVAILABLE
    journal = Journal(config.daemon.state_dir / "journal.sqlite")
    try:
        for letter in letters:
            _put_back(letter, journal)
    finally:
        journal.close()
    return EXIT_OK


def _iterate_dead_letters(folder: FolderConfig) -> Iterator[DeadLetter]:
    for parent, files in trees.walk(str(folder.failed)):
        there = set(files)
        for file in sorted(there):
            reason = shorten_name(file, ERROR_ENDING)
            if reason in there and _is_reason(Path(parent), reason):
                path = Path(parent, file)
                yield DeadLetter(path, path.relative_to(folder.failed), Path(parent, reason), folder)


def _is_reason(folder: Path, name: str) -> bool:
    """Whether the file is the reason of a dead letter. A file of somebody else must not be removed with the letter."""
    with durable.open_folder(folder, create=False) as fd:
        return read_reason(fd, name) is not None


def _is_called(letter: DeadLetter, name: str) -> bool:
    return name in (letter.file.name, str(letter.path), str(letter.file), make_printable(letter.file.name))


def _put_back(letter: DeadLetter, journal: Journal) -> None:
    folder, path = letter.folder, letter.path
    source = folder.path / path
    if folder.after is After.KEEP and source.is_file() and filecmp.cmp(source, letter.file, shallow=False):
        # The letter is a copy, because the source never left. The document is revived first: it counts as new only
        # then, and a crash must not leave it without both.
        journal.writer.revive(str(folder.path), str(path))
        letter.file.unlink()
    else:
        put = moves.move_to_free_name(folder.failed, folder.path, *path.parent.parts, name=path.name)
        journal.writer.revive(str(folder.path), str(path.parent / put))
    letter.reason.unlink()
    _print(f"{make_printable(str(path))} is back in {make_printable(str(folder.path))}")


def _print(text: str) -> None:
    print(text)
