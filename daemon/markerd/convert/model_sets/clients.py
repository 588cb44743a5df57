"""Marker's models as clients of the servers, which tell a server that is away from a document that is at fault.

Surya's own clients say either with the same silence. Importing this module imports surya.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import httpx
from marker.models import create_model_dict
from surya.inference.backends.spawn import SpawnError

from markerd.convert.model_sets import surya
from markerd.convert.model_sets.vision_guard import GuardedVision
from markerd.errors import DocumentError, ModelAwayError

_WAIT_S = 60.0
"""So long a document waits for a server that is started anew, which takes 4 to 10 s on an idle machine. Then it is put
back."""
_POLL_S = 0.2
_BROKEN_OFF = (httpx.ReadError, httpx.RemoteProtocolError)
"""The server had the request, and ended."""

_visions: list[GuardedVision] = []
"""The one client of the vision model that this process has, once its models are built."""


def build_models() -> dict[str, Any]:
    """Run Marker's `create_model_dict()`, with our guards around the clients."""
    url = os.environ.get("SURYA_INFERENCE_URL", "")
    vision = GuardedVision(url, surya.read_setting("SURYA_MODEL_CHECKPOINT"))
    _visions[:] = [vision]
    models: dict[str, Any] = create_model_dict(inference_manager=vision)
    for name, client in (
        ("layout", models["fast_layout_model"]._client._client),
        ("OCR error", models["ocr_error_model"]._client._client),
    ):
        client.infer = _WaitingCall(name, client.infer)
    return models


def begin_document() -> None:
    for vision in _visions:
        vision.begin_document()


def count_unanswered() -> int:
    return sum(vision.unanswered for vision in _visions)


class _WaitingCall:
    """Takes the place of a client's `infer`: it waits for a server that is away, and says which one that is."""

    def __init__(self, name: str, infer: Callable[..., list[Any]]) -> None:
        self._name, self._infer = name, infer

    def __call__(self, items: list[Any], params: dict[str, Any] | None = None) -> list[Any]:
        """Raises ModelAwayError where the server does not come back, and DocumentError where it refuses the items."""
        deadline_s, has_left = time.monotonic() + _WAIT_S, False
        while True:
            try:
                return self._infer(items, params)
            except httpx.HTTPStatusError as error:
                raise DocumentError(
                    f"the model server for {self._name} failed at this document: {error.response.text[:200]}",
                    kind="model_answer",
                ) from error
            except (SpawnError, httpx.TransportError) as error:
                has_left = has_left or isinstance(error, _BROKEN_OFF)
                if time.monotonic() > deadline_s:
                    reason = f"the model server for {self._name} is away"
                    raise ModelAwayError(self._name, reason, has_left=has_left) from error
            time.sleep(_POLL_S)
