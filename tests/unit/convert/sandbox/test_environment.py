"""The environment that the converter's libraries read."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from markerd.convert.sandbox import environment

THREADS = (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
)  # fmt: skip
FIXED = {
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONHASHSEED": "0",
    "MALLOC_ARENA_MAX": "2",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "LOGLEVEL": "WARNING",
    "DISABLE_TQDM": "true",
    "MARKER_MAX_WORKERS": "1",
    "MARKER_PARALLEL_FACTOR": "1",
    "MARKER_WORKERS": "1",
    "MARKER_NUM_WORKERS": "1",
    "MARKER_DISABLE_MULTIPROCESSING": "1",
}
FILES = ("FONT_PATH", "FONT_NAME", "FONTCONFIG_FILE")
OURS_ALWAYS = (
    *(name for name in THREADS if name.endswith("_NUM_THREADS")),
    *(name for name in FIXED if name.startswith(("MARKER_", "HF_", "TRANSFORMERS_"))),
)


def test_exactly_these_variables_are_set() -> None:
    """A change of the list changes what conversions run with, so it is made here as well."""
    assert environment.build_variables(1).keys() == {*THREADS, *FIXED, *FILES}


@pytest.mark.parametrize("name", THREADS)
def test_configured_threads_are_set_for_every_library(name: str) -> None:
    """In every library's own variable."""
    assert environment.build_variables(3)[name] == "3"


@pytest.mark.parametrize(("name", "value"), FIXED.items())
def test_fixed_variables_have_their_values(name: str, value: str) -> None:
    """One worker, no network, no noise, the same output each time."""
    assert environment.build_variables(3)[name] == value


def test_font_path_names_the_shipped_font() -> None:
    """Marker downloads a font where FONT_PATH names none."""
    font = Path(environment.build_variables(1)["FONT_PATH"])
    assert (font.name, font.is_absolute()) == (environment.build_variables(1)["FONT_NAME"], True)


@pytest.mark.parametrize("name", OURS_ALWAYS)
def test_threads_network_and_workers_override_the_environment(name: str) -> None:
    """`converter.threads` decides; a converter has no network."""
    assert environment.build_child_environment(2, {name: "7"})[name] == environment.build_variables(2)[name]


@pytest.mark.parametrize("name", ["FONT_PATH", "FONTCONFIG_FILE", "LOGLEVEL", "MALLOC_ARENA_MAX", "PYTHONHASHSEED"])
def test_other_variables_of_ours_give_way_to_the_environment(name: str) -> None:
    """What the administrator set stays."""
    assert environment.build_child_environment(2, {name: "theirs"})[name] == "theirs"


def test_unknown_variables_are_passed_on() -> None:
    """CUDA reads CUDA_VISIBLE_DEVICES at its first use."""
    assert environment.build_child_environment(1, {"CUDA_VISIBLE_DEVICES": "1"})["CUDA_VISIBLE_DEVICES"] == "1"


def test_applied_environment_equals_that_of_a_child() -> None:
    """The same precedence holds for the converter in the daemon's own process."""
    environ = {"OMP_NUM_THREADS": "7", "FONT_PATH": "/theirs", "PATH": "/bin"}
    expected = environment.build_child_environment(2, dict(environ))
    environment.apply_environment(2, environ)
    assert environ == expected


def test_zero_threads_means_one_per_usable_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Physical cores count, but never more than this process may run on."""
    monkeypatch.setattr(psutil, "cpu_count", lambda logical: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    assert environment.count_physical_threads(0) == 3
    assert environment.count_physical_threads(5) == 5


def test_unknown_number_of_cores_gives_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """psutil gives None in some containers."""
    monkeypatch.setattr(psutil, "cpu_count", lambda logical: None)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert environment.count_physical_threads(0) == 1


@pytest.mark.parametrize(
    "name",
    ["MARKERD_LLM_KEY", "MARKERD_VLM_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "OPENAI_ORG_ID", "OPENAI_API_KEY",
     "GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_APPLICATION_CREDENTIALS", "GEMINI_API_KEY",
     "AZURE_OPENAI_AD_TOKEN", "OPENROUTER_API_KEY", "OLLAMA_HOST", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD",
     "CREDENTIALS_DIRECTORY", "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "SSL_CERT_FILE"],
)  # fmt: skip
def test_keys_and_ways_to_elsewhere_are_kept_back(name: str) -> None:
    """What reads documents gets no key, and no address but those that it is given."""
    assert name not in environment.build_child_environment(1, {name: "theirs"})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, "127.0.0.1,localhost"),
        ({"NO_PROXY": "a,localhost"}, "a,localhost,127.0.0.1"),
        ({"no_proxy": "a", "NO_PROXY": "b"}, "a,127.0.0.1,localhost"),
    ],
)
def test_loopback_is_reached_without_a_proxy(given: dict[str, str], kept: str) -> None:
    """Servers and relays are there; in the daemon's own process the proxies stay for others."""
    environ = {"HTTP_PROXY": "http://proxy", **given}
    environment.apply_environment(1, environ)
    assert (environ["NO_PROXY"], environ["no_proxy"], environ["HTTP_PROXY"]) == (kept, kept, "http://proxy")
