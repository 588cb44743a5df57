"""The content of the status: what JSON can hold, as the snapshot was."""

from __future__ import annotations

import json
from dataclasses import asdict, fields

from markerd.monitoring.status_file import Current, DaemonState, Snapshot, build_content


def test_content_is_the_snapshot_in_plain_values() -> None:
    snapshot = Snapshot(state=DaemonState.CONVERTING, converting=[Current("a.pdf", 1.0, pages=3)], counts={"dead": 1})
    content = build_content(snapshot)
    plain = {name: content[name] for name in (each.name for each in fields(Snapshot))}
    assert plain == {**asdict(snapshot), "state": "converting"}
    assert json.loads(json.dumps(content))["current"]["pages"] == 3


def test_content_stays_as_it_was() -> None:
    """The threads that answer requests read it while the loop goes on."""
    snapshot = Snapshot(converting=[Current("a.pdf", 1.0)], counts={"published": 1})
    content = build_content(snapshot)
    snapshot.converting, snapshot.counts, snapshot.queued = [], {"published": 2}, 7
    assert content["current"]["document"] == "a.pdf"
    assert (content["counts"], content["queued"]) == ({"published": 1}, 0)
