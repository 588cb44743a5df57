"""A Ray cluster of several nodes on this machine, in a process of its own: Ray's threads and warnings stay there.

    python simulated_cluster.py NODES CPUS

It prints its address, and obeys lines on its standard input, until that ends: `add` a node, `remove` the oldest one,
`behead` (the head is killed), `restart` (all is ended, and comes again at the same address).
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

START_S = 120.0
_STORE_BYTES = 100 << 20
_MARK = "MARKERD_TEST_CLUSTER"


class SimulatedCluster:
    """A head without CPUs, and `nodes` with `cpus` each; `environ` has variables for all its processes.

    Use it in a `with`; nothing of it is left behind.
    """

    def __init__(self, nodes: int = 2, cpus: int = 2, environ: Mapping[str, str] | None = None) -> None:
        self._nodes, self._cpus, self._environ = nodes, cpus, environ or {}
        self.mark = secrets.token_hex(16)
        self.address = ""

    def __enter__(self) -> SimulatedCluster:
        self.temp_dir = Path(tempfile.mkdtemp(prefix="mdt-"))  # short: Ray's sockets are below it
        self.files = self.temp_dir / "files"
        self.files.mkdir()
        (self.temp_dir / "ray").mkdir()
        places = {"TMPDIR": str(self.files), "RAY_TMPDIR": str(self.temp_dir)}
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(self._nodes), str(self._cpus)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **self._environ, **self.variables, **places, _MARK: self.mark},
            start_new_session=True,
        )
        try:
            self.address = self._read_line()
        except BaseException:
            self.stop()
            raise
        return self

    @property
    def variables(self) -> dict[str, str]:
        """What whoever joins the cluster needs in the environment."""
        return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": self.mark * 2, "RAY_USAGE_STATS_ENABLED": "0"}

    def _read_line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, "the cluster ended"
        return line

    def _order(self, what: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        assert self._read_line() == what

    def add_node(self) -> None:
        self._order("add")

    def remove_node(self) -> None:
        """The oldest one, at once, with all that runs on it."""
        self._order("remove")

    def behead(self) -> None:
        """Kill the head's server, without which nothing new is started."""
        self._order("behead")

    def restart(self) -> None:
        """End what is left of it, and begin again at the same address."""
        self._order("restart")

    def processes(self, title: str = "") -> list[psutil.Process]:
        """Those of the cluster whose command line begins so; also what left its process group."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(_MARK) == self.mark and " ".join(process.cmdline()).startswith(title):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def actors(self) -> list[psutil.Process]:
        return self.processes("ray::ConverterActor")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End it with all that runs on it, also what a killed node left."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
        assert self._process.stdout is not None
        self._process.stdout.close()
        deadline_s = time.monotonic() + 10
        while (left := self.processes()) and time.monotonic() < deadline_s:
            for process in left:
                process.kill()
            time.sleep(0.1)
        shutil.rmtree(self.temp_dir, ignore_errors=True)


class _Nodes:
    """A head without CPUs, and its nodes, in this process."""

    def __init__(self, count: int, cpus: int, port: int | None = None) -> None:
        from ray.cluster_utils import Cluster

        self._count, self._cpus = count, cpus
        head = {"num_cpus": 0, "object_store_memory": _STORE_BYTES, "include_dashboard": False}
        self.cluster = Cluster(
            initialize_head=True, head_node_args=head if port is None else {**head, "gcs_server_port": port}
        )
        self.address = str(self.cluster.address)
        self._workers: list[Any] = []
        for _ in range(count):
            self.add()
        self.cluster.wait_for_nodes(START_S)

    def add(self) -> None:
        self._workers.append(self.cluster.add_node(num_cpus=self._cpus, object_store_memory=_STORE_BYTES))

    def remove(self) -> None:
        self.cluster.remove_node(self._workers.pop(0), allow_graceful=False)

    def behead(self) -> None:
        self.cluster.head_node.kill_gcs_server()

    def restart(self) -> _Nodes:
        port = int(self.address.rpartition(":")[2])
        for node in (*self._workers, self.cluster.head_node):
            node.kill_all_processes(check_alive=False, allow_graceful=False)
        return _Nodes(self._count, self._cpus, port)


def main() -> None:
    nodes = _Nodes(int(sys.argv[1]), int(sys.argv[2]))
    print(nodes.address, flush=True)
    for line in sys.stdin:
        order = line.strip()
        nodes = getattr(nodes, order)() or nodes
        print(order, flush=True)
    nodes.cluster.shutdown()


if __name__ == "__main__":
    main()
