"""A machine whose caches `markerd models` fills from a hub on the loopback."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

from harness import run_markerd, wait_until
from hub_server import COMMIT, HubServer

LAYOUT, GGUF = "datalab-to/surya_layout2", "datalab-to/surya-ocr-2-gguf"
STORE = "ocr_error_detection/2025_02_18"


def noise(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


REPOSITORIES = {
    LAYOUT: {
        "config.json": b'{"weights": "weights.pth"}',
        "weights.pth": noise(300_000, 1),
        "order/order_ar.pt": noise(20_000, 2),
    },
    GGUF: {"surya-2.gguf": noise(200_000, 3), "surya-2-mmproj.gguf": noise(50_000, 4), "README.md": b"not wanted"},
}
IN_STORE = {
    f"{STORE}/manifest.json": json.dumps({"files": ["config.json", "model.safetensors"]}).encode(),
    f"{STORE}/config.json": b"{}",
    f"{STORE}/model.safetensors": noise(100_000, 5),
}


class Machine:
    """One with empty caches, llama-server, and a hub of its own."""

    def __init__(self, root: Path, server: HubServer) -> None:
        self.root, self.server = root, server
        self.hub, self.store = root / "hf" / "hub", root / "models"
        program = root / "bin" / "llama-server"
        program.parent.mkdir(parents=True)
        program.touch(0o755)
        self.environment = {
            **server.environment,
            "HF_HOME": str(root / "hf"),
            "MODEL_CACHE_DIR": str(self.store),
            "HF_HUB_OFFLINE": "1",  # set for all of markerd, but for this one command
            "SURYA_INFERENCE_BACKEND": "llamacpp",
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_markerd("models", *arguments, cwd=self.root, **self.environment)

    def begin(self) -> subprocess.Popen[bytes]:
        """A pull in the background."""
        environment = {**os.environ, **self.environment}
        return subprocess.Popen(
            [sys.executable, "-m", "markerd", "models", "pull"], cwd=self.root, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def kill_in_the_midst(self, ending: str, size: int) -> None:
        """Begin a pull, and kill it once so many bytes of a file have arrived."""
        self.server.faults.stalls[ending] = size
        process = self.begin()
        try:
            assert self.server.stalled.wait(60)
            wait_until(lambda: any(file.stat().st_size == size for file in self.partial_files()))
        finally:
            process.kill()
            process.wait()

    def partial_files(self) -> list[Path]:
        return [*self.hub.rglob("*.incomplete"), *self.store.rglob("*.part")]

    def status(self) -> dict[str, object]:
        answer: dict[str, object] = json.loads(self.run("status", "--json").stdout)
        return answer

    def read(self, repository: str, path: str, commit: str = COMMIT) -> bytes:
        return (self.locate(repository) / "snapshots" / commit / path).read_bytes()

    def locate(self, repository: str) -> Path:
        return self.hub / f"models--{repository.replace('/', '--')}"


def assert_all_there(machine: Machine) -> None:
    for repository, files in REPOSITORIES.items():
        for path, content in files.items():
            if path != "README.md":
                assert machine.read(repository, path) == content
    for path, content in IN_STORE.items():
        assert (machine.store / path).read_bytes() == content
    assert machine.partial_files() == []
    assert machine.status()["is_complete"] is True
