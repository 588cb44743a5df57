"""How much memory markerd may use, and how much of it a converter may take.

The limit of a control group (a service's `MemoryMax=`, a container's) counts like the machine's own size: a process
that exceeds it meets the kernel's OOM killer just the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

MB = 1 << 20
_MOST_RECYCLE_BYTES = 8192 * MB
_LEAST_RECYCLE_BYTES = 1536 * MB
"""What a converter takes on scanned pages; see `worker_count.BYTES_A_CONVERTER`."""
_CGROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")


@dataclass(frozen=True)
class Memory:
    """The memory that this process and its children may use altogether, and what of it is free now."""

    total_bytes: int
    available_bytes: int


@dataclass(frozen=True)
class ConverterLimits:
    """Above `recycle_bytes` a converter is replaced between documents; where all together are above `max_bytes`, the
    largest is killed at once."""

    recycle_bytes: int
    max_bytes: int


def derive_limits(recycle_mb: int | None, max_mb: int | None, total_bytes: int, workers: int = 1) -> ConverterLimits:
    """Derive the limits from the configured megabytes, and from the memory of the machine where they are not
    configured.

    The defaults are half of the memory, divided by the `workers`, 1.5 to 8 GB, and three quarters of it. Where only
    one limit is configured, the other one gives way, so that a converter is replaced before it is killed.
    """
    most = total_bytes * 3 // 4 if max_mb is None else max_mb * MB
    if recycle_mb is not None:
        recycle = recycle_mb * MB
        return ConverterLimits(recycle, most if max_mb is not None else max(most, recycle * workers * 11 // 10))
    shared = min(total_bytes // 2, most * 2 // 3)
    least = min(shared, _LEAST_RECYCLE_BYTES)  # else several converters would be replaced after each document
    return ConverterLimits(min(max(shared // workers, least), _MOST_RECYCLE_BYTES), most)


def has_room_for_two(held_bytes: int, loaded_bytes: int, max_bytes: int | None, available_bytes: int) -> bool:
    """Whether a second converter may load while the first, which holds `held_bytes`, goes on converting.

    `loaded_bytes` is what one takes with its models. As much again is kept free for the document in work meanwhile.
    """
    wanted = 2 * loaded_bytes
    return wanted <= available_bytes and (max_bytes is None or held_bytes + wanted <= max_bytes)


def measure_memory() -> Memory:
    """Return what the machine and the control groups of this process say. It takes less than a millisecond."""
    machine = psutil.virtual_memory()
    groups = list(read_control_groups())
    return Memory(
        total_bytes=min([machine.total, *(limit for limit, _ in groups)]),
        available_bytes=min([machine.available, *(max(limit - used, 0) for limit, used in groups)]),
    )


def read_control_groups(membership: Path = _MEMBERSHIP, mount: Path = _CGROUPS) -> Iterator[tuple[int, int]]:
    """Yield (limit, used) in bytes for each control group around this process that has a limit. Linux alone has any.

    Versions 2 and 1 are read (cgroups(7)). Files that were read long ago, which the kernel can drop, do not count as
    used.
    """
    try:
        lines = membership.read_text(errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        number, controllers, path = (*line.split(":", 2), "", "")[:3]
        if number == "0":
            yield from _read_groups_up_to_mount(
                mount, path, ("memory.max", "memory.high"), "memory.current", "inactive_file"
            )
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes",)
            yield from _read_groups_up_to_mount(
                mount / "memory", path, names, "memory.usage_in_bytes", "total_inactive_file"
            )


def _read_groups_up_to_mount(
    mount: Path, path: str, limit_names: tuple[str, ...], usage_name: str, droppable: str
) -> Iterator[tuple[int, int]]:
    """Read from the group itself up to the mount: in a container the path can be one that only its host sees."""
    group = Path(os.path.normpath(f"{mount}/{path}"))
    for folder in (group, *group.parents):
        if not folder.is_relative_to(mount):
            return
        found = [value for name in limit_names if (value := _read_number(folder / name)) is not None]
        used = _read_number(folder / usage_name)
        if found and used is not None:
            yield min(found), max(used - _read_statistic(folder / "memory.stat", droppable), 0)


def _read_number(file: Path) -> int | None:
    """Return None where there is no such file, or where it says `max`, which is no limit."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _read_statistic(file: Path, name: str) -> int:
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return 0
    return next((int(value) for key, _, value in (line.partition(" ") for line in lines) if key == name), 0)
