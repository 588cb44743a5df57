"""Marker's own model set, and which of its parts are missing on this machine.

Missing parts are found by looking where surya would look, without importing surya or torch: the daemon decides with
this at its start, in a process that imports neither.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from markerd.convert.model_sets.weights import caches, checkpoints
from markerd.convert.model_sets.weights.checkpoints import DEFAULTS, Checkpoint, CheckpointState, Kind, Part
from markerd.errors import ModelsMissingError

_FILE_NAMES = {
    Part.LAYOUT: "layout",
    Part.ORDER: "order",
    Part.OCR_ERROR: "ocr_error",
    Part.VISION: "vision",
    Part.VISION_ENCODER: "vision_encoder",
}


def find_missing_weights(*, needs_vision: bool = True) -> list[str]:
    """Return one line for each part that is not on this machine, with the place that was looked at; empty if complete.

    A part whose server is named by a URL counts as present. The vision model counts where it is needed.
    """
    states = map(checkpoints.examine, list_checkpoints(needs_vision=needs_vision))
    missing = [_describe_missing(state) for state in states if not state.is_complete]
    return [*missing, *(_find_missing_programs(os.environ) if needs_vision else ())]


def list_checkpoints(*, needs_vision: bool = True) -> list[Checkpoint]:
    """List the checkpoints that have to be on this machine."""
    return checkpoints.list_checkpoints(os.environ, needs_vision=needs_vision, is_vllm=_is_vllm(os.environ))


def list_revisions(*, needs_vision: bool = True) -> dict[str, str]:
    """Name each model with its revision, as far as it is known, by what it is for. The weights must be complete."""
    states = map(checkpoints.examine, list_checkpoints(needs_vision=needs_vision))
    return {_FILE_NAMES[state.checkpoint.part]: checkpoints.name_revision(state) for state in states}


def _describe_missing(state: CheckpointState) -> str:
    checkpoint = state.checkpoint
    if checkpoint.kind is Kind.LOCAL:
        return f"{checkpoint.part.value}: {', '.join(state.missing)} is not at {checkpoint.folder}"
    return f"{checkpoint.part.value} {checkpoint.reference} in {checkpoint.folder}"


def _find_missing_programs(environment: Mapping[str, str]) -> list[str]:
    """Find out whether the program that runs the vision model is missing."""
    if environment.get("SURYA_INFERENCE_URL"):
        return []
    if _is_vllm(environment):
        return [] if shutil.which("docker") else ["program docker on PATH, which runs vLLM"]
    binary = checkpoints.read_setting(environment, "LLAMA_CPP_BINARY")
    return [] if Path(binary).is_file() or shutil.which(binary) else [f"program {binary} on PATH"]


def _is_vllm(environment: Mapping[str, str]) -> bool:
    """Whether surya would choose vLLM: the configured backend, else vLLM where there is an NVIDIA GPU."""
    backend = environment.get("SURYA_INFERENCE_BACKEND")
    return backend.lower() == "vllm" if backend else Path("/dev/nvidia0").exists()


# --- for the servers -------------------------------------------------------------------------------------------------


def list_read_paths() -> list[Path]:
    """Return where the weights and the program of the recognition server are, or would be."""
    environment = os.environ
    local = [environment.get(f"SURYA_GGUF_LOCAL_{kind}_PATH") for kind in ("MODEL", "MMPROJ")]
    named = [read_setting(name) for name in DEFAULTS if name.endswith("_CHECKPOINT")]
    binary = shutil.which(read_setting("LLAMA_CPP_BINARY"))
    found = [Path(path) for path in (*local, *named, binary) if path and Path(path).is_absolute()]
    programs = [Path(binary).resolve().parent] if binary else []
    return [caches.locate_hub(environment), caches.locate_store(environment), *found, *programs]


def locate_caches() -> dict[str, str]:
    """Return the variables that name the caches, for a process with another home."""
    return {
        "HF_HUB_CACHE": str(caches.locate_hub(os.environ)),
        "MODEL_CACHE_DIR": str(caches.locate_store(os.environ)),
    }


def find_gguf_files() -> tuple[Path, Path]:
    """Return the files of the vision model and of its picture encoder. Raises ModelsMissingError."""
    found = checkpoints.list_checkpoints({**os.environ, "SURYA_INFERENCE_URL": ""})
    states = {checkpoint.part: checkpoints.examine(checkpoint) for checkpoint in found}
    model, encoder = states[Part.VISION], states[Part.VISION_ENCODER]
    for state in (model, encoder):
        if not state.is_complete:
            raise ModelsMissingError(f"not on this machine: {_describe_missing(state)}")
    return model.files[0], encoder.files[0]


def read_setting(name: str) -> str:
    """Return a setting of surya, from the environment or its default."""
    return checkpoints.read_setting(os.environ, name)


def find_port(url: str) -> int:
    """Return the port that a URL leads to."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)
