"""What the kernel's control groups say of memory, read from files like its own; and from its own."""

from __future__ import annotations

from pathlib import Path

import psutil

from markerd.convert.process.memory_limits import measure_memory, read_control_groups


def group(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"memory.{name}").write_text(text)


def groups_of(root: Path, membership: str) -> list[tuple[int, int]]:
    (root / "membership").write_text(membership)
    return list(read_control_groups(root / "membership", root / "fs"))


def test_control_groups_version_2_are_read(tmp_path: Path) -> None:
    """Every group up to the root counts; `high` is a limit as well; what the kernel can drop is not in use."""
    fs = tmp_path / "fs"
    group(
        fs / "system.slice/a.service", max="5000\n", high="4000\n", current="900\n", stat="anon 1\ninactive_file 200\n"
    )
    group(fs / "system.slice", max="3000\n", high="max\n", current="1000\n")
    group(fs, stat="anon 1\n")
    assert groups_of(tmp_path, "0::/system.slice/a.service\n") == [(4000, 700), (3000, 1000)]


def test_control_groups_version_1_are_read(tmp_path: Path) -> None:
    """A limit's file of the host, as in a container, does not exist here: the mount's own counts."""
    stat = "inactive_file 1\ntotal_inactive_file 300\n"
    group(tmp_path / "fs/memory", limit_in_bytes="5000\n", usage_in_bytes="1000\n", stat=stat)
    membership = "9:name=systemd:/\n4:cpu,memory:/docker/1f:2e\n0::/\n"
    assert groups_of(tmp_path, membership) == [(5000, 700)]


def test_group_without_limit_is_skipped(tmp_path: Path) -> None:
    """Neither `max`, nor a missing file, nor one that is no number is a limit."""
    group(tmp_path / "fs/a", max="max\n", high="max\n", current="1\n")
    group(tmp_path / "fs/b", max="soon\n", current="1\n")
    assert groups_of(tmp_path, "0::/a\n") == groups_of(tmp_path, "0::/b\n") == groups_of(tmp_path, "junk\n") == []
    assert list(read_control_groups(tmp_path / "nowhere", tmp_path)) == []


def test_path_out_of_the_mount_is_ignored(tmp_path: Path) -> None:
    """/proc shows a group outside of its own name space so."""
    group(tmp_path, max="7\n", current="1\n")
    group(tmp_path / "fs", max="9\n", current="1\n")
    assert groups_of(tmp_path, "0::/../../a\n") == []


def test_measured_memory_is_that_of_this_machine() -> None:
    """No more than the machine has, and no less than zero."""
    found = measure_memory()
    assert 0 < found.available_bytes <= found.total_bytes <= psutil.virtual_memory().total
