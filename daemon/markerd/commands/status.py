"""`markerd status`."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from markerd import status
from markerd.config import absolute, load_config, status_dirs
from markerd.errors import EXIT_NOT_RUNNING, EXIT_OK


def show(config: Path, *, is_json: bool) -> int:
    """Print the state; 3 when no daemon is running on this configuration."""
    state_dir = load_config(config).daemon.state_dir
    content = status.find(status_dirs(state_dir), absolute(config))
    if is_json:
        print(json.dumps(content if content is not None else {"is_running": False}, indent=2))
    else:
        _print_table(content)
    return EXIT_OK if content is not None and content["is_running"] else EXIT_NOT_RUNNING


def _print_table(content: dict[str, Any] | None) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if content is None:
        console.print("markerd has not run with this configuration yet.")
        return
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in _rows(content):
        table.add_row(f"[bold]{name}[/bold]", _plain(value))
    console.print(table)


def _plain(value: str) -> Any:
    from rich.text import Text

    return Text(value)  # a file name is no markup


def _rows(content: dict[str, Any]) -> list[tuple[str, str]]:
    is_running = content["is_running"]
    rows = [("state", content["state"] if is_running else "not running"), ("process", str(content["pid"]))]
    rows.append(("since", _ago(content["since"])))
    if is_running and (current := content["current"]):
        pages = f", {current['pages']} pages" if current["pages"] else ""
        rows.append(("current", f"{current['document']} (for {_span(current['started'])}{pages})"))
    rows.append(("queued", str(content["queued"])))
    rows.append(("documents", ", ".join(f"{n} {name}" for name, n in content["counts"].items())))
    rows += [("folder", _folder(folder)) for folder in content["folders"]]
    if converter := content["converter"]:
        rows.append(
            (
                "converter",
                f"{converter['model_set']}, process {converter['pid']}, {converter['rss_mb']} MB, "
                f"{converter['documents']} documents, {converter['semaphores']} semaphores",
            )
        )
    rows += [("error", f"{_ago(error['at'])}: {error['path']}: {error['reason']}") for error in content["last_errors"]]
    return rows


def _folder(folder: dict[str, Any]) -> str:
    how = f"paused: {folder['paused']}" if folder["paused"] else f"{folder['observer']}, {folder['settling']} settling"
    return f"{folder['path']} -> {folder['output']} ({how})"


def _ago(at: float) -> str:
    return f"{_span(at)} ago"


def _span(since: float) -> str:
    seconds = max(int(time.time() - since), 0)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
