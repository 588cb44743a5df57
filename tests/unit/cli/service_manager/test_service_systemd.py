"""Which installations can be a systemd service, and what their unit says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from markerd.cli.service_manager import systemd
from markerd.cli.service_manager.installation import Installation, Reach, Scope, describe
from markerd.cli.service_manager.steps import MakeFolder, Run, WriteFile
from markerd.cli.service_manager.systemd import UNIT
from markerd.config.model import Config, HttpConfig
from markerd.files.shipped import DATA

PLAIN = Installation(
    interpreter=Path("/opt/markerd/bin/python"),
    config=Path("/etc/markerd/markerd.toml"),
    state_dir=Path("/var/lib/markerd"),
    folders=(Path("/srv/markerd"),),
    log_file=None,
    stop_timeout_s=90.0,
    package=Path("/opt/markerd/lib/python3.11/site-packages/markerd"),
)


def settings(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


def config(*folders: dict[str, str]) -> Config:
    return Config.model_validate({"daemon": {"state_dir": "/var/lib/markerd"}, "folders": list(folders)})


def test_shipped_unit_equals_the_generated_one() -> None:
    """Apart from its head, a unit that is copied by hand is the one that `service install` writes."""
    shipped = (DATA / "systemd" / "markerd.service").read_text("utf-8")
    made = systemd.build_unit(PLAIN, Scope.SYSTEM)
    assert made.split("[Unit]", 1)[1] == shipped.split("[Unit]", 1)[1]
    assert "service install" in made.split("[Unit]", 1)[0]


def test_unit_names_this_installation() -> None:
    """It has this interpreter, this configuration, and one writable mount for each entry.

    Nothing of the standard is left.
    """
    installation = replace(
        PLAIN,
        interpreter=Path("/opt/my tools/bin/python"),
        config=Path("/etc/100%/markerd.toml"),
        state_dir=Path("/data/state"),
        folders=(Path("/data/office"), Path("/data/two words")),
        log_file=Path("/var/log/markerd/markerd.log"),
    )
    found = settings(systemd.build_unit(installation, Scope.SYSTEM))
    assert found["ExecStart"] == ['"/opt/my tools/bin/python" -m markerd run --config /etc/100%%/markerd.toml']
    assert found["ReadWritePaths"] == ["/data/office", '"/data/two words"', "/data/state", "/var/log/markerd"]
    assert found["RequiresMountsFor"] == found["ReadWritePaths"]
    assert "StateDirectory" not in found


def test_state_directory_below_a_parent_gets_no_mount_of_its_own() -> None:
    """Each entry of ReadWritePaths= is a mount, and renames between two mounts fail."""
    installation = replace(PLAIN, state_dir=Path("/srv/markerd/state"), folders=(Path("/srv/markerd"),))
    assert settings(systemd.build_unit(installation, Scope.SYSTEM))["ReadWritePaths"] == ["/srv/markerd"]


def test_state_directory_with_a_colon_is_not_left_to_systemd() -> None:
    """StateDirectory=a:b would make b a link to a."""
    found = settings(systemd.build_unit(replace(PLAIN, state_dir=Path("/var/lib/mark:erd")), Scope.SYSTEM))
    assert "StateDirectory" not in found
    assert found["ReadWritePaths"] == ["/srv/markerd", "/var/lib/mark:erd"]


def test_status_page_uses_the_network_of_the_host() -> None:
    """In a network of its own nobody could reach the page. Addresses other than the loopback stay refused."""
    found = settings(systemd.build_unit(replace(PLAIN, page=Reach.THIS_MACHINE), Scope.SYSTEM))
    assert (found["PrivateNetwork"], found["IPAddressDeny"]) == (["no"], ["any"])
    assert settings(systemd.build_unit(PLAIN, Scope.SYSTEM))["PrivateNetwork"] == ["yes"]
    open_to_others = settings(systemd.build_unit(replace(PLAIN, page=Reach.OTHERS), Scope.SYSTEM))
    assert not {"IPAddressDeny", "IPAddressAllow"} & set(open_to_others)


@pytest.mark.parametrize(
    ("listen", "page"),
    [({}, Reach.NOBODY), ({"listen": "[::1]:9464"}, Reach.THIS_MACHINE),
     ({"listen": "0.0.0.0:9464", "allow_remote": True}, Reach.OTHERS)],
)  # fmt: skip
def test_address_decides_who_may_reach_the_page(listen: dict[str, object], page: Reach) -> None:
    """The address in the configuration decides."""
    chosen = config({"path": "/srv/markerd/in", "output": "/srv/markerd/out"})
    chosen = chosen.model_copy(update={"http": HttpConfig.model_validate(listen)})
    assert describe(chosen, PLAIN.config).page is page


@pytest.mark.parametrize(
    ("sections", "services"),
    [
        ({"llm": {"service": "claude"}}, Reach.OTHERS),
        ({"llm": {"service": "ollama"}}, Reach.THIS_MACHINE),
        ({"llm": {"service": "openai", "url": "http://[::1]:8000/v1"}}, Reach.THIS_MACHINE),
        ({"llm": {"service": "claude"}, "marker": {"use_llm": False}}, Reach.NOBODY),
        ({"surya": {"vlm_url": "https://gpu.example/v1"}, "marker": {}}, Reach.OTHERS),
        ({"surya": {"vlm_url": "https://gpu.example/v1", "vlm": "none"}, "marker": {}}, Reach.NOBODY),
        (
            {"surya": {"vlm_url": "https://gpu.example/v1"}, "converter": {"models": "embedded"}, "marker": {}},
            Reach.NOBODY,
        ),
        ({"llm": {"service": "ollama"}, "surya": {"vlm_url": "https://gpu.example/v1"}}, Reach.OTHERS),
        ({"hooks": [{"name": "kb", "url": "https://kb.example/"}], "marker": {}}, Reach.OTHERS),
        ({"hooks": [{"name": "kb", "url": "http://localhost:80/"}], "marker": {}}, Reach.THIS_MACHINE),
        ({"hooks": [{"name": "index", "run": ["index"]}], "marker": {}}, Reach.NOBODY),
    ],
)
def test_services_that_are_asked_use_the_network_of_the_host(sections: dict[str, Any], services: Reach) -> None:
    """Addresses elsewhere are open only where one of them is asked."""
    marker = sections.pop("marker", {"use_llm": True})
    hooks = sections.pop("hooks", [])
    folder = {"path": "/srv/markerd/in", "output": "/srv/markerd/out", "marker": marker, "hooks": hooks}
    daemon = {"state_dir": "/var/lib/markerd"}
    installation = describe(Config.model_validate({"daemon": daemon, "folders": [folder], **sections}), PLAIN.config)
    assert installation.services is services
    found = settings(systemd.build_unit(replace(PLAIN, services=services), Scope.SYSTEM))
    assert found["PrivateNetwork"] == (["yes"] if services is Reach.NOBODY else ["no"])
    assert ("IPAddressDeny" in found) is (services is not Reach.OTHERS)


def test_user_unit_has_no_mounts() -> None:
    """The service manager of a user cannot make mounts."""
    found = settings(systemd.build_unit(PLAIN, Scope.USER))
    assert found["ExecStart"] == ["/opt/markerd/bin/python -m markerd run --config /etc/markerd/markerd.toml"]
    assert not {"ReadWritePaths", "ProtectSystem", "User", "StateDirectory"} & set(found)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"folders": (Path("/srv"),)}, "share no parent but /srv"),
        ({"folders": (Path("/"),)}, "share no parent but /"),
        ({"folders": (Path("/home/ann/docs"),)}, "sees nothing below /home"),
        ({"config": Path("/root/markerd.toml")}, "sees nothing below /root"),
        ({"state_dir": Path("/tmp/state")}, "sees nothing below /tmp"),
        ({"interpreter": Path("/home/ann/venv/bin/python")}, "into a virtual environment in /opt"),
        ({"interpreter": Path("/opt/a$b/bin/python")}, "dollar sign"),
        ({"folders": (Path('/srv/a"b'),)}, "rename it"),
        ({"log_file": Path('/srv/a"b/m.log')}, "rename it"),
        ({"log_file": Path("/var/log/m.log")}, "a folder of their own"),
        ({"log_file": Path("/home/ann/m.log")}, "sees nothing below /home"),
        ({"state_dir": Path("/srv")}, "a folder of their own"),
        ({"package": Path("/home/ann/markerd/daemon/markerd")}, "into a virtual environment in /opt"),
    ],
)
def test_impossible_system_service_is_refused_with_a_remedy(changes: dict[str, object], words: str) -> None:
    """Each refusal has its reason and a way out."""
    (problem,) = systemd.find_problems(replace(PLAIN, **changes), Scope.SYSTEM)  # type: ignore[arg-type]  # as named above
    assert words in problem


def test_interpreter_is_judged_by_its_real_path(tmp_path: Path) -> None:
    """A virtual environment in /opt cannot be run if its Python is a link into a home folder."""
    link = tmp_path / "python"
    link.symlink_to("/root/.pyenv/versions/3.11/bin/python")
    problems = systemd.find_problems(replace(PLAIN, interpreter=link), Scope.SYSTEM)
    assert any("/root" in problem for problem in problems)


def test_standard_installation_has_no_problem() -> None:
    """There is none in either scope, and that of a user may lie at home."""
    assert systemd.find_problems(PLAIN, Scope.SYSTEM) == []
    at_home = replace(PLAIN, config=Path("/home/ann/m.toml"), folders=(Path("/home/ann"),))
    assert systemd.find_problems(at_home, Scope.USER) == []


def test_shared_parent_holds_all_folders_of_an_entry() -> None:
    """It holds the hot folder, output, failed, and the archive if there is one."""
    office = {"path": "/srv/office/in", "output": "/srv/office/out"}
    kept = {"path": "/data/in", "output": "/data/out", "failed": "/data/bad", "archive": "/else", "after": "keep"}
    described = describe(config(office, kept), Path("/etc/markerd/markerd.toml"))
    assert described.folders == (Path("/srv/office"), Path("/data"))


def test_install_steps_come_in_a_safe_order() -> None:
    """The user comes before its folders, these before the check, and the check before the unit is replaced."""
    chosen = config({"path": "/srv/markerd/in", "output": "/srv/markerd/out"})
    steps = systemd.build_install_steps(describe(chosen, PLAIN.config), chosen, Scope.SYSTEM)
    made = [step.path for step in steps if isinstance(step, MakeFolder)]
    assert made[0] == Path("/srv/markerd")
    assert set(made[1:]) == {*(Path("/srv/markerd", n) for n in ("in", "out", "failed", "done")), PLAIN.state_dir}
    assert all(step.owner == "markerd" for step in steps if isinstance(step, MakeFolder))
    kinds = [type(step) for step in steps]
    assert kinds.index(Run) < kinds.index(MakeFolder)
    commands = [step.command[0] for step in steps if isinstance(step, Run)]
    assert commands == ["systemd-sysusers", "journalctl", "runuser", "systemctl", "systemctl", "systemctl"]
    assert [step for step in steps if isinstance(step, Run)][-1].command[1] == "try-restart"
    check = next(index for index, step in enumerate(steps) if isinstance(step, Run) and step.command[0] == "runuser")
    unit = next(index for index, step in enumerate(steps) if isinstance(step, WriteFile) and step.path.name == UNIT)
    assert check < unit  # else one that works would be replaced before it is known that the new one does not
