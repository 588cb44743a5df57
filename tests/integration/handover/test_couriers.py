"""The threads of hooks: none waits for another, a reload changes them, a stop ends them, and nothing is lost."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from fakes import RecordingLog
from handing_over import QUICK, Told
from harness import wait_until
from markerd.cli import hooks as command
from markerd.config.keys import Secret
from markerd.errors import EXIT_OK, EXIT_UNAVAILABLE
from markerd.handover.couriers import Couriers
from markerd.handover.hook import Address, Hook, Program
from markerd.journal.deliveries import Lane, Route
from markerd.values import Occasion
from receivers import SECRET, answers, receiver

_NOTE = "import os, sys; open(sys.argv[1], 'a').write(os.environ['MARKERD_KEY'] + '\\n')"
"""A program that writes down the key of what it is told."""


class Scene:
    def __init__(self, root: Path) -> None:
        self.root, self.log = root, RecordingLog()
        self.told = Told(root)
        self.folder = self.told.folder
        self.couriers = Couriers(self.told.journal.outbox, self.log, QUICK)
        self.notes = root / "notes"

    def build_hook(self, name: str, *run: str, give_up_after_s: float = 1e6) -> Hook:
        program = Program(run or (sys.executable, "-c", _NOTE, str(self.notes)))
        return Hook(Lane(self.folder, name), frozenset(Occasion), program, 30.0, give_up_after_s)

    def configure(self, *hooks: Hook) -> None:
        self.couriers.configure(hooks, self.log)

    def read_notes(self) -> list[str]:
        return self.notes.read_text().split() if self.notes.exists() else []

    def write_config(self, *names: str) -> Path:
        tables = "".join(f'[[folders.hooks]]\nname = "{name}"\nrun = ["true"]\n' for name in names)
        config = self.root / "markerd.toml"
        folder = f'[[folders]]\npath = "{self.folder}"\noutput = "{self.root}/out"\n'
        config.write_text(f'[daemon]\nstate_dir = "{self.root}/state"\n{folder}{tables}')
        return config


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    with closing(scene.told.journal):
        yield scene
        scene.couriers.stop()


def test_each_outcome_wakes_the_hook(scene: Scene) -> None:
    """It is told at once, not at the next look."""
    scene.configure(scene.build_hook("index"))
    for number in range(3):
        started_s = time.monotonic()
        scene.told.publish(f"{number}.pdf")
        wait_until(lambda: len(scene.read_notes()) > number, 10)  # noqa: B023
        assert time.monotonic() - started_s < QUICK.look_s
    assert len(set(scene.read_notes())) == 3


def test_hook_that_hangs_holds_up_no_other(scene: Scene) -> None:
    """And recording an outcome waits for neither of them."""
    scene.configure(scene.build_hook("slow", "sleep", "600"), scene.build_hook("index"))
    started_s = time.monotonic()
    for number in range(5):
        scene.told.publish(f"{number}.pdf")
    wait_until(lambda: len(scene.read_notes()) == 5, 10)
    assert time.monotonic() - started_s < 10


def test_webhook_is_sent_by_its_thread(scene: Scene) -> None:
    """With the secret of the hook; no address or secret is in the status or the log."""
    with receiver(answers(204)) as own:
        address = Address(own.url, Secret(SECRET), frozenset({"localhost"}), 0)
        scene.configure(Hook(Lane(scene.folder, "kb"), frozenset(Occasion), address, 20.0, 1e6))
        scene.told.publish()
        wait_until(lambda: scene.log.find("hook.delivered"), 10)
    assert own.requests[0].is_signed()
    own.habit = answers(500)
    said = f"{scene.couriers.describe()}{scene.log.records}{address}"
    assert "t0ken" not in f"{scene.couriers.describe()}{scene.log.records}"
    assert SECRET.removeprefix("whsec_") not in said


def test_what_waits_for_a_removed_hook_is_listed(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """With that reason; under its new name it can be had again, in its order."""
    scene.configure(scene.build_hook("index", "false"))
    for sha256 in ("aa", "bb"):
        scene.told.publish(sha256=sha256)
    wait_until(lambda: scene.log.find("hook.failed"), 10)
    scene.configure(scene.build_hook("search"))
    (set_aside,) = scene.log.find("hook.set_aside")
    assert (set_aside["hook"], set_aside["deliveries"]) == ("index", 2)
    config = scene.write_config("search")
    assert command.show(config, None, 50, is_json=True) == EXIT_OK
    listed = json.loads(capsys.readouterr().out)
    assert [each["reason"] for each in listed["given_up"]] == ["no hook of this name is configured any more"] * 2
    assert [(each["hook"], each["given_up"], each["to"]) for each in listed["hooks"]] == [
        ("search", 0, "true"), ("index", 2, None),
    ]  # fmt: skip
    assert command.retry(config, "index", None) == EXIT_UNAVAILABLE
    assert "has no hook index: name another one with --to" in capsys.readouterr().out
    assert command.retry(config, "index", "search") == EXIT_OK
    wait_until(lambda: len(scene.read_notes()) == 2, 15)
    keys = [each["delivery"] for each in reversed(listed["given_up"])]
    assert sorted(scene.read_notes()) == sorted(keys)


def test_list_and_retry(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """One delivery by its key, those of a hook by its name, or all of them."""
    for name in ("index", "mail"):
        scene.configure(scene.build_hook(name, "false", give_up_after_s=0.0))
        for path in ("a.pdf", os.fsdecode(b"b\xff\n.pdf")):
            scene.told.publish(path)
        wait_until(lambda: all(state == "given_up" for _, state in scene.told.list_states()), 10)
    scene.couriers.stop()
    config = scene.write_config("index", "mail")
    assert command.show(config, "mail", 50, is_json=False) == EXIT_OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"mail of {scene.folder}: true on published; 0 waiting, 2 given up"
    assert len(lines) == 3
    assert any("mail: published b\\xff\\x0a.pdf, after 1 attempt: exit status 1" in line for line in lines)
    assert command.retry(config, lines[1].split()[0], None) == EXIT_OK
    assert "1 delivery for mail of" in capsys.readouterr().out
    assert command.retry(config, None, None) == EXIT_OK
    said = capsys.readouterr().out
    assert "2 deliveries for index of" in said
    assert "1 delivery for mail of" in said
    assert command.retry(config, None, None) == EXIT_OK
    assert command.retry(config, "index", None) == EXIT_UNAVAILABLE
    assert capsys.readouterr().out == "Nothing was given up.\nNothing was given up for index.\n"
    assert command.show(config, "none", 50, is_json=False) == EXIT_UNAVAILABLE
    assert {state for _, state in scene.told.list_states()} == {"due"}


def test_reload_leaves_hooks_alone_that_are_the_same(scene: Scene) -> None:
    """Their program goes on; another's is ended with all that it started."""
    flag = scene.root / "begun"
    script = f"import time; open({str(flag)!r}, 'w'); time.sleep(1); " + _NOTE
    kept = scene.build_hook("index", sys.executable, "-c", script, str(scene.notes))
    scene.configure(kept)
    scene.told.publish()
    wait_until(flag.exists, 10)
    scene.configure(kept, scene.build_hook("mail", "true"))
    wait_until(scene.read_notes, 10)
    assert [fields["attempt"] for fields in scene.log.find("hook.delivered")] in ([1], [1, 1])


def test_stop_while_a_program_runs(scene: Scene) -> None:
    """It is ended, and its event is told anew at the next start, as if it had not been tried."""
    flag = scene.root / "pid"
    script = f"import os, time; open({str(flag)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    scene.configure(scene.build_hook("index", sys.executable, "-c", script))
    scene.told.publish()
    wait_until(lambda: flag.exists() and flag.read_text(), 10)
    started_s = time.monotonic()
    scene.couriers.stop()
    assert time.monotonic() - started_s < 8
    assert not psutil.pid_exists(int(flag.read_text()))
    assert scene.log.find("hook.failed") == []
    assert scene.told.list_states() == [("a.pdf", "due")]
    scene.couriers = Couriers(scene.told.journal.outbox, scene.log, QUICK)
    scene.configure(scene.build_hook("index"))
    wait_until(scene.read_notes, 10)


def test_drain_waits_for_what_can_be_told_now(scene: Scene) -> None:
    """All that a program takes, and the first attempt at one that fails: not its next one."""
    scene.configure(scene.build_hook("index"), scene.build_hook("mail", "false"))
    for number in range(5):
        scene.told.publish(f"{number}.pdf")
    ticks: list[None] = []
    scene.couriers.drain(lambda: ticks.append(None))
    assert len(scene.read_notes()) == 5
    assert scene.log.find("hook.failed")
    assert ticks


def test_threads_go_with_their_hooks(scene: Scene) -> None:
    """A hundred reloads leave the descriptors and threads of one."""
    hooks = [scene.build_hook(f"hook{number}", "true") for number in range(3)]
    scene.configure(*hooks)
    scene.configure()
    held = psutil.Process().num_fds(), threading.active_count()
    for _ in range(100):
        scene.configure(*hooks)
        scene.configure()
    assert (psutil.Process().num_fds(), threading.active_count()) == held


def test_idle_hook_rests(scene: Scene) -> None:
    """A look now and then: less than a hundredth of a core."""
    scene.configure(*(scene.build_hook(f"hook{number}") for number in range(10)))
    wait_until(lambda: all(thread.is_quiet for thread in scene.couriers._threads.values()), 10)
    used_s, started_s = time.process_time(), time.monotonic()
    threading.Event().wait(2.0)
    assert (time.process_time() - used_s) / (time.monotonic() - started_s) < 0.05


def test_fault_outside_of_an_attempt_ends_no_thread(scene: Scene) -> None:
    """A row that cannot be read is logged; once it is mended, the hook is told."""
    hook = scene.build_hook("index")
    scene.told.journal.outbox.route({scene.folder: [Route("index", hook.occasions)]})
    scene.told.publish()
    with scene.told.journal._connection.transaction() as db:
        (facts,) = db.execute("SELECT facts FROM deliveries").fetchone()
        db.execute("UPDATE deliveries SET facts = 'no JSON'")
    scene.configure(hook)
    wait_until(lambda: scene.log.find("hook.away"), 10)
    assert "a fault in markerd: JSONDecodeError" in scene.log.find("hook.away")[0]["reason"]
    with scene.told.journal._connection.transaction() as db:
        db.execute("UPDATE deliveries SET facts = ?", (facts,))
    scene.couriers.wake([hook.lane])
    wait_until(scene.read_notes, 10)
