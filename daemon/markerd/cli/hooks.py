"""`markerd hooks`: the hooks with what waits for them, and the list of what was given up, which can be retried."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from markerd.config import Config, HookConfig, load_config
from markerd.errors import EXIT_OK, EXIT_UNAVAILABLE
from markerd.journal import Journal
from markerd.journal.deliveries import GivenUp, Lane
from markerd.journal.given_up import GivenUpList
from markerd.journal.outbox import Waiting
from markerd.values import count_with_noun, make_harmless, make_printable

_NOTHING = Waiting(0, 0, None)
_MOST = 1_000_000
"""Rows that a retry looks through for one delivery."""


def show(config_path: Path, name: str | None, limit: int, *, is_json: bool) -> int:
    """Print the hooks and what was given up. This works with and without a running daemon."""
    config = load_config(config_path)
    with GivenUpList(_find_journal(config)) as journal:
        counts, disabled = journal.count_by_lane(), journal.list_disabled()
        given_up = journal.list_newest(name, limit)
    hooks = [
        _describe_hook(lane, hook, counts.get(lane, _NOTHING), disabled.get(lane))
        for lane, hook in _iterate_hooks(config, counts)
        if name in (None, lane.hook)
    ]
    if is_json:
        print(json.dumps({"hooks": hooks, "given_up": [_describe_given_up(each) for each in given_up]}, indent=2))
        return EXIT_OK
    for described in hooks:
        print(_write_hook(described))
    if not hooks:
        print("No hooks." if name is None else f"No hook called {make_printable(name)}.")
    for each in given_up:
        print(_write_given_up(each))
    return EXIT_OK if hooks or name is None else EXIT_UNAVAILABLE


def retry(config_path: Path, what: str | None, to: str | None) -> int:
    """Put back what was given up, for one hook, for one delivery or for all; see `show`."""
    config = load_config(config_path)
    journal_path = _find_journal(config)
    with GivenUpList(journal_path) as journal:
        lanes, key = _choose(journal, what)
    configured = {lane for lane, hook in _iterate_hooks(config, ()) if hook is not None}
    refused = [lane for lane in lanes if Lane(lane.folder, to or lane.hook) not in configured]
    for lane in refused:
        wanted = to or lane.hook
        print(f"{make_printable(lane.folder)} has no hook {make_printable(wanted)}: name another one with --to")
    lanes = [lane for lane in lanes if lane not in refused]
    journal_of_daemon = Journal(journal_path)
    try:
        for lane in lanes:
            deliveries = journal_of_daemon.outbox.revive(lane, key, to)
            print(f"{_count(deliveries)} for {to or lane.hook} of {make_printable(lane.folder)} will be retried")
    finally:
        journal_of_daemon.close()
    if not lanes and not refused:
        print("Nothing was given up." if what is None else f"Nothing was given up for {make_printable(what)}.")
    return EXIT_OK if lanes or (what is None and not refused) else EXIT_UNAVAILABLE


def _choose(journal: GivenUpList, what: str | None) -> tuple[list[Lane], str | None]:
    """Choose the hooks by their name, or the one that a delivery is for, with its key."""
    chosen = next((each for each in journal.list_newest(None, _MOST) if each.key == what), None) if what else None
    if chosen is not None:
        return [chosen.lane], chosen.key
    counted = {lane for lane, counts in journal.count_by_lane().items() if counts.given_up}
    return sorted(lane for lane in counted | set(journal.list_disabled()) if what in (None, lane.hook)), None


def _iterate_hooks(
    config: Config, also: Sequence[Lane] | dict[Lane, Waiting]
) -> Iterator[tuple[Lane, HookConfig | None]]:
    """Iterate over the hooks of the configuration, then over those that only the journal knows, without theirs."""
    known = {Lane(str(folder.path), hook.name): hook for folder in config.folders for hook in folder.hooks}
    yield from known.items()
    yield from ((lane, None) for lane in also if lane not in known)


def _describe_hook(lane: Lane, hook: HookConfig | None, counts: Waiting, disabled: str | None) -> dict[str, Any]:
    return {
        "folder": make_printable(lane.folder),
        "hook": lane.hook,
        "on": [] if hook is None else [occasion.value for occasion in hook.on],
        "to": None if hook is None else _describe_target(hook),
        "waiting": counts.deliveries,
        "given_up": counts.given_up,
        "oldest_at": counts.oldest_at,
        "disabled": disabled,
    }


def _describe_target(hook: HookConfig) -> str:
    """Name the program, or the host: the rest of an address may be a secret."""
    if hook.run is not None:
        return make_printable(hook.run[0])
    parts = urlsplit(hook.url or "")
    return f"{parts.scheme}://{parts.netloc}"


def _describe_given_up(given_up: GivenUp) -> dict[str, Any]:
    return {
        "delivery": given_up.key,
        "folder": make_printable(given_up.lane.folder),
        "hook": given_up.lane.hook,
        "document": make_printable(given_up.path),
        "event": given_up.occasion.value,
        "at": given_up.at,
        "attempts": given_up.attempts,
        "given_up_at": given_up.given_up_at,
        "reason": make_harmless(given_up.reason),
    }


def _write_hook(hook: dict[str, Any]) -> str:
    what = f"{hook['to']} on {', '.join(hook['on'])}" if hook["to"] else "not configured any more"
    disabled = f"\n  disabled: {hook['disabled']}" if hook["disabled"] else ""
    return (
        f"{hook['hook']} of {hook['folder']}: {what}; {hook['waiting']} waiting, {hook['given_up']} given up{disabled}"
    )


def _write_given_up(given_up: GivenUp) -> str:
    at = datetime.fromtimestamp(given_up.given_up_at).astimezone().isoformat(sep=" ", timespec="seconds")
    attempts = count_with_noun(given_up.attempts, "attempt")
    what = f"{given_up.lane.hook}: {given_up.occasion.value} {make_printable(given_up.path)}"
    return f"  {given_up.key}  {at}  {what}, after {attempts}: {make_harmless(given_up.reason)}"


def _count(deliveries: int) -> str:
    return count_with_noun(deliveries, "delivery")


def _find_journal(config: Config) -> Path:
    return config.daemon.state_dir / "journal.sqlite"
