"""Whether the daemon lives and whether it is well, decided from the content of its status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markerd.monitoring.status_file import STALE_AFTER_S, DaemonState, is_busy_inline
from markerd.values import make_printable

Content = Mapping[str, Any]

_PARTS = {
    "loop": "the main loop",
    "observers": "the observers of the hot folders",
    "converter": "the supervisor of the converter",
}


def age_silence(content: Content, age_s: float) -> dict[str, float]:
    """Return the silence of each part, given how old the status is.

    The loop reports on the other parts: while it is silent nothing new is known of them, and their silence does not
    grow. The loop's own does not grow while Marker works or loads in its thread: then it is busy.
    """
    silent: dict[str, float] = dict(content["silent_s"])
    if is_busy_inline(content):
        return silent
    return {**silent, "loop": round(silent.get("loop", 0.0) + age_s, 1)}


def find_faults_of_life(content: Content) -> list[str]:
    """Say in words which parts stand still; none while every part makes progress."""
    if is_busy_inline(content):
        return []
    return [
        f"{_PARTS.get(part, part)} has shown no life for {seconds:.0f} s"
        for part, seconds in content["silent_s"].items()
        if seconds >= STALE_AFTER_S
    ]


def find_faults_of_health(content: Content) -> list[str]:
    """Say in words why documents are not converted as they should be; none when all is well."""
    faults = find_faults_of_life(content)
    if content["state"] == DaemonState.STOPPING.value:
        faults.append("the daemon is stopping")
    elif not content["is_ready"]:
        faults.append("not ready: the models load, or folders are not watched yet")
    paused = (folder for folder in content["folders"] if folder["paused"])
    away = content.get("away_models", [])
    faults += [f"{model['waiting']} wait for the model {model['model']}: {model['reason']}" for model in away]
    return faults + [f"{folder['path']} cannot be used: {make_printable(folder['paused'])}" for folder in paused]
