"""Marker's own service behind the relay: it speaks plain HTTP to one port of the loopback, and each request is counted.

Importing this module imports marker; the SDK of a service is imported with the service.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from markerd.convert.marker_bridge import deferred_libraries
from markerd.convert.marker_bridge.llm.services import SERVICES
from markerd.convert.marker_bridge.llm.session import LlmSession, find_problem, listen_to_marker
from markerd.convert.protocol import LlmSpec
from markerd.errors import DocumentError

PLACEHOLDER = "markerd-relays-it"
"""In place of the key, which the relay puts into its header. Clients demand one."""
_SDK_RETRIES = 1
"""Of the clients' own, for errors of the service that pass. Marker repeats what was too slow or too often."""


def load_service_class(service: str) -> Any:
    """Import Marker's class, with the SDK that it needs. This takes a second or two."""
    if service == "gemini":
        deferred_libraries.restore("google.genai")
    module, _, name = SERVICES[service].class_path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def build_service(spec: LlmSpec, config: Mapping[str, Any]) -> Any:
    """Build Marker's service with the options of a conversion; its client leads to the relay whatever they say."""
    service = SERVICES[spec.service]
    usual = {"timeout": spec.timeout_s, service.model_option: spec.model}
    fixed = {service.url_option: spec.url, service.key_option: PLACEHOLDER, service.version_option: spec.api_version}
    options = {**usual, **config, **fixed}
    made = load_service_class(spec.service)({name: value for name, value in options.items() if name and value != ""})
    if spec.service in _CLIENTS:
        method, build = _CLIENTS[spec.service]
        setattr(made, method, lambda **options: build(made, spec, **options))
    return made


def _build_openai(_service: Any, spec: LlmSpec) -> Any:
    import openai

    return openai.OpenAI(api_key=PLACEHOLDER, base_url=spec.url, max_retries=_SDK_RETRIES)


def _build_azure(service: Any, spec: LlmSpec) -> Any:
    import openai

    version = service.azure_api_version
    return openai.AzureOpenAI(
        api_version=version, azure_endpoint=spec.url, api_key=PLACEHOLDER, max_retries=_SDK_RETRIES
    )


def _build_claude(_service: Any, spec: LlmSpec) -> Any:
    import anthropic

    return anthropic.Anthropic(api_key=PLACEHOLDER, base_url=spec.url, max_retries=_SDK_RETRIES)


def _build_gemini(_service: Any, spec: LlmSpec, timeout: int) -> Any:
    from google import genai

    options = genai.types.HttpOptions(timeout=timeout * 1000, base_url=spec.url)  # milliseconds
    return genai.Client(api_key=PLACEHOLDER, vertexai=False, http_options=options)


_CLIENTS: Mapping[str, tuple[str, Callable[..., Any]]] = {
    "openai": ("get_client", _build_openai),
    "openrouter": ("get_client", _build_openai),
    "azure_openai": ("get_client", _build_azure),
    "claude": ("get_client", _build_claude),
    "gemini": ("get_google_client", _build_gemini),
}
"""Which method of Marker's service makes its client, and what makes it here."""


class RelayedService:
    """What Marker's processors call: the service of the session, built with the options of the conversion.

    Marker fills in the arguments by their names.
    """

    def __init__(self, llm_session: LlmSession | None, config: Mapping[str, Any]) -> None:
        spec = None if llm_session is None else llm_session.spec
        if llm_session is None or spec is None:
            raise DocumentError("use_llm needs a service, and the converter was given none", is_permanent=True)
        self._session = llm_session
        self._service = build_service(spec, config)
        self._model = str(getattr(self._service, SERVICES[spec.service].model_option))
        self._last_words = listen_to_marker(spec.url)

    def __call__(
        self,
        prompt: str,
        image: Any,
        block: Any,
        response_schema: Any,
        max_retries: int | None = None,
        timeout: int | None = None,
    ) -> Any:
        """Ask the service; an empty answer stands for a failure, and Marker leaves the text as it is."""
        attempts = (self._service.max_retries if max_retries is None else max_retries) + 1
        budget = self._session.find_budget(
            attempts * (1 + _SDK_RETRIES), self._service.timeout if timeout is None else timeout
        )
        if budget is None:
            self._session.record(self._model, "")
            return {}
        answer, problem = self._ask(prompt, image, block, response_schema, attempts - 1, budget.timeout_s)
        self._session.record(self._model, problem)
        return {} if problem is not None else answer

    def _ask(
        self, prompt: str, image: Any, block: Any, schema: Any, max_retries: int, timeout_s: int
    ) -> tuple[Any, str | None]:
        self._last_words.forget()
        try:
            answer = self._service(prompt, image, block, schema, max_retries=max_retries, timeout=timeout_s)
        except Exception as error:  # noqa: BLE001 - a client may raise anything, and must cost no document
            return {}, f"{type(error).__name__}: {error}"
        problem = find_problem(answer, schema)
        return answer, (problem or self._last_words.read() or "it answered nothing") if problem is not None else None
