"""How documents arrive: many at once, slowly, before the start, with no one left out."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

import documents
from harness import RunningDaemon, wait_until

pytestmark = pytest.mark.models


def test_thirty_documents_at_once_each_come_out_once(daemon: RunningDaemon) -> None:
    """Thirty files dropped at once all come out, each once."""
    names = [f"burst-{number:02d}.pdf" for number in range(30)]
    for name in names:
        (daemon.inbox / name).write_bytes(documents.pdf_bytes(documents.page_of(f"Burst {name}")))
    for name in names:
        daemon.wait_for("document.published", document=name)
        assert name in daemon.markdown(Path(name).stem)
        assert len(daemon.find("document.published", document=name)) == 1
    wait_until(lambda: not list(daemon.inbox.glob("burst-*")), what="the archiving")
    assert len(list(daemon.done.glob("burst-*"))) == 30


def test_slowly_written_file_is_converted_once(daemon: RunningDaemon) -> None:
    """A file written at 1 kB every 50 ms for 3 s is converted once, whole."""
    pages = [documents.page_of(f"Slow page number {number}", lines=30) for number in range(1, 26)]
    content = documents.pdf_bytes(*pages)
    step = max(1024, len(content) // 60 + 1)
    with (daemon.inbox / "slow.pdf").open("wb", buffering=0) as file:
        for start in range(0, len(content), step):
            file.write(content[start : start + step])
            time.sleep(0.05)  # the slowness is what is tested
    published = daemon.wait_for("document.published", document="slow.pdf")
    assert published["pages"] == 25
    assert published["size_bytes"] == len(content)
    assert len(daemon.find("document.converting", document="slow.pdf")) == 1
    assert "Slow page number 25" in daemon.markdown("slow")


def test_file_that_is_held_open_waits(daemon: RunningDaemon) -> None:
    """A complete file that its writer still holds open waits until it is closed."""
    other = documents.pdf_bytes(documents.page_of("Not held by anyone"))
    with (daemon.inbox / "held.pdf").open("wb", buffering=0) as file:
        file.write(documents.pdf_bytes(documents.page_of("Held open")))
        daemon.drop("free.pdf", other)
        daemon.wait_for("document.published", document="free.pdf")
        assert not daemon.find("document.queued", document="held.pdf")
    daemon.wait_for("document.published", document="held.pdf")


def test_document_rewritten_during_its_conversion_is_converted_again(daemon: RunningDaemon) -> None:
    """New bytes that arrive while the old ones are converted are converted after them."""
    many = documents.pdf_bytes(*[documents.page_of(f"Old page {n}", lines=20) for n in range(40)])
    daemon.drop("moving.pdf", many)
    daemon.wait_for("document.converting", document="moving.pdf")
    daemon.drop("moving.pdf", documents.pdf_bytes(documents.page_of("The new page")))
    wait_until(lambda: not (daemon.inbox / "moving.pdf").exists(), what="the archiving")
    assert "The new page" in daemon.markdown("moving")


def test_files_in_a_moved_folder_are_converted(daemon: RunningDaemon, tmp_path: Path) -> None:
    """A folder that is moved in with its files is scanned."""
    batch = tmp_path / "batch"
    (batch / "inner").mkdir(parents=True)
    (batch / "one.pdf").write_bytes(documents.pdf_bytes(documents.page_of("Batch one")))
    (batch / "inner" / "two.pdf").write_bytes(documents.pdf_bytes(documents.page_of("Batch two")))
    os.rename(batch, daemon.inbox / "batch")
    daemon.wait_for("document.published", document="batch/one.pdf")
    daemon.wait_for("document.published", document="batch/inner/two.pdf")
