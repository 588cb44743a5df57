"""What the status page costs a real daemon: memory before, with and after many requests, and seconds for each address.

PYTHONPATH=tests:tests/support python tests/benchmarks/web.py [--requests 6000]
"""

from __future__ import annotations

import argparse
import http.client
import signal
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psutil

import documents
from harness import RunningDaemon

PATHS = ("/metrics", "/", "/livez")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=6000)
    requests = parser.parse_args().requests
    with tempfile.TemporaryDirectory(prefix="markerd-bench-") as name:
        daemon = RunningDaemon(Path(name), log={"format": "json", "level": "info"}).start()
        try:
            measure(daemon, requests)
        finally:
            daemon.stop()


def measure(daemon: RunningDaemon, requests: int) -> None:
    for number in range(15):  # as many as the page lists
        daemon.drop(f"document {number}.pdf", documents.pdf_bytes(documents.page_of(f"Page {number}")))
        daemon.wait_for("document.published", document=f"document {number}.pdf")
    before = memory_mb(daemon)
    daemon.write_config(http={"listen": "127.0.0.1:0"}, log={"format": "json", "level": "info"})
    daemon.signal(signal.SIGHUP)
    address = daemon.wait_for("http.listening")["address"]
    for path in PATHS:
        asked(address, path)
    first = memory_mb(daemon)
    seconds = {path: [asked(address, path) for _ in range(requests // len(PATHS))] for path in PATHS}
    last = memory_mb(daemon)
    taken = ", ".join(f"{path} {1000 * statistics.median(each):.1f} ms" for path, each in seconds.items())
    print(
        f"daemon {before:.1f} MB, {first:.1f} MB once each address was asked, {last:.1f} MB after {requests:,} requests"
    )
    print(f"median {taken}")


def asked(address: str, path: str) -> float:
    """Seconds for one request on a connection of its own, as Prometheus and a browser make them here."""
    started = time.perf_counter()
    with closing(http.client.HTTPConnection(address, timeout=20)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()
    return time.perf_counter() - started


def memory_mb(daemon: RunningDaemon) -> float:
    return float(psutil.Process(daemon.pid).memory_info().rss) / 1e6


if __name__ == "__main__":
    main()
