"""The commands that install, start, stop and show the launchd job. Pure: the caller runs the steps.

launchd answers before it has done what it was asked: `bootout` returns while the daemon still finishes its document,
and until it is gone `bootstrap` fails. Exit statuses are those that people saw on macOS 12 to 26. launchctl(1) does not
list them, and says that the text of `print` is not an interface, so only its status is used.
"""

from __future__ import annotations

from pathlib import Path

from markerd.cli.service_manager.installation import Scope
from markerd.cli.service_manager.launchd import LABEL, Account, find_plist_path
from markerd.cli.service_manager.steps import Run

_OK = 0
_NO_PROCESS = 3  # bootout: the job is not loaded
_BUSY = 5  # bootstrap: the job is loaded already, or not gone yet
_IN_PROGRESS = 36  # bootout: the job is ending
_ALREADY = 37  # bootstrap, kickstart: the job runs, or is starting
_NOT_FOUND = 113  # print, kickstart: the job is not loaded

_GONE = frozenset({_NOT_FOUND})
_SETTLE_S = 15.0  # a label was seen to stay taken for 5 s after its job had gone


def build_install_steps(patience_s: float, scope: Scope, account: Account) -> tuple[Run, ...]:
    """Return the steps that load the plist in place of the one loaded before. RunAtLoad starts the job."""
    # A service that was switched off, for example in System Settings, can be loaded only after `enable`.
    enable = Run(("launchctl", "enable", _name_service(scope, account)))
    return (*build_stop_steps(patience_s, scope, account), enable, _build_bootstrap(scope, account))


def build_uninstall_steps(patience_s: float, scope: Scope, account: Account) -> tuple[Run, ...]:
    """Return the steps that stop and unload the job. Then the plist can be removed."""
    return build_stop_steps(patience_s, scope, account)


def build_start_steps(scope: Scope, account: Account) -> tuple[Run, ...]:
    """Return the steps that load the job after a stop, and start it after an end. They change nothing if it runs."""
    bootstrap = Run(_build_bootstrap(scope, account).command, frozenset({_OK, _BUSY, _ALREADY}))
    # This fails if `bootstrap` was not busy but refused.
    kickstart = Run(("launchctl", "kickstart", _name_service(scope, account)), frozenset({_OK, _ALREADY}))
    return bootstrap, kickstart


def build_stop_steps(patience_s: float, scope: Scope, account: Account) -> tuple[Run, ...]:
    """Return the steps that stop the job in order and wait until it is gone.

    The job returns with the next login or start of the machine. `launchctl kill` is not used: it cannot stop a job that
    waits for its next try, a daemon that is still starting dies of the signal and is started again, and nothing ends a
    daemon that does not listen. `bootout` honours ExitTimeOut.
    """
    service = _name_service(scope, account)
    bootout = Run(("launchctl", "bootout", service), frozenset({_OK, _NO_PROCESS, _IN_PROGRESS, _NOT_FOUND}))
    gone = Run(("launchctl", "print", service), _GONE, patience_s + _SETTLE_S)
    return bootout, gone


def build_restart_steps(patience_s: float, scope: Scope, account: Account) -> tuple[Run, ...]:
    """Return the steps that stop the job in order and load it again.

    `kickstart -k` was seen to send SIGKILL, which leaves no time to finish a document.
    """
    return (*build_stop_steps(patience_s, scope, account), _build_bootstrap(scope, account))


def build_status_command(scope: Scope, account: Account) -> tuple[str, ...]:
    """Return the command that shows what launchd knows of the job."""
    return ("launchctl", "print", _name_service(scope, account))


def _build_bootstrap(scope: Scope, account: Account) -> Run:
    path: Path = find_plist_path(scope, account)
    return Run(("launchctl", "bootstrap", _name_domain(scope, account), str(path)), patience_s=_SETTLE_S)


def _name_service(scope: Scope, account: Account) -> str:
    return f"{_name_domain(scope, account)}/{LABEL}"


def _name_domain(scope: Scope, account: Account) -> str:
    """Name the domain. An agent lives in the session of a user who is logged in at the screen."""
    return "system" if scope is Scope.SYSTEM else f"gui/{account.uid}"
