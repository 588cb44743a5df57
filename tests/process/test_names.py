"""Names, doubles and replacements: nothing is overwritten, nothing is converted twice, nothing gets lost."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import documents
from harness import RunningDaemon, wait_until

pytestmark = pytest.mark.models


STRANGE_NAMES = [
    "with  spaces and (brackets).pdf",
    "line\nbreak\ttab.pdf",
    "quotes'\"`$HOME;&|.pdf",
    "emoji \U0001f4c4\U0001f469‍\U0001f4bb.pdf",
    "n" * 196 + ".pdf",
    "ä" * 120 + ".pdf",
    os.fsdecode(b"no-utf8-\xff\xfe.pdf"),
    "-rf --help.pdf",
    "dots...pdf",
    "back\\slash.pdf",
    "no-suffix",
]


@pytest.mark.parametrize("name", STRANGE_NAMES, ids=range(len(STRANGE_NAMES)))
def test_document_of_any_name_is_published_under_its_name(daemon: RunningDaemon, name: str) -> None:
    """The name is kept as far as Windows can open it, in the output and in the archive."""
    daemon.drop(name, documents.letter_pdf(f"Named strangely {len(name)}"))
    archived = daemon.done / name
    wait_until(archived.exists, what="the archiving")
    stem = {"dots..": "dots__"}.get(Path(name).stem, Path(name).stem)
    folder = daemon.outbox / stem
    assert "Named strangely" in (folder / f"{stem}.md").read_text("utf-8")


def test_longest_name_is_cut_and_stays_distinct(daemon: RunningDaemon) -> None:
    """A name of 255 bytes, whose output names would be longer, is cut but kept apart."""
    names = ["x" * 250 + ".pdf", "x" * 249 + "y.pdf"]
    for name in names:
        daemon.drop(name, documents.letter_pdf(f"Longest {name[-5]}"))
    for name in names:
        wait_until((daemon.done / name).exists, what="the archiving")
    folders = [path for path in daemon.outbox.iterdir() if path.name.startswith("xxx")]
    assert len(folders) == 2
    assert all((folder / f"{folder.name}.md").is_file() for folder in folders)


def test_documents_with_one_stem_both_come_out(daemon: RunningDaemon, tmp_path: Path) -> None:
    """The second one comes out under a marked name."""
    daemon.drop("twin.pdf", documents.letter_pdf("First of the twins"))
    daemon.wait_for("document.published", document="twin.pdf")
    page = documents.html(tmp_path / "twin.html", "Second of the twins", "It has words enough to be a paragraph.")
    daemon.drop("twin.html", page.read_bytes())
    second = daemon.wait_for("document.published", document="twin.html")
    assert "First of the twins" in daemon.markdown("twin")
    marked = Path(second["output"]).name
    assert marked.startswith("twin-")
    assert "Second of the twins" in daemon.markdown(marked)


def test_same_bytes_are_not_converted_again(daemon: RunningDaemon) -> None:
    """The same bytes under the same name are archived beside the first."""
    for _ in range(2):
        daemon.drop("again.pdf", documents.letter_pdf("Again and again"))
        wait_until(lambda: not (daemon.inbox / "again.pdf").exists(), what="the archiving")
    daemon.wait_for("document.skipped", document="again.pdf")
    assert len(daemon.find("document.published", document="again.pdf")) == 1
    assert {path.name for path in daemon.done.glob("again*")} == {"again.pdf", "again-2.pdf"}


def test_same_bytes_are_converted_again_if_their_output_is_gone(daemon: RunningDaemon) -> None:
    """If somebody took the output away, the same bytes are converted once more."""
    import shutil

    daemon.drop("gone.pdf", documents.letter_pdf("Gone and back"))
    daemon.wait_for("document.published", document="gone.pdf")
    wait_until(lambda: not (daemon.inbox / "gone.pdf").exists(), what="the archiving")
    shutil.rmtree(daemon.outbox / "gone")
    daemon.drop("gone.pdf", documents.letter_pdf("Gone and back"))
    daemon.wait_for("document.published", document="gone.pdf", count=2)
    assert "Gone and back" in daemon.markdown("gone")


def test_new_bytes_replace_the_output(daemon: RunningDaemon) -> None:
    """What others put beside the output stays, and both sources are in the archive."""
    daemon.drop("changing.pdf", documents.letter_pdf("Before the change"))
    daemon.wait_for("document.published", document="changing.pdf")
    wait_until(lambda: not (daemon.inbox / "changing.pdf").exists(), what="the archiving")
    (daemon.outbox / "changing" / "my notes.txt").write_text("keep me")
    daemon.drop("changing.pdf", documents.letter_pdf("After the change"))
    daemon.wait_for("document.published", document="changing.pdf", count=2)
    markdown = daemon.markdown("changing")
    assert "After the change" in markdown
    assert "Before the change" not in markdown
    assert (daemon.outbox / "changing" / "my notes.txt").read_text() == "keep me"
    wait_until((daemon.done / "changing-2.pdf").exists, what="the archiving")


def test_subfolders_appear_below_output_and_archive(daemon: RunningDaemon) -> None:
    """A document that is called like a subfolder is kept apart."""
    daemon.drop("year/month/deep.pdf", documents.letter_pdf("Deep below"))
    daemon.drop("year/month.pdf", documents.letter_pdf("Called like a folder"))
    daemon.wait_for("document.published", document="year/month/deep.pdf")
    like_a_folder = daemon.wait_for("document.published", document="year/month.pdf")
    assert "Called like a folder" in "".join(p.read_text() for p in Path(like_a_folder["output"]).glob("*.md"))
    deep = daemon.find("document.published", document="year/month/deep.pdf")[0]
    assert "Deep below" in "".join(p.read_text() for p in Path(deep["output"]).glob("*.md"))
    wait_until((daemon.done / "year" / "month" / "deep.pdf").exists, what="the archiving")


def test_temporary_names_are_ignored(daemon: RunningDaemon) -> None:
    """A download under its temporary name is not touched. Renamed to its own name, it is converted."""
    part = daemon.drop("paper.pdf.part", documents.letter_pdf("Download of a paper"))
    daemon.drop("visible.pdf", documents.letter_pdf("After the download"))
    daemon.wait_for("document.published", document="visible.pdf")
    assert part.exists()
    assert not daemon.find("document.seen", document="paper.pdf.part")
    part.rename(daemon.inbox / "paper.pdf")
    daemon.wait_for("document.published", document="paper.pdf")


def test_links_and_pipes_are_refused(daemon: RunningDaemon, tmp_path: Path) -> None:
    """A symbolic link and a FIFO are refused with a line in the log, and stay."""
    secret = tmp_path / "secret.pdf"
    secret.write_bytes(documents.letter_pdf("A secret elsewhere"))
    (daemon.inbox / "link.pdf").symlink_to(secret)
    os.mkfifo(daemon.inbox / "pipe.pdf")
    daemon.wait_for("document.refused", document="link.pdf")
    daemon.wait_for("document.refused", document="pipe.pdf")
    (daemon.inbox / "link.pdf").unlink()
    (daemon.inbox / "pipe.pdf").unlink()
    assert not (daemon.outbox / "link").exists()


def test_output_never_leaves_through_a_symbolic_link(daemon: RunningDaemon, tmp_path: Path) -> None:
    """A sub-folder of the output that is a symbolic link is not followed: the document ends with its reason."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (daemon.outbox / "trap").symlink_to(outside)
    daemon.drop("trap/snare.pdf", documents.letter_pdf("Into the trap"))
    daemon.wait_for("document.dead", document="trap/snare.pdf", kind="publish")
    reason = json.loads((daemon.failed / "trap" / "snare.pdf.error.json").read_text())
    assert "symbolic link" in reason["message"]
    assert len(reason["history"]) == reason["attempts"] == 3
    assert list(outside.iterdir()) == []
