"""The answer of each address: status, type and bytes for a path; there is no socket here."""

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
from markerd.monitoring.web.pages import render_status_page

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
            "/": self._answer_page,
            "/metrics": self._answer_metrics,
            "/livez": lambda: self._check(health.find_faults_of_life),
            "/healthz": lambda: self._check(health.find_faults_of_health),
            "/status.json": lambda: _build_json_answer(HTTPStatus.OK, self._board.read_content()),
        }

    def __call__(self, target: str) -> Answer:
        """Answer the request of a target; what follows a `?` changes nothing."""
        page = self._pages.get(target.partition("?")[0])
        return (
            page()
            if page is not None
            else build_plain_answer(HTTPStatus.NOT_FOUND, f"There is: {' '.join(self._pages)}")
        )

    def _answer_page(self) -> Answer:
        return Answer(
            HTTPStatus.OK, _HTML, render_status_page(self._board.read_content(), self._journal, time.time()).encode()
        )

    def _answer_metrics(self) -> Answer:
        return Answer(
            HTTPStatus.OK, prometheus.CONTENT_TYPE, prometheus.render_metrics(self._board.read_content(), time.time())
        )

    def _check(self, find_faults: Callable[[dict[str, Any]], list[str]]) -> Answer:
        reasons = find_faults(self._board.read_content())
        status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
        return _build_json_answer(status, {"status": "failing" if reasons else "ok", "reasons": reasons})


def build_plain_answer(status: HTTPStatus, text: str) -> Answer:
    """Build an answer of one line of text."""
    return Answer(status, _TEXT, f"{text}\n".encode())


def _build_json_answer(status: HTTPStatus, content: dict[str, Any]) -> Answer:
    return Answer(status, _JSON, json.dumps(content, indent=1).encode() + b"\n")
