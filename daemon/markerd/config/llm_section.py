"""The section `[llm]` as frozen values: the service that Marker's `use_llm` asks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from markerd.config.choices import LlmService
from markerd.config.section import FilePath, Section

_Text = Annotated[str, Field(min_length=1)]


class LlmConfig(Section):
    """The section `[llm]`. It says nothing where no folder has `use_llm = true` among its options of Marker."""

    service: LlmService = Field(
        default=LlmService.NONE,
        strict=False,
        description="The service that `use_llm` asks: none, gemini, vertex, ollama, claude, openai, azure_openai or "
        "openrouter. Parts of the documents are sent to it.",
    )
    url: _Text | None = Field(
        default=None,
        description="Its address, if it is not the usual one of the service.",
        examples=["http://gpu.example:11434"],
    )
    model: _Text | None = Field(
        default=None,
        description="The model that is asked, by the service's name. Default: the one that Marker chooses.",
        examples=["claude-opus-4-8"],
    )
    api_version: _Text | None = Field(
        default=None, description="The version of the interface, for azure_openai alone.", examples=["2024-10-21"]
    )
    key_file: FilePath | None = Field(
        default=None,
        description="The file that holds the key, which only the service's user may read. Otherwise the key is the "
        "systemd credential markerd_llm_key, or in the variable MARKERD_LLM_KEY.",
        examples=["/etc/markerd/llm.key"],
    )
    timeout_s: int = Field(default=60, ge=1, le=3600, description="Seconds that the service has for one answer.")
