"""The LLM service that the configuration chooses, with its key, and what is wrong with the choice."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from markerd.config import Config, Isolation, LlmService
from markerd.config.keys import KeyPlaces, Secret, UnusableKeyError, read_key
from markerd.convert.marker_bridge.llm.services import SERVICES, Service
from markerd.convert.protocol import LlmSpec
from markerd.errors import ConfigurationError, UnavailableError

if TYPE_CHECKING:
    from markerd.convert.model_sets.servers.relay import Upstream

_RELAY_WAITS_S = 5.0
"""So much longer than the client: where the client gives up by itself, it says so in its own words."""
_USE_LLM = "use_llm"


@dataclass(frozen=True)
class LlmChoice:
    """What the relay and the converters depend on: where it is the same after a reload, they go on."""

    service: str
    url: str
    key: Secret | None
    model: str
    api_version: str
    timeout_s: int

    def build_upstream(self) -> Upstream:
        from markerd.convert.model_sets.servers.relay import Upstream

        service = SERVICES[self.service]
        headers = service.build_headers("" if self.key is None else self.key.get_secret_value())
        endpoint = service.build_endpoint(self.url)
        return Upstream(self.service, self.url, headers, endpoint=endpoint, answer_s=self.timeout_s + _RELAY_WAITS_S)

    def build_spec(self, relay_url: str) -> LlmSpec:
        return LlmSpec(self.service, relay_url, self.model, self.api_version, self.timeout_s)


def choose_llm(config: Config, environ: Mapping[str, str] = os.environ) -> LlmChoice | None:
    """Return the service; None where no folder asks one. Raises UnavailableError where the key cannot be had."""
    if not find_asking(config):
        return None
    if problems := list_llm_problems(config, environ):
        raise UnavailableError("; ".join(problems))
    llm = config.llm
    return LlmChoice(
        service=llm.service.value,
        url=find_url(config),
        key=_read_key(config, environ),
        model=llm.model or "",
        api_version=llm.api_version or "",
        timeout_s=llm.timeout_s,
    )


def find_url(config: Config) -> str:
    """Find the address of the service; it is empty where there is no service, or one without a usual address."""
    usual = SERVICES.get(config.llm.service.value)
    return config.llm.url or (usual.url if usual is not None else "")


def check(config: Config, path: Path) -> None:
    """Raise ConfigurationError, for the file at `path`, where `use_llm` cannot work."""
    if problems := list_llm_problems(config):
        raise ConfigurationError(str(path), problems)


def list_llm_problems(config: Config, environ: Mapping[str, str] = os.environ) -> list[str]:
    """List one line, with its key, for each thing that keeps `use_llm` from working; none where no folder asks."""
    asking = find_asking(config)
    if not asking:
        return []
    name = config.llm.service.value
    if config.llm.service is LlmService.NONE:
        hint = f"write `service` in [llm]: one of {', '.join(name for name in SERVICES if not SERVICES[name].refused)}"
        return [f"folders[{index}].marker.{_USE_LLM}: there is no service to ask: {hint}" for index in asking]
    if config.converter.isolation is Isolation.RAY:
        hint = "take use_llm out, or convert on this machine"
        return [f"converter.isolation: a cluster does not reach the relay to an LLM service: {hint}"]
    if SERVICES[name].refused:
        return [f"llm.service: {SERVICES[name].refused}"]
    return [*_find_section_problems(config, SERVICES[name]), *_find_key_problems(config, environ)]


def _find_section_problems(config: Config, service: Service) -> Iterator[str]:
    llm, name = config.llm, config.llm.service.value
    if llm.url is None and not service.url:
        yield f"llm.url: {name} has another address for each customer: write yours"
    if llm.url is not None and (problem := _find_url_problem(llm.url)):
        yield f"llm.url: {problem}"
    if service.version_option:
        folders = (config.folders[index] for index in find_asking(config))
        if llm.model is None and any(service.model_option not in folder.marker for folder in folders):
            yield f"llm.model: {name} needs the name of your deployment here"
        if llm.api_version is None:
            yield f"llm.api_version: {name} needs the version of its interface, such as 2024-10-21"
    elif llm.api_version is not None:
        yield f"llm.api_version: {name} takes none: leave it out"


def _find_url_problem(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return f"is no address: {error}"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "is no address: write one that begins with https:// or http://"
    if parts.username is not None or parts.password is not None:
        return "has a name or a password in it: keys belong into key_file"
    return "has something behind its path: leave it out" if parts.query or parts.fragment else None


def _find_key_problems(config: Config, environ: Mapping[str, str]) -> Iterator[str]:
    try:
        key = _read_key(config, environ)
    except UnusableKeyError as error:
        yield f"llm.key_file: {error}" if config.llm.key_file is not None else f"llm.service: {error}"
        return
    if key is None and SERVICES[config.llm.service.value].needs_key:
        yield f"llm.key_file: there is no key for {config.llm.service.value}: put it into {_list_places(config)}"


def _read_key(config: Config, environ: Mapping[str, str]) -> Secret | None:
    return read_key(_list_places(config), environ)


def _list_places(config: Config) -> KeyPlaces:
    variables = ("MARKERD_LLM_KEY", *SERVICES[config.llm.service.value].variables)
    return KeyPlaces("markerd_llm_key", "llm.key_file", config.llm.key_file, variables)


def find_asking(config: Config) -> list[int]:
    """Find the folders, by their index, that ask a service."""
    return [index for index, folder in enumerate(config.folders) if folder.marker.get(_USE_LLM) is True]
