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
def test_every_key_is_known_to_launchd(content: bytes) -> None:
    """No key is unknown, of the wrong type or present twice, and the document says what it is."""
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
def test_key_check_finds_faults(job: dict[str, Any], fault: str) -> None:
    """The check finds what launchd ignores in silence."""
    (found,) = faults(job)
    assert found.startswith(fault)


def test_key_check_finds_a_repeated_key() -> None:
    """The check finds the key that plistlib drops."""
    twice = b"<plist><dict><key>A</key><true/><key>B</key><true/><key>A</key><false/></dict></plist>"
    assert list(repeated_keys(twice)) == ["A"]


@EVERY
def test_every_path_is_absolute(content: bytes) -> None:
    """launchd expands neither `~` nor variables, and starts a job in no useful folder."""
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
def test_plist_is_named_by_its_label(content: bytes) -> None:
    """By convention the file is called LABEL.plist, and launchctl finds the service by the label."""
    assert plistlib.loads(content)["Label"] == launchd.LABEL == SHIPPED.stem
    assert launchd.find_plist_path(Scope.USER, YOU).stem == launchd.LABEL


@EVERY
def test_job_is_restarted_only_after_a_failure(content: bytes) -> None:
    """KeepAlive has one condition, because several are alternatives. A wrong configuration counts as a success."""
    job = plistlib.loads(content)
    assert job["KeepAlive"] == {"SuccessfulExit": False}
    assert job["RunAtLoad"] is True
    assert job["ProgramArguments"][-2:] == ["--as-success", str(EXIT_CONFIGURATION)]


def test_shipped_plist_equals_the_generated_one() -> None:
    """The example for the user `you` and the generated plist are the same job."""
    assert plistlib.loads(SHIPPED.read_bytes()) == plistlib.loads(written(Scope.USER))


def test_every_shipped_key_has_a_comment() -> None:
    """A comment stands before each key of the job, or before the first of two that belong together."""
    lines = [line.strip() for line in SHIPPED.read_text("utf-8").split("<dict>", 1)[1].splitlines() if line.strip()]
    bare = [
        re.sub("</?key>", "", line)
        for before, line in pairwise(lines)
        if line.startswith("<key>") and not before.endswith("-->")
    ]
    assert bare == ["SuccessfulExit", "NumberOfFiles", "PYTHONUTF8", "StandardErrorPath"]


@pytest.mark.parametrize("stop_timeout_s", [0.0, 0.4, 90.0, 86400.0])
def test_launchd_waits_longer_than_the_daemon(stop_timeout_s: float) -> None:
    """launchd kills only after the daemon's own limit has passed, and never waits for ever (0)."""
    job = plistlib.loads(written(Scope.USER, replace(INSTALLATION, stop_timeout_s=stop_timeout_s)))
    assert job["ExitTimeOut"] > stop_timeout_s + 20
    assert plistlib.loads(SHIPPED.read_bytes())["ExitTimeOut"] > DaemonConfig().stop_timeout_s + 20


def test_launch_daemon_runs_as_a_user() -> None:
    """A LaunchDaemon names user, group and home. Its files lie where those of the machine do."""
    job = plistlib.loads(written(Scope.SYSTEM))
    assert (job["UserName"], job["GroupName"]) == ("you", "staff")
    assert job["EnvironmentVariables"]["HOME"] == "/Users/you"
    assert launchd.find_plist_path(Scope.SYSTEM, YOU) == Path("/Library/LaunchDaemons/org.markerd.markerd.plist")
    assert launchd.choose_log_file(INSTALLATION, Scope.SYSTEM, YOU) == Path("/Library/Logs/markerd/markerd.log")


def test_agent_names_no_user() -> None:
    """launchd accepts UserName in its system domain only. An agent runs as the user of its session."""
    assert not {"UserName", "GroupName"} & set(plistlib.loads(written(Scope.USER)))
    assert launchd.find_plist_path(Scope.USER, YOU) == Path("/Users/you/Library/LaunchAgents/org.markerd.markerd.plist")


def test_log_file_of_the_configuration_stays() -> None:
    """If `log.file` is set, no variable overrides it. Its folder and that of launchd's log are listed."""
    installation = replace(INSTALLATION, log_file=Path("/var/log/markerd/m.log"))
    assert "MARKERD__LOG__FILE" not in plistlib.loads(written(Scope.USER, installation))["EnvironmentVariables"]
    assert launchd.choose_log_file(installation, Scope.USER, YOU) == Path("/var/log/markerd/m.log")
    expected = (Path("/var/log/markerd"), Path("/Users/you/Library/Logs/markerd"))
    assert launchd.list_folders(installation, Scope.USER, YOU) == expected
    assert launchd.list_folders(INSTALLATION, Scope.USER, YOU) == expected[1:]


def test_dollar_sign_in_the_home_folder_is_escaped() -> None:
    """The configuration does not take a dollar sign in the name of the home for a variable."""
    account = replace(YOU, home=Path("/Users/$you"))
    job: dict[str, Any] = plistlib.loads(launchd.build_plist(INSTALLATION, Scope.USER, account))
    text = job["EnvironmentVariables"]["MARKERD__LOG__FILE"]
    assert expand_path(text, Path("/"), {}) == launchd.choose_log_file(INSTALLATION, Scope.USER, account)


NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"], codec="utf-8"), min_size=1, max_size=30
)


@given(names=st.lists(NAMES, min_size=1, max_size=4))
def test_path_survives_the_plist_or_is_refused(names: list[str]) -> None:
    """Whatever a path holds, it comes out of the plist as it went in, or `find_problems` refuses it."""
    path = Path("/", *names)
    installation = replace(INSTALLATION, interpreter=path, config=path)
    if launchd.find_problems(installation, YOU):
        return
    job = plistlib.loads(written(Scope.SYSTEM, installation))
    assert job["ProgramArguments"][0] == job["ProgramArguments"][5] == str(path)


def test_path_with_special_characters_is_accepted() -> None:
    """Characters with a meaning in XML or in a shell are ordinary."""
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
def test_impossible_paths_are_refused_with_their_key(changes: dict[str, Any], words: str) -> None:
    """A relative path, and characters that XML cannot hold, are named with their key."""
    found = launchd.find_problems(replace(INSTALLATION, **changes), YOU)
    assert len(found) == 1
    assert words in found[0]


def test_root_is_refused() -> None:
    """root runs the job neither as an agent, for which root has no session, nor as a daemon."""
    assert launchd.find_problems(INSTALLATION, launchd.Account("root", "wheel", 0, Path("/var/root"))) != []


@pytest.mark.parametrize(
    "place",
    [
        "/Users/you/Desktop", "/Users/you/documents/in", "/Users/you/x/../Downloads", "/Users/other/Documents/in",
        "/Volumes/Scans", "/Network/in", "/Users/you/Library/Mobile Documents/com~apple~CloudDocs/in",
    ],
)  # fmt: skip
def test_guarded_folders_cause_a_warning(place: str) -> None:
    """Folders that macOS guards are named with the remedy, whichever key they stand in. They are no refusal."""
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


def test_unguarded_folders_cause_no_warning() -> None:
    """Names that only look similar cause no warning."""
    installation = replace(INSTALLATION, folders=(Path("/Users/you/Documents2"), Path("/srv/Documents"), Path("/x")))
    assert launchd.find_warnings(installation, Scope.USER, YOU) == []
