"""A real llama.cpp server as the vision model's: planned as Surya starts it, confined, started at its first use."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import llama_server
from markerd.convert.model_sets.servers.model_servers import ModelServers
from markerd.convert.model_sets.servers.plan import VISION, VISION_URL, ServersPlan, SuryaSettings, plan_servers
from markerd.convert.model_sets.servers.server_spec import ServerLimits
from markerd.convert.sandbox import environment
from server_scene import Events, await_that, find_processes
from tiny_gguf import write_model

MODEL = "datalab-to/surya-ocr-2"


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServersPlan:
    """The vision model's part of the plan, on a tiny model and a program named llama-server."""
    model, encoder = tmp_path / "weights" / "model.gguf", tmp_path / "weights" / "encoder.gguf"
    model.parent.mkdir()
    write_model(model)
    encoder.write_bytes(b"GGUF")  # asked for by Surya, and not needed for text
    program = tmp_path / "bin" / "llama-server"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\n" + Path(llama_server.__file__).read_text())
    program.chmod(0o755)
    monkeypatch.setenv("SURYA_GGUF_LOCAL_MODEL_PATH", str(model))
    monkeypatch.setenv("SURYA_GGUF_LOCAL_MMPROJ_PATH", str(encoder))
    settings = SuryaSettings(vlm="llamacpp", llama_server=str(program), slots=2, context_tokens=256)
    planned = plan_servers(settings, 1)
    return ServersPlan(tuple(spec for spec in planned.specs if spec.name == VISION), planned.relays)


@pytest.fixture
def servers(plan: ServersPlan, tmp_path: Path) -> Iterator[ModelServers]:
    made = ModelServers(plan, ServerLimits(), tmp_path / "servers", environment.build_child_environment(1), Events())
    yield made
    made.stop()
    assert find_processes(tmp_path / "servers") == []


def test_server_starts_at_its_first_use_and_answers(servers: ModelServers) -> None:
    """Its health, its name and a chat, all through the relay; nobody has started it before."""
    servers.await_ready(lambda: None)
    assert servers.states()[0].phase == "stopped"
    url = servers.variables[VISION_URL]
    await_that(lambda: httpx.get(f"{url}/models", timeout=30).status_code == 200)
    assert httpx.get(f"{url}/models").json()["data"][0]["id"] == MODEL
    assert httpx.get(url.replace("/v1", "/health")).status_code == 200
    request = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8, "temperature": 0}
    answer = httpx.post(f"{url}/chat/completions", json=request, timeout=60).json()
    assert answer["model"] == MODEL
    assert answer["usage"]["completion_tokens"] > 0
    [state] = servers.states()
    assert (state.phase, state.starts, state.deaths) == ("ready", 1, 0)


def test_server_is_confined(servers: ModelServers) -> None:
    """It says so where it is not."""
    servers.find(VISION).await_ready(60)
    assert servers.states()[0].phase == "ready"
    log = servers.find(VISION)._log
    assert isinstance(log, Events)
    assert not [event for event in log.find("server.output") if "not fully confined" in event["line"]]
