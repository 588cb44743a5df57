"""Sources that change at an awkward moment: what was not converted is neither removed nor overlooked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fakes import core_at
from markerd.values import After

OLD, NEW = b"%PDF-1.4 one", b"%PDF-1.4 two"


@pytest.mark.parametrize("way", ["in place", "renamed over"])
def test_new_bytes_of_the_same_size_and_time_are_converted(tmp_path: Path, way: str) -> None:
    """`cp -p` and `rsync -t` give a file the time of their source; a kept source is converted all the same."""
    with core_at(tmp_path, after=After.KEEP) as core:
        source = core.drop("a.pdf", OLD)
        core.finish_all()
        before = source.stat()
        target = source if way == "in place" else tmp_path / "beside"
        target.write_bytes(NEW)
        os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))
        target.rename(source)
        core.queue("a.pdf")
        core.finish_all()
        assert (core.root / "outbox" / "a" / "a.md").read_bytes() == NEW
        core.queue("a.pdf")
        assert len(core.backlog) == 0


def test_a_change_of_mode_alone_converts_nothing_again(tmp_path: Path) -> None:
    """The bytes tell that it is the same content."""
    with core_at(tmp_path, after=After.KEEP) as core:
        source = core.drop("a.pdf", OLD)
        core.finish_all()
        source.chmod(0o600)
        core.queue("a.pdf")
        core.finish_all()
        assert core.converter.documents == 1
