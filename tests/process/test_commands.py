"""The commands around the daemon, each as a process."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import documents
from conftest import StartDaemon
from harness import RunningDaemon, run_markerd, wait_until


@pytest.mark.models
def test_status_shows_a_working_daemon(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """`status` shows state, current document, counts and the converter's memory; the exit code is 3 once the daemon
    is gone."""
    daemon = daemon_at(tmp_path).start()
    daemon.drop("long.pdf", documents.pdf_bytes(*[documents.page_of(f"Page {n}", lines=30) for n in range(20)]))
    daemon.wait_for("document.progress", document="long.pdf")

    def status() -> dict[str, object]:
        done = run_markerd("status", "--json", "--config", str(daemon.config), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    busy = status()
    assert (busy["state"], busy["pid"]) == ("converting", daemon.pid)
    assert isinstance(busy["current"], dict)
    assert busy["current"]["document"] == "long.pdf"
    assert isinstance(busy["converter"], dict)
    assert busy["converter"]["rss_mb"] > 100
    table = run_markerd("status", "--config", str(daemon.config), cwd=tmp_path)
    assert "long.pdf" in table.stdout
    daemon.wait_for("cleanup.done", point="batch_end")
    idle = wait_until(lambda: (now := status())["state"] == "idle" and now)
    assert idle["current"] is None
    assert idle["counts"] == {"published": 1, "skipped": 0, "dead": 0, "waiting": 0}
    assert isinstance(idle["trend"], dict)
    for process in ("converter", "daemon"):
        assert idle["trend"][process]["documents"] == 1
        assert idle["trend"][process]["held"]["rss_bytes"]["now"] > 10 << 20
    daemon.kill()
    gone = run_markerd("status", "--config", str(daemon.config), cwd=tmp_path)
    assert gone.returncode == 3
    assert "not running" in gone.stdout


@pytest.mark.models
def test_retry_puts_dead_letters_back(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """`retry` puts a dead letter back by its name, and `--all` puts back all.

    Their reasons are removed, and an unknown name gives 69.
    """
    daemon = daemon_at(tmp_path, converter={"max_file_mb": 1}).start()
    large = documents.letter_pdf("Large at first") + b"%" * (2 << 20) + b"\n%%EOF\n"
    daemon.drop("sub/large.pdf", large)
    daemon.drop("broken.pdf", b"%PDF-1.4\nbroken\n%%EOF\n")
    daemon.wait_for("document.dead", document="sub/large.pdf", kind="too_large")
    daemon.wait_for("document.dead", document="broken.pdf", kind="unreadable")
    wait_until((daemon.failed / "broken.pdf").exists, what="the dead letter")
    unknown = run_markerd("retry", "other.pdf", "--config", str(daemon.config), cwd=tmp_path)
    assert unknown.returncode == 69
    one = run_markerd("retry", "broken.pdf", "--config", str(daemon.config), cwd=tmp_path)
    assert one.returncode == 0, one.stderr
    daemon.wait_for("document.dead", document="broken.pdf", count=2)
    wait_until((daemon.failed / "broken.pdf").exists, what="the dead letter")
    daemon.stop()
    daemon.write_config(converter={"max_file_mb": 8})
    every = run_markerd("retry", "--all", "--config", str(daemon.config), cwd=tmp_path)
    assert every.returncode == 0, every.stderr
    assert not list(daemon.failed.rglob("*.*"))
    daemon.start()
    daemon.wait_for("document.published", document="sub/large.pdf")
    daemon.wait_for("document.dead", document="broken.pdf")


def test_wrong_configuration_is_refused_with_all_faults(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """The exit code is 78, and each fault has its key."""
    daemon = daemon_at(tmp_path)
    daemon.write_config(converter={"thread": 2, "max_attempts": 0}, folders={"formats": ["markdwon"]})
    for command in (("run",), ("config", "check"), ("status",)):
        done = run_markerd(*command, "--config", str(daemon.config), cwd=tmp_path)
        assert done.returncode == 78
        for wanted in ("converter.thread", "did you mean", "converter.max_attempts", "folders[0].formats"):
            assert wanted in done.stderr, (command, done.stderr)


@pytest.mark.models
def test_unknown_option_of_marker_is_refused(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """It is refused by name, by `config check` and at the start. A known option works."""
    daemon = daemon_at(tmp_path, marker={"force_orc": True, "pdftext_workers": 4})
    for command in ("check", "run"):
        arguments = ("config", "check") if command == "check" else ("run",)
        done = run_markerd(*arguments, "--config", str(daemon.config), cwd=tmp_path)
        assert done.returncode == 78, done.stderr
        assert "folders[0].marker.force_orc" in done.stderr
        assert "force_ocr" in done.stderr
        assert "folders[0].marker.pdftext_workers" in done.stderr
    daemon.write_config(marker={"page_range": [1]})
    assert run_markerd("config", "check", "--config", str(daemon.config), cwd=tmp_path).returncode == 0
    daemon.inbox.mkdir(exist_ok=True)
    daemon.drop("pages.pdf", documents.pdf_bytes(documents.page_of("Page zero"), documents.page_of("Page one")))
    assert run_markerd("run", "--once", "--config", str(daemon.config), cwd=tmp_path).returncode == 0
    assert "Page one" in daemon.markdown("pages")
    assert "Page zero" not in daemon.markdown("pages")


def test_missing_models_end_the_start(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """`models = "surya"` without its weights ends with 69 and says which are missing and what to do."""
    daemon = daemon_at(tmp_path, converter={"models": "surya"})
    empty = str(tmp_path / "empty")
    done = run_markerd(
        "run", "--config", str(daemon.config), cwd=tmp_path, HF_HOME=empty, MODEL_CACHE_DIR=empty, HF_HUB_CACHE=empty
    )
    assert done.returncode == 69
    assert "embedded" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.models
def test_init_writes_a_configuration_that_once_runs(tmp_path: Path) -> None:
    """`init` never overwrites a configuration. `run --once` converts what is there and exits."""
    config = tmp_path / "etc" / "markerd.toml"
    environ = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    done = run_markerd("init", str(config), cwd=tmp_path, **environ)
    assert done.returncode == 0, done.stderr
    assert run_markerd("init", str(config), cwd=tmp_path, **environ).returncode == 64
    inbox = tmp_path / "markerd" / "inbox"
    (inbox / "first.pdf").write_bytes(documents.letter_pdf("First of a new user"))
    once = run_markerd("run", "--once", "--config", str(config), cwd=tmp_path, **environ)
    assert once.returncode == 0, once.stderr
    assert "First of a new user" in (tmp_path / "markerd" / "outbox" / "first" / "first.md").read_text()
    assert list(inbox.iterdir()) == []
    show = run_markerd(
        "config", "show", "--config", str(config), cwd=tmp_path, MARKERD__CONVERTER__THREADS="2", **environ
    )
    assert "threads = 2" in show.stdout


def test_doctor_reports_libraries_limits_and_folders(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """It also names the model set. A folder that cannot exist is a fault, with exit code 69."""
    daemon = daemon_at(tmp_path)
    daemon.inbox.mkdir()
    good = run_markerd("doctor", "--config", str(daemon.config), cwd=tmp_path)
    assert good.returncode == 0, good.stdout + good.stderr
    for wanted in ("marker-pdf", "semaphores", "model set", "embedded", "folders[0].path", "weasyprint"):
        assert wanted in good.stdout
    shutil.rmtree(daemon.inbox)
    daemon.inbox.write_text("a file where a folder should be")
    bad = run_markerd("doctor", "--config", str(daemon.config), cwd=tmp_path, MARKERD__CONVERTER__OCR_MODELS="nowhere")
    assert bad.returncode == 69
    assert "fault" in bad.stdout
    assert "does not hold what OCR needs" in bad.stdout


def test_wrong_usage_ends_with_64(tmp_path: Path) -> None:
    """An unknown command or option ends with 64. `--version` and `--help` answer."""
    for arguments in (("rum",), ("run", "--onec"), ("retry",), ("retry", "x", "--all")):
        done = run_markerd(*arguments, cwd=tmp_path)
        assert done.returncode == 64, (arguments, done.stderr)
        assert "Traceback" not in done.stderr
    assert run_markerd("--version", cwd=tmp_path).stdout.startswith("markerd ")
    assert "hot folders" in run_markerd("run", "--help", cwd=tmp_path).stdout


@pytest.mark.models
def test_sample_of_the_quick_start_comes_out(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """The sample comes out with its heading, list and table."""
    sample = Path(__file__).resolve().parent.parent.parent / "samples" / "welcome.pdf"
    daemon: RunningDaemon = daemon_at(tmp_path, ("--once",))
    daemon.inbox.mkdir()
    daemon.drop(sample.name, sample.read_bytes())
    assert daemon.start(is_waiting=False).wait(120) == 0
    markdown = daemon.markdown("welcome")
    assert "# Welcome to markerd\n" in markdown
    assert "- It is converted" in markdown
    assert "| Autumn" in markdown
    assert "1,905" in markdown


def test_retry_never_deletes_the_only_copy(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """With `after = keep` a dead letter is a copy. If other bytes lie in its place, it is put beside them."""
    daemon = daemon_at(tmp_path, folders={"after": "keep"})
    daemon.failed.mkdir()
    daemon.inbox.mkdir()
    daemon.state_dir.mkdir()
    (daemon.failed / "a.pdf").write_bytes(b"old")
    reason = dict.fromkeys(
        ("schema", "document", "folder", "first_seen", "kind", "message", "what_to_do", "attempts"), ""
    )
    (daemon.failed / "a.pdf.error.json").write_text(json.dumps(reason))
    (daemon.inbox / "a.pdf").write_bytes(b"new")
    assert run_markerd("retry", "a.pdf", "--config", str(daemon.config), cwd=tmp_path).returncode == 0
    assert {path.name: path.read_bytes() for path in daemon.inbox.iterdir()} == {"a.pdf": b"new", "a-2.pdf": b"old"}
    assert list(daemon.failed.iterdir()) == []


def test_as_success_turns_one_exit_code_into_0(tmp_path: Path) -> None:
    """`--as-success` turns the code it names into 0 and no other. The reason is still printed."""
    config = tmp_path / "markerd.toml"
    config.write_text("[daemon]\nqueue_size = 'many'\n")

    def run(*arguments: str) -> int:
        done = run_markerd("run", "--config", str(config), *arguments, cwd=tmp_path)
        assert "daemon.queue_size" in done.stderr
        return done.returncode

    assert run() == 78
    assert run("--as-success", "69") == 78
    assert run("--as-success", "69", "--as-success", "78") == 0
