"""What to run to install, start, stop and look at the launchd job. Pure: who calls it runs the steps.

launchd answers before it has done what it was asked: `bootout` returns while the daemon still drains, and until it
is gone `bootstrap` fails. Exit statuses are what people saw on macOS 12 to 26; launchctl(1) does not list them, and
says that the text of `print` is no interface, so only its status is used.
"""

from __future__ import annotations

from pathlib import Path

from markerd.cli.service_manager.installation import Scope
from markerd.cli.service_manager.launchd import LABEL, Account, find_plist_path
from markerd.cli.service_manager.steps import Run

_OK = 0
_NO_PROCESS = 3  # bootout: not loaded
_BUSY = 5  # bootstrap: already loaded, or not gone yet
_IN_PROGRESS = 36  # bootout: on its way out
_ALREADY = 37  # bootstrap, kickstart: running, or starting
_NOT_FOUND = 113  # print, kickstart: not loaded

_GONE = frozenset({_NOT_FOUND})
_SETTLE_S = 15.0  # a label was seen to stay taken for 5 s after its job had gone


def build_install_steps(patience_s: float, scope: Scope, account: Account) -> tuple[Run, ...]:
    """Load the plist that lies in its place, in place of the one loaded before. RunAtLoad starts it."""
    # A service that was switched off, in System Settings for one, can be loaded only after `enable`.
    enable = Run(("launchctl", "enable", _name_service(scope, account)))
    return (*build_stop_steps(patience_s, scope, account), enable, _build_bootstrap(scope, account))


def build_uninstall_steps(patience_s: float, scope: Scope, account: Account) -> tuple[Run, ...]:
    """Stop and unload; then the plist can be removed."""
    return build_stop_steps(patience_s, scope, account)


def build_start_steps(scope: Scope, account: Account) -> tuple[Run, ...]:
    """Load it where `stop` unloaded it, start it where it had ended; nothing where it runs."""
    bootstrap = Run(_build_bootstrap(scope, account).command, frozenset({_OK, _BUSY, _ALREADY}))
    # Fails where `bootstrap` was not busy but refused.
    kickstart = Run(("launchctl", "kickstart", _name_service(scope, account)), frozenset({_OK, _ALREADY}))
    return bootstrap, kickstart


def build_stop_steps(patience_s: float, scope: Scope, account: Account) -> tuple[Run, ...]:
    """Stop it in order and wait until it is gone; it comes back with the next login or start of the machine.

    Not `launchctl kill`: that cannot stop a job which waits for its next try, a daemon that is still starting dies of
    the signal and is started again, and nothing ends one that does not listen. `bootout` honours ExitTimeOut.
    """
    service = _name_service(scope, account)
    bootout = Run(("launchctl", "bootout", service), frozenset({_OK, _NO_PROCESS, _IN_PROGRESS, _NOT_FOUND}))
    gone = Run(("launchctl", "print", service), _GONE, patience_s + _SETTLE_S)
    return bootout, gone


def build_restart_steps(patience_s: float, scope: Scope, account: Account) -> tuple[Run, ...]:
    """Stop it in order, then load it again. `kickstart -k` was seen to send SIGKILL: nothing could drain."""
    return (*build_stop_steps(patience_s, scope, account), _build_bootstrap(scope, account))


def build_status_command(scope: Scope, account: Account) -> tuple[str, ...]:
    """What launchd knows of it."""
    return ("launchctl", "print", _name_service(scope, account))


def _build_bootstrap(scope: Scope, account: Account) -> Run:
    path: Path = find_plist_path(scope, account)
    return Run(("launchctl", "bootstrap", _name_domain(scope, account), str(path)), patience_s=_SETTLE_S)


def _name_service(scope: Scope, account: Account) -> str:
    return f"{_name_domain(scope, account)}/{LABEL}"


def _name_domain(scope: Scope, account: Account) -> str:
    """An agent lives in the session of a user who is logged in at the screen."""
    return "system" if scope is Scope.SYSTEM else f"gui/{account.uid}"
