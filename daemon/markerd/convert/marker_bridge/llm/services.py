"""The services that Marker knows: a line of the table for each. Importing this imports neither Marker nor an SDK."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

_BEARER = "Bearer "


@dataclass(frozen=True)
class Service:
    """One service.

    `class_path` is Marker's class. `url` is its usual address, empty where each customer has another. The key goes into
    `header` behind `scheme`, and is found in one of `variables`. The `…_option` are Marker's names; an empty
    `url_option` says that the client has to be told another way. `endpoint` is the one request that is made, below the
    path of the address. `refused` says why the service cannot be had.
    """

    class_path: str = ""
    url: str = ""
    endpoint: str = ""
    header: str = "Authorization"
    scheme: str = _BEARER
    variables: tuple[str, ...] = ()
    url_option: str = ""
    key_option: str = ""
    model_option: str = ""
    version_option: str = ""
    needs_key: bool = True
    refused: str = ""

    def build_headers(self, key: str) -> dict[str, str]:
        """Build the headers with the key; without one there are none."""
        return {self.header: f"{self.scheme}{key}"} if key else {}

    def build_endpoint(self, url: str) -> re.Pattern[str]:
        """Build the pattern of method and path of the requests that Marker's client makes at this address."""
        path = re.escape(quote(urlsplit(url).path.rstrip("/"), safe="/%"))
        return re.compile(rf"POST {path}{self.endpoint}")


SERVICES: Mapping[str, Service] = {
    "gemini": Service(
        class_path="marker.services.gemini.GoogleGeminiService",
        url="https://generativelanguage.googleapis.com",
        endpoint=r"/v1(?:beta|alpha)?/models/[\w.:-]+:generateContent",
        header="x-goog-api-key",
        scheme="",
        variables=("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        key_option="gemini_api_key",
        model_option="gemini_model_name",
    ),
    "vertex": Service(
        refused="Vertex AI takes no key but Google's OAuth, whose tokens its client fetches from hosts of its own, "
        'which a confined converter does not reach: write service = "gemini", with a key, which serves the same models'
    ),
    "ollama": Service(
        class_path="marker.services.ollama.OllamaService",
        url="http://localhost:11434",
        endpoint="/api/generate",
        variables=("OLLAMA_API_KEY",),
        url_option="ollama_base_url",
        model_option="ollama_model",
        needs_key=False,
    ),
    "claude": Service(
        class_path="marker.services.claude.ClaudeService",
        url="https://api.anthropic.com",
        endpoint="/v1/messages",
        header="x-api-key",
        scheme="",
        variables=("ANTHROPIC_API_KEY",),
        key_option="claude_api_key",
        model_option="claude_model_name",
    ),
    "openai": Service(
        class_path="marker.services.openai.OpenAIService",
        url="https://api.openai.com/v1",
        endpoint="/chat/completions",
        variables=("OPENAI_API_KEY",),
        url_option="openai_base_url",
        key_option="openai_api_key",
        model_option="openai_model",
    ),
    "azure_openai": Service(
        class_path="marker.services.azure_openai.AzureOpenAIService",
        endpoint=r"/openai/deployments/[^/]+/chat/completions",
        header="api-key",
        scheme="",
        variables=("AZURE_OPENAI_API_KEY",),
        url_option="azure_endpoint",
        key_option="azure_api_key",
        model_option="deployment_name",
        version_option="azure_api_version",
    ),
    "openrouter": Service(
        class_path="marker.services.openrouter.OpenRouterService",
        url="https://openrouter.ai/api/v1",
        endpoint="/chat/completions",
        variables=("OPENROUTER_API_KEY",),
        url_option="openrouter_base_url",
        key_option="openrouter_api_key",
        model_option="openrouter_model",
    ),
}
"""By the name in the configuration, which is that of Marker's module."""


def find_refused_option(option: str) -> str | None:
    """Say what to write instead of an option of Marker, named without a class, that tells a service, address or key."""
    if option == "llm_service":
        return "markerd relays to one service for all folders: write `service` in [llm]"
    if option == "timeout":
        return "write `timeout_s` in [llm]"
    for service in SERVICES.values():
        if option == service.key_option:
            return "a key does not belong here: write `key_file` in [llm], or set $MARKERD_LLM_KEY"
        if option in {service.url_option, service.version_option} - {""}:
            return f"write `{'url' if option == service.url_option else 'api_version'}` in [llm]"
    if option.startswith("vertex_"):
        return SERVICES["vertex"].refused
    return None
