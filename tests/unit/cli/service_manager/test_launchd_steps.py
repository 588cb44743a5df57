"""The launchctl commands, against a launchd that answers as people saw it answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from markerd.cli.service_manager import launchctl
from markerd.cli.service_manager.installation import Scope
from markerd.cli.service_manager.launchd import Account
from markerd.cli.service_manager.steps import Run

YOU = Account("you", "staff", 501, Path("/Users/you"))
AGENT = "/Users/you/Library/LaunchAgents/org.markerd.markerd.plist"
PATIENCE_S = 120


class Launchd:
    """A fake of launchd with one job: asynchronous, and with the exit statuses of launchctl.

    It stands for observations, not for launchd's source: bootout answers at once, a draining job stays visible to
    `print`, `bootstrap` gives 5 while the label is taken, also for a while after the job has gone from `print`.
    """

    def __init__(self, state: str, *, drain_s: int = 60, linger_s: int = 5, is_disabled: bool = False) -> None:
        self.state = state  # absent, running, ended (with 0), throttled (waiting for its next start), draining
        self.is_disabled = is_disabled
        self._drain_s, self._linger_s = drain_s, linger_s
        self._left_s = 0

    def wait_a_second(self) -> None:
        self._left_s -= 1
        if self.state == "draining" and self._left_s <= 0:
            self.state, self._left_s = "absent", self._linger_s

    def launchctl(self, verb: str, *_: str) -> int:
        answer: int = getattr(self, f"_{verb}")()
        return answer

    def _print(self) -> int:
        return 113 if self.state == "absent" else 0

    def _enable(self) -> int:
        self.is_disabled = False
        return 0

    def _bootout(self) -> int:
        if self.state in ("absent", "draining"):
            return 3 if self.state == "absent" else 36
        was_running, self.state = self.state == "running", "draining"
        self._left_s = self._drain_s if was_running else 0
        return 0

    def _bootstrap(self) -> int:
        if self.state != "absent" or self._left_s > 0 or self.is_disabled:
            return 5
        self.state = "running"
        return 0

    def _kickstart(self) -> int:
        if self.state == "absent":
            return 113
        if self.state in ("running", "draining"):
            return 37
        self.state = "running"
        return 0


def run(launchd: Launchd, steps: tuple[Run, ...]) -> bool:
    """Whether all steps came to what they accept, each repeated once a second for its patience."""
    for step in steps:
        left_s = step.patience_s
        while launchd.launchctl(*step.command[1:]) not in step.accepted:
            if left_s <= 0:
                return False
            launchd.wait_a_second()
            left_s -= 1
    return True


@pytest.mark.parametrize("state", ["absent", "running", "ended", "throttled", "draining"])
class TestFromEveryState:
    def test_install_leaves_the_new_job_running(self, state: str) -> None:
        """The new plist is loaded, whatever the old job was doing."""
        launchd = Launchd(state)
        assert run(launchd, launchctl.build_install_steps(PATIENCE_S, Scope.USER, YOU))
        assert launchd.state == "running"

    def test_stop_leaves_the_job_unloaded(self, state: str) -> None:
        """No old daemon is left, and nothing waits for its next start."""
        launchd = Launchd(state)
        assert run(launchd, launchctl.build_stop_steps(PATIENCE_S, Scope.USER, YOU))
        assert launchd.state == "absent"

    def test_restart_leaves_a_new_job_running(self, state: str) -> None:
        """The old daemon has ended in order, and the new one runs."""
        launchd = Launchd(state)
        assert run(launchd, launchctl.build_restart_steps(PATIENCE_S, Scope.USER, YOU))
        assert launchd.state == "running"

    def test_uninstall_leaves_the_job_unloaded(self, state: str) -> None:
        """The job is unloaded before the plist is removed."""
        launchd = Launchd(state)
        assert run(launchd, launchctl.build_uninstall_steps(PATIENCE_S, Scope.USER, YOU))
        assert launchd.state == "absent"


@pytest.mark.parametrize("state", ["absent", "running", "ended", "throttled"])
def test_start_leaves_the_job_running(state: str) -> None:
    """It runs after a stop, after a wrong configuration, in the pause of a restart, or if it ran already."""
    launchd = Launchd(state, linger_s=0)
    assert run(launchd, launchctl.build_start_steps(Scope.USER, YOU))
    assert launchd.state == "running"


def test_start_leaves_a_disabled_service_off() -> None:
    """`start` fails and leaves it off. `install` enables it."""
    launchd = Launchd("absent", is_disabled=True)
    assert not run(launchd, launchctl.build_start_steps(Scope.USER, YOU))
    assert run(launchd, launchctl.build_install_steps(PATIENCE_S, Scope.USER, YOU))


def test_stop_gives_up_on_a_daemon_that_does_not_end() -> None:
    """A stop waits somewhat longer than launchd waits before SIGKILL, and not for ever."""
    assert not run(Launchd("running", drain_s=100_000), launchctl.build_stop_steps(PATIENCE_S, Scope.USER, YOU))
    assert run(Launchd("running", drain_s=120), launchctl.build_stop_steps(PATIENCE_S, Scope.USER, YOU))


def test_commands_name_the_domain_of_the_service() -> None:
    """An agent is named in the session of its user, a daemon in the system's domain."""
    agent = launchctl.build_install_steps(PATIENCE_S, Scope.USER, YOU)
    assert [step.command for step in agent] == [
        ("launchctl", "bootout", "gui/501/org.markerd.markerd"),
        ("launchctl", "print", "gui/501/org.markerd.markerd"),
        ("launchctl", "enable", "gui/501/org.markerd.markerd"),
        ("launchctl", "bootstrap", "gui/501", AGENT),
    ]
    daemon = launchctl.build_restart_steps(PATIENCE_S, Scope.SYSTEM, YOU)
    assert [step.command for step in daemon] == [
        ("launchctl", "bootout", "system/org.markerd.markerd"),
        ("launchctl", "print", "system/org.markerd.markerd"),
        ("launchctl", "bootstrap", "system", "/Library/LaunchDaemons/org.markerd.markerd.plist"),
    ]


def test_no_step_kills_the_job() -> None:
    """`kickstart -k` and `kill` are used nowhere, because the current document may end."""
    everything = [
        *launchctl.build_install_steps(PATIENCE_S, Scope.USER, YOU),
        *launchctl.build_start_steps(Scope.USER, YOU),
        *launchctl.build_restart_steps(PATIENCE_S, Scope.USER, YOU),
    ]
    assert not [step for step in everything if {"-k", "kill"} & set(step.command)]
