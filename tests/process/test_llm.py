"""`use_llm` in the real daemon, with Marker's own services before a server on the loopback that speaks as they do."""

from __future__ import annotations

import json
import os
import signal
import socket
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

import fake_llm
from conftest import StartDaemon
from fake_llm import HEADING, KEY, FakeLlm
from harness import RunningDaemon, run_markerd
from markerd.convert.sandbox import confinement
from reports import make_report

pytestmark = pytest.mark.models

MODULE_PATH = os.environ.get("PYTHONPATH", "")
USE_LLM: dict[str, object] = {"use_llm": True, "max_retries": 0}
KEY_VARIABLES = {"MARKERD_LLM_KEY": KEY, "ANTHROPIC_API_KEY": f"{KEY}-usual", "ANTHROPIC_BASE_URL": "http://192.0.2.1"}
PROXIES = dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"), "http://192.0.2.1:9")
TRY_CONNECTIONS = """
    import os, socket, sys
    def watch(event, arguments, tried=[]):
        if event == "import" and arguments[0] == "markerd.convert.engine" and not tried:
            tried.append(True)
            for port in {ports}:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=5).close()
                    print("connected:", port, flush=True)
                except OSError as error:
                    print("refused:", port, error.strerror, flush=True)
    if "markerd.convert.process.worker" in sys.orig_argv:
        sys.addaudithook(watch)
"""


@pytest.fixture
def llm() -> Iterator[FakeLlm]:
    with fake_llm.running() as running:
        yield running


def convert(daemon: RunningDaemon, name: str) -> tuple[str, dict[str, Any]]:
    """The Markdown, and what the manifest says of the service."""
    daemon.drop(f"{name}.pdf", make_report())
    daemon.wait_for("document.published", document=f"{name}.pdf")
    manifest = json.loads((daemon.outbox / name / "manifest.json").read_text())
    return daemon.markdown(name), manifest["llm"]


def read_everything(daemon: RunningDaemon) -> dict[str, bytes]:
    """All that the daemon has written, said, or shows of its processes, by name; the converters' environment too."""
    found = {str(path): path.read_bytes() for path in daemon.root.rglob("*") if path.is_file()}
    found["log"] = json.dumps([daemon.events, daemon.noise]).encode()
    for process in psutil.Process(daemon.pid).children(recursive=True):
        found[f"environment of {process.pid}"] = json.dumps(process.environ()).encode()
        found[f"arguments of {process.pid}"] = json.dumps(process.cmdline()).encode()
    found["arguments"] = json.dumps(psutil.Process(daemon.pid).cmdline()).encode()
    return found


def test_key_arrives_at_the_service_and_is_nowhere_else(tmp_path: Path, daemon_at: StartDaemon, llm: FakeLlm) -> None:
    """Neither in log, journal, status, output, arguments nor in the converter, which reaches one port alone.

    The service repeats the key in an error, once.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    ports = [llm.port, listener.getsockname()[1]]
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(textwrap.dedent(TRY_CONNECTIONS).replace("{ports}", repr(ports)))
    daemon = daemon_at(tmp_path / "run", llm={"service": "claude", "url": llm.url}, marker=USE_LLM)
    with listener:
        daemon.start(is_waiting=True, PYTHONPATH=f"{hook}:{MODULE_PATH}", **KEY_VARIABLES, **PROXIES)
        text, use = convert(daemon, "one")
        llm.habit = "echo"
        unimproved, failed = convert(daemon, "two")
    assert f"# {HEADING}" in text
    assert (use["service"], use["failed"]) == ("claude", 0)
    assert use["requests"] == sum(asked.headers["x-api-key"] == KEY for asked in llm.asked) - failed["requests"]
    assert "# Introduction" in unimproved
    [told] = daemon.find("document.llm_failed", document="two.pdf", level="warning")
    assert "401" in told["reason"]
    assert failed["failed"] == failed["requests"] == told["failures"] > 0
    if confinement.probe_confinement().level is confinement.Level.FULL:
        assert [event["confinement"] for event in daemon.find("converter.confined")] == ["full"]
        lines = [event["line"] for event in daemon.find("converter.output")]
        assert [line for line in lines if line.startswith("connected")] == []
        assert len([line for line in lines if line.startswith("refused")]) == len(ports)
    shown = run_markerd("config", "show", "--config", str(daemon.config), cwd=tmp_path, **KEY_VARIABLES)
    everything = read_everything(daemon) | {"config show": (shown.stdout + shown.stderr).encode()}
    assert any(name.startswith("environment") for name in everything)
    assert [name for name, content in everything.items() if KEY.encode() in content] == []
    assert daemon.stop() == 0
    assert not [line for line in daemon.noise if "Traceback" in line or KEY in line]


@pytest.mark.parametrize(
    ("service", "converter"),
    [("openai", {"confine": "off"}), ("gemini", {"isolation": "inline"})],
)
def test_service_is_asked_without_confinement_too(
    tmp_path: Path, daemon_at: StartDaemon, llm: FakeLlm, service: str, converter: dict[str, object]
) -> None:
    """What the environment tells the clients changes nothing, in the daemon's own process neither."""
    daemon = daemon_at(tmp_path, llm={"service": service, "url": llm.url}, marker=USE_LLM, converter=converter)
    astray = {"GOOGLE_GENAI_USE_VERTEXAI": "true", "OPENAI_BASE_URL": "http://192.0.2.1", "NO_PROXY": "example.org"}
    daemon.start(is_waiting=True, **KEY_VARIABLES, **PROXIES, **astray)
    text, use = convert(daemon, "one")
    assert f"# {HEADING}" in text, daemon.tail()
    assert use["failed"] == 0
    assert KEY not in json.dumps([daemon.events, daemon.noise])


def test_another_key_comes_into_force_by_a_reload(tmp_path: Path, daemon_at: StartDaemon, llm: FakeLlm) -> None:
    """With the wrong one the document is published as it was read; without one the reload is refused."""
    file = tmp_path / "key"
    file.write_text("wrong-key\n")
    file.chmod(0o600)
    settings: dict[str, object] = {"service": "openrouter", "url": f"{llm.url}/api/v1", "key_file": str(file)}
    daemon = daemon_at(tmp_path / "run", llm=settings, marker=USE_LLM).start()
    text, use = convert(daemon, "one")
    assert "# Introduction" in text
    assert "the key is wrong" in use["reason"]
    file.write_text("")
    daemon.signal(signal.SIGHUP)
    refused = daemon.wait_for("config.rejected")
    assert "llm.key_file" in json.dumps(refused)
    file.write_text(KEY)
    daemon.signal(signal.SIGHUP)
    daemon.wait_for("config.reloaded")
    text, use = convert(daemon, "two")
    assert f"# {HEADING}" in text
    assert use["failed"] == 0
    assert daemon.stop() == 0


def test_check_and_start_refuse_what_cannot_work(tmp_path: Path) -> None:
    """With the line that says where the key may be."""
    daemon = RunningDaemon(tmp_path, llm={"service": "claude"}, marker=USE_LLM)
    without = dict.fromkeys((*KEY_VARIABLES, "CREDENTIALS_DIRECTORY"), "")
    for command in (("config", "check"), ("run", "--once")):
        done = run_markerd(*command, "--config", str(daemon.config), cwd=tmp_path, **without)
        assert done.returncode == 78, done.stderr
        assert "llm.key_file: there is no key for claude: put it into llm.key_file, $MARKERD_LLM_KEY" in done.stderr
    daemon.write_config(
        marker={"use_llm": True, "llm_service": "claude", "claude_api_key": KEY}, llm={"service": "claude"}
    )
    done = run_markerd("config", "check", "--config", str(daemon.config), cwd=tmp_path, **KEY_VARIABLES)
    assert done.returncode == 78
    assert "folders[0].marker.llm_service: markerd relays to one service for all folders" in done.stderr
    assert "folders[0].marker.claude_api_key: a key does not belong here: write `key_file` in [llm]" in done.stderr
    assert KEY not in done.stderr
