"""A daemon with its converters on a simulated cluster, and what must have become of its documents."""

from __future__ import annotations

import os
from collections import Counter

import psutil

from harness import RunningDaemon, wait_until
from simulated_cluster import SimulatedCluster

PART_PAGES = 5
CONVERTER: dict[str, object] = {"isolation": "ray", "part_pages": PART_PAGES, "threads": 1}


def at(cluster: SimulatedCluster) -> dict[str, object]:
    return {"address": cluster.address, "actors": 2}


def outputs(daemon: RunningDaemon) -> dict[str, bytes]:
    """Every file that was published, without the manifests: they say when and where it was made."""
    files = (path for path in daemon.outbox.rglob("*") if path.is_file() and "manifest" not in path.name)
    return {str(path.relative_to(daemon.outbox)): path.read_bytes() for path in files}


def published(daemon: RunningDaemon) -> Counter[str]:
    return Counter(event["document"] for event in daemon.find("document.published"))


def demand_nothing_left(cluster: SimulatedCluster, daemon: RunningDaemon) -> None:
    """Neither an actor, nor a converter, nor their files; nor anything in the daemon's spool."""
    wait_until(lambda: not cluster.actors(), what="the end of the actors")
    wait_until(lambda: not [p for p in psutil.process_iter() if is_converter_of(p, cluster)], what="that of converters")
    assert os.listdir(daemon.state_dir / "spool") == []


def is_converter_of(process: psutil.Process, cluster: SimulatedCluster) -> bool:
    try:
        return "markerd.convert.process.worker" in process.cmdline() and str(cluster.files) in str(process.cmdline())
    except psutil.Error:
        return False
