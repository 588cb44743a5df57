"""How many converters work at once, and how many threads each of them gets."""

from __future__ import annotations

from dataclasses import dataclass

BYTES_A_CONVERTER = 3 << 30
"""Memory that is reckoned for a converter where the number of converters is chosen: half of it is what it may take
before it is replaced. One with the embedded models takes 0.4 to 0.7 GB once loaded and 1 to 1.5 GB on scanned pages (2
cores, November 2026)."""


@dataclass(frozen=True)
class WorkerCount:
    """`count` converters with `threads` threads each. `reason` says in words where the count comes from."""

    count: int
    threads: int
    reason: str


def choose_worker_count(workers: int | None, threads: int, cores: int, total_bytes: int) -> WorkerCount:
    """Choose the number of converters: `workers`, or as many as cores and memory allow where it is None.

    `threads` is the configured number for each converter; where it is 0, the `cores` are divided among them.
    """
    fitting = max(total_bytes // BYTES_A_CONVERTER, 1)
    count = min(cores, fitting) if workers is None else workers
    if workers is not None:
        reason = "converter.workers"
    else:
        reason = f"{cores} cores" if cores <= fitting else f"{total_bytes >> 20} MB of memory"
    return WorkerCount(count, threads or max(cores // count, 1), reason)
