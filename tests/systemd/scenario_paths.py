"""Folders whose names mean something to systemd: each is written in the unit so that it means itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import documents
from harness import wait_until
from machine import CONFIG, PYTHON, drop, markerd, put_in_place, run, show, start, wait_for

SYSTEMD = Path(__file__).resolve().parent.parent.parent / "systemd"
PARENTS = [Path("/srv", name) for name in ("two words", "100%h", "R&D $HOME", "it's; here", "Büro", "-dash +plus")]


def test_every_folder_is_writable_and_watched() -> None:
    """One service serves all of them, in the whole sandbox, and a document comes out of each."""
    put_in_place()
    config = Path("/etc/markerd/100% mine & yours.toml")
    config.parent.mkdir(exist_ok=True)
    lines = ["[daemon]", 'state_dir = "/var/lib/my state 50%"', "[converter]", 'models = "embedded"']
    for parent in PARENTS:
        lines.append("[[folders]]")
        escaped = str(parent).replace("$", "$$")
        lines += [f"{key} = {json.dumps(f'{escaped}/{key}')}" for key in ("path", "output", "archive", "failed")]
    config.write_text("\n".join([*lines, "settle_s = 0.3", ""]))
    markerd("service", "install", "--system", "--config", config)
    unit = "/etc/systemd/system/markerd.service"
    assert run("systemd-analyze", "--man=no", "--recursive-errors=no", "verify", unit).stderr == ""
    start()
    for number, parent in enumerate(PARENTS):
        drop(f"{number}.pdf", documents.pdf_bytes(documents.page_of(f"Number {number}")), parent / "path")
    for number, parent in enumerate(PARENTS):
        wait_for("document.published", document=f"{number}.pdf")
        assert f"Number {number}" in (parent / "output" / f"{number}" / f"{number}.md").read_text("utf-8")
        assert (parent / "archive" / f"{number}.pdf").exists()
    assert Path("/var/lib/my state 50%/journal.sqlite").exists()
    assert "active" in markerd("service", "status").stdout
    assert json.loads(markerd("status", "--json", "--config", config).stdout)["is_running"]
    run("systemctl", "stop", "markerd.service")
    assert show("Result") == "success"


def test_instance_of_the_template_has_its_own_folders() -> None:
    """markerd@scans has a configuration, folders, state and status of its own, beside the others."""
    shutil.copy(SYSTEMD / "markerd@.service", "/etc/systemd/system")
    folder, config = Path("/srv/markerd/scans"), Path("/etc/markerd/scans.toml")
    for path, mode in ((folder, "755"), (folder / "inbox", "2770")):
        run("install", "--directory", "--owner=markerd", "--group=markerd", f"--mode={mode}", path)
    config.write_text(
        '[daemon]\nstate_dir = "/var/lib/markerd-scans"\n[converter]\nmodels = "embedded"\n'
        f'[[folders]]\npath = "{folder}/inbox"\noutput = "{folder}/outbox"\nsettle_s = 0.3\n'
    )
    run("systemctl", "start", "markerd@scans.service")
    drop("scan.pdf", documents.pdf_bytes(documents.page_of("A scan")), folder / "inbox")
    wait_until((folder / "outbox/scan/scan.md").exists, what="the scan's output")
    assert json.loads(markerd("status", "--json", "--config", config).stdout)["is_ready"]
    assert Path("/run/markerd-scans/status.json").exists()
    run("systemctl", "stop", "markerd@scans.service")


def test_configuration_of_init_can_be_installed() -> None:
    """It works as the documentation says, whatever mask root has."""
    run("sh", "-c", f"umask 077; {PYTHON} -m markerd init --system")
    assert (CONFIG.stat().st_mode & 0o777, CONFIG.parent.stat().st_mode & 0o777) == (0o644, 0o755)
    run("sh", "-c", f"umask 077; {PYTHON} -m markerd service install --system --config {CONFIG}")
    assert Path("/srv/markerd/inbox").stat().st_mode & 0o7777 == 0o2770
    CONFIG.unlink()


def test_impossible_service_is_refused() -> None:
    """Every reason is given, and nothing is written."""
    before = Path("/etc/systemd/system/markerd.service").read_text()
    CONFIG.write_text('[[folders]]\npath = "/srv/in"\noutput = "/data/out"\n')
    done = markerd("service", "install", "--system", "--config", CONFIG, is_checked=False)
    assert done.returncode == 69
    assert "daemon.state_dir depends on the home folder of the user" in done.stderr
    assert "share no parent but /" in done.stderr
    assert Path("/etc/systemd/system/markerd.service").read_text() == before


def test_unwritable_folders_are_found_before_the_start() -> None:
    """They belong to somebody else, who stays the owner. The installation says what is missing."""
    for name in ("in", "out", "bad", "done"):
        Path("/srv/foreign", name).mkdir(parents=True)
    CONFIG.write_text(
        '[daemon]\nstate_dir = "/var/lib/markerd"\n[[folders]]\npath = "/srv/foreign/in"\n'
        'output = "/srv/foreign/out"\nfailed = "/srv/foreign/bad"\narchive = "/srv/foreign/done"\n'
    )
    before = Path("/etc/systemd/system/markerd.service").read_text()
    done = markerd("service", "install", "--system", "--config", CONFIG, is_checked=False)
    assert Path("/etc/systemd/system/markerd.service").read_text() == before
    assert done.returncode == 69
    assert "folders[0].output: /srv/foreign/out: Permission denied" in done.stderr
    assert Path("/srv/foreign/in").stat().st_uid == 0
