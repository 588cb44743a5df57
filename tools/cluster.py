"""Brings up a small cluster on this machine, and converts the samples on it.

    PYTHONPATH=tests/support python tools/cluster.py FOLDER

The cluster has a head and two nodes with one actor each; all of it is gone at the end. The outputs are in FOLDER.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from simulated_cluster import SimulatedCluster

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
CONFIGURATION = """\
[daemon]
state_dir = "state"

[converter]
isolation = "ray"
models = "embedded"

[ray]
address = "{address}"
actors = 2

[[folders]]
path = "inbox"
output = "outbox"
after = "delete"
"""


def main() -> int:
    parser = argparse.ArgumentParser(description="Converts the samples on a small cluster on this machine.")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    with SimulatedCluster(nodes=2, cpus=1) as cluster:
        (folder / "inbox").mkdir(parents=True, exist_ok=True)
        for sample in SAMPLES.iterdir():
            shutil.copy(sample, folder / "inbox")
        config = folder / "markerd.toml"
        config.write_text(CONFIGURATION.format(address=cluster.address), "utf-8")
        command = [sys.executable, "-m", "markerd", "run", "--once", "--config", str(config)]
        done = subprocess.run(command, env={**os.environ, **cluster.variables}, check=False)
    print(*sorted(str(path) for path in (folder / "outbox").rglob("*") if path.is_file()), sep="\n")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
