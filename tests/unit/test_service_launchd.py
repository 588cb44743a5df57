"""What `markerd service` does on macOS; the parts of it that can be seen without one."""

from __future__ import annotations

import plistlib
from pathlib import Path

import pytest

from markerd.config.model import Config
from markerd.errors import UnavailableError
from markerd.service.installation import Scope, describe
from markerd.service.managers import Launchd
from markerd.service.steps import MakeFolder, RemoveFile, Run, WriteFile

CONFIG = Path("/opt/markerd/markerd.toml")
CHOSEN = Config.model_validate(
    {"daemon": {"state_dir": "/opt/markerd/state"}, "folders": [{"path": "/opt/docs/in", "output": "/opt/docs/out"}]}
)


def test_folders_come_before_the_plist_and_the_plist_before_launchctl() -> None:
    """launchd makes no folder, and loads what lies in its place."""
    steps = Launchd(Scope.USER).install(describe(CHOSEN, CONFIG), CHOSEN)
    kinds = [type(step) for step in steps]
    assert kinds == sorted(kinds, key=[MakeFolder, WriteFile, Run].index)
    made = {step.path for step in steps if isinstance(step, MakeFolder)}
    assert made >= {Path("/opt/docs/in"), Path("/opt/docs/out"), Path("/opt/markerd/state")}
    (plist,) = (step for step in steps if isinstance(step, WriteFile))
    assert plist.path.name == "org.markerd.markerd.plist"
    assert str(CONFIG) in plistlib.loads(plist.content)["ProgramArguments"]


def test_a_daemon_of_the_machine_belongs_to_who_used_sudo() -> None:
    """Its logs are rotated by newsyslog, which only root can ask for."""
    service = Launchd(Scope.SYSTEM, {"SUDO_USER": "nobody"})
    steps = service.install(describe(CHOSEN, CONFIG), CHOSEN)
    assert {step.owner for step in steps if isinstance(step, MakeFolder)} == {"nobody"}
    rotation, plist = (step for step in steps if isinstance(step, WriteFile))
    assert rotation.path == Path("/etc/newsyslog.d/markerd.conf")
    assert plistlib.loads(plist.content)["UserName"] == "nobody"


def test_without_a_plist_there_is_nothing_to_drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, with the way to one; and to take away what is not there is no fault."""
    monkeypatch.setattr("markerd.service.launchd.plist_path", lambda *_: tmp_path / "none.plist")
    service = Launchd(Scope.USER)
    for verb in ("start", "stop", "restart"):
        with pytest.raises(UnavailableError, match="markerd service install"):
            service.drive(verb)
    assert [type(step) for step in service.uninstall()] == [RemoveFile]


def test_what_is_installed_is_known_from_its_plist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`stop` waits as long as the configuration lets a document drain; `logs` follows the log over rotations."""
    config = tmp_path / "markerd.toml"
    config.write_text(
        '[daemon]\nstate_dir = "state"\nstop_timeout_s = 7\n[log]\nfile = "log/markerd.log"\n'
        '[[folders]]\npath = "in"\noutput = "out"\n'
    )
    plist = tmp_path / "a.plist"
    plist.write_bytes(plistlib.dumps({"ProgramArguments": ["python", "-m", "markerd", "run", "--config", str(config)]}))
    monkeypatch.setattr("markerd.service.launchd.plist_path", lambda *_: plist)
    service = Launchd(Scope.USER)
    assert max(step.patience_s for step in service.drive("stop") if isinstance(step, Run)) > 7
    assert service.logs_command(lines=9, is_following=True) == (
        "tail",
        "-n",
        "9",
        "-F",
        str(tmp_path / "log/markerd.log"),
    )
