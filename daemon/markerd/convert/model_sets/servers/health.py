"""Asks a server on the loopback whether it is well, and which model it serves."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from typing import Any

_TIMEOUT_S = 10.0
"""A server that computes answers at once, in a thread of its own; one that is swapped out takes seconds."""
_MOST_BYTES = 1 << 20


def is_healthy(port: int, timeout_s: float = _TIMEOUT_S) -> bool:
    """Whether GET /health is answered with 200, as Surya's servers, llama.cpp and vLLM do once the model is loaded."""
    return _get(port, "/health", timeout_s) is not None


def read_model(port: int, timeout_s: float = _TIMEOUT_S) -> str | None:
    """Return the first model that GET /v1/models names; None where there is no such answer."""
    body = _get(port, "/v1/models", timeout_s)
    try:
        answer: Any = json.loads(body or b"")
        return str(answer["data"][0]["id"])
    except (ValueError, LookupError, TypeError):
        return None


def _get(port: int, path: str, timeout_s: float) -> bytes | None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)) as connection:
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.read(_MOST_BYTES) if response.status == http.client.OK else None
        except (OSError, http.client.HTTPException):
            return None
