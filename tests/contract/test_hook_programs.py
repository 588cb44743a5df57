"""Hooks against real programs: good ones, and those that hang, fork, flood, fail or are not there."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from handing_over import KEY, QUICK, make_delivery, write_output
from harness import wait_until
from markerd.handover.halt import Halt
from markerd.handover.hook import Program
from markerd.handover.program import find_program, run_program
from markerd.handover.results import Delivered, Failed, Interrupted, Result
from markerd.journal.deliveries import Delivery
from markerd.values import Occasion

STRANGE = os.fsdecode(b"sub/\xff\n-rf {output}.pdf")
_REPORT = """
import json, os, sys
found = {"arguments": [os.fsencode(a).hex() for a in sys.argv[2:]], "stdin": sys.stdin.read(), "cwd": os.getcwd(),
         "variables": {os.fsencode(n).decode(): os.fsencode(v).hex() for n, v in os.environ.items()},
         "group": os.getpgid(0) == os.getpid(), "descriptors": len(os.listdir("/proc/self/fd"))}
open(sys.argv[1], "w").write(json.dumps(found))
"""
Run = Callable[..., Result]


def escape(script: str) -> str:
    """Braces of its own, for an argument of a hook."""
    return script.replace("{", "{{").replace("}", "}}")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a script of Python for a published document."""

    def run_script(script: str, *arguments: str, timeout_s: float = 30, halt: Halt | None = None) -> Result:
        output = write_output(tmp_path / "outbox" / "a")
        return run_program(
            Program((sys.executable, "-c", escape(script), *arguments)),
            make_delivery(tmp_path, output=output), timeout_s, halt or Halt(), {"PATH": os.environ["PATH"]}, QUICK,
        )  # fmt: skip

    return run_script


def report(tmp_path: Path, delivery: Delivery, *arguments: str, **environ: str) -> dict[str, object]:
    program = Program((sys.executable, "-c", escape(_REPORT), str(tmp_path / "report"), *arguments))
    result = run_program(program, delivery, 30, Halt(), {"PATH": os.environ["PATH"], **environ}, QUICK)
    assert result == Delivered(exit_code=0)
    found = json.loads((tmp_path / "report").read_text())
    assert isinstance(found, dict)
    return found


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_arguments_variables_and_manifest(tmp_path: Path) -> None:
    """A path of any bytes arrives as it is, as one argument; the manifest comes by standard input."""
    output = write_output(tmp_path / "outbox" / "a")
    found = report(
        tmp_path, make_delivery(tmp_path, STRANGE, output), "{path}", "-o={output}/{{}}", "{text}", "{event}"
    )
    expected = [STRANGE, f"-o={output}/{{}}", str(output / "a.md"), "published"]
    assert found["arguments"] == [os.fsencode(each).hex() for each in expected]
    assert found["stdin"] == (output / "manifest.json").read_text()
    variables = found["variables"]
    assert isinstance(variables, dict)
    told = {name: bytes.fromhex(value) for name, value in variables.items() if name.startswith("MARKERD_")}
    assert told["MARKERD_PATH"] == os.fsencode(STRANGE)
    assert told["MARKERD_SOURCE"] == os.fsencode(tmp_path / "inbox" / STRANGE)
    assert {told[f"MARKERD_{name}"].decode() for name in ("EVENT", "KEY", "SHA256", "ATTEMPT", "HOOK")} == {
        "published", KEY, "aa", "1", "index",
    }  # fmt: skip
    assert told["MARKERD_TIME"] == b"1970-01-01T00:00:01.000+00:00"
    assert (found["group"], found["cwd"], found["descriptors"]) == (True, "/", 4)


def test_event_without_an_output(tmp_path: Path) -> None:
    """A dead letter has a reason, no output, and nothing on standard input."""
    delivery = make_delivery(tmp_path, occasion=Occasion.DEAD, kind="damaged", reason="no trailer", pages=None)
    found = report(tmp_path, delivery, "{output}")
    variables = found["variables"]
    assert isinstance(variables, dict)
    assert (found["arguments"], found["stdin"]) == ([""], "")
    assert [bytes.fromhex(variables[f"MARKERD_{name}"]) for name in ("KIND", "REASON", "OUTPUT", "PAGES")] == [
        b"damaged", b"no trailer", b"", b"",
    ]  # fmt: skip


def test_no_secret_reaches_the_program(tmp_path: Path) -> None:
    """Of the daemon's variables it gets those that a program needs to run, and no others."""
    secrets = {
        "MARKERD_LLM_KEY": "s3cret", "MARKERD_HOOK_KB_SECRET": "s3cret", "OPENAI_API_KEY": "s3cret",
        "CREDENTIALS_DIRECTORY": "/run/s3cret", "AWS_SESSION": "s3cret", "MARKERD__FOLDERS__0__PATH": "s3cret",
    }  # fmt: skip
    found = report(tmp_path, make_delivery(tmp_path), HOME="/home/ada", LC_ALL="C.UTF-8", **secrets)
    variables = found["variables"]
    assert isinstance(variables, dict)
    assert b"s3cret" not in b"".join(bytes.fromhex(value) for value in variables.values())
    assert bytes.fromhex(variables["HOME"]) == b"/home/ada"
    assert {"PATH", "LC_ALL"} <= set(variables)


@pytest.mark.parametrize("place", ["missing", "a folder", "a link", "a pipe"])
def test_manifest_that_is_none_is_empty(tmp_path: Path, place: str) -> None:
    """Whatever lies in its place, nothing else is read, and nobody waits for it."""
    output = write_output(tmp_path / "outbox" / "a")
    manifest = output / "manifest.json"
    manifest.unlink()
    if place == "a folder":
        manifest.mkdir()
    elif place == "a link":
        manifest.symlink_to("/etc/passwd")
    elif place == "a pipe":
        os.mkfifo(manifest)
    assert report(tmp_path, make_delivery(tmp_path, output=output))["stdin"] == ""


@pytest.mark.parametrize("code", [1, 75, 255])
def test_exit_code_is_a_failure_with_its_last_lines(run: Run, code: int) -> None:
    """Both of its outputs are kept, and lines cannot break the log."""
    script = f"import sys; print('index is\\x1b[31m down'); print('no route', file=sys.stderr); sys.exit({code})"
    result = run(script)
    assert isinstance(result, Failed)
    assert (result.reason, result.exit_code) == (f"exit status {code}", code)
    assert sorted(result.last_output) == ["index is\\x1b[31m down", "no route"]


def test_program_that_is_killed(run: Run) -> None:
    """By the kernel for want of memory, or by somebody."""
    result = run("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert isinstance(result, Failed)
    assert (result.reason, result.exit_code) == ("killed by SIGKILL", -9)


def test_program_that_hangs_is_ended_with_its_children(run: Run, tmp_path: Path) -> None:
    """Those that ignore SIGTERM too, and one in a session of its own."""
    script = f"""
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
children = [subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, 1); time.sleep(600)"],
                             start_new_session=n == 1) for n in range(2)]
open({str(tmp_path / "pids")!r}, "w").write(" ".join(str(c.pid) for c in children) + f" {{os.getpid()}}")
time.sleep(600)
"""
    started_s = time.monotonic()
    result = run(script, timeout_s=1.5)
    assert isinstance(result, Failed)
    assert result.reason == "ended after 1.5 s, which is timeout_s"
    assert time.monotonic() - started_s < 6
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 3
    wait_until(lambda: not any(map(is_running, pids)), 5)


def test_children_that_stay_behind_are_ended(run: Run, tmp_path: Path) -> None:
    """The program has done its work; what it leaves in its group holds the output open, and nobody up."""
    script = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
"""
    started_s = time.monotonic()
    assert run(script) == Delivered(exit_code=0)
    assert time.monotonic() - started_s < 10
    pid = int((tmp_path / "pid").read_text())
    wait_until(lambda: not is_running(pid), 5)


def test_flood_of_output_is_bounded(run: Run) -> None:
    """A hundred megabytes, lines without an end among them: the last four kilobytes are kept."""
    before = psutil.Process().memory_info().rss
    script = (
        "import sys\nfor _ in range(100): sys.stdout.write('x' * (1 << 20))\nprint(); print('the end'); sys.exit(3)"
    )
    result = run(script)
    assert isinstance(result, Failed)
    assert result.last_output[-1] == "the end"
    assert sum(map(len, result.last_output)) <= QUICK.output_bytes
    assert psutil.Process().memory_info().rss - before < 20 << 20


def test_program_that_closes_its_output_goes_on(run: Run) -> None:
    """Its end counts, not that of its output."""
    result = run("import os, time; os.close(1); os.close(2); time.sleep(0.5); os._exit(7)")
    assert isinstance(result, Failed)
    assert result.exit_code == 7


def test_program_that_reads_nothing(run: Run, tmp_path: Path) -> None:
    """A manifest of some megabytes waits for nobody."""
    write_output(tmp_path / "outbox" / "b", also=["x" * 1000] * 5000)
    result = run_program(
        Program(("true",)), make_delivery(tmp_path, output=tmp_path / "outbox" / "b"), 30, Halt(), os.environ, QUICK
    )
    assert result == Delivered(exit_code=0)


def test_program_that_is_not_there(tmp_path: Path) -> None:
    """Missing, not executable, a folder, or of an interpreter that is missing: a failure that says so."""
    plain, broken = tmp_path / "plain", tmp_path / "broken"
    plain.write_text("#!/bin/sh\n")
    broken.write_text("#!/nowhere/sh\n")
    broken.chmod(0o755)
    for program in ("/nowhere/index", "no-such-program-at-all", str(plain), str(tmp_path)):
        result = run_program(Program((program,)), make_delivery(tmp_path), 30, Halt(), os.environ, QUICK)
        assert result == Failed(f"{program} is not there, or may not be executed")
        assert find_program((program,), os.environ) is None
    result = run_program(Program((str(broken),)), make_delivery(tmp_path), 30, Halt(), os.environ, QUICK)
    assert isinstance(result, Failed)
    assert "cannot be started: [Errno 2]" in result.reason


def test_arguments_that_are_too_long(tmp_path: Path) -> None:
    """They are a failure of the delivery, not of the thread."""
    program = Program(("true", "x" * (3 << 20)))
    result = run_program(program, make_delivery(tmp_path), 30, Halt(), os.environ, QUICK)
    assert isinstance(result, Failed)
    assert "cannot be started: [Errno 7]" in result.reason


def halt_soon(halt: Halt, flag: Path) -> threading.Thread:
    def wait() -> None:
        wait_until(flag.exists, 20)
        halt.set()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_stop_lets_a_program_end_that_is_about_to(run: Run, tmp_path: Path) -> None:
    """So that few deliveries are made twice."""
    halt, flag = Halt(), tmp_path / "begun"
    thread = halt_soon(halt, flag)
    assert run(f"import time; open({str(flag)!r}, 'w'); time.sleep(0.2)", halt=halt) == Delivered(exit_code=0)
    thread.join()


def test_stop_ends_a_program_that_goes_on(run: Run, tmp_path: Path) -> None:
    """The attempt does not count, and nothing of it is left."""
    halt, flag = Halt(), tmp_path / "begun"
    thread = halt_soon(halt, flag)
    script = f"import os, time; open({str(flag)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    started_s = time.monotonic()
    assert run(script, halt=halt) == Interrupted()
    assert time.monotonic() - started_s < 10
    thread.join()
    assert not is_running(int(flag.read_text() or "0"))


def test_nothing_leaks(run: Run) -> None:
    """Descriptors and threads are the same after each end."""
    run("pass")
    held = psutil.Process().num_fds(), threading.active_count()
    for script in ("pass", "raise SystemExit(3)", "import os; os.kill(os.getpid(), 9)"):
        run(script)
    assert (psutil.Process().num_fds(), threading.active_count()) == held
