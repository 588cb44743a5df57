"""Bad documents cost themselves only, and after a whole corpus nothing is left behind."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

import bombs
import documents
from conftest import StartDaemon
from fuzzing import run
from harness import RunningDaemon
from markerd.pipeline.dead_letters import ADVICE
from mutations import Mutant, mutant, originals_of

pytestmark = pytest.mark.models

MADE = {
    "empty.pdf": b"",
    "no-document.pdf": b"This is a letter, not a PDF.",
    "cut.pdf": documents.pdf_bytes(documents.page_of("Cut in the middle"))[:300],
    "zeros.docx": bytes(4096),
    "half-zip.docx": b"PK\x03\x04" + bytes(200),
    "old.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1024),
    "locked.xlsx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
    "no-image.png": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "binary.html": b"<html><body><h1>Words</h1><p>and then</p>" + bytes(range(256)) * 4,
    "plain.log": b"Plain words are no format that Marker knows.",
}
SEED = 11
SMALL_BYTES = 64 << 10
LIMITS: dict[str, object] = {"timeout_s": 60, "timeout_per_page_s": 5, "max_attempts": 2}
WANTED_KIND = {"locked.xlsx": "encrypted"}


def bombs_below(folder: Path) -> dict[str, tuple[Path, str]]:
    """Small documents that would take gigabytes, or hours, by their names: each with the kind of its refusal."""
    folder.mkdir()
    zeros, words = bombs.packed(bytes(bombs.MB), 600), bombs.stream(bombs.TEXT, "")
    deep = folder / "deep.html"
    deep.write_text("<html><body>" + "<div>" * 100_000)
    made = {
        bombs.with_part(bombs.docx(folder / "zeros.docx", ["Words"]), "word/media/a.bin", 600): "unpacks_too_large",
        bombs.png(folder / "white.png", 100_000, 4_000): "unpacks_too_large",
        bombs.page_pdf(folder / "zeros.pdf", bombs.stream(zeros)): "unpacks_too_large",
        bombs.tiff(folder / "frames.tiff", 2_000, 2_000, 1_001): "too_many_pages",
        bombs.page_pdf(folder / "page.pdf", words, box="0 0 1000000 1000000"): "page_too_large",
        deep: "nested_too_deep",
        bombs.docx(folder / "laughs.docx", ["&a9;"], bombs.LAUGHS): "unreadable",  # by expat
    }
    return {f"bomb-{path.name}": (path, kind) for path, kind in made.items()}


def test_hostile_documents_become_dead_letters_at_once(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """Each is a dead letter at its first attempt, with its bytes and its reason.

    The same converter converts the good ones, also a poster of 200 inches.
    """
    daemon = daemon_at(tmp_path, ("--once",), converter={"max_file_mb": 1, "max_pages": 1_000})
    daemon.inbox.mkdir()
    for name, content in MADE.items():
        daemon.drop(name, content)
    made = bombs_below(tmp_path / "bombs")
    for name, (path, _) in made.items():
        daemon.drop(name, path.read_bytes())
    poster = bombs.page_pdf(tmp_path / "poster.pdf", bombs.stream(bombs.TEXT, ""), box="0 0 14400 14400")
    daemon.drop("poster.pdf", poster.read_bytes())
    daemon.drop("too-large.pdf", b"%PDF-1.4\n" + bytes(1 << 20) + b"\n%%EOF")
    daemon.drop("good.pdf", documents.pdf_bytes(documents.page_of("Good after all")))
    assert daemon.start(is_waiting=False).wait(240) == 0
    assert "Good after all" in daemon.markdown("good")
    for name, content in MADE.items():
        assert (daemon.failed / name).read_bytes() == content
        reason = json.loads((daemon.failed / f"{name}.error.json").read_text())
        assert reason["kind"] == WANTED_KIND.get(name, "unreadable"), reason
        assert reason["attempts"] == 1
        assert reason["what_to_do"]
    for name, (path, kind) in made.items():
        assert (daemon.failed / name).read_bytes() == path.read_bytes()
        reason = json.loads((daemon.failed / f"{name}.error.json").read_text())
        assert (reason["kind"], reason["attempts"]) == (kind, 1), reason
        assert reason["what_to_do"] != ADVICE["conversion"]
    assert len(daemon.find("converter.started")) == 1
    assert "Words of the page" in daemon.markdown("poster")
    assert json.loads((daemon.failed / "too-large.pdf.error.json").read_text())["kind"] == "too_large"
    assert list(daemon.inbox.iterdir()) == []


def test_small_hostile_files_leave_nothing_behind(tmp_path: Path, corpus: Path, daemon_at: StartDaemon) -> None:
    """Small hostile files, and damaged ones of every kind, end published or as a dead letter with reason and bytes.

    Whole documents between them come out as they do alone, and nothing is left behind.
    """
    hostile = [path for path in hostile_files(corpus) if path.stat().st_size < SMALL_BYTES]
    end_published_or_dead(daemon_at(tmp_path, converter=LIMITS), corpus, hostile, mutants=8)


@pytest.mark.whole_corpus
@pytest.mark.timeout(900)
def test_all_hostile_files_leave_nothing_behind(tmp_path: Path, corpus: Path, daemon_at: StartDaemon) -> None:
    """The same holds for the whole corpus."""
    daemon = daemon_at(tmp_path, converter=LIMITS)
    end_published_or_dead(daemon, corpus, hostile_files(corpus), mutants=24)
    assert "encrypted.pdf" in [e["document"] for e in daemon.find("document.dead", kind="encrypted")]


def hostile_files(corpus: Path) -> list[Path]:
    return sorted((corpus / "hostile").iterdir())


def end_published_or_dead(daemon: RunningDaemon, corpus: Path, files: Sequence[Path], mutants: int) -> None:
    """Convert the files and so many damaged ones, and check each ending."""
    hostile = [Mutant(path.name, "hostile", "as it is", path.read_bytes()) for path in files]
    small = [original for original in originals_of(corpus) if original.path.stat().st_size < SMALL_BYTES]
    outcome = run(
        daemon.start(), [*hostile, *(mutant(small, SEED, number) for number in range(mutants))], timeout_s=800
    )
    assert outcome.faults == []
    assert {ending.kind for ending in outcome.endings} >= {"published", "unreadable", "encrypted"}


def good_files(corpus: Path) -> list[Path]:
    """By kind, the smallest first."""
    kinds = ("pdf", "scan", "image", "office")
    found = [sorted((corpus / kind).iterdir(), key=lambda path: path.stat().st_size) for kind in kinds]
    return [path for files in found for path in files if path.suffix != ".txt"]


def test_corpus_leaves_nothing_behind(tmp_path: Path, corpus: Path, daemon_at: StartDaemon) -> None:
    """After good documents of every kind, no semaphore, child or temp file is left, the spool is empty, and no
    tracker warns."""
    leave_nothing_behind(
        daemon_at(tmp_path), [path for path in good_files(corpus) if path.stat().st_size < SMALL_BYTES]
    )


@pytest.mark.whole_corpus
@pytest.mark.timeout(900)
def test_whole_corpus_leaves_nothing_behind(tmp_path: Path, corpus: Path, daemon_at: StartDaemon) -> None:
    """The same holds for the whole corpus."""
    leave_nothing_behind(daemon_at(tmp_path), good_files(corpus))


def leave_nothing_behind(daemon: RunningDaemon, sources: Sequence[Path]) -> None:
    """Convert the documents, end the daemon, and check what is left."""
    assert {path.suffix for path in sources} >= {".pdf", ".png", ".docx", ".html"}
    daemon.start()
    for path in sources:
        daemon.drop(path.name, path.read_bytes())
    for path in sources:
        daemon.wait_for("document.published", document=path.name, timeout_s=800)
    last = daemon.wait_for("cleanup.done", point="batch_end")
    assert (last["semaphores_after"], last["children_after"], last["temp_files_after"]) == (0, 0, 0)
    assert not daemon.find("cleanup.leftover")
    assert len(daemon.find("converter.started")) == 1
    (left,) = (daemon.state_dir / "spool").iterdir()
    assert left.name.startswith("converter-")  # the temp folder of the one that still runs
    assert_nothing_left_behind(daemon)


def assert_nothing_left_behind(daemon: RunningDaemon) -> None:
    children = psutil.Process(daemon.pid).children(recursive=True)
    assert len(children) == 1
    assert daemon.stop() == 0
    assert not any(child.is_running() for child in children)
    assert list((daemon.state_dir / "spool").iterdir()) == []
    for started in daemon.find("converter.started"):
        assert not list(Path("/dev/shm").glob(f"sem.mkd{started['converter_pid']}.*"))
    said = [*daemon.noise, *(event["line"] for event in daemon.find("converter.output"))]
    assert not [line for line in said if "resource_tracker" in line]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def has_caller(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def test_document_fetches_nothing(tmp_path: Path, daemon_at: StartDaemon, listener: socket.socket) -> None:
    """What an HTML document names on the network or on the disk is not fetched. Its own words and pictures come out."""
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    secret = tmp_path / "secret.css"
    secret.write_text("p::after { content: 'Confidential salaries'; }")
    page = (
        f"<html><head><link rel='stylesheet' href='{url}/style.css'>"
        f"<link rel='stylesheet' href='{secret.as_uri()}'></head>"
        f"<body><h1>Innocent page</h1><p>Words of its own.</p><img src='{url}/image.png'></body></html>"
    )
    daemon = daemon_at(tmp_path / "run", ("--once",))
    daemon.inbox.mkdir()
    daemon.drop("page.html", page.encode())
    assert daemon.start(is_waiting=False).wait(120) == 0
    markdown = daemon.markdown("page")
    assert "Words of its own" in markdown
    assert "Confidential" not in markdown
    assert not has_caller(listener)
