"""The plist, shipped and generated, against launchd.plist(5)."""

from __future__ import annotations

import plistlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchd_keys import faults
from markerd.cli.service_manager import launchd
from markerd.cli.service_manager.installation import Installation, Scope
from markerd.config import DaemonConfig
from markerd.config.paths import expand_path
from markerd.errors import EXIT_CONFIGURATION

ROOT = Path(__file__).resolve().parents[4]
SHIPPED = ROOT / "launchd" / "org.markerd.markerd.plist"
HEADER = re.compile(
    rb'<\?xml version="1\.0" encoding="UTF-8"\?>\s*<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1\.0//EN" '
    rb'"http://www\.apple\.com/DTDs/PropertyList-1\.0\.dtd">'
)
YOU = launchd.Account("you", "staff", 501, Path("/Users/you"))
INSTALLATION = Installation(
    interpreter=Path("/Users/you/markerd/.venv/bin/python"),
    config=Path("/Users/you/Library/Application Support/markerd/markerd.toml"),
    state_dir=Path("/Users/you/Library/Application Support/markerd"),
    folders=(Path("/Users/you/markerd"),),
    log_file=None,
    stop_timeout_s=90.0,
)
STRANGE = "/Users/you/R&D <\"new\"> $HOME 'it' ]]> näïve/日本 𝄞/%n"


def written(scope: Scope, installation: Installation = INSTALLATION) -> bytes:
    return launchd.build_plist(installation, scope, YOU)


EVERY = pytest.mark.parametrize(
    "content",
    [
        pytest.param(SHIPPED.read_bytes(), id="shipped"),
        pytest.param(written(Scope.USER), id="agent"),
        pytest.param(written(Scope.SYSTEM), id="daemon"),
        pytest.param(written(Scope.USER, replace(INSTALLATION, interpreter=Path(STRANGE))), id="strange"),
    ],
)


def repeated_keys(content: bytes) -> Iterator[str]:
    """plistlib takes the last of several, silently."""
    for dictionary in ElementTree.fromstring(content).iter("dict"):
        counted = Counter(key.text for key in dictionary.findall("key"))
        yield from (str(key) for key, count in counted.items() if count > 1)


@EVERY
def test_every_key_is_launchds(content: bytes) -> None:
    """No key is unknown, of the wrong type or there twice, and the document says what it is."""
    assert HEADER.match(content)
    assert list(faults(plistlib.loads(content))) == []
    assert list(repeated_keys(content)) == []


@pytest.mark.parametrize(
    ("job", "fault"),
    [
        ({"KeepAliv": True}, "job: there is no key KeepAliv"),
        ({"RunAtLoad": 1}, "job.RunAtLoad: 1 is no bool"),
        ({"ExitTimeOut": True}, "job.ExitTimeOut: True is no int"),
        ({"KeepAlive": {"SuccessfulExi": False}}, "job.KeepAlive: there is no key SuccessfulExi"),
        ({"EnvironmentVariables": {"A": 1}}, "job.EnvironmentVariables.A: 1 is no str"),
        ({"ProgramArguments": ["a", 1]}, "job.ProgramArguments[1]: 1 is no str"),
        ({"ProcessType": "standard"}, "job.ProcessType: 'standard' is none of"),
    ],
)
def test_the_list_of_keys_finds_faults(job: dict[str, Any], fault: str) -> None:
    """The check above would notice what launchd passes over in silence."""
    (found,) = faults(job)
    assert found.startswith(fault)


def test_a_key_that_stands_twice_is_found() -> None:
    """The check above would notice the key that plistlib drops."""
    twice = b"<plist><dict><key>A</key><true/><key>B</key><true/><key>A</key><false/></dict></plist>"
    assert list(repeated_keys(twice)) == ["A"]


@EVERY
def test_every_path_is_absolute(content: bytes) -> None:
    """launchd expands neither `~` nor variables, and starts a job in no folder that could be counted from."""
    job = plistlib.loads(content)
    arguments = job["ProgramArguments"]
    paths = [
        arguments[0],
        arguments[arguments.index("--config") + 1],
        *(job[key] for key in ("WorkingDirectory", "StandardOutPath", "StandardErrorPath")),
        *job["EnvironmentVariables"]["DYLD_FALLBACK_LIBRARY_PATH"].split(":"),
    ]
    assert [path for path in paths if not path.startswith("/")] == []


@EVERY
def test_it_is_named_by_its_label(content: bytes) -> None:
    """By convention the file is called LABEL.plist, and launchctl finds the service by the label."""
    assert plistlib.loads(content)["Label"] == launchd.LABEL == SHIPPED.stem
    assert launchd.find_plist_path(Scope.USER, YOU).stem == launchd.LABEL


@EVERY
def test_it_is_restarted_on_failure_alone(content: bytes) -> None:
    """The conditions of KeepAlive are alternatives, so there is one; a wrong configuration counts as a success."""
    job = plistlib.loads(content)
    assert job["KeepAlive"] == {"SuccessfulExit": False}
    assert job["RunAtLoad"] is True
    assert job["ProgramArguments"][-2:] == ["--as-success", str(EXIT_CONFIGURATION)]


def test_the_shipped_plist_is_what_an_installation_gets() -> None:
    """The example for the user `you` and the generated plist are the same job."""
    assert plistlib.loads(SHIPPED.read_bytes()) == plistlib.loads(written(Scope.USER))


def test_every_shipped_key_says_why() -> None:
    """A comment stands before each key of the job, or of the two that belong together before the first."""
    lines = [line.strip() for line in SHIPPED.read_text("utf-8").split("<dict>", 1)[1].splitlines() if line.strip()]
    bare = [
        re.sub("</?key>", "", line)
        for before, line in pairwise(lines)
        if line.startswith("<key>") and not before.endswith("-->")
    ]
    assert bare == ["SuccessfulExit", "NumberOfFiles", "PYTHONUTF8", "StandardErrorPath"]


@pytest.mark.parametrize("stop_timeout_s", [0.0, 0.4, 90.0, 86400.0])
def test_there_is_time_for_the_drain(stop_timeout_s: float) -> None:
    """launchd kills only after the daemon's own limit has passed, and never waits for ever (0)."""
    job = plistlib.loads(written(Scope.USER, replace(INSTALLATION, stop_timeout_s=stop_timeout_s)))
    assert job["ExitTimeOut"] > stop_timeout_s + 20
    assert plistlib.loads(SHIPPED.read_bytes())["ExitTimeOut"] > DaemonConfig().stop_timeout_s + 20


def test_the_machines_daemon_runs_as_a_user() -> None:
    """A LaunchDaemon names user, group and home, lies where root's do, and logs where everybody's do."""
    job = plistlib.loads(written(Scope.SYSTEM))
    assert (job["UserName"], job["GroupName"]) == ("you", "staff")
    assert job["EnvironmentVariables"]["HOME"] == "/Users/you"
    assert launchd.find_plist_path(Scope.SYSTEM, YOU) == Path("/Library/LaunchDaemons/org.markerd.markerd.plist")
    assert launchd.choose_log_file(INSTALLATION, Scope.SYSTEM, YOU) == Path("/Library/Logs/markerd/markerd.log")


def test_an_agent_names_no_user() -> None:
    """launchd takes UserName in its system domain only; an agent is its session's user."""
    assert not {"UserName", "GroupName"} & set(plistlib.loads(written(Scope.USER)))
    assert launchd.find_plist_path(Scope.USER, YOU) == Path("/Users/you/Library/LaunchAgents/org.markerd.markerd.plist")


def test_the_configurations_log_stays() -> None:
    """Where `log.file` is set, no variable comes before it; its folder and launchd's own are to be made."""
    installation = replace(INSTALLATION, log_file=Path("/var/log/markerd/m.log"))
    assert "MARKERD__LOG__FILE" not in plistlib.loads(written(Scope.USER, installation))["EnvironmentVariables"]
    assert launchd.choose_log_file(installation, Scope.USER, YOU) == Path("/var/log/markerd/m.log")
    expected = (Path("/var/log/markerd"), Path("/Users/you/Library/Logs/markerd"))
    assert launchd.list_folders(installation, Scope.USER, YOU) == expected
    assert launchd.list_folders(INSTALLATION, Scope.USER, YOU) == expected[1:]


def test_the_default_log_means_itself() -> None:
    """A home with a dollar sign in its name is not taken for a variable by the configuration."""
    account = replace(YOU, home=Path("/Users/$you"))
    job: dict[str, Any] = plistlib.loads(launchd.build_plist(INSTALLATION, Scope.USER, account))
    text = job["EnvironmentVariables"]["MARKERD__LOG__FILE"]
    assert expand_path(text, Path("/"), {}) == launchd.choose_log_file(INSTALLATION, Scope.USER, account)


NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"], codec="utf-8"), min_size=1, max_size=30
)


@given(names=st.lists(NAMES, min_size=1, max_size=4))
def test_a_path_survives_or_is_refused(names: list[str]) -> None:
    """Whatever a path holds, it comes out of the plist as it went in, or `find_problems` has said that it cannot."""
    path = Path("/", *names)
    installation = replace(INSTALLATION, interpreter=path, config=path)
    if launchd.find_problems(installation, YOU):
        return
    job = plistlib.loads(written(Scope.SYSTEM, installation))
    assert job["ProgramArguments"][0] == job["ProgramArguments"][5] == str(path)


def test_strange_paths_are_no_problem() -> None:
    """What XML or a shell would take for its own is ordinary."""
    installation = replace(INSTALLATION, interpreter=Path(STRANGE), config=Path(STRANGE))
    assert launchd.find_problems(installation, YOU) == []
    assert plistlib.loads(written(Scope.USER, installation))["ProgramArguments"][0] == STRANGE


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"config": Path("markerd.toml")}, "the configuration 'markerd.toml' is relative"),
        ({"folders": (Path("/ok"), Path("~/in"))}, "the folder '~/in' is relative"),
        ({"state_dir": Path("/a\rb")}, "daemon.state_dir '/a\\rb' has characters"),
        ({"log_file": Path("/l\udcff.log")}, "log.file '/l\\udcff.log' has characters"),
        ({"interpreter": Path("/\ufffe")}, "the interpreter '/\\ufffe' has characters"),
    ],
)
def test_what_cannot_be_installed_is_said(changes: dict[str, Any], words: str) -> None:
    """A relative path, and characters that XML has none for, are named with the key they stand in."""
    found = launchd.find_problems(replace(INSTALLATION, **changes), YOU)
    assert len(found) == 1
    assert words in found[0]


def test_root_is_refused() -> None:
    """Neither as an agent, for which root has no session, nor as a daemon, does it run as root."""
    assert launchd.find_problems(INSTALLATION, launchd.Account("root", "wheel", 0, Path("/var/root"))) != []


@pytest.mark.parametrize(
    "place",
    [
        "/Users/you/Desktop", "/Users/you/documents/in", "/Users/you/x/../Downloads", "/Users/other/Documents/in",
        "/Volumes/Scans", "/Network/in", "/Users/you/Library/Mobile Documents/com~apple~CloudDocs/in",
    ],
)  # fmt: skip
def test_guarded_folders_are_warned_of(place: str) -> None:
    """What macOS asks permission for is named with the remedy, whichever key it stands in; it is no refusal."""
    changes: list[dict[str, Any]] = [
        {"folders": (Path(place),)},
        {"interpreter": Path(place)},
        {"log_file": Path(place)},
    ]
    for change in changes:
        installation = replace(INSTALLATION, **change)
        assert launchd.find_problems(installation, YOU) == []
        found = launchd.find_warnings(installation, Scope.USER, YOU)
        assert any(place in line and "Full Disk Access" in line for line in found)


def test_other_folders_are_not_warned_of() -> None:
    """Names that only look alike are let be."""
    installation = replace(INSTALLATION, folders=(Path("/Users/you/Documents2"), Path("/srv/Documents"), Path("/x")))
    assert launchd.find_warnings(installation, Scope.USER, YOU) == []
