"""Is anything lost? The real daemon under load, killed with SIGKILL at random moments, again and again.

PYTHONPATH=tests:tests/support python tests/benchmarks/kills.py [--kills N] [--real N] [--seed N] [--workers N]

`--real` of the kills hit a daemon with the real models, the others one whose converter process copies instead of
converting, so that a start takes a second; so does the last one, which has to bring everything to its end.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from harness import RunningDaemon
from killing import Killing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--real", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="converters that work at once (default 1)")
    given = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="markerd-kills-") as name:
        daemon = RunningDaemon(
            Path(name), daemon={"reconcile_s": 1}, folders={"settle_s": 0.1}, log={"level": "info", "format": "json"},
            converter={"workers": given.workers},
        )  # fmt: skip
        killing = Killing(daemon, given.seed)
        try:
            for number in range(given.kills):
                killing.live_and_die(is_quick=number >= given.real)
            account = killing.finish()
        finally:
            if daemon.process is not None:
                daemon.kill()
    seconds = time.monotonic() - started
    print(
        f"{given.kills} kills, {given.real} of them with the real models, in {seconds:.0f} s, {given.workers} workers"
    )
    print(f"{account.drops} documents dropped: {account.published} published, {account.archived} in the archive,")
    print(f"{account.letters} dead letters with their reason, {account.taken_back} replaced or taken back by the user")
    print("Nothing lost, nothing twice, nothing left over")


if __name__ == "__main__":
    main()
