"""The services that `use_llm` can ask: the choice by name, and what each of them needs to be set."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Annotated, Any

from markerd.convert.marker_bridge.options.marker_options import list_marker_classes

USE_LLM = "use_llm"
LLM_SERVICE = "llm_service"
_DEFAULT = "gemini"
_ANNOTATED = type(Annotated[str, ""])


def list_services() -> dict[str, type]:
    """List Marker's services by the name of their module, such as "gemini"."""
    return {service.__module__.rpartition(".")[2]: service for service in list_marker_classes()["Service"].values()}


def find_service(name: str) -> type | None:
    """Return the service of this name: short ("openai"), that of its class, or with its module as Marker writes it."""
    for short, service in list_services().items():
        if name in (short, service.__name__, name_path(service)):
            return service
    return None


def name_path(service: type) -> str:
    """Return the name that Marker's converter takes."""
    return f"{service.__module__}.{service.__name__}"


def choose_service(options: Mapping[str, Any]) -> type | None:
    """Return the service that these options ask; None where they ask none, or one that Marker does not know."""
    if options.get(USE_LLM) is not True:
        return None
    return find_service(str(options.get(LLM_SERVICE, _DEFAULT)))


def find_missing_settings(service: type, options: Mapping[str, Any]) -> list[str]:
    """Return the options without which the service refuses to work (keys, addresses), as Marker judges it itself."""
    needed = [
        name
        for name, annotation in inspect.get_annotations(service).items()
        if isinstance(annotation, _ANNOTATED) and getattr(service, name) is None
    ]
    return [name for name in needed if not _is_set(service, name, options)]


def _is_set(service: type, name: str, options: Mapping[str, Any]) -> bool:
    return bool(options.get(name) or options.get(f"{service.__name__}_{name}"))
