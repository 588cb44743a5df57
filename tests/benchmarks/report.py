"""How long `markerd report` takes on a journal with many outcomes, and how large its page is.

PYTHONPATH=tests:tests/support python tests/benchmarks/report.py [--outcomes 100000] [--days 30]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import history_rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outcomes", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=30)
    given = parser.parse_args()
    measure(given.outcomes, given.days)


def measure(outcomes: int, days: int) -> None:
    with tempfile.TemporaryDirectory(prefix="markerd-bench-") as name:
        root = Path(name)
        (root / "state").mkdir()
        journal = history_rows.made(root / "state" / "journal.sqlite")
        history_rows.fill(journal, outcomes, days=days, now=time.time())
        config = root / "markerd.toml"
        config.write_text('[daemon]\nstate_dir = "state"\n[[folders]]\npath = "in"\noutput = "out"\n')
        command = [sys.executable, "-m", "markerd", "report", "--config", str(config), "--days", str(days)]
        started = time.perf_counter()
        process = subprocess.Popen([*command, "--html", str(root / "report.html")])
        _, status, usage = os.wait4(process.pid, 0)
        taken_s = time.perf_counter() - started
        assert os.waitstatus_to_exitcode(status) == 0
        print(
            f"{outcomes:,} outcomes in {days} days, journal {journal.stat().st_size / 1e6:.1f} MB: {taken_s:.2f} s, "
            f"page {(root / 'report.html').stat().st_size / 1e3:.0f} kB, peak memory {usage.ru_maxrss / 1024:.0f} MB"
        )


if __name__ == "__main__":
    main()
