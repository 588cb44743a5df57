"""What a hook is told of an event: the words in braces of its arguments, variables of its environment, a CloudEvent."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

from markerd.handover.output_files import OutputFiles
from markerd.handover.thresholds import THRESHOLDS
from markerd.journal.deliveries import Delivery
from markerd.values import make_harmless, make_printable

_KEPT = frozenset({"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR", "XDG_RUNTIME_DIR"})
"""Variables of the daemon's own that a program gets, besides LC_*. All others may be secrets."""
_NUMBERED = ("size", "attempts", "pages", "waited_seconds")


def describe_places(delivery: Delivery, files: OutputFiles | None) -> dict[str, str]:
    """Describe the event by the words of `hook_command.PLACEHOLDERS`; file names have the bytes that they have.

    `source` is where the document lay in its hot folder, `text` the document in its output; empty where there is none.
    """
    text = None if files is None else files.text
    return {
        "event": delivery.occasion.value,
        "key": delivery.key,
        "folder": delivery.lane.folder,
        "path": delivery.path,
        "name": os.path.basename(delivery.path),  # noqa: PTH119 - a name may have any bytes
        "source": os.fspath(delivery.source),
        "output": "" if delivery.output is None else os.fspath(delivery.output),
        "text": "" if text is None else os.fspath(text),
    }


def build_variables(delivery: Delivery, files: OutputFiles | None, environ: Mapping[str, str]) -> dict[str, str]:
    """Build the whole environment of a program: what it needs to run, and the facts as `MARKERD_…`."""
    kept = {name: value for name, value in environ.items() if name in _KEPT or name.startswith("LC_")}
    facts = delivery.facts
    numbers = {name: "" if facts.get(name) is None else str(facts[name]) for name in _NUMBERED}
    texts = {name: _write_text(facts.get(name)) for name in ("sha256", "kind", "reason", "model_set")}
    told = {
        **describe_places(delivery, files), **numbers, **texts,
        "hook": delivery.lane.hook, "attempt": str(delivery.attempts + 1), "time": _format_time(delivery.at),
    }  # fmt: skip
    return {**kept, **{f"MARKERD_{name.upper()}": value for name, value in told.items()}}


def build_cloud_event(delivery: Delivery, files: OutputFiles | None, content_bytes: int) -> bytes:
    """Build the event as CloudEvents 1.0 in JSON, structured mode; see `build_data` for what is in it."""
    event = {
        "specversion": "1.0",
        "id": delivery.key,
        "source": f"file://{socket.gethostname()}{quote(os.fsencode(delivery.lane.folder))}",
        "type": f"markerd.document.{delivery.occasion.value}",
        "subject": make_printable(delivery.path),
        "time": _format_time(delivery.at),
        "datacontenttype": "application/json",
        "data": build_data(delivery, files, content_bytes),
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def build_data(delivery: Delivery, files: OutputFiles | None, content_bytes: int) -> dict[str, Any]:
    """Build the data of an event: names, places, hashes and seconds; the Markdown where so many bytes of it may go.

    Names are printable, as in the log. Where the output is of a later conversion already, whose event follows, nothing
    of its files is said.
    """
    places = {name: make_printable(value) or None for name, value in describe_places(delivery, None).items()}
    kept = {name: places[name] for name in ("folder", "path", "name", "source", "output")}
    data: dict[str, Any] = {"event": delivery.occasion.value, "hook": delivery.lane.hook, **kept, **delivery.facts}
    if files is not None and files.sha256 == delivery.facts.get("sha256"):
        listed = files.artifacts[: THRESHOLDS.most_artifacts]
        data["artifacts"] = [{**each.model_dump(), "file": make_printable(each.file)} for each in listed]
        data["artifacts_left_out"] = len(files.artifacts) - len(listed)
        if content_bytes:
            data["content"] = files.read_markdown(content_bytes)
    return data


def _write_text(value: object) -> str:
    return "" if value is None else make_harmless(str(value))


def _format_time(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="milliseconds")
