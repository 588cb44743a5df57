"""Whatever is killed, the daemon, a server, a wrapper or the guardian between: within two seconds nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from markerd.convert.model_sets.servers.model_servers import ModelServers
from markerd.convert.model_sets.servers.plan import ServersPlan
from markerd.convert.model_sets.servers.server_spec import ServerLimits
from server_scene import VARIABLES, Events, await_that, find_processes, make_spec

LEFT_S = 2.0
"""The promise for an idle machine; tests share theirs, so they allow five times as much."""
OWNER = """
import sys, time
from pathlib import Path
from markerd.convert.model_sets.servers.model_servers import ModelServers
from markerd.convert.model_sets.servers.plan import ServersPlan
from markerd.convert.model_sets.servers.server_spec import ServerLimits
from server_scene import VARIABLES, Events, make_spec
servers = ModelServers(ServersPlan((make_spec(sys.argv[2]),)), ServerLimits(), Path(sys.argv[1]), VARIABLES, Events())
servers.await_ready(lambda: None)
print("ready", flush=True)
time.sleep(600)
"""


def start_owner(home: Path, habit: str) -> subprocess.Popen[str]:
    """Start a process that has a server, as the daemon does, and wait until the server is ready."""
    command = [sys.executable, "-c", OWNER, str(home), habit]
    path = os.pathsep.join([str(Path(__file__).parents[4] / "support"), os.environ.get("PYTHONPATH", "")])
    owner = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path})
    assert owner.stdout is not None
    assert owner.stdout.readline() == "ready\n"
    return owner


def kill_owner(owner: subprocess.Popen[str]) -> None:
    owner.kill()
    owner.wait()
    assert owner.stdout is not None
    owner.stdout.close()


@pytest.mark.parametrize("habit", ["", "stubborn", "wrapped"])
def test_nothing_outlives_a_killed_daemon(tmp_path: Path, habit: str) -> None:
    """Not a server that ignores SIGTERM, and not one below a wrapper."""
    owner = start_owner(tmp_path, habit)
    assert len(find_processes(tmp_path)) == (3 if habit == "wrapped" else 2)
    kill_owner(owner)
    await_that(lambda: not find_processes(tmp_path), 5 * LEFT_S)


def test_server_of_a_killed_wrapper_ends(tmp_path: Path) -> None:
    """The guardian adopts it, and ends it before the next start takes its port."""
    log = Events()
    servers = ModelServers(ServersPlan((make_spec("wrapped"),)), ServerLimits(), tmp_path, VARIABLES, log)
    try:
        servers.await_ready(lambda: None)
        wrapper = servers.states()[0].pid
        assert wrapper is not None
        [inner] = psutil.Process(wrapper).children()
        os.kill(wrapper, signal.SIGKILL)
        await_that(lambda: not inner.is_running())
        await_that(lambda: servers.states()[0].phase == "ready" and servers.states()[0].starts == 2)
    finally:
        servers.stop()
    assert find_processes(tmp_path) == []


@pytest.mark.parametrize("habit", ["", "wrapped"])
def test_server_of_a_killed_guardian_ends(tmp_path: Path, habit: str) -> None:
    """The daemon sees it, ends what is left, and starts the server anew."""
    log = Events()
    servers = ModelServers(ServersPlan((make_spec(habit),)), ServerLimits(), tmp_path, VARIABLES, log)
    try:
        servers.await_ready(lambda: None)
        before = find_processes(tmp_path)
        [guardian] = [pid for pid in before if psutil.Process(pid).ppid() == os.getpid()]
        os.kill(guardian, signal.SIGKILL)
        await_that(lambda: not set(before) & set(find_processes(tmp_path)))
        await_that(lambda: servers.states()[0].phase == "ready" and servers.states()[0].starts == 2)
        assert log.find("server.died")[0]["reason"] == "its guardian was killed"
    finally:
        servers.stop()
    assert find_processes(tmp_path) == []


def test_next_daemon_ends_what_is_left(tmp_path: Path) -> None:
    """Daemon and guardian are killed in one blow, and a wrapper's server lives on: the next start ends it."""
    owner = start_owner(tmp_path, "wrapped")
    guardian = psutil.Process(owner.pid).children()[0]
    guardian.suspend()  # so that it cannot act before it is killed
    kill_owner(owner)
    guardian.kill()
    await_that(lambda: len(find_processes(tmp_path)) == 1)  # the wrapper died with its guardian
    log = Events()
    servers = ModelServers(ServersPlan(), ServerLimits(), tmp_path, VARIABLES, log)
    servers.stop()
    assert find_processes(tmp_path) == []
    assert len(log.find("server.leftover")) == 1


def test_end_takes_no_longer_than_it_should(tmp_path: Path) -> None:
    """A server that ignores SIGTERM is killed after a second."""
    servers = ModelServers(ServersPlan((make_spec("stubborn"),)), ServerLimits(), tmp_path, VARIABLES, Events())
    servers.await_ready(lambda: None)
    began_s = time.monotonic()
    servers.stop()
    assert 1.0 <= time.monotonic() - began_s < 5 * LEFT_S
