"""The status page as its clients see it, and a daemon's state for it to show."""

from __future__ import annotations

import http.client
from contextlib import closing
from dataclasses import dataclass

from markerd.config import Address
from markerd.monitoring.status_file import Current, DaemonState, Snapshot

ANY = Address("127.0.0.1", 0)
HOSTILE = "<script>document.title='owned'</script>&amp;\"'.pdf"
PATHS = ("/", "/metrics", "/livez", "/healthz", "/status.json")


@dataclass(frozen=True)
class Response:
    """An answer as the client got it."""

    status: int
    headers: dict[str, str]
    body: str


def ask(address: Address, path: str, method: str = "GET", **headers: str) -> Response:
    with closing(http.client.HTTPConnection(address.host, address.port, timeout=20)) as connection:
        connection.request(method, path, headers=headers)
        got = connection.getresponse()
        return Response(got.status, dict(got.getheaders()), got.read().decode())


def snapshot(**changes: object) -> Snapshot:
    """Of a daemon that is well and at work."""
    folder = {"path": "/srv/<in>", "output": "/out", "observer": "native", "since": 1.0, "paused": None, "settling": 2}
    values: dict[str, object] = {
        "state": DaemonState.CONVERTING,
        "is_ready": True,
        "silent_s": {"loop": 0.0, "observers": 0.1, "converter": 0.1},
        "counts": {"published": 4711, "skipped": 1, "dead": 2, "waiting": 3},
        "totals": {"published": 4711, "pages": 9422, "convert_seconds": 4711.0},
        "converting": [Current("now.pdf", 1.0, 12)],
        "folders": [folder],
        "last_errors": [
            {"at": 1.0, "path": HOSTILE, "outcome": "dead", "kind": "unreadable", "reason": "<b>broken</b>"}
        ],
        **changes,
    }
    return Snapshot(**values)  # type: ignore[arg-type]
