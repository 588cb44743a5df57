"""`markerd models`: which of Marker's own models are on this machine, where, and the download of what is missing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from markerd.config import Config, find_config, load_config
from markerd.convert.model_sets import surya
from markerd.convert.model_sets.servers.plan import SuryaSettings
from markerd.convert.model_sets.weights import caches, checkpoints
from markerd.convert.model_sets.weights.checkpoints import Checkpoint, CheckpointState
from markerd.convert.model_sets.weights.transfer import MB, Progress
from markerd.errors import EXIT_OK, EXIT_UNAVAILABLE, ConfigurationError
from markerd.runtime import wiring

_SHOWN_COMMIT = 12  # characters, as the hub's pages show them


def show_status(config: Path | None, *, is_json: bool) -> int:
    """Print each checkpoint. Return 69 where one is not complete, or a program that surya needs is missing."""
    vision = _choose_vision(config)
    states = [checkpoints.examine(each) for each in surya.list_checkpoints(vision)]
    missing = surya.find_missing_weights(vision)
    (_print_json if is_json else _print_table)(states, missing)
    return EXIT_UNAVAILABLE if missing else EXIT_OK


def show_paths() -> int:
    """Print the caches, one a line, with what each is."""
    for name, path in (
        ("hub", caches.locate_hub(os.environ)),
        ("store", caches.locate_store(os.environ)),
    ):
        _print(f"{name}\t{path}")
    return EXIT_OK


def pull(config: Path | None) -> int:
    """Fetch what is missing or damaged. Return 69 where something is still missing, such as a program.

    Raises UnavailableError and StorageError, as `weights.pull`.
    """
    from markerd.convert.model_sets.weights import pull as download

    vision = _choose_vision(config)
    wanted: list[Checkpoint] = surya.list_checkpoints(vision)
    with _show_progress() as progress:
        fetched = download.pull(wanted, os.environ, progress)
    missing = surya.find_missing_weights(vision)
    _print(f"{fetched} files fetched" if fetched else "nothing to fetch: all files are there and whole")
    for part in missing:
        _print(f"still missing: {part}")
    return EXIT_UNAVAILABLE if missing else EXIT_OK


def _choose_vision(config: Path | None) -> surya.Vision:
    """Return who runs the vision model, by the configuration if there is one."""
    found = _load_config(config)
    settings = SuryaSettings() if found is None else wiring.build_surya_settings(found)
    return settings.vision


def _load_config(config: Path | None) -> Config | None:
    """Load the configuration that is named, or the one in the usual places if there is one."""
    if config is None:
        try:
            config = find_config()
        except ConfigurationError:
            return None
    return load_config(config)


# --- what is shown ----------------------------------------------------------------------------------------------------


def _print_json(states: Sequence[CheckpointState], missing: Sequence[str]) -> None:
    models = [
        {
            "part": state.checkpoint.part.value,
            "checkpoint": state.checkpoint.reference,
            "from": state.checkpoint.kind.value,
            "path": str(state.checkpoint.folder),
            "bytes": state.size_bytes,
            "revision": state.revision or None,
            "is_complete": state.is_complete,
            "missing": list(state.missing),
        }
        for state in states
    ]
    _print(json.dumps({"is_complete": not missing, "models": models, "missing": list(missing)}, indent=2))


def _print_table(states: Sequence[CheckpointState], missing: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Model", "Checkpoint", "Size", "Revision", "State", box=None, pad_edge=False)
    for state in states:
        size = f"{state.size_bytes / MB:,.1f} MB" if state.files else "-"
        whole = "complete" if state.is_complete else f"missing: {', '.join(state.missing)}"
        checkpoint = state.checkpoint
        table.add_row(checkpoint.part.value, checkpoint.reference, size, state.revision[:_SHOWN_COMMIT] or "-", whole)
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
    console.print(table)
    for folder in dict.fromkeys(str(state.checkpoint.folder) for state in states):
        _print(f"  {folder}")
    _print(
        "\nMarker's own models are complete."
        if not missing
        else "\nNot on this machine:\n" + "\n".join(f"  - {part}" for part in missing)
    )


class _Lines:
    """Says what is fetched, a line for each file: for logs and pipes."""

    def begin(self, name: str, size_bytes: int | None, have_bytes: int) -> None:
        self._name = name
        size = "size unknown" if size_bytes is None else f"{size_bytes / MB:,.1f} MB"
        there = f", {have_bytes / MB:,.1f} MB of it are there" if have_bytes else ""
        print(f"{name}: {size}{there}", file=sys.stderr, flush=True)

    def advance(self, count: int) -> None:
        """Say nothing: a line for each piece would fill a log."""

    def end(self) -> None:
        print(f"{self._name}: whole", file=sys.stderr, flush=True)


class _Bars:
    """Shows a bar for each file on a terminal."""

    def __init__(self, bars: Any) -> None:
        self._bars = bars

    def begin(self, name: str, size_bytes: int | None, have_bytes: int) -> None:
        self._task = self._bars.add_task(name, total=size_bytes, completed=have_bytes)

    def advance(self, count: int) -> None:
        self._bars.advance(self._task, count)

    def end(self) -> None:
        task = next(task for task in self._bars.tasks if task.id == self._task)
        self._bars.update(self._task, total=task.completed)


@contextmanager
def _show_progress() -> Iterator[Progress]:
    if not sys.stderr.isatty():
        yield cast("Progress", _Lines())
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as RichProgress

    columns = (
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    )  # fmt: skip
    with RichProgress(*columns, console=Console(stderr=True)) as bars:
        yield cast("Progress", _Bars(bars))


def _print(text: str) -> None:
    print(text)
