"""vLLM in docker: what docker is asked for, that it is on the loopback alone, and that its container is removed."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from markerd.convert.model_sets.servers.model_servers import ModelServers
from markerd.convert.model_sets.servers.plan import VISION, ServersPlan, SuryaSettings, plan_servers
from markerd.convert.model_sets.servers.server_spec import ServerLimits
from markerd.convert.sandbox import environment
from server_scene import Events, await_that, find_processes

SUPPORT = Path(__file__).parents[4] / "support"
NAME = "markerd-vision-abc"


@pytest.mark.models
def test_container_is_run_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that an earlier run has left goes first, and ours at the end; weights are read-only, nothing is fetched."""
    docker, log = tmp_path / "bin" / "docker", tmp_path / "calls"
    docker.parent.mkdir()
    docker.write_text(f'#!/bin/sh\nexec {sys.executable} {SUPPORT / "stand_in_docker.py"} "$@"\n')
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("STAND_IN_DOCKER_LOG", str(log))
    planned = plan_servers(SuryaSettings(vlm="vllm", instance="abc"), 1)
    plan = ServersPlan(tuple(spec for spec in planned.specs if spec.name == VISION), planned.relays)
    servers = ModelServers(plan, ServerLimits(), tmp_path / "s", environment.build_child_environment(1), Events())
    try:
        server = servers.find(VISION)
        await_that(lambda: server.await_ready(1).phase == "ready", 240)
    finally:
        servers.stop()
    assert find_processes(tmp_path / "s") == []
    before, run, *after = [json.loads(line) for line in log.read_text().splitlines()]
    assert before == ["rm", "--force", NAME]
    assert after == [before]
    assert run[:4] == ["run", "--rm", "--name", NAME]
    assert run[run.index("-p") + 1] == f"127.0.0.1:{server.port}:8000"
    assert run[run.index("-v") + 1].endswith(":ro")
    assert run[run.index("--served-model-name") + 1] == server.spec.model
