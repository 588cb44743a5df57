"""Hooks of a real daemon: told once each, through a reload, a stop, a kill and a receiver that is away."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from conftest import StartDaemon
from harness import RunningDaemon, run_markerd, wait_until
from killing import quick_environ
from receivers import SECRET, Receiver, answers, receiver, waits

PDF = b"%PDF-1.4 quick\n%%EOF\n"
BROKEN = b"%PDF-1.4 broken\n%%EOF\n"
_NOTE = """
import os, sys
with open(sys.argv[1], "a") as notes:
    print(os.environ["MARKERD_KEY"], sys.argv[2], sys.stdin.read(1), file=notes)
"""
_HANG = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
_SHOW = "import json, os, sys; open(sys.argv[1], 'w').write(json.dumps(dict(os.environ)))"
SECRETS: dict[str, str] = {"MARKERD_HOOK_KB_SECRET": SECRET, "MARKERD_LLM_KEY": "s3cret-llm-key-0123456789"}

ENVIRON: dict[str, Any] = {**quick_environ(), **SECRETS}


def run(script: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", script, *arguments]


def add_hooks(daemon: RunningDaemon, *hooks: Mapping[str, object]) -> None:
    """Write the configuration anew, with these hooks of the folder."""
    daemon.write_config(folders={"hooks": hooks})


def address(own: Receiver) -> dict[str, object]:
    return {"name": "kb", "on": ["published", "dead"], "url": own.url, "private_hosts": ["localhost"], "timeout_s": 600}


def read_lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_program_and_address_are_told(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """Both get each event with its key; nothing shows a secret; the commands show what there is."""
    daemon, notes = daemon_at(tmp_path), tmp_path / "notes"
    with receiver(answers(202)) as own:
        programs: list[dict[str, object]] = [
            {"name": "index", "run": run(_NOTE, str(notes), "{text}")},
            {"name": "show", "run": run(_SHOW, str(tmp_path / "shown"))},
            {"name": "broken", "run": ["/nowhere/at-all"], "give_up_after_h": 0},
        ]
        add_hooks(daemon, *programs, address(own))
        daemon.start(**ENVIRON)
        daemon.drop("sub/a.pdf", PDF)
        for hook in ("index", "show", "kb"):
            daemon.wait_for("hook.delivered", hook=hook)
        gave_up = daemon.wait_for("hook.gave_up", hook="broken")
        assert "is not there" in gave_up["reason"]
        key, text, first = read_lines(notes)[0].split()
        assert (Path(text), first) == (daemon.outbox / "sub" / "a" / "a.md", "{")
        assert key == daemon.find("hook.delivered", hook="index")[0]["delivery"]
        wait_until(lambda: own.requests, what="the request")
        assert own.requests[0].is_signed()
        assert own.requests[0].event["data"]["path"] == "sub/a.pdf"
        daemon.drop("bad.pdf", BROKEN)
        wait_until(lambda: len(own.requests) == 2, what="the dead letter")
        assert own.requests[1].event["type"] == "markerd.document.dead"
        said = json.dumps([daemon.events, demand_shown(daemon, own.port)])
        shown = (tmp_path / "shown").read_text()
        for secret in (SECRET, SECRET.removeprefix("whsec_"), "t0ken", *SECRETS.values()):
            assert secret not in said
            assert secret not in shown
    assert daemon.stop() == 0


def demand_shown(daemon: RunningDaemon, port: int) -> list[object]:
    """The commands show what was delivered and given up; returns all that they print."""
    named, cwd = ("--config", str(daemon.config)), daemon.root
    status = wait_until(lambda: _find_counted(named, cwd), what="the counts")
    metrics = run_markerd("status", "--prometheus", *named, cwd=cwd).stdout
    given_up = [line for line in metrics.splitlines() if line.startswith("markerd_hook_given_up_deliveries{")]
    assert f'markerd_hook_given_up_deliveries{{folder="{daemon.inbox}",hook="broken"}} 1.0' in given_up
    table = run_markerd("status", *named, cwd=cwd, COLUMNS="200").stdout
    assert "broken, 0 waiting, 1 given up" in table
    listed = run_markerd("hooks", "list", *named, cwd=cwd).stdout
    assert f"kb of {daemon.inbox}: http://localhost:{port} on published, dead; 0 waiting, 0 given up" in listed
    assert "/nowhere/at-all is not there" in listed
    return [status, metrics, table, listed]


def _find_counted(named: tuple[str, ...], cwd: Path) -> object:
    status = json.loads(run_markerd("status", "--json", *named, cwd=cwd).stdout)
    hooks = {hook["hook"]: hook for hook in status["hooks"]}
    return status if hooks["broken"]["given_up"] == 1 and hooks["index"]["delivered"] == 1 else None


def test_renamed_hook_and_reload(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """What waits for the old name is set aside; it goes to the new one by a command, without a restart."""
    daemon, notes = daemon_at(tmp_path), tmp_path / "notes"
    add_hooks(daemon, {"name": "old", "run": ["false"]})
    daemon.start(**ENVIRON)
    daemon.drop("a.pdf", PDF)
    daemon.wait_for("hook.failed", hook="old")
    add_hooks(daemon, {"name": "new", "run": run(_NOTE, str(notes), "-")})
    daemon.signal(signal.SIGHUP)
    assert daemon.wait_for("hook.set_aside", hook="old")["deliveries"] == 1
    daemon.wait_for("config.reloaded")
    done = run_markerd("hooks", "retry", "old", "--to", "new", "--config", str(daemon.config), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"1 delivery for new of {daemon.inbox} will be retried\n")
    daemon.wait_for("hook.delivered", hook="new", document="a.pdf")
    add_hooks(daemon, {"name": "new"})
    daemon.signal(signal.SIGHUP)
    assert "neither `run` nor `url`" in str(daemon.wait_for("config.rejected")["problems"])
    daemon.drop("b.pdf", b"b" + PDF)
    daemon.wait_for("hook.delivered", hook="new", document="b.pdf")


def test_stop_and_kill_while_a_hook_is_told(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """A program is ended with the daemon. What a kill cut off comes again with its key; conversions never wait."""
    daemon, pid_file = daemon_at(tmp_path), tmp_path / "pid"
    with receiver(waits) as own:
        add_hooks(daemon, {"name": "hang", "run": run(_HANG, str(pid_file))}, address(own))
        daemon.start(**ENVIRON)
        for name in ("a.pdf", "b.pdf", "c.pdf"):
            daemon.drop(name, name.encode() + PDF)
            daemon.wait_for("document.published", document=name)
        pid = int(wait_until(lambda: pid_file.exists() and pid_file.read_text()))
        wait_until(lambda: own.calls > 0)
        assert daemon.stop(30) == 0
        assert not psutil.pid_exists(pid)
        assert daemon.find("hook.failed") == daemon.find("hook.delivered") == []
        own.habit = _forget
        add_hooks(daemon, address(own))
        daemon.start(**ENVIRON)
        assert daemon.wait_for("hook.set_aside", hook="hang")["deliveries"] == 3
        wait_until(lambda: len(own.requests) == 1)
        daemon.kill()
        own.habit = answers(200)
        daemon.start(**ENVIRON)
        daemon.wait_for("hook.delivered", count=3)
    keys = [request.headers["webhook-id"] for request in own.requests]
    assert len(keys) == 4
    assert len(set(keys)) == 3
    assert keys[0] in keys[1:]


def _forget(connection: object, own: Receiver) -> None:
    """It has the event, and the answer never comes."""
    own.read_request(connection)  # type: ignore[arg-type]
    own.ending.wait(20)


def test_once_tells_before_it_ends(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """And does not wait for a receiver that is down."""
    daemon, notes = daemon_at(tmp_path, ("--once",)), tmp_path / "notes"
    add_hooks(daemon, {"name": "index", "run": run(_NOTE, str(notes), "-")}, {"name": "down", "run": ["false"]})
    daemon.inbox.mkdir()
    for name in ("a.pdf", "b.pdf"):
        daemon.drop(name, name.encode() + PDF)
    daemon.start(is_waiting=False, **ENVIRON)
    assert daemon.wait(60) == 0
    assert len(read_lines(notes)) == 2
    assert daemon.find("hook.failed", hook="down")


def test_what_cannot_work_is_said_beforehand(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """A secret that is missing ends the start with 78; a program that is missing shows in `config check` and doctor."""
    daemon = daemon_at(tmp_path)
    hook = {"name": "kb", "url": "https://kb.example/hook"}
    add_hooks(daemon, hook, {"name": "index", "run": ["/nowhere/index"]})
    named = ("--config", str(daemon.config))
    for command in (("config", "check"), ("run",)):
        done = run_markerd(*command, *named, cwd=tmp_path)
        assert done.returncode == 78
        assert (
            "folders[0].hooks[0].secret_file: there is no secret to sign with: put it into secret_file" in done.stderr
        )
    environ = {"MARKERD_HOOK_KB_SECRET": SECRET}
    done = run_markerd("config", "check", *named, cwd=tmp_path, **environ)
    assert done.returncode == 0
    assert "folders[0].hooks[1].run: /nowhere/index is not there" in done.stdout
    shown = run_markerd("config", "show", *named, cwd=tmp_path, **environ).stdout
    assert SECRET not in shown
    examined = run_markerd("doctor", *named, cwd=tmp_path, **environ).stdout
    assert "/nowhere/index is not there" in examined
