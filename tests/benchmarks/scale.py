"""How many documents a second a cluster converts, and what each costs the machine that watches the folders.

    PYTHONPATH=tests:tests/support python tests/benchmarks/scale.py [--actors 1 8] [--sizes 200 2000] [--rounds 5]

The engine sleeps for 2 s in place of converting, so what is missing to the ideal is the way there and back: the
journal, the spool, the object store, the publishing. The cluster is simulated on this machine, on nodes of 8 CPUs that
are not there: its 51 processes for 32 actors need some of the cores, which a cluster of machines would not take from
the daemon. What counts goes from the start of the first conversion to the publication of the last.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import psutil

from harness import RunningDaemon, wait_until
from killing import quick_environ
from measured_daemon import time_of
from simulated_cluster import SimulatedCluster

SLEEP_S = 2.0
LEAST = {200: 0.95, 2000: 0.9}
"""The share of the ideal that is reached, by the kilobytes of a document."""
_CPUS = 8
_PATIENCE_S = 600.0


def measure(cluster: SimulatedCluster, actors: int, kilobytes: int, rounds: int) -> tuple[float, float, float]:
    """The documents a second, and the processor seconds of the daemon and of its driver for each."""
    count = actors * rounds
    with tempfile.TemporaryDirectory() as folder:
        daemon = RunningDaemon(
            Path(folder),
            converter={"isolation": "ray", "threads": 1},
            ray={"address": cluster.address, "actors": actors},
            log={"level": "info"},
        )
        try:
            daemon.start(is_waiting=True, **cluster.variables)
            wait_until(lambda: len(daemon.find("converter.started")) == actors, _PATIENCE_S, "all actors")
            own = psutil.Process(daemon.pid)
            (driver,) = (each for each in own.children() if "markerd.convert.ray.driver" in each.cmdline())
            before = [sum(each.cpu_times()[:2]) for each in (own, driver)]
            fill(daemon, count, kilobytes)
            daemon.wait_for("document.published", count=count, timeout_s=_PATIENCE_S)
            after = [sum(each.cpu_times()[:2]) for each in (own, driver)]
            began = min(map(time_of, daemon.find("document.converting")))
            ended = max(map(time_of, daemon.find("document.published")))
            daemon.stop()
        finally:
            daemon.kill()
    spent = [(late - early) / count for early, late in zip(before, after, strict=True)]
    return count / (ended - began), spent[0], spent[1]


def fill(daemon: RunningDaemon, count: int, kilobytes: int) -> None:
    """Put all documents into the hot folder at once. No two are the same."""
    made = daemon.root / "made"
    made.mkdir()
    for number in range(count):
        content = f"sleeping {SLEEP_S} {number} ".encode() + os.urandom(500 * kilobytes).hex().encode()
        (made / f"{number}.pdf").write_bytes(content)
    made.rename(daemon.inbox / "made")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--actors", type=int, nargs="+", default=[1, 8, 16, 32])
    parser.add_argument("--sizes", type=int, nargs="+", default=list(LEAST), help="kilobytes of a document")
    parser.add_argument("--rounds", type=int, default=5, help="documents for each actor")
    arguments = parser.parse_args()
    is_short = False
    print("| actors | kB | documents/s | of the ideal | daemon, ms/document | driver, ms/document | actors it feeds |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for actors in arguments.actors:
        with SimulatedCluster(nodes=-(-actors // _CPUS), cpus=_CPUS, environ=quick_environ()) as cluster:
            for kilobytes in arguments.sizes:
                rate, own_s, driver_s = measure(cluster, actors, kilobytes, arguments.rounds)
                share, fed = rate * SLEEP_S / actors, int(SLEEP_S / max(own_s, driver_s))
                is_short = is_short or share < LEAST.get(kilobytes, 0.0)
                print(
                    f"| {actors} | {kilobytes} | {rate:.2f} | {share:.2f} | {own_s * 1000:.1f} | {driver_s * 1000:.1f} "
                    f"| {fed} |",
                    flush=True,
                )
    return int(is_short)


if __name__ == "__main__":
    sys.exit(main())
