"""What each address answers: from a path to status, type and bytes; no socket here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from markerd.monitoring import prometheus
from markerd.monitoring.web import health
from markerd.monitoring.web.board import Board
from markerd.monitoring.web.pages import status_page

_TEXT, _JSON, _HTML = "text/plain; charset=utf-8", "application/json", "text/html; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """What goes back to the client, headers apart."""

    status: HTTPStatus
    content_type: str
    body: bytes


class Answers:
    """Called by the threads of the server."""

    def __init__(self, board: Board, journal: Path) -> None:
        self._board = board
        self._journal = journal
        self._pages: dict[str, Callable[[], Answer]] = {
            "/": self._page,
            "/metrics": self._metrics,
            "/livez": lambda: self._check(health.faults_of_life),
            "/healthz": lambda: self._check(health.faults_of_health),
            "/status.json": lambda: _json(HTTPStatus.OK, self._board.content()),
        }

    def __call__(self, target: str) -> Answer:
        """The answer to a request's target; what follows a `?` changes nothing."""
        page = self._pages.get(target.partition("?")[0])
        return page() if page is not None else plain(HTTPStatus.NOT_FOUND, f"There is: {' '.join(self._pages)}")

    def _page(self) -> Answer:
        return Answer(HTTPStatus.OK, _HTML, status_page(self._board.content(), self._journal, time.time()).encode())

    def _metrics(self) -> Answer:
        return Answer(HTTPStatus.OK, prometheus.CONTENT_TYPE, prometheus.exposition(self._board.content(), time.time()))

    def _check(self, find_faults: Callable[[dict[str, Any]], list[str]]) -> Answer:
        reasons = find_faults(self._board.content())
        status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
        return _json(status, {"status": "failing" if reasons else "ok", "reasons": reasons})


def plain(status: HTTPStatus, text: str) -> Answer:
    return Answer(status, _TEXT, f"{text}\n".encode())


def _json(status: HTTPStatus, content: dict[str, Any]) -> Answer:
    return Answer(status, _JSON, json.dumps(content, indent=1).encode() + b"\n")
