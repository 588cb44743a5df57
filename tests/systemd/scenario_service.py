"""The ordinary life of the service: installed, started, fed, looked at, reloaded, stopped, taken away."""

from __future__ import annotations

import json
import os
import pwd
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import documents
from harness import wait_until
from machine import (
    CONFIG,
    DONE,
    INBOX,
    OUTBOX,
    PYTHON,
    ROOT,
    configure,
    drop,
    installed,
    journal,
    main_pid,
    markerd,
    processes,
    run,
    show,
    start,
    wait_for,
)
from markerd.logs import event_catalog

HTTP = {"listen": "127.0.0.1:9464"}
UNIT = Path("/etc/systemd/system/markerd.service")


@pytest.fixture(scope="module", autouse=True)
def _installed() -> Iterator[None]:
    with installed({"RestartSec": "1s"}, http=HTTP):
        yield


def test_installing_makes_what_the_service_needs() -> None:
    """It makes a user without a shell, folders that its group may drop into, and an enabled unit with these paths."""
    user = pwd.getpwnam("markerd")
    assert user.pw_shell.endswith("nologin")
    assert (INBOX.stat().st_uid, INBOX.stat().st_gid) == (user.pw_uid, user.pw_gid)
    assert INBOX.stat().st_mode & 0o7777 == 0o2770
    text = UNIT.read_text()
    assert f"ExecStart={PYTHON} -m markerd run --config {CONFIG}\n" in text
    assert f"ReadWritePaths={ROOT}\n" in text
    assert run("systemctl", "is-enabled", "markerd.service").stdout.strip() == "enabled"


def test_installing_again_changes_nothing() -> None:
    """A dry run says so: only commands are left, and no file or folder."""
    before = UNIT.stat().st_mtime_ns
    left = markerd("service", "install", "--system", "--dry-run", "--config", CONFIG).stdout.splitlines()
    assert left
    assert all(line.startswith("would run ") for line in left)
    markerd("service", "install", "--system", "--config", CONFIG)
    assert UNIT.stat().st_mtime_ns == before


def test_start_returns_when_documents_are_taken() -> None:
    """The service is ready after the models are loaded and the folders watched, and systemctl waits for it."""
    start()
    assert show("ActiveState") == "active"
    said = [entry["MARKERD_EVENT"] for entry in journal("_PID=" + str(main_pid())) if "MARKERD_EVENT" in entry]
    assert said.index("models.ready") < said.index("folder.watching") < said.index("daemon.ready")
    wait_until(lambda: show("StatusText").startswith("Idle"), what="Idle in systemctl status")


def test_real_document_is_published_in_the_sandbox(corpus: Path) -> None:
    """The article comes out with its words and its images, for the group to read."""
    drop("article.pdf", (corpus / "pdf" / "2305.03393v1-pg9.pdf").read_bytes())
    record = wait_for("document.published", document="article.pdf")
    markdown = (OUTBOX / "article" / "article.md").read_text("utf-8")
    assert "HTML" in markdown
    assert (DONE / "article.pdf").exists()
    assert (OUTBOX / "article" / "article.md").stat().st_mode & 0o777 == 0o640
    assert record["MESSAGE"] == "Marker processing completed for: article.pdf"
    assert record["MESSAGE_ID"] == event_catalog.derive_message_id("document.published")
    assert (record["PRIORITY"], record["SYSLOG_IDENTIFIER"], record["MARKERD_PAGES"]) == ("6", "markerd", "1")
    assert record["MARKERD_OUTPUT"] == str(OUTBOX / "article")
    assert float(record["MARKERD_SECONDS"]) > 0
    assert set(record) >= {
        f"MARKERD_{name.upper()}" for name in ("folder", "images", "attempt", "size_bytes", "schema")
    }


def test_converter_is_confined_and_its_memory_is_seen() -> None:
    """The unit lets it give up files and network. The daemon sees its memory, although /proc hides others."""
    assert wait_for("converter.confined")["MARKERD_CONFINEMENT"] == "full"
    content = json.loads(markerd("status", "--json", "--config", CONFIG).stdout)
    assert content["converter"]["rss_mb"] > 100
    status = Path(f"/proc/{content['converter']['pid']}/status").read_text()
    sets = [line.split()[1] for line in status.splitlines() if line.startswith(("CapPrm", "CapEff", "CapAmb"))]
    assert [int(each, 16) for each in sets] == [0, 0, 0], "CAP_LEASE is for the daemon alone"


@pytest.mark.parametrize("kind", ["html", "docx"])
def test_office_and_web_documents_are_published_too(tmp_path: Path, kind: str) -> None:
    """Their readers find their libraries in the sandbox."""
    made = getattr(documents, kind)(tmp_path / f"letter.{kind}", "A heading in it", "And a paragraph of words.")
    drop(f"letter-{kind}.{kind}", made.read_bytes())
    wait_for("document.published", document=f"letter-{kind}.{kind}")
    assert "paragraph of words" in (OUTBOX / f"letter-{kind}" / f"letter-{kind}.md").read_text("utf-8")


def test_members_of_the_group_drop_documents(tmp_path: Path) -> None:
    """What they copy there belongs to the group, so the service can read it. Others may not even look."""
    run("useradd", "--groups=markerd", "bob")
    run("useradd", "eve")
    letter = Path("/run/letter.pdf")
    letter.write_bytes(documents.pdf_bytes(documents.page_of("A letter of Bob")))
    run("runuser", "-u", "bob", "--", "cp", letter, INBOX / "bob.pdf")
    wait_for("document.published", document="bob.pdf")
    run("runuser", "-u", "bob", "--", "cat", OUTBOX / "bob/bob.md")
    assert run("runuser", "-u", "eve", "--", "cp", letter, INBOX / "eve.pdf", is_checked=False).returncode != 0
    assert run("runuser", "-u", "eve", "--", "cat", OUTBOX / "bob/bob.md", is_checked=False).returncode != 0


def test_file_name_forges_no_journal_record() -> None:
    """Line ends, control characters and bytes that are not UTF-8 are data. Nothing is lost or added."""
    strange = b"a\nMARKERD_EVENT=daemon.failed\x1b[2J\xff\xfe.pdf"
    Path(f"{INBOX}/.hidden").write_bytes(documents.pdf_bytes("Strange name"))
    Path(f"{INBOX}/.hidden").rename(INBOX / os.fsdecode(strange))
    escaped = r"a\x0aMARKERD_EVENT=daemon.failed\x1b[2J\xff\xfe.pdf"
    record = wait_for("document.published", document=escaped)
    assert record["MARKERD_DOCUMENT"] == escaped
    assert journal("MARKERD_EVENT=daemon.failed") == []


def test_very_long_value_is_cut_and_shown() -> None:
    """journalctl shows values beyond 4096 bytes as null, so they are cut before."""
    script = (
        "from markerd import logs\n"
        "log = logs.configure('journald', 'info', None)\n"
        "fields = {'document': 'x' * 300_000, 'reason': ['y' * 9000] * 50, 'kind': '\\udcff\\x00', 'attempt': 1}\n"
        "log.warning('document.failed', **fields)"
    )
    run("systemd-cat", "--identifier=markerd-long", PYTHON, "-c", script)
    wait_until(lambda: run("journalctl", "-o", "json", "MARKERD_ATTEMPT=1", "MARKERD_KIND=\\udcff\\x00").stdout)
    (line,) = run("journalctl", "-o", "json", "MARKERD_ATTEMPT=1", "MARKERD_KIND=\\udcff\\x00").stdout.splitlines()
    record = json.loads(line)
    assert re.fullmatch(r"x{1000,} … \d+ characters … x{1000,}", record["MARKERD_DOCUMENT"])
    left_out, *kept = json.loads(record["MARKERD_REASON"])
    assert (left_out, len(kept)) == ("… 49 more …", 1)
    assert record["MESSAGE"].startswith("Attempt 1 on xxx")


def test_catalog_explains_events() -> None:
    """`journalctl -x` says what happened and what to do, with the document's name in it."""
    shown = run(
        "journalctl", "-x", "--no-pager", "MARKERD_EVENT=document.published", "MARKERD_DOCUMENT=article.pdf"
    ).stdout
    assert "Subject: A document was converted" in shown
    assert "article.pdf lies converted in /srv/markerd/outbox/article. Pages: 1" in shown


def test_status_finds_the_service() -> None:
    """The configuration alone is enough, although the status lies in the runtime directory.

    The service commands find it too.
    """
    content = json.loads(markerd("status", "--json", "--config", CONFIG).stdout)
    assert (content["is_running"], content["is_ready"], content["pid"]) == (True, True, main_pid())
    assert Path("/run/markerd/status.json").exists()
    assert not Path("/var/lib/markerd/status.json").exists()
    assert "active (running)" in markerd("service", "status", "--system").stdout
    assert "Marker processing completed for: article.pdf" in markerd("service", "logs", "--lines=1000").stdout


def test_status_page_is_reached_from_the_machine() -> None:
    """Its address is that of the host, because the configuration has [http]. Nothing else may come or go."""
    assert show("PrivateNetwork") == "no"
    with urllib.request.urlopen("http://127.0.0.1:9464/healthz", timeout=10) as answer:
        assert (answer.status, json.load(answer)) == (200, {"status": "ok", "reasons": []})
    with urllib.request.urlopen("http://127.0.0.1:9464/metrics", timeout=10) as answer:
        assert b"markerd_ready 1.0" in answer.read()


def test_heartbeat_is_in_the_journal() -> None:
    """It has the fields that an alarm looks at."""
    wait_for("daemon.heartbeat", state="idle")
    record = journal("MARKERD_EVENT=daemon.heartbeat", "MARKERD_STATE=idle")[-1]
    assert int(record["MARKERD_SEMAPHORES"]) == 0
    assert int(record["MARKERD_DEAD"]) == 0


def test_valid_configuration_is_reloaded() -> None:
    """After `systemctl reload` the process is the same, with new formats, and ready again."""
    pid, begun = main_pid(), len(journal("MARKERD_EVENT=daemon.ready"))
    configure(http=HTTP, folders={"formats": ["markdown", "html"]})
    run("systemctl", "reload", "markerd.service")
    wait_for("config.reloaded")
    wait_for("daemon.ready", count=begun + 1)
    wait_until(lambda: show("SubState") == "running", what="running again")
    drop("again.pdf", documents.pdf_bytes(documents.page_of("After the reload")))
    wait_for("document.published", document="again.pdf")
    assert (OUTBOX / "again" / "again.html").exists()
    assert main_pid() == pid


def test_wrong_configuration_is_rejected_at_a_reload() -> None:
    """The old one stays in force, and the record names each fault with its key."""
    pid = main_pid()
    configure(folders={"formats": ["markdwon"]}, daemon={"queue_size": 0})
    run("systemctl", "reload", "markerd.service")
    record = wait_for("config.rejected")
    assert {problem.split(":")[0] for problem in json.loads(record["MARKERD_PROBLEMS"])} == {
        "daemon.queue_size", "folders[0].formats[0]",
    }  # fmt: skip
    drop("still.pdf", documents.pdf_bytes(documents.page_of("Still in force")))
    wait_for("document.published", document="still.pdf")
    assert (OUTBOX / "still" / "still.html").exists()
    assert (main_pid(), show("ActiveState")) == (pid, "active")
    configure(http=HTTP)


def test_idle_service_stops_with_success() -> None:
    """Nothing is left in its control group."""
    old = processes()
    assert len(old) >= 2
    markerd("service", "stop")
    assert (show("ActiveState"), show("Result"), show("ExecMainStatus")) == ("inactive", "success", "0")
    assert not any(psutil.pid_exists(number) for number in old)
    assert journal("MARKERD_EVENT=daemon.stopped")


def test_uninstalling_leaves_documents_and_configuration() -> None:
    """The unit is gone, and what belongs to people is not."""
    markerd("service", "uninstall", "--system")
    assert not UNIT.exists()
    assert (OUTBOX / "article" / "article.md").exists()
    assert CONFIG.exists()
    assert Path("/var/lib/markerd/journal.sqlite").exists()
    markerd("service", "uninstall", "--system")  # again, and nothing happens
