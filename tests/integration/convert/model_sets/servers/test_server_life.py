"""A model server through its life: started, watched, started anew, ended. The servers are real processes that load
nothing."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from markerd.convert.model_sets.servers import health, supervised_server
from markerd.convert.model_sets.servers.model_servers import ModelServers
from markerd.convert.model_sets.servers.plan import PlannedRelay, ServersPlan
from markerd.convert.model_sets.servers.server_process import ServerProcess
from markerd.convert.model_sets.servers.server_spec import ServerLimits, ServerSpec
from markerd.errors import UnavailableError
from server_scene import PATIENCE_S, VARIABLES, Events, await_that, find_processes, make_spec


class Scene:
    """The servers of one test, which are ended with it."""

    def __init__(self, home: Path) -> None:
        self.home, self.log = home / "servers", Events()
        self.servers: ModelServers | None = None

    def start(self, spec: ServerSpec, limits: ServerLimits | None = None) -> ModelServers:
        self.servers = ModelServers(ServersPlan((spec,)), limits or ServerLimits(), self.home, VARIABLES, self.log)
        return self.servers

    def start_ready(self, spec: ServerSpec, limits: ServerLimits | None = None) -> ModelServers:
        servers = self.start(spec, limits)
        servers.await_ready(lambda: None)
        return servers


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    if made.servers is not None:
        made.servers.stop()
    assert find_processes(made.home) == []


def test_server_gets_ready_and_ends(scene: Scene) -> None:
    """It answers at its port, is described, is confined, and nothing of it is left."""
    servers = scene.start_ready(make_spec())
    [state] = servers.states()
    assert (state.phase, state.starts, state.deaths) == ("ready", 1, 0)
    assert state.pid is not None
    assert state.rss_bytes is not None
    assert health.is_healthy(state.port)
    assert "not fully confined" not in str(scene.log.find("server.output"))
    servers.stop()
    assert not psutil.pid_exists(state.pid)
    assert servers.states()[0].phase == "stopped"


def test_death_at_the_start_is_known_with_its_reason(scene: Scene) -> None:
    """Surya itself would ask for five minutes whether a server that has ended is well."""
    servers = scene.start(make_spec("dies"))
    with pytest.raises(UnavailableError, match=r"exit status 3: the weights are damaged"):
        servers.await_ready(lambda: None)
    [died] = scene.log.find("server.died")[:1]
    assert died["reason"] == "exit status 3"
    assert died["last_output"][-1] == "the weights are damaged"


def test_killed_server_is_started_anew(scene: Scene) -> None:
    """At the same port, with another process; the log has the death."""
    servers = scene.start_ready(make_spec())
    before = servers.states()[0]
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)
    await_that(lambda: servers.states()[0].phase == "ready" and servers.states()[0].pid != before.pid)
    after = servers.states()[0]
    assert (after.port, after.starts, after.deaths) == (before.port, 2, 1)
    assert scene.log.find("server.died")[0]["reason"] == "killed by SIGKILL"


def test_pauses_between_starts_grow(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that always dies is not started in a tight loop."""
    monkeypatch.setattr(supervised_server, "_FIRST_PAUSE_S", 0.05)
    servers = scene.start(make_spec("dies"))
    await_that(lambda: servers.states()[0].deaths >= 4)
    assert servers.find("quick")._pause_s >= 0.05 * 2**3


def test_stranger_at_the_port_is_no_server(scene: Scene) -> None:
    """What answers must name the model that was wanted."""
    servers = scene.start(make_spec(serves="another model"))
    with pytest.raises(UnavailableError, match=r"model was wanted at port .*, and another model answers there"):
        servers.await_ready(lambda: None)


def test_server_that_never_answers_is_ended(scene: Scene) -> None:
    """It accepts connections, and says nothing, for as long as a start may take."""
    servers = scene.start(make_spec("deaf", start_timeout_s=0.5))
    with pytest.raises(UnavailableError, match="did not get ready within"):
        servers.await_ready(lambda: None)


def test_server_that_stops_answering_is_started_anew(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped by SIGSTOP it lives, and does not answer."""
    monkeypatch.setattr(supervised_server, "_LOOK_S", 0.05)
    monkeypatch.setattr(health, "_TIMEOUT_S", 0.2)
    monkeypatch.setattr(health.is_healthy, "__defaults__", (0.2,))
    servers = scene.start_ready(make_spec())
    before = servers.states()[0]
    assert before.pid is not None
    os.kill(before.pid, signal.SIGSTOP)
    await_that(lambda: servers.states()[0].phase == "ready" and servers.states()[0].pid != before.pid)
    assert scene.log.find("server.died")[0]["reason"] == "it does not answer"


def test_server_above_the_ceiling_is_ended(scene: Scene) -> None:
    """At once, and said so."""
    servers = scene.start(make_spec("hungry"), ServerLimits(max_bytes=100 << 20))
    await_that(lambda: servers.states()[0].deaths > 0)
    assert "MB of memory, more than surya.max_rss_mb" in scene.log.find("server.died")[0]["reason"]


def test_large_server_is_recycled_between_documents(scene: Scene) -> None:
    """Only when asked, without a pause, and not as a death."""
    servers = scene.start_ready(make_spec("hungry"), ServerLimits(recycle_bytes=100 << 20))
    before = servers.states()[0]
    servers.recycle_large()
    await_that(lambda: servers.states()[0].phase == "ready" and servers.states()[0].pid != before.pid)
    assert servers.states()[0].deaths == 0
    assert "more than surya.recycle_rss_mb" in scene.log.find("server.recycled")[0]["reason"]


def test_server_that_is_being_recycled_is_not_recycled_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another converter may come to the end of its document meanwhile."""
    servers = scene.start_ready(make_spec("hungry"), ServerLimits(recycle_bytes=100 << 20))
    end = ServerProcess.end

    def end_while_a_document_ends(process: ServerProcess) -> None:
        servers.recycle_large()
        end(process)

    monkeypatch.setattr(ServerProcess, "end", end_while_a_document_ends)
    servers.find("quick").recycle("it was asked for")
    servers.find("quick").recycle("it was asked for twice")
    await_that(lambda: servers.states()[0].starts == 2 and servers.states()[0].phase == "ready")
    assert servers.find("quick")._wishes.recycle_reason == ""
    servers.stop()
    assert servers.states()[0].starts == 2


def test_server_that_does_not_answer_is_ended_at_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread waits for an answer just then, which may take ten seconds."""
    asked = threading.Event()
    is_healthy = health.is_healthy
    servers = scene.start_ready(make_spec())
    monkeypatch.setattr(supervised_server, "_LOOK_S", 0.05)

    def ask_patiently(port: int) -> bool:
        asked.set()
        return is_healthy(port, PATIENCE_S)

    monkeypatch.setattr(health, "is_healthy", ask_patiently)
    pid = servers.states()[0].pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    asked.clear()
    assert asked.wait(PATIENCE_S)
    began_s = time.monotonic()
    servers.stop()
    assert time.monotonic() - began_s < PATIENCE_S / 2
    assert list(scene.home.iterdir()) == []


def test_server_is_wanted_after_its_stop(scene: Scene) -> None:
    """A relay may have a request still; nothing is written to a descriptor that is somebody else's by now."""
    server = scene.start_ready(make_spec()).find("quick")
    server.stop()
    reading, writing = os.pipe()
    try:
        assert server.await_ready(0.0).phase == "stopped"
        os.set_blocking(reading, False)
        with pytest.raises(BlockingIOError):
            os.read(reading, 1)
    finally:
        os.close(reading)
        os.close(writing)


def test_small_server_is_not_recycled(scene: Scene) -> None:
    servers = scene.start_ready(make_spec(), ServerLimits(recycle_bytes=1 << 40))
    assert servers.find("quick").find_recycle_reason() == ""


def test_server_on_demand_starts_at_its_first_use(scene: Scene) -> None:
    """Nobody waits for it before."""
    servers = scene.start(make_spec(is_on_demand=True))
    servers.await_ready(lambda: None)
    assert servers.states()[0].phase == "stopped"
    assert servers.find("quick").await_ready(PATIENCE_S).phase == "ready"


def test_same_servers_go_on_with_another_plan(scene: Scene) -> None:
    """A reload that changes one server leaves the others alone, and starts the new one beside the old."""
    kept, changed = make_spec(), replace(make_spec(), name="changed")
    before = ModelServers(ServersPlan((kept, changed)), ServerLimits(), scene.home, VARIABLES, scene.log)
    before.await_ready(lambda: None)
    pids = {state.name: state.pid for state in before.states()}
    plan = ServersPlan((kept, replace(changed, start_timeout_s=99.0)))
    scene.servers = ModelServers(plan, ServerLimits(), scene.home, VARIABLES, scene.log, before)
    scene.servers.await_ready(lambda: None)
    assert len({state.port for state in [*before.states(), *scene.servers.states()]}) == 3
    before.stop(successor=scene.servers)
    after = {state.name: state.pid for state in scene.servers.states()}
    assert after["quick"] == pids["quick"]
    assert after["changed"] != pids["changed"]
    assert [psutil.pid_exists(pid) for pid in (pids["quick"], pids["changed"]) if pid] == [True, False]


def test_servers_that_cannot_all_be_started_are_ended(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay without certificates ends the start; the server that was started before it does not stay behind."""
    monkeypatch.setenv("SSL_CERT_FILE", str(scene.home / "missing.pem"))
    plan = ServersPlan((make_spec(),), (PlannedRelay("vision", "https://127.0.0.1:1/v1", "URL"),))
    with pytest.raises(UnavailableError, match="the certificates for vision cannot be read"):
        ModelServers(plan, ServerLimits(), scene.home, VARIABLES, scene.log)
    assert find_processes(scene.home) == []
    assert [thread.name for thread in threading.enumerate() if thread.name == "server-quick"] == []


def test_servers_without_room_are_unavailable(scene: Scene) -> None:
    """So that a reload is refused, and the daemon goes on with the servers that it has."""
    scene.home.write_bytes(b"a file where a folder is to be")
    scene.home /= "servers"
    with pytest.raises(UnavailableError, match="the model servers cannot be started"):
        scene.start(make_spec())


def test_server_whose_port_is_taken_has_another(scene: Scene) -> None:
    """As at a reload, when its predecessor still has the port that the environment names."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        servers = scene.start_ready(replace(make_spec(), fixed_port=port))
        assert servers.states()[0].port not in (0, port)
