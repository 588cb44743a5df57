"""Marker's own model set, and which of its parts are missing on this machine.

Missing parts are found by looking where surya would look, without importing surya or torch: the daemon decides with
this at its start, in a process that imports neither.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Vision:
    """Who runs the vision model: `kind` is "url", "llamacpp", "vllm" or "none"; `program` is that of llama.cpp."""

    kind: str = "llamacpp"
    program: str = "llama-server"

    @property
    def needs_weights(self) -> bool:
        """Whether its weights have to be on this machine."""
        return self.kind in ("llamacpp", "vllm")

    def find_program(self) -> str | None:
        """Find the program that runs it; None where there is none."""
        return shutil.which(self.program if self.kind == "llamacpp" else "docker")


def find_missing_weights(vision: Vision | None = None) -> list[str]:
    """Return one line for each part that is not on this machine, with the place that was looked at; empty if complete.

    A part whose server is named by a URL counts as present.
    """
    vision = vision or Vision()
    states = map(checkpoints.examine, list_checkpoints(vision))
    missing = [_describe_missing(state) for state in states if not state.is_complete]
    return [*missing, *_find_missing_programs(vision)]


def list_checkpoints(vision: Vision | None = None) -> list[Checkpoint]:
    """List the checkpoints that have to be on this machine."""
    vision = vision or Vision()
    is_vllm = vision.kind == "vllm"
    return checkpoints.list_checkpoints(os.environ, needs_vision=vision.needs_weights, is_vllm=is_vllm)


def list_revisions(vision: Vision | None = None) -> dict[str, str]:
    """Name each model with its revision, as far as it is known, by what it is for. The weights must be complete.

    A vision model elsewhere is named as its server is asked to name itself.
    """
    states = map(checkpoints.examine, list_checkpoints(vision))
    names = {_FILE_NAMES[state.checkpoint.part]: checkpoints.name_revision(state) for state in states}
    if vision is not None and vision.kind == "url":
        names[_FILE_NAMES[Part.VISION]] = read_setting("SURYA_MODEL_CHECKPOINT")
    return names


def _describe_missing(state: CheckpointState) -> str:
    checkpoint = state.checkpoint
    if checkpoint.kind is Kind.LOCAL:
        return f"{checkpoint.part.value}: {', '.join(state.missing)} is not at {checkpoint.folder}"
    return f"{checkpoint.part.value} {checkpoint.reference} in {checkpoint.folder}"


def _find_missing_programs(vision: Vision) -> list[str]:
    """Find out whether the program that runs the vision model is missing."""
    if not vision.needs_weights or os.environ.get("SURYA_INFERENCE_URL") or vision.find_program():
        return []
    if vision.kind == "vllm":
        return ["program docker on PATH, which runs vLLM"]
    return [f"program {vision.program} on PATH (surya.llama_server)"]


# --- for the servers -------------------------------------------------------------------------------------------------


def list_read_paths() -> list[Path]:
    """Return where the weights of the layout and OCR error models are, or would be."""
    named = [read_setting(name) for name in DEFAULTS if name.endswith("_CHECKPOINT")]
    local = [Path(path) for path in named if Path(path).is_absolute()]
    return [caches.locate_hub(os.environ), caches.locate_store(os.environ), *local]


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
