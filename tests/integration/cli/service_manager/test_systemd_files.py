"""What lies in systemd/: checked by systemd's own tools, and against the code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from markerd.logs import event_catalog
from needs import missing

SYSTEMD = Path(__file__).resolve().parents[4] / "systemd"
UNITS = ["markerd.service", "markerd@.service", "user/markerd.service"]
MOST_EXPOSURE = 1.5
NEWER = {"Type": "notify-reload", "ExecReload": "", "RestartSteps": "6", "RestartMaxDelaySec": "5min"}
"""systemd.service(5) of 254: RestartSteps= and RestartMaxDelaySec= came with 254, Type=notify-reload with 253."""


def tool(*command: str, is_checked: bool = True) -> subprocess.CompletedProcess[str]:
    if shutil.which(command[0]) is None:
        missing(f"{command[0]} is not installed")
    # --user asks for a runtime directory, which no session of a test's has.
    environ = {**os.environ, "XDG_RUNTIME_DIR": "/run"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environ, check=False)
    assert not is_checked or done.returncode == 0, done.stdout + done.stderr
    return done


def unit_at(folder: Path, name: str, *drop_ins: str, extra: str = "") -> Path:
    """The unit with a program that is there in place of /opt/markerd's, and drop-ins beside it."""
    unit = folder / Path(name).name.replace("@.", "@scans.")
    text = (SYSTEMD / name).read_text("utf-8").replace("[Service]\n", f"[Service]\n{extra}", 1)
    unit.write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", text, flags=re.MULTILINE))
    beside = folder / f"{unit.name}.d"
    beside.mkdir()
    for drop_in in drop_ins:
        shutil.copy(SYSTEMD / "drop-ins" / drop_in, beside)
    return unit


def verify(unit: Path, *, is_user: bool = False) -> subprocess.CompletedProcess[str]:
    """Without --recursive-errors=no unknown keys pass; what is said of other units of this machine is left out."""
    flags = ["--man=no", "--recursive-errors=no", *(["--user"] if is_user else [])]
    return tool("systemd-analyze", *flags, "verify", str(unit), is_checked=False)


@pytest.mark.parametrize("name", UNITS)
def test_every_unit_is_valid(tmp_path: Path, name: str) -> None:
    """systemd-analyze verify finds no unknown key and no bad value in any unit."""
    done = verify(unit_at(tmp_path, name), is_user=name.startswith("user/"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_check_finds_an_unknown_key(tmp_path: Path) -> None:
    """The check fails for a unit with an unknown key."""
    done = verify(unit_at(tmp_path, "markerd.service", extra="ProtectEverything=yes\n"))
    assert "ProtectEverything" in done.stderr


@pytest.mark.parametrize(
    ("name", "drop_in"),
    [
        ("markerd.service", "gpu.conf"),
        ("markerd.service", "http.conf"),
        ("markerd.service", "llm.conf"),
        ("markerd.service", "hooks.conf"),
        ("markerd@.service", "per-user.conf"),
        ("markerd@.service", "http.conf"),
    ],
)
def test_every_drop_in_is_valid(tmp_path: Path, name: str, drop_in: str) -> None:
    """Each drop-in is valid together with its unit."""
    done = verify(unit_at(tmp_path, name, drop_in))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_drop_in_for_newer_systemd_has_only_known_keys() -> None:
    """The systemd of this machine may be too old to check them, so a list is used."""
    lines = (SYSTEMD / "drop-ins" / "newer-systemd.conf").read_text("utf-8").splitlines()
    assert dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")) == NEWER


@pytest.mark.parametrize(
    ("name", "drop_ins"),
    [
        ("markerd.service", []),
        ("markerd.service", ["http.conf"]),
        ("markerd.service", ["gpu.conf"]),
        ("markerd@.service", []),
        ("markerd@.service", ["per-user.conf"]),
    ],
)
def test_exposure_is_low(tmp_path: Path, name: str, drop_ins: list[str]) -> None:
    """systemd-analyze security gives a low exposure, where 0 is best and 10 worst."""
    text = merged(unit_at(tmp_path, name, *drop_ins))
    shown = tool("systemd-analyze", "--no-pager", "security", "--offline=true", str(text)).stdout
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", shown)
    assert found is not None, shown
    assert float(found[1]) <= MOST_EXPOSURE


@pytest.mark.parametrize("name", ["markerd.service", "markerd@.service"])
def test_service_has_cap_lease_outside_of_a_user_namespace(name: str) -> None:
    """CAP_LEASE also tells who has files of others open. It would not count in a user name space of its own."""
    lines = (SYSTEMD / name).read_text("utf-8").splitlines()
    assert {"CapabilityBoundingSet=CAP_LEASE", "AmbientCapabilities=CAP_LEASE", "PrivateUsers=no"} <= set(lines)


def merged(unit: Path) -> Path:
    """Unit and drop-ins as one file: security --offline reads no drop-ins."""
    added = "".join(path.read_text("utf-8") for path in sorted(Path(f"{unit}.d").iterdir()))
    unit.write_text(unit.read_text("utf-8").replace("[Install]", f"{added}\n[Install]"))
    return unit


def test_template_differs_from_the_unit_only_by_its_instance() -> None:
    """Only lines with %i differ, and comments stand in one of the two only."""

    def settings(name: str) -> list[str]:
        lines = (SYSTEMD / name).read_text("utf-8").splitlines()
        return [line for line in lines if line and not line.startswith("#")]

    unit, template = settings("markerd.service"), settings("markerd@.service")
    assert len(unit) == len(template)
    different = [pair for pair in zip(unit, template, strict=True) if pair[0] != pair[1]]
    assert {line.split("=")[0] for _, line in different} == {
        "Description", "RequiresMountsFor", "ExecStart", "StateDirectory", "RuntimeDirectory", "CacheDirectory",
        "Environment", "ReadWritePaths",
    }  # fmt: skip
    assert all("%i" in line for _, line in different)


def test_sysusers_and_tmpfiles_make_user_and_folders(tmp_path: Path) -> None:
    """systemd-sysusers and systemd-tmpfiles make them below another root."""
    etc = tmp_path / "etc"
    etc.mkdir()
    tool("systemd-sysusers", f"--root={tmp_path}", str(SYSTEMD / "sysusers.d" / "markerd.conf"))
    (entry,) = (line for line in (etc / "passwd").read_text().splitlines() if line.startswith("markerd:"))
    assert entry.endswith(":markerd document converter:/var/lib/markerd:/usr/sbin/nologin")
    tool("systemd-tmpfiles", "--create", f"--root={tmp_path}", str(SYSTEMD / "tmpfiles.d" / "markerd.conf"))
    modes = {path.name: path.stat().st_mode & 0o7777 for path in (tmp_path / "srv" / "markerd").iterdir()}
    assert modes == {"inbox": 0o2770, "outbox": 0o2750, "done": 0o2750, "failed": 0o2750}
    assert f"{(tmp_path / 'srv/markerd/inbox').stat().st_uid}" == entry.split(":")[2]


# --- the catalog ------------------------------------------------------------------------------------------------------


def entries() -> dict[str, tuple[str, str]]:
    """Message id to (event named above it, text)."""
    text = (SYSTEMD / "markerd.catalog").read_text("utf-8")
    found = re.findall(r"^# (\S+)\n-- ([0-9a-f]{32})\n(.*?)(?=^# \S+\n-- |\Z)", text, re.MULTILINE | re.DOTALL)
    return {number: (event, body) for event, number, body in found}


def test_catalog_has_one_entry_for_each_event() -> None:
    """Each event has an entry under its message id, and no other entry exists."""
    assert {number: event for number, (event, _) in entries().items()} == {
        event_catalog.derive_message_id(event): event for event in event_catalog.EVENTS
    }


def test_catalog_entries_name_fields_of_their_event() -> None:
    """An entry has a subject, and a text that names fields which the event has."""
    for event, body in entries().values():
        head, text = body.split("\n\n", 1)
        assert re.fullmatch(r"Subject: \S.*\nDefined-By: markerd", head), event
        assert len(text.strip()) > 40, event
        named = {name.lower() for name in re.findall(r"@MARKERD_([A-Z_]+)@", text)}
        assert named <= set(event_catalog.EVENTS[event].fields), event


def test_systemd_compiles_the_catalog(tmp_path: Path) -> None:
    """journalctl --update-catalog compiles it below another root."""
    folder = tmp_path / "usr" / "lib" / "systemd" / "catalog"
    folder.mkdir(parents=True)
    shutil.copy(SYSTEMD / "markerd.catalog", folder)
    (tmp_path / "var" / "lib" / "systemd" / "catalog").mkdir(parents=True)
    tool("journalctl", f"--root={tmp_path}", "--update-catalog")
    listed = tool("journalctl", f"--root={tmp_path}", "--list-catalog").stdout
    assert len(listed.splitlines()) == len(event_catalog.EVENTS)
    assert f"{event_catalog.derive_message_id('document.dead')} markerd: A document could not be converted" in listed
