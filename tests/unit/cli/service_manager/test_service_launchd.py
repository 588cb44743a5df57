"""What `markerd service` does on macOS; the parts of it that can be seen without one."""

from __future__ import annotations

import plistlib
from pathlib import Path

import pytest

from markerd.cli.service_manager.installation import Scope, describe
from markerd.cli.service_manager.managers import Launchd
from markerd.cli.service_manager.steps import MakeFolder, RemoveFile, Run, WriteFile
from markerd.config import Config, load_config
from markerd.errors import UnavailableError

CONFIG = Path("/opt/markerd/markerd.toml")
CHOSEN = Config.model_validate(
    {"daemon": {"state_dir": "/opt/markerd/state"}, "folders": [{"path": "/opt/docs/in", "output": "/opt/docs/out"}]}
)


def test_folders_come_before_the_plist_and_the_plist_before_launchctl() -> None:
    """launchd makes no folder, and loads the plist that is installed."""
    steps = Launchd(Scope.USER).install(describe(CHOSEN, CONFIG), CHOSEN)
    kinds = [type(step) for step in steps]
    assert kinds == sorted(kinds, key=[MakeFolder, WriteFile, Run].index)
    made = {step.path for step in steps if isinstance(step, MakeFolder)}
    assert made >= {Path("/opt/docs/in"), Path("/opt/docs/out"), Path("/opt/markerd/state")}
    (plist,) = (step for step in steps if isinstance(step, WriteFile))
    assert plist.path.name == "org.markerd.markerd.plist"
    assert str(CONFIG) in plistlib.loads(plist.content)["ProgramArguments"]


def test_launch_daemon_belongs_to_the_user_of_sudo() -> None:
    """newsyslog rotates its logs, which only root can ask for."""
    service = Launchd(Scope.SYSTEM, {"SUDO_USER": "nobody"})
    steps = service.install(describe(CHOSEN, CONFIG), CHOSEN)
    assert {step.owner for step in steps if isinstance(step, MakeFolder)} == {"nobody"}
    rotation, plist = (step for step in steps if isinstance(step, WriteFile))
    assert rotation.path == Path("/etc/newsyslog.d/markerd.conf")
    assert plistlib.loads(plist.content)["UserName"] == "nobody"


def test_command_without_a_plist_says_how_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands say how to install the service. Removing what is not there is no fault."""
    monkeypatch.setattr("markerd.cli.service_manager.launchd.find_plist_path", lambda *_: tmp_path / "none.plist")
    service = Launchd(Scope.USER)
    for verb in ("start", "stop", "restart"):
        with pytest.raises(UnavailableError, match="markerd service install"):
            service.drive(verb)
    assert [type(step) for step in service.uninstall()] == [RemoveFile]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plist in its place, made for a configuration that has no log of its own; gives the configuration."""
    config = tmp_path / "markerd.toml"
    config.write_text('[daemon]\nstate_dir = "state"\nstop_timeout_s = 7\n[[folders]]\npath = "in"\noutput = "out"\n')
    plist = tmp_path / "a.plist"
    monkeypatch.setattr("markerd.cli.service_manager.launchd.find_plist_path", lambda *_: plist)
    chosen = load_config(config)
    (written,) = (s for s in Launchd(Scope.USER).install(describe(chosen, config), chosen) if isinstance(s, WriteFile))
    plist.write_bytes(written.content)
    return config


def patience_s(service: Launchd, verb: str) -> float:
    return max(step.patience_s for step in service.drive(verb) if isinstance(step, Run))


@pytest.mark.parametrize("becomes", ["as it was", "broken", "gone"])
def test_installed_job_is_controlled_by_its_plist(installed: Path, becomes: str) -> None:
    """A job whose configuration broke or went away can still be stopped and removed, and its log can be read."""
    if becomes != "as it was":
        installed.write_text("[") if becomes == "broken" else installed.unlink()
    service = Launchd(Scope.USER)
    assert 37 <= patience_s(service, "stop") <= patience_s(service, "restart") <= 60
    assert [type(step) for step in service.uninstall()] == [Run, Run, RemoveFile]
    *tail, said, log = service.logs_command(lines=9, is_following=True)
    assert tail == ["tail", "-n", "9", "-F"]
    assert (Path(said).name, Path(log).name) == ("launchd.log", "markerd.log")


def test_plist_omits_a_log_that_the_configuration_names(installed: Path) -> None:
    """If the configuration names a log file, the plist does not."""
    installed.write_text(installed.read_text() + '[log]\nfile = "own.log"\n')
    chosen = load_config(installed)
    service = Launchd(Scope.USER)
    for step in service.install(describe(chosen, installed), chosen):
        if isinstance(step, WriteFile):
            step.do()
    assert service.logs_command(lines=9, is_following=False)[-1] == str(installed.parent / "own.log")
