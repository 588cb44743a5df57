"""Marker's classes for the services that `use_llm` can ask. Which of them is asked is said in `[llm]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markerd.convert.marker_bridge.options.marker_options import list_marker_classes
from markerd.convert.protocol import LLM

USE_LLM = "use_llm"


def list_services() -> dict[str, type]:
    """List Marker's services by the name of their module, such as "gemini"."""
    return {service.__module__.rpartition(".")[2]: service for service in list_marker_classes()["Service"].values()}


def choose_service(options: Mapping[str, Any]) -> type | None:
    """Return the service that these options ask; None where they ask none, or none is set up under `LLM`."""
    if options.get(USE_LLM) is not True:
        return None
    return list_services().get(str(options.get(LLM, "")))
