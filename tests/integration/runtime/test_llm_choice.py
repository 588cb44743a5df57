"""The section `[llm]`: what is refused before a document is read, and what the relay and the converter get of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from markerd.config import Config, Isolation, LlmService, load_config
from markerd.convert.marker_bridge.llm.services import SERVICES, find_refused_option
from markerd.errors import ConfigurationError, UnavailableError
from markerd.runtime.llm_choice import choose_llm, list_llm_problems

KEY = "s3cret-key-0123456789abcdef"
ENVIRON = {"MARKERD_LLM_KEY": KEY}
AZURE = {"service": "azure_openai", "url": "https://mine.example", "model": "m", "api_version": "2024-10-21"}


def configure(folder: Path, llm: Mapping[str, Any], **marker: Any) -> Config:
    lines = ["[llm]", *(f"{key} = {json.dumps(value)}" for key, value in llm.items())]
    lines += ["[[folders]]", 'path = "in"', 'output = "out"', "[folders.marker]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in ({"use_llm": True} | marker).items()]
    (folder / "markerd.toml").write_text("\n".join(lines))
    return load_config(folder / "markerd.toml", {"HOME": str(folder)})


def test_configuration_and_table_name_the_same_services() -> None:
    assert {service.value for service in LlmService} - {"none"} == set(SERVICES)


@pytest.mark.parametrize(
    ("llm", "environ", "problem"),
    [
        ({}, ENVIRON, "folders[0].marker.use_llm: there is no service to ask: write `service` in [llm]: one of gemini"),
        ({"service": "vertex"}, ENVIRON, "llm.service: Vertex AI takes no key but Google's OAuth"),
        (
            {"service": "claude"},
            {},
            "llm.key_file: there is no key for claude: put it into llm.key_file, $MARKERD_LLM_",
        ),
        (
            {"service": "claude"},
            {"OPENAI_API_KEY": "k"},
            "$ANTHROPIC_API_KEY, or the systemd credential",
        ),
        ({"service": "claude", "key_file": "missing"}, ENVIRON, "missing is missing: write the key there"),
        ({"service": "openai"}, {"MARKERD_LLM_KEY": "a b"}, "llm.service: $MARKERD_LLM_KEY is no key"),
        ({**AZURE, "url": None}, ENVIRON, "llm.url: azure_openai has another address for each customer"),
        ({**AZURE, "model": None}, ENVIRON, "llm.model: azure_openai needs the name of your deployment"),
        ({**AZURE, "api_version": None}, ENVIRON, "llm.api_version: azure_openai needs the version"),
        ({"service": "openai", "api_version": "1"}, ENVIRON, "llm.api_version: openai takes none"),
        ({"service": "openai", "url": "api.example/v1"}, ENVIRON, "llm.url: is no address"),
        ({"service": "openai", "url": "https://a:b@api.example"}, ENVIRON, "llm.url: has a name or a password in it"),
        ({"service": "openai", "url": "https://api.example/?key=1"}, ENVIRON, "llm.url: has something behind its path"),
        ({"service": "openai", "url": "https://api.example:x"}, ENVIRON, "llm.url: is no address: Port"),
    ],
)
def test_what_cannot_work_is_refused(
    tmp_path: Path, llm: dict[str, Any], environ: dict[str, str], problem: str
) -> None:
    """At the start and by `config check`, with the key of the configuration and what to write."""
    config = configure(tmp_path, {key: value for key, value in llm.items() if value is not None})
    [line] = list_llm_problems(config, environ)
    assert problem in line
    assert KEY not in line
    with pytest.raises(UnavailableError):
        choose_llm(config, environ)


def test_nothing_is_wanted_where_no_folder_asks(tmp_path: Path) -> None:
    """Neither a key nor a service, whatever the section says."""
    for llm in ({"service": "claude", "key_file": "missing"}, {"service": "vertex"}, {}):
        config = configure(tmp_path, llm, use_llm=False)
        assert list_llm_problems(config, {}) == []
        assert choose_llm(config, {}) is None


@pytest.mark.parametrize(
    ("llm", "headers", "path"),
    [
        ({"service": "gemini"}, {"x-goog-api-key": KEY}, "/v1beta/models/gemini-3.5-flash:generateContent"),
        ({"service": "ollama"}, {"Authorization": f"Bearer {KEY}"}, "/api/generate"),
        ({"service": "claude"}, {"x-api-key": KEY}, "/v1/messages"),
        ({"service": "openai"}, {"Authorization": f"Bearer {KEY}"}, "/v1/chat/completions"),
        (
            {"service": "openai", "url": "http://gpu/a b/"},
            {"Authorization": f"Bearer {KEY}"},
            "/a%20b/chat/completions",
        ),
        (AZURE, {"api-key": KEY}, "/openai/deployments/m/chat/completions"),
        ({"service": "openrouter"}, {"Authorization": f"Bearer {KEY}"}, "/api/v1/chat/completions"),
    ],
)
def test_service_gets_its_key_for_one_request_alone(
    tmp_path: Path, llm: dict[str, Any], headers: dict[str, str], path: str
) -> None:
    """The key is in the header of the service; nothing of the choice shows it, and no other request is passed on."""
    choice = choose_llm(configure(tmp_path, llm), ENVIRON)
    assert choice is not None
    upstream = choice.build_upstream()
    assert upstream.headers == headers
    assert upstream.endpoint is not None
    assert upstream.endpoint.fullmatch(f"POST {path}")
    for other in (f"GET {path}", f"POST {path}/x", "POST /v1/files", "DELETE /v1/models", f"POST /x{path}"):
        assert not upstream.endpoint.fullmatch(other)
    assert KEY not in repr((choice, upstream, choice.build_spec("http://127.0.0.1:1")))


def test_cluster_asks_no_service(tmp_path: Path) -> None:
    """Its converters are on other machines than the relay; `config check` says so too."""
    config = configure(tmp_path, {"service": "claude"})
    converter = config.converter.model_copy(update={"isolation": Isolation.RAY})
    [line] = list_llm_problems(config.model_copy(update={"converter": converter}), ENVIRON)
    assert "converter.isolation: a cluster does not reach the relay" in line


def test_service_without_a_key_gets_none(tmp_path: Path) -> None:
    """Ollama on one's own machine wants none."""
    choice = choose_llm(configure(tmp_path, {"service": "ollama"}), {})
    assert choice is not None
    assert choice.build_upstream().headers == {}


def test_another_key_is_another_choice(tmp_path: Path) -> None:
    """So that a reload notices it."""
    config = configure(tmp_path, {"service": "claude"})
    assert choose_llm(config, ENVIRON) == choose_llm(config, dict(ENVIRON))
    assert choose_llm(config, ENVIRON) != choose_llm(config, {"MARKERD_LLM_KEY": "other"})


def test_other_options_of_a_service_are_not_refused() -> None:
    """The model may be another for a folder."""
    for name in ("openai_model", "deployment_name", "max_retries", "use_llm"):
        assert find_refused_option(name) is None


@pytest.mark.parametrize("section", ["llm", "surya"])
def test_file_of_a_key_is_no_document(tmp_path: Path, section: str) -> None:
    """In a hot folder it would be converted, and published."""
    key = {"llm": "key_file", "surya": "vlm_key_file"}[section]
    lines = [f"[{section}]", f'{key} = "in/key"', "[[folders]]", 'path = "in"', 'output = "out"']
    (tmp_path / "markerd.toml").write_text("\n".join(lines))
    with pytest.raises(ConfigurationError, match=rf"{section}\.{key}: \S+ lies inside folders\[0\]\.path"):
        load_config(tmp_path / "markerd.toml", {"HOME": str(tmp_path)})
