"""The confined converter in the real daemon: what it says of its confinement, and that documents come out the same."""

from __future__ import annotations

import json
import os
import textwrap
from pathlib import Path

import pytest

import documents
from conftest import StartDaemon
from harness import RunningDaemon
from markerd.convert.sandbox import confinement
from needs import missing
from reaching_documents import WORDS, svg

pytestmark = pytest.mark.models
MODULE_PATH = os.environ.get("PYTHONPATH", "")


def test_confinement_is_logged_once(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """It is logged at the start, and not again by each converter that replaces one."""
    daemon = daemon_at(tmp_path, converter={"recycle_documents": 1}).start()
    for name in ("one.pdf", "two.pdf"):
        daemon.drop(name, documents.pdf_bytes(documents.page_of(f"Page of {name}")))
        daemon.wait_for("document.published", document=name)
    assert len(daemon.find("converter.started")) >= 2
    (said,) = daemon.find("converter.confined")
    assert said["confinement"] == confinement.probe_confinement().level.value
    assert said["level"] == ("info" if said["confinement"] == "full" else "warning")


# In the converter, when it is confined and has begun to import what reads documents: calls that it may not make.
TRY_CALLS = """
    import os, sys
    def watch(event, arguments, tried=[]):
        if event == "import" and arguments[0] == "markerd.convert.engine" and not tried:
            tried.append(True)
            for _ in range(3):
                try:
                    os.symlink("/etc/passwd", os.environ["TMPDIR"] + "/link")
                except OSError as error:
                    print("symlink:", error.strerror, flush=True)
    if "markerd.convert.process.worker" in sys.orig_argv:
        sys.addaudithook(watch)
"""


@pytest.mark.parametrize("log_level", ["debug", "info"])
def test_refused_call_is_logged_only_at_debug(tmp_path: Path, daemon_at: StartDaemon, log_level: str) -> None:
    """A call is logged once when it is first refused, and at the converter's end with its count.

    It is refused at any level.
    """
    if confinement.probe_confinement().level is not confinement.Level.FULL:
        missing(f"no confinement here: {confinement.probe_confinement().reason}")
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(textwrap.dedent(TRY_CALLS))
    daemon = daemon_at(tmp_path / "run", log={"level": log_level}).start(PYTHONPATH=f"{hook}:{MODULE_PATH}")
    daemon.drop("one.pdf", documents.pdf_bytes(documents.page_of("Page of one.pdf")))
    daemon.wait_for("document.published", document="one.pdf")
    assert daemon.stop() == 0
    told = [event for event in daemon.find("converter.refused_call") if event["call"].startswith("symlink")]
    assert [event["times"] for event in told] == ([1, 3] if log_level == "debug" else [])
    assert {event["level"] for event in told} <= {"debug"}
    if log_level == "debug":
        lines = [event["line"] for event in daemon.find("converter.output")]
        assert lines.count("symlink: Operation not permitted") == 3


def results_of(daemon: RunningDaemon, names: list[str]) -> dict[str, bytes]:
    """All files of the outputs but the manifests, whose times differ; with what these say of the contents."""
    results = {}
    for path in sorted(daemon.outbox.rglob("*")):
        if path.name == "manifest.json":
            manifest = json.loads(path.read_bytes())
            path_and_facts = {key: manifest[key] for key in ("artifacts", "pages", "coverage", "pages_degraded")}
            results[str(path.relative_to(daemon.outbox))] = json.dumps(path_and_facts).encode()
        elif path.is_file():
            results[str(path.relative_to(daemon.outbox))] = path.read_bytes()
    assert len({Path(path).parts[0] for path in results}) == len(names)
    return results


def test_confined_converter_gives_the_same_output(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """The output is the same to the byte, for each kind of document, with drawings and OCR."""
    source = tmp_path / "source"
    source.mkdir()
    documents.docx(source / "letter.docx", "A letter", WORDS)
    documents.pptx(source / "slides.pptx", "Slides", WORDS)
    documents.xlsx(source / "table.xlsx", [["Name", "Sum"], ["One", "12"]])
    documents.epub(source / "book.epub", "A book", WORDS)
    documents.scan_png(source / "scan.png", "Words of a scan")
    (source / "drawing.pdf").write_bytes(documents.drawing_pdf())
    (source / "page.pdf").write_bytes(documents.pdf_bytes(documents.page_of("Page of text")))
    svg(source / "drawn.html", [], [])
    results = []
    for confine in ("auto", "off"):
        daemon = daemon_at(tmp_path / confine, converter={"confine": confine}, log={"level": "info"}).start()
        names = [daemon.drop(path.name, path.read_bytes()).name for path in sorted(source.iterdir())]
        for name in names:
            daemon.wait_for("document.published", document=name)
        assert daemon.find("converter.confined")[0]["confinement"] in (
            "full" if confine == "auto" else "none",
            "partial",
        )
        results.append(results_of(daemon, names))
        assert daemon.stop() == 0
    assert results[0] == results[1]


def test_root_converts_files_of_others(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """The converter may not read files of others, and gets the daemon's copy."""
    if os.geteuid() != 0:
        missing("root alone reads files of others")
    daemon = daemon_at(tmp_path).start()
    staged = tmp_path / "theirs.pdf"
    staged.write_bytes(documents.pdf_bytes(documents.page_of("Page of theirs")))
    staged.chmod(0o600)
    os.chown(staged, 12345, 12345)
    staged.rename(daemon.inbox / staged.name)
    daemon.wait_for("document.published", document="theirs.pdf")
    assert "Page of theirs" in daemon.markdown("theirs")
