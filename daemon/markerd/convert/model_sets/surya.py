"""Marker's own model set, and which of its parts are missing on this machine.

Missing parts are found by looking where surya would look, without importing surya or torch: the daemon decides with
this at its start, in a process that imports neither.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from markerd.errors import ModelsMissingError

# surya's own defaults (surya/settings.py); each can be set in the environment under the same name.
DEFAULTS = {
    "FAST_LAYOUT_MODEL_CHECKPOINT": "hf://datalab-to/surya_layout2",
    "FAST_ORDER_MODEL_CHECKPOINT": "hf://datalab-to/surya_layout2/order",
    "OCR_ERROR_MODEL_CHECKPOINT": "s3://ocr_error_detection/2025_02_18",
    "SURYA_MODEL_CHECKPOINT": "datalab-to/surya-ocr-2",
    "SURYA_GGUF_REPO": "datalab-to/surya-ocr-2-gguf",
    "SURYA_GGUF_MODEL_FILE": "surya-2.gguf",
    "SURYA_GGUF_MMPROJ_FILE": "surya-2-mmproj.gguf",
    "LLAMA_CPP_BINARY": "llama-server",
}
HUB_PREFIX = "hf://"
STORE_PREFIX = "s3://"
WEIGHTS = ("*.pth", "*.safetensors", "*.bin")


def find_missing_weights(*, needs_vision: bool = True) -> list[str]:
    """Return one line for each part that is not on this machine, with the place that was looked at; empty if complete.

    A part whose server is named by a URL counts as present. The vision model counts where it is needed.
    """
    environment = os.environ
    return [
        *_find_missing_layout(environment),
        *_find_missing_ocr_error(environment),
        *(_find_missing_recognition(environment) if needs_vision else ()),
    ]


def _read_setting(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name) or DEFAULTS[name]


def _find_missing_layout(environment: Mapping[str, str]) -> list[str]:
    if environment.get("FAST_LAYOUT_SERVER_URL"):
        return []
    return _find_missing_checkpoint(
        environment, "layout model", _read_setting(environment, "FAST_LAYOUT_MODEL_CHECKPOINT")
    )


def _find_missing_ocr_error(environment: Mapping[str, str]) -> list[str]:
    if environment.get("OCR_ERROR_SERVER_URL"):
        return []
    return _find_missing_checkpoint(
        environment, "OCR error model", _read_setting(environment, "OCR_ERROR_MODEL_CHECKPOINT")
    )


def _find_missing_checkpoint(environment: Mapping[str, str], part: str, checkpoint: str) -> list[str]:
    if checkpoint.startswith(STORE_PREFIX):
        folder = _locate_store(environment) / checkpoint.removeprefix(STORE_PREFIX)
        return [] if _is_complete(folder) else [f"{part} {checkpoint} in {folder}"]
    if Path(checkpoint).is_dir():
        return [] if _has_weights(Path(checkpoint)) else [f"{part}: no weights in {checkpoint}"]
    owner, repository, *subfolder = [*checkpoint.removeprefix(HUB_PREFIX).split("/"), ""][:3]
    folder = _locate_hub(environment) / f"models--{owner}--{repository}"
    found = any(_has_weights(snapshot.joinpath(*subfolder)) for snapshot in _list_snapshots(folder))
    return [] if found else [f"{part} {checkpoint} in {folder}"]


def _find_missing_recognition(environment: Mapping[str, str]) -> list[str]:
    if environment.get("SURYA_INFERENCE_URL"):
        return []
    if _is_vllm(environment):
        return _find_missing_vllm(environment)
    binary = _read_setting(environment, "LLAMA_CPP_BINARY")
    missing = [] if Path(binary).is_file() or shutil.which(binary) else [f"program {binary} on PATH"]
    return missing + _find_missing_gguf(environment)


def _find_missing_gguf(environment: Mapping[str, str]) -> list[str]:
    local = [environment.get(f"SURYA_GGUF_LOCAL_{kind}_PATH") for kind in ("MODEL", "MMPROJ")]
    if all(local):
        return [f"recognition model {path}" for path in local if path and not Path(path).is_file()]
    repository = _read_setting(environment, "SURYA_GGUF_REPO")
    folder = _locate_hub(environment) / f"models--{repository.replace('/', '--')}"
    names = [_read_setting(environment, f"SURYA_GGUF_{kind}_FILE") for kind in ("MODEL", "MMPROJ")]
    return [
        f"recognition model {repository}/{name} in {folder}"
        for name in names
        if not any((snapshot / name).is_file() for snapshot in _list_snapshots(folder))
    ]


def _find_missing_vllm(environment: Mapping[str, str]) -> list[str]:
    missing = [] if shutil.which("docker") else ["program docker on PATH, which runs vLLM"]
    checkpoint = _read_setting(environment, "SURYA_MODEL_CHECKPOINT")
    return missing + _find_missing_checkpoint(environment, "recognition model", checkpoint)


def _is_vllm(environment: Mapping[str, str]) -> bool:
    """Whether surya would choose vLLM: the configured backend, else vLLM where there is an NVIDIA GPU."""
    backend = environment.get("SURYA_INFERENCE_BACKEND")
    return backend.lower() == "vllm" if backend else Path("/dev/nvidia0").exists()


def _locate_store(environment: Mapping[str, str]) -> Path:
    """Return where surya keeps what it fetches from its own store."""
    configured = environment.get("MODEL_CACHE_DIR")
    if configured:
        return Path(configured)
    import platformdirs  # comes with surya, which computes its default with it

    return Path(platformdirs.user_cache_dir("datalab")) / "models"


def _locate_hub(environment: Mapping[str, str]) -> Path:
    """Return Hugging Face's cache, by its own rules."""
    hub = environment.get("HF_HUB_CACHE") or environment.get("HUGGINGFACE_HUB_CACHE")
    if hub:
        return Path(hub).expanduser()
    cache = Path(environment.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(environment.get("HF_HOME") or cache).expanduser() / "hub"


def _list_snapshots(repository: Path) -> list[Path]:
    return sorted(repository.glob("snapshots/*"))


def _has_weights(folder: Path) -> bool:
    return any(file.is_file() for pattern in WEIGHTS for file in folder.glob(pattern))


def _is_complete(folder: Path) -> bool:
    """Whether every file of the folder's own manifest exists, which is surya's own test."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return all((folder / name).exists() for name in manifest["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


# --- for the servers -------------------------------------------------------------------------------------------------


def list_read_paths() -> list[Path]:
    """Return where the weights and the program of the recognition server are, or would be."""
    environment = os.environ
    local = [environment.get(f"SURYA_GGUF_LOCAL_{kind}_PATH") for kind in ("MODEL", "MMPROJ")]
    checkpoints = [_read_setting(environment, name) for name in DEFAULTS if name.endswith("_CHECKPOINT")]
    binary = shutil.which(_read_setting(environment, "LLAMA_CPP_BINARY"))
    found = [Path(path) for path in (*local, *checkpoints, binary) if path and Path(path).is_absolute()]
    programs = [Path(binary).resolve().parent] if binary else []
    return [_locate_hub(environment), _locate_store(environment), *found, *programs]


def locate_caches() -> dict[str, str]:
    """Return the variables that name the caches, for a process with another home."""
    environment = os.environ
    return {
        "HF_HUB_CACHE": str(_locate_hub(environment)),
        "MODEL_CACHE_DIR": str(_locate_store(environment)),
    }


def find_gguf_files() -> tuple[Path, Path]:
    """Return the files of the vision model and of its picture encoder. Raises ModelsMissingError."""
    environment = os.environ
    local = [environment.get(f"SURYA_GGUF_LOCAL_{kind}_PATH") for kind in ("MODEL", "MMPROJ")]
    if all(local):
        return Path(str(local[0])), Path(str(local[1]))
    repository = _read_setting(environment, "SURYA_GGUF_REPO")
    folder = _locate_hub(environment) / f"models--{repository.replace('/', '--')}"
    names = [_read_setting(environment, f"SURYA_GGUF_{kind}_FILE") for kind in ("MODEL", "MMPROJ")]
    for snapshot in _list_snapshots(folder):
        files = [snapshot / name for name in names]
        if all(file.is_file() for file in files):
            return files[0], files[1]
    raise ModelsMissingError(f"the vision model {repository} is not in {folder}")


def read_setting(name: str) -> str:
    """Return a setting of surya, from the environment or its default."""
    return _read_setting(os.environ, name)


def find_port(url: str) -> int:
    """Return the port that a URL leads to."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)
