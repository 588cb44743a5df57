"""`markerd status`: a table, once or each second, JSON, or metrics. All come from `status.json`, without a server."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markerd.config import list_status_dirs, load_config, make_absolute
from markerd.errors import EXIT_NOT_RUNNING, EXIT_OK
from markerd.monitoring import status_file
from markerd.monitoring.resource_usage import describe_in_words
from markerd.values import count_with_noun, make_printable

if TYPE_CHECKING:
    from rich.console import RenderableType

Content = dict[str, Any]
Look = Callable[[], "Content | None"]

WATCH_EVERY_S = 1.0
_SIGNAL_EVERY_S = 0.1
_SILENT_SHOWN_S = 10.0
"""A part that is silent for longer gets a line. A pause of some seconds is ordinary."""


def show(config: Path) -> int:
    """Print the table. Return 3 if no daemon runs on this configuration."""
    from rich.console import Console

    content = _find_content(config)
    Console(highlight=False).print(_build_table(content))
    return _choose_exit_code(content)


def show_json(config: Path) -> int:
    """Print the whole status. The exit code is that of `show`."""
    content = _find_content(config)
    print(json.dumps(content if content is not None else {"is_running": False}, indent=2))
    return _choose_exit_code(content)


def show_metrics(config: Path) -> int:
    """Print the metrics for Prometheus.

    The exit code is always 0, because a textfile that is not replaced would go on saying that all is well.
    """
    from markerd.monitoring.prometheus import render_metrics

    content = _find_content(config)
    sys.stdout.write(render_metrics(content, time.time()).decode("utf-8"))
    return EXIT_OK


def watch(config: Path) -> int:
    """Show the table and keep it up to date until Ctrl-C. Without a terminal, print one table after the other."""
    from rich.console import Console

    look, console, end = _look_with(config), Console(highlight=False), _End()
    (_watch_live if console.is_terminal else _watch_plainly)(look, console, end)
    return EXIT_OK


class _End:
    """The end that a signal asks for. An exception could be raised where a library drops it, and be lost."""

    def __init__(self) -> None:
        self._is_wanted = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def _note(self, _number: int, _frame: object) -> None:
        self._is_wanted = True

    def comes_within(self, seconds: float) -> bool:
        """Wait for so long, unless the end is wanted; returns whether it is."""
        until_s = time.monotonic() + seconds
        while not self._is_wanted and (left_s := until_s - time.monotonic()) > 0:
            time.sleep(min(left_s, _SIGNAL_EVERY_S))
        return self._is_wanted


def _watch_live(look: Look, console: Any, end: _End) -> None:
    from rich.live import Live

    with Live(console=console, auto_refresh=False) as live:  # which gives the terminal its cursor back
        live.update(_build_table(look()), refresh=True)
        while not end.comes_within(WATCH_EVERY_S):
            live.update(_build_table(look()), refresh=True)


def _watch_plainly(look: Look, console: Any, end: _End) -> None:
    console.print(_build_table(look()), end="\n\n")
    while not end.comes_within(WATCH_EVERY_S):
        console.print(_build_table(look()), end="\n\n")  # printing ends the program when nobody reads any more


def _look_with(config: Path) -> Look:
    """Return a function that reads the newest status each time. It returns None if there never was one."""
    folders, name = list_status_dirs(load_config(config).daemon.state_dir), make_absolute(config)
    return lambda: status_file.find(folders, name)


def _find_content(config: Path) -> Content | None:
    content = _look_with(config)()
    if content is None:
        _explain_unreadable(config)
    return content


def _explain_unreadable(config: Path) -> None:
    """Say that the user may not see the status. The daemon would seem to be down."""
    for folder in list_status_dirs(load_config(config).daemon.state_dir):
        if folder.is_dir() and not os.access(folder, os.X_OK):
            print(
                f"markerd: {folder} cannot be read: join its group, or run this as the daemon's user", file=sys.stderr
            )


def _choose_exit_code(content: Content | None) -> int:
    return EXIT_OK if content is not None and content["is_running"] else EXIT_NOT_RUNNING


# --- the table -----------------------------------------------------------------------------------------------------


def _build_table(content: Content | None) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    if content is None:
        return Text("markerd has not run with this configuration yet.")
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in _iterate_rows(content):
        table.add_row(f"[bold]{name}[/bold]", Text(value))  # a file name is no markup
    return table


def _iterate_rows(content: Content) -> Iterator[tuple[str, str]]:
    is_running = content["is_running"]
    yield "state", _word_state(content)
    yield "process", f"{content['pid']}, markerd {content['version']}, started {_word_age(content['since'])}"
    for current in content.get("converting", [content["current"]]) if is_running else []:
        if current:
            yield "current", f"{current['document']} (for {_word_span(current['started'])}{_word_pages(current)})"
    yield "waiting", _word_waiting(content)
    yield "documents", _word_documents(content)
    yield from (("folder", _word_folder(folder)) for folder in content["folders"])
    if is_running:
        yield from _iterate_model_rows(content)
    yield from _iterate_hook_rows(content)
    if is_running and content["converter"]:
        yield from _iterate_converter_rows(content["converter"])
        yield from _iterate_cluster_rows(content["converter"].get("workers", ()))
        yield from _iterate_trend_rows(content.get("trend", {}))
    yield from (
        ("error", f"{_word_age(error['at'])}: {error['path']}: {make_printable(error['reason'])}")
        for error in content["last_errors"]
    )


def _word_state(content: Content) -> str:
    if not content["is_running"]:
        return "not running"
    silent = content.get("silent_s", {})
    notes = [] if content.get("is_ready") else ["not ready"]
    notes += [f"{part} silent for {seconds:.0f} s" for part, seconds in silent.items() if seconds > _SILENT_SHOWN_S]
    return ", ".join([content["state"], *notes])


def _word_pages(current: Content) -> str:
    """Say how many pages the current document has and, if it is converted in parts, how far it is."""
    pages, done, left_s = current["pages"], current.get("pages_done", 0), current.get("seconds_left")
    if not pages:
        return ""
    if not done:
        return f", {count_with_noun(pages, 'page')}"
    left = "" if left_s is None else f", {current['seconds_per_page']:.1f} s a page, {_word_length(left_s)} left"
    return f", {done} of {count_with_noun(pages, 'page')}{left}"


def _word_waiting(content: Content) -> str:
    waiting, since = content["counts"].get("waiting", 0), content.get("waiting_since")
    if waiting == 1:
        for_so_long = f", for {_word_span(since)}" if since is not None else ""
        return f"1{for_so_long}, {'queued' if content['queued'] else 'not queued yet'}"
    oldest = f", the oldest for {_word_span(since)}" if since is not None else ""
    return f"{waiting}{oldest}, {content['queued']} of them queued"


def _word_documents(content: Content) -> str:
    done = [f"{content['counts'].get(name, 0)} {name}" for name in ("published", "skipped", "dead")]
    totals = content.get("totals", {})
    pages, degraded = totals.get("pages"), totals.get("pages_degraded")
    plainer = f", {degraded:.0f} of them without all of their structure" if degraded else ""
    return ", ".join(done) + (f"; {count_with_noun(pages, 'page')}{plainer}" if pages else "")


def _word_folder(folder: Content) -> str:
    since = _word_span(folder["since"])
    how = (
        f"paused for {since}: {make_printable(folder['paused'])}"
        if folder["paused"]
        else f"{folder['observer'] or 'not watched yet'} for {since}, {folder['settling']} settling"
    )
    return f"{folder['path']} -> {folder['output']} ({how})"


def _iterate_converter_rows(converter: Content) -> Iterator[tuple[str, str]]:
    if converter["pid"] is None:
        yield "converter", "not running"
    else:
        yield (
            "converter",
            f"{converter['model_set']}, process {converter['pid']}, {converter['rss_mb']} MB, "
            f"{count_with_noun(converter['documents'], 'document')}, "
            f"{count_with_noun(converter['semaphores'], 'semaphore')}",
        )
    if "cleanups" in converter:
        yield (
            "since start",
            f"{count_with_noun(converter['cleanups'], 'cleanup')} removed "
            f"{count_with_noun(converter['removed'], 'semaphore')}; "
            f"{count_with_noun(converter['starts'], 'converter')} started, {converter['deaths']} died",
        )


def _iterate_cluster_rows(workers: Iterable[Content]) -> Iterator[tuple[str, str]]:
    """Yield a row for each node of a cluster that has actors."""
    nodes: dict[str, list[Content]] = {}
    for worker in workers:
        if "node" in worker:
            nodes.setdefault(worker["node"], []).append(worker)
    for node, actors in sorted(nodes.items()):
        documents, cleanups = (sum(actor[key] for actor in actors) for key in ("in_work", "cleanups"))
        memory = sum(actor["rss_mb"] or 0 for actor in actors)
        yield (
            "node",
            f"{node}, {count_with_noun(len(actors), 'actor')}, {count_with_noun(documents, 'document')} in work, "
            f"{memory:.0f} MB, {count_with_noun(cleanups, 'cleanup')}",
        )


def _iterate_model_rows(content: Content) -> Iterator[tuple[str, str]]:
    if (until := content.get("quiet_until")) is not None:
        ends = datetime.fromtimestamp(until).astimezone().isoformat(" ", "minutes")
        yield "quiet hours", f"no conversion begins until {ends}"
    for away in content.get("away_models", []):
        waiting = count_with_noun(away["waiting"], "document")
        yield "model away", f"{away['model']}: {away['reason']}; {waiting} waiting"
    for server in content.get("model_servers", []):
        process = "" if server["pid"] is None else f", process {server['pid']}, {server['rss_mb']} MB"
        reason = f": {server['reason']}" if server["reason"] else ""
        yield "model server", f"{server['server']}, {server['phase']}{process}{reason}"


def _iterate_hook_rows(content: Content) -> Iterator[tuple[str, str]]:
    """Yield a row for each hook that has something to say."""
    for hook in content.get("hooks", []):
        trouble = hook["disabled"] or hook["away"]
        if trouble or hook["waiting"] or hook["given_up"]:
            reason = f": {trouble}" if trouble else ""
            yield "hook", f"{hook['hook']}, {hook['waiting']} waiting, {hook['given_up']} given up{reason}"


def _iterate_trend_rows(trend: Content) -> Iterator[tuple[str, str]]:
    for who, described in trend.items():
        yield (
            f"{who} holds",
            f"{', '.join(describe_in_words(described))}; after {count_with_noun(described['documents'], 'document')}",
        )


def _word_age(at: float) -> str:
    return f"{_word_span(at)} ago"


def _word_span(since: float) -> str:
    return _word_length(time.time() - since)


def _word_length(seconds_exact: float) -> str:
    seconds = max(int(seconds_exact), 0)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
