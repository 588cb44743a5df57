"""Runs vLLM in docker as the vision model's server: `python -m …servers.docker_server NAME PORT`.

The options are those of Surya's own backend (surya/inference/backends/vllm.py), but the port is published on the
loopback alone. The container is called NAME; one that an earlier run has left is removed first. On SIGTERM, and when
this program ends, it is removed.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

_REMOVE_TIMEOUT_S = 30.0
_PIXELS = {"min_pixels": 3136, "max_pixels": 6291456}


def main() -> int:
    name, port = sys.argv[1], int(sys.argv[2])
    with _removing(name):
        container = subprocess.Popen([_find_docker(), *build_arguments(name, port)])
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        return container.wait()


def build_arguments(name: str, port: int) -> list[str]:
    """Build the arguments of docker from Surya's settings. Imports surya."""
    from surya.inference.backends.vllm import _gpu_settings
    from surya.settings import settings

    most_tokens, most_sequences = _gpu_settings(settings.VLLM_GPU_TYPE)
    arguments = [
        "run", "--rm", "--name", name, "--runtime", "nvidia", "--gpus", f"device={settings.VLLM_GPUS}",
        "-v", f"{os.environ['HF_HUB_CACHE']}:/root/.cache/huggingface/hub:ro", "-e", "HF_HUB_OFFLINE=1",
        "-p", f"127.0.0.1:{port}:8000", "--ipc=host", settings.VLLM_DOCKER_IMAGE,
        "--model", settings.SURYA_MODEL_CHECKPOINT, "--served-model-name", settings.SURYA_MODEL_CHECKPOINT,
        "--no-enforce-eager", "--enable-prefix-caching", "--max-num-seqs", str(most_sequences),
        "--dtype", settings.VLLM_DTYPE, "--max-model-len", str(settings.VLLM_MAX_MODEL_LEN),
        "--max-num-batched-tokens", str(most_tokens), "--mm-processor-kwargs", json.dumps(_PIXELS),
        "--gpu-memory-utilization", str(settings.VLLM_GPU_MEMORY_UTILIZATION),
    ]  # fmt: skip
    if settings.VLLM_ENABLE_MTP:
        speculative = {"method": "mtp", "num_speculative_tokens": settings.VLLM_MTP_TOKENS}
        arguments += ["--speculative-config", json.dumps(speculative)]
    return arguments + (settings.VLLM_EXTRA_ARGS or "").split()


@contextlib.contextmanager
def _removing(name: str) -> Iterator[None]:
    """Remove the container before and after."""
    _remove(name)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _remove(name)


def _find_docker() -> str:
    return shutil.which("docker") or "docker"


def _remove(name: str) -> None:
    """Remove the container, if there is one. dockerd does it, even where this program is killed meanwhile."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(
            [_find_docker(), "rm", "--force", name], capture_output=True, check=False, timeout=_REMOVE_TIMEOUT_S
        )


if __name__ == "__main__":
    sys.exit(main())
