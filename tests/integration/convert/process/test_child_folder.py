"""The folder of a converter process, whatever becomes of the folders that are lent to it."""

from __future__ import annotations

from pathlib import Path

from markerd.convert.process.child_folder import ChildFolder
from markerd.convert.protocol import ConversionRequest
from markerd.files import trees


def build_request(job: Path) -> ConversionRequest:
    for name in ("out", "tmp"):
        (job / name).mkdir(parents=True)
    (job / "document.pdf").write_bytes(b"one")
    return ConversionRequest("a.pdf", f"{job}/document.pdf", f"{job}/out", f"{job}/tmp", ("markdown",))


def test_what_is_lent_comes_back(tmp_path: Path) -> None:
    """The process finds the document in its own folder, and what it writes is in the job afterwards."""
    folder, job = ChildFolder(tmp_path / "spool"), tmp_path / "spool" / "1"
    with folder.lend(build_request(job)) as lent:
        assert Path(lent.source).is_relative_to(folder.path)
        Path(lent.output_dir, "a.md").write_bytes(b"text")
    assert (job / "out" / "a.md").read_bytes() == b"text"
    assert (job / "document.pdf").read_bytes() == b"one"


def test_job_that_was_removed_meanwhile_leaves_nothing_for_the_next(tmp_path: Path) -> None:
    """Whoever removes the folder of a job, the next document finds an empty place, and none of its files."""
    folder, job = ChildFolder(tmp_path / "spool"), tmp_path / "spool" / "1"
    with folder.lend(build_request(job)) as lent:
        Path(lent.output_dir, "a.md").write_bytes(b"text")
        trees.remove(job)
    other = tmp_path / "spool" / "2"
    with folder.lend(build_request(other)) as lent:
        assert list(Path(lent.output_dir).iterdir()) == []
    assert sorted(path.name for path in other.iterdir()) == ["document.pdf", "out", "tmp"]
