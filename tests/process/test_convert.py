"""`markerd convert` as a process: what comes out, which exit codes there are, and what is left."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import documents
from harness import run_markerd, wait_until
from killing import quick_environ

GOOD, BROKEN = b"%PDF-1.4 good\n%%EOF\n", b"%PDF-1.4 broken\n%%EOF\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to work in, whose converters load no models; all that a command writes elsewhere lies in `temp`."""
    for name, folder in (("TMPDIR", "temp"), ("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config")):
        (tmp_path / folder).mkdir()
        monkeypatch.setenv(name, str(tmp_path / folder))
    for name, value in quick_environ().items():
        monkeypatch.setenv(name, value)
    (tmp_path / "work").mkdir()
    yield tmp_path / "work"
    assert not list((tmp_path / "temp").iterdir())  # nothing is left of any command


def convert(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_markerd("convert", *arguments, cwd=place)


def test_files_become_outputs_and_stay_as_they_are(place: Path) -> None:
    """Each file gets a folder with its text and manifest; the source has the same bytes, times and inode after it."""
    (place / "sub").mkdir()
    sources = [place / "a.pdf", place / "sub" / "a.pdf"]
    for source in sources:
        source.write_bytes(GOOD)
    before = [source.stat() for source in sources]
    done = convert(place, "a.pdf", "sub/a.pdf", "--output", "out")
    assert (done.returncode, done.stderr) == (0, "")
    outputs = sorted(path.name for path in (place / "out").iterdir())
    assert outputs[0] == "a"
    assert outputs[1].startswith("a-")  # of the same name, with the hash of its path
    assert (place / "out" / "a" / "a.md").read_bytes() == GOOD
    assert done.stdout.splitlines() == [
        f"a.pdf -> {place / 'out' / 'a'} (1 page)",
        f"sub/a.pdf -> {place / 'out' / outputs[1]} (1 page)",
    ]
    now = [source.stat() for source in sources]
    assert [(s.st_ino, s.st_mtime_ns, s.st_ctime_ns) for s in now] == [
        (s.st_ino, s.st_mtime_ns, s.st_ctime_ns) for s in before
    ]
    assert sorted(path.name for path in place.iterdir()) == ["a.pdf", "out", "sub"]


def test_bad_files_do_not_stop_the_others(place: Path) -> None:
    """What cannot be read is told apart from what cannot be converted, and the rest is converted."""
    (place / "good.pdf").write_bytes(GOOD)
    (place / "broken.pdf").write_bytes(BROKEN)
    os.mkfifo(place / "pipe.pdf")
    done = convert(place, "missing.pdf", "pipe.pdf", ".", "broken.pdf", "good.pdf")
    assert done.returncode == 65
    assert (place / "good" / "good.md").read_bytes() == GOOD
    assert done.stdout.count("->") == 1
    for said in ("missing.pdf: it cannot be found", "pipe.pdf: it is no regular file", ".: it is a folder",
                 "broken.pdf: it says that it is broken"):  # fmt: skip
        assert said in done.stderr
    only_missing = convert(place, "missing.pdf", "good.pdf")
    assert only_missing.returncode == 66


def test_unreadable_file_is_refused(place: Path) -> None:
    """A file that the user may not read is no document that failed."""
    (place / "secret.pdf").write_bytes(GOOD)
    (place / "secret.pdf").chmod(0)
    if os.access(place / "secret.pdf", os.R_OK):
        pytest.skip("root reads everything")
    done = convert(place, "secret.pdf")
    assert done.returncode == 66
    assert "may not be read" in done.stderr


def test_outputs_are_replaced_and_nothing_else_is(place: Path) -> None:
    """Two names of one file are one document; the next command replaces its output, and no folder of others."""
    (place / "a.pdf").write_bytes(GOOD)
    (place / "link.pdf").symlink_to("a.pdf")
    first = convert(place, "a.pdf", "./a.pdf", "link.pdf")
    assert first.stdout.count("->") == 1
    inode = (place / "a" / "a.md").stat().st_ino
    (place / "a" / "note.txt").write_text("mine")
    assert convert(place, "a.pdf").returncode == 0
    assert (place / "a" / "a.md").stat().st_ino != inode
    assert (place / "a" / "note.txt").read_text() == "mine"
    (place / "b.pdf").write_bytes(GOOD)
    (place / "b").mkdir()  # of somebody else
    (place / "b" / "b.md").write_text("mine")
    assert convert(place, "b.pdf").returncode == 0
    assert (place / "b" / "b.md").read_text() == "mine"
    (made,) = place.glob("b-*")
    assert (made / f"{made.name}.md").read_bytes() == GOOD


def test_text_goes_to_standard_output(place: Path) -> None:
    """With `-` the text alone is written, with its bytes, and no folder is made."""
    content = "%PDF-1.4 größer\n%%EOF\n"
    (place / "a.pdf").write_text(content, encoding="utf-8")
    done = convert(place, "a.pdf", "-o", "-")
    assert (done.returncode, done.stdout, done.stderr) == (0, content, "")
    assert [path.name for path in place.iterdir()] == ["a.pdf"]


def test_attempts_and_limits_are_those_of_the_configuration(place: Path) -> None:
    """A document that fails is tried as often as in a hot folder, one above a limit is not, and the advice fits a
    command. A folder that was made for outputs and got none is gone."""
    (place / "markerd.toml").write_text(
        '[converter]\nmax_file_mb = 1\nretry_delay_s = 0.1\n[daemon]\nstate_dir = "s"\n'
        '[[folders]]\npath = "i"\noutput = "o"\n'
    )
    (place / "large.pdf").write_bytes(GOOD + b"%" * (2 << 20))
    (place / "flaky.pdf").write_bytes(b"%PDF-1.4 flaky\n%%EOF\n")
    done = convert(place, "large.pdf", "flaky.pdf", "--verbose", "-o", "new/deeper")
    assert done.returncode == 65
    assert done.stderr.count("document.converting") == 3
    assert "flaky.pdf: it says that it is flaky" in done.stderr
    assert "more than converter.max_file_mb = 1" in done.stderr
    assert "then run the command again" in done.stderr
    assert sorted(path.name for path in place.iterdir()) == ["flaky.pdf", "large.pdf", "markerd.toml"]


def test_missing_models_and_wrong_configurations_have_codes_of_their_own(place: Path) -> None:
    """A script can tell them from a document that failed."""
    (place / "a.pdf").write_bytes(GOOD)
    (place / "surya.toml").write_text(
        '[converter]\nmodels = "surya"\n[[folders]]\npath = "in"\noutput = "out"\n[daemon]\nstate_dir = "state"\n'
    )
    missing = run_markerd("convert", "a.pdf", "--config", "surya.toml", cwd=place, HF_HOME=str(place / "none"))
    assert missing.returncode == 69, missing.stderr
    assert "markerd models pull" in missing.stderr
    (place / "wrong.toml").write_text("[converter]\nmodels = 3\n")
    assert convert(place, "a.pdf", "--config", "wrong.toml").returncode == 78
    in_the_way = convert(place, "a.pdf", "-o", "a.pdf/deeper")
    assert in_the_way.returncode == 69
    assert "a.pdf/deeper cannot be used" in in_the_way.stderr
    assert not (place / "a").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_signal_ends_it_at_once_and_leaves_nothing(place: Path, number: signal.Signals, code: int) -> None:
    """What is finished stays; the document in work, its converter and all temporary files are gone."""
    (place / "a.pdf").write_bytes(GOOD)
    (place / "long.pdf").write_bytes(b"sleeping 600 %PDF-1.4\n%%EOF\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "markerd", "convert", "a.pdf", "long.pdf", "--verbose"],
        cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if "long.pdf" in line and "document.converting" in line:
            break
    converters = children_of(process.pid)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert f"stopped by {number.name}" in err
    assert sorted(path.name for path in place.iterdir()) == ["a", "a.pdf", "long.pdf"]
    assert out.count("->") == 1
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in converters), 10)


def children_of(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    if not found.exists():
        return []
    return [int(child) for child in found.read_text().split()]


def test_bar_is_shown_on_a_terminal_alone(place: Path) -> None:
    """It stands on standard error, and standard output has nothing but the lines, be it a terminal or a pipe."""
    (place / "a.pdf").write_bytes(b"sleeping 0.5 %PDF-1.4\n%%EOF\n")
    terminal, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "markerd", "convert", "a.pdf"], cwd=place, stdin=theirs, stdout=subprocess.PIPE,
        stderr=theirs, env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"}, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # Linux: EIO once the other side is closed
        while data := os.read(terminal, 65536):
            shown += data
    os.close(terminal)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out.decode().splitlines() == [f"a.pdf -> {place / 'a'} (1 page)"]
    for part in (b"loading the models", b"a.pdf", b"0/1"):
        assert part in shown


def test_json_has_what_became_of_each_file(place: Path) -> None:
    """One list, in the order in which the files ended, with nothing beside it on standard output."""
    (place / "good.pdf").write_bytes(GOOD)
    (place / "broken.pdf").write_bytes(BROKEN)
    done = convert(place, "broken.pdf", "good.pdf", "--json")
    broken, good = json.loads(done.stdout)
    assert (broken["file"], broken["output"], broken["kind"]) == ("broken.pdf", None, "unreadable")
    assert "markerd retry" not in broken["what_to_do"]
    assert (good["file"], good["output"], good["pages"]) == ("good.pdf", str(place / "good"), 1)


@pytest.mark.models
def test_real_documents_are_converted_and_explained(tmp_path: Path) -> None:
    """A text layer, a scan and an Office document, with the embedded models: each says how it was read."""
    (tmp_path / "letter.pdf").write_bytes(documents.letter_pdf("A letter that is converted"))
    documents.scan_pdf(tmp_path / "scan.pdf", "Read me by optical character recognition")
    documents.docx(tmp_path / "memo.docx", "Heading", "A paragraph of the memo")
    config = tmp_path / "markerd.toml"
    config.write_text(
        '[converter]\nmodels = "embedded"\n[daemon]\nstate_dir = "state"\n[[folders]]\npath = "in"\noutput = "out"\n'
    )
    done = run_markerd(
        "convert", "letter.pdf", "scan.pdf", "memo.docx", "-f", "markdown", "-f", "json", "-o", "to", "--explain",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "# Heading" in (tmp_path / "to" / "memo" / "memo.md").read_text()
    assert (tmp_path / "to" / "letter" / "letter.json").exists()
    checks = {
        name: json.loads((tmp_path / "to" / name / "manifest.json").read_text()).get("page_checks")
        for name in ("letter", "scan", "memo")
    }
    (letter,), (scan,) = checks["letter"], checks["scan"]
    assert (letter["layout"], letter["text"], letter["coverage"]) == ("model and rules", "text layer", 1.0)
    assert (scan["layout"], scan["text"], scan["coverage"]) == ("model", "OCR", None)
    assert scan["text_reason"] == "the page has no usable text layer"
    assert checks["memo"] is None
    for cell in ("model and rules", "text layer", "100.0% of", "OCR", "the page has no usable text layer"):
        assert cell in done.stdout
    assert not (tmp_path / "in").exists()  # the folders of the configuration are not touched
