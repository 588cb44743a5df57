"""The values that a key with a choice may have, in the words of the configuration file."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Literal

from pydantic import Field
from pydantic_core import PydanticCustomError

LEAST_PART_PAGES = 5
"""Pages of a part: one more page is read for each part."""
MOST_CHUNK_TOKENS = 32_768
"""The embedding models with the longest input take so many."""
LEAST_CHUNK_TOKENS = 32
"""A sentence. Chunks of less say nothing by themselves."""
MARKER_PATTERN = r"^([^/{}\x00]+\{name\}[^/{}\x00]*|\{name\}[^/{}\x00]+)$"
"""One `{name}` with something before or after it, and no folders."""
Workers = Annotated[int, Field(ge=1, le=256)] | Literal["auto"]
"""Converters that work at once; auto: by cores and memory."""


Positive = Annotated[float | None, Field(gt=0, le=1_000_000)]
"""Days or gigabytes; None for no limit."""


class Models(str, Enum):
    """Which model set the converter uses."""

    AUTO = "auto"
    EMBEDDED = "embedded"
    SURYA = "surya"


class Device(str, Enum):
    """Where Marker's own models compute."""

    AUTO = "auto"
    CUDA = "cuda"
    MPS = "mps"
    CPU = "cpu"


class VisionRunner(str, Enum):
    """Who runs the vision model of Marker's own model set."""

    AUTO = "auto"
    URL = "url"
    LLAMACPP = "llamacpp"
    VLLM = "vllm"
    NONE = "none"


class LlmService(str, Enum):
    """The services that Marker can ask to improve what it has read."""

    NONE = "none"
    GEMINI = "gemini"
    VERTEX = "vertex"
    OLLAMA = "ollama"
    CLAUDE = "claude"
    OPENAI = "openai"
    AZURE_OPENAI = "azure_openai"
    OPENROUTER = "openrouter"


class Isolation(str, Enum):
    """Where the converter runs."""

    PROCESS = "process"
    INLINE = "inline"
    RAY = "ray"


class Confine(str, Enum):
    """Whether the converter process gives up what it does not need."""

    AUTO = "auto"
    OFF = "off"


class LogFormat(str, Enum):
    """How log records are rendered."""

    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"
    JOURNALD = "journald"


class LogLevel(str, Enum):
    """The least important records that are still logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class WebBoilerplate(str, Enum):
    """What becomes of the parts of web pages that serve the site: navigation, banners, dialogs, buttons."""

    DROP = "drop"
    KEEP = "keep"


class Observer(str, Enum):
    """How changes in a hot folder are noticed."""

    AUTO = "auto"
    NATIVE = "native"
    POLLING = "polling"


def demand_sensible_parts(value: int) -> int:
    """Return the pages of a part. Raises PydanticCustomError for parts that are too small to be worth their cost."""
    if 0 < value < LEAST_PART_PAGES:
        raise PydanticCustomError("part_pages", f"write 0, or at least {LEAST_PART_PAGES}")
    return value
