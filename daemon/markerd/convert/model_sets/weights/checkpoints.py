"""The checkpoints of Marker's own models: which are needed, where each is looked for, and whether it is whole.

They are looked for where surya would look, which is what the environment says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from markerd.convert.model_sets.weights import caches

HUB_PREFIX = "hf://"
STORE_PREFIX = "s3://"
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
"""Surya's own defaults (surya/settings.py); each can be set in the environment under the same name."""
_WEIGHTS = ("*.pth", "*.safetensors", "*.bin")
_NO = frozenset({"0", "false", "f", "no", "n", "off"})  # as pydantic-settings reads them


class Part(str, Enum):
    """What a checkpoint is for."""

    LAYOUT = "layout model"
    ORDER = "reading order model"
    OCR_ERROR = "OCR error model"
    VISION = "vision model"
    VISION_ENCODER = "picture encoder of the vision model"


class Kind(Enum):
    """Where a checkpoint comes from."""

    HUB = "Hugging Face"
    STORE = "surya's store"
    LOCAL = "a path of this machine"


@dataclass(frozen=True)
class Checkpoint:
    """One model. `reference` names it as surya does.

    `folder` is the repository in Hugging Face's cache, the folder in surya's store, or the given path. Of `needed`,
    patterns of file names, each entry holds alternatives, one of which must be there. `repository` and `subfolder` are
    those of the hub.
    """

    part: Part
    reference: str
    kind: Kind
    folder: Path
    needed: tuple[tuple[str, ...], ...] = ()
    repository: str = ""
    subfolder: str = ""
    is_single_file: bool = False


@dataclass(frozen=True)
class CheckpointState:
    """What of a checkpoint is on this machine; `missing` has the patterns or names of what is not.

    `revision` is the hub's commit, or the version in the store's name; empty where it is not known.
    """

    checkpoint: Checkpoint
    files: tuple[Path, ...]
    missing: tuple[str, ...]
    revision: str = ""

    @property
    def is_complete(self) -> bool:
        return not self.missing

    @property
    def size_bytes(self) -> int:
        return sum(file.stat().st_size for file in self.files if file.is_file())


def read_setting(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name) or DEFAULTS[name]


def list_checkpoints(
    environment: Mapping[str, str], *, needs_vision: bool = True, is_vllm: bool = False
) -> list[Checkpoint]:
    """List what has to be on this machine. A model whose server is named by a URL is somebody else's.

    With vLLM the vision model is another one than with llama.cpp.
    """
    found: list[Checkpoint] = []
    if not environment.get("FAST_LAYOUT_SERVER_URL"):
        found.append(_build(environment, Part.LAYOUT, "FAST_LAYOUT_MODEL_CHECKPOINT", (("config.json",), _WEIGHTS)))
        if environment.get("FAST_LAYOUT_USE_ORDER", "").lower() not in _NO:
            found.append(_build(environment, Part.ORDER, "FAST_ORDER_MODEL_CHECKPOINT", (("order_ar.pt",),)))
    if not environment.get("OCR_ERROR_SERVER_URL"):
        found.append(_build(environment, Part.OCR_ERROR, "OCR_ERROR_MODEL_CHECKPOINT", (("config.json",), _WEIGHTS)))
    if needs_vision and not environment.get("SURYA_INFERENCE_URL"):
        found.extend(_list_vision(environment, is_vllm=is_vllm))
    return found


def _list_vision(environment: Mapping[str, str], *, is_vllm: bool) -> Iterator[Checkpoint]:
    if is_vllm:
        yield _build(environment, Part.VISION, "SURYA_MODEL_CHECKPOINT", (("config.json",), _WEIGHTS))
        return
    given = [environment.get(f"SURYA_GGUF_LOCAL_{kind}_PATH") for kind in ("MODEL", "MMPROJ")]
    for part, kind, path in zip((Part.VISION, Part.VISION_ENCODER), ("MODEL", "MMPROJ"), given, strict=True):
        if path and all(given):
            yield Checkpoint(part, path, Kind.LOCAL, Path(path), is_single_file=True)
            continue
        repository, name = (read_setting(environment, f"SURYA_GGUF_{key}") for key in ("REPO", f"{kind}_FILE"))
        folder = caches.locate_repository(caches.locate_hub(environment), repository)
        reference = f"{repository}/{name}"
        yield Checkpoint(part, reference, Kind.HUB, folder, ((name,),), repository, is_single_file=True)


def _build(environment: Mapping[str, str], part: Part, setting: str, needed: tuple[tuple[str, ...], ...]) -> Checkpoint:
    reference = read_setting(environment, setting)
    if reference.startswith(STORE_PREFIX):
        folder = caches.locate_store(environment) / reference.removeprefix(STORE_PREFIX)
        return Checkpoint(part, reference, Kind.STORE, folder)
    if not reference.startswith(HUB_PREFIX) and (Path(reference).is_dir() or Path(reference).is_absolute()):
        return Checkpoint(part, reference, Kind.LOCAL, Path(reference), needed)
    owner, name, *subfolder = [*reference.removeprefix(HUB_PREFIX).split("/"), ""]
    repository = f"{owner}/{name}"
    folder = caches.locate_repository(caches.locate_hub(environment), repository)
    return Checkpoint(part, reference, Kind.HUB, folder, needed, repository, "/".join(filter(None, subfolder)))


def examine(checkpoint: Checkpoint) -> CheckpointState:
    """Look for the files of a checkpoint."""
    if checkpoint.kind is Kind.STORE:
        return _examine_store(checkpoint)
    if checkpoint.kind is Kind.HUB:
        commit = caches.read_commit(checkpoint.folder)
        folder = caches.locate_snapshot(checkpoint.folder, commit) / checkpoint.subfolder
        return _examine_folder(checkpoint, folder, commit)
    if checkpoint.is_single_file:
        missing = () if checkpoint.folder.is_file() else (checkpoint.folder.name,)
        return CheckpointState(checkpoint, (checkpoint.folder,), missing)
    return _examine_folder(checkpoint, checkpoint.folder, "")


def _examine_folder(checkpoint: Checkpoint, folder: Path, revision: str) -> CheckpointState:
    found = [sorted(file for each in patterns for file in folder.glob(each) if file.is_file()) for patterns in
             checkpoint.needed]  # fmt: skip
    missing = tuple(patterns[0] for patterns, files in zip(checkpoint.needed, found, strict=True) if not files)
    if checkpoint.is_single_file:
        return CheckpointState(checkpoint, tuple(found[0]), missing, revision)
    own = tuple(sorted(file for file in folder.rglob("*") if file.is_file()))
    if checkpoint.part is Part.LAYOUT:  # its repository has the reading order below it
        own = tuple(file for file in own if file.parent == folder)
    return CheckpointState(checkpoint, own, missing, revision)


def _examine_store(checkpoint: Checkpoint) -> CheckpointState:
    """Look for every file of the folder's own list, which is surya's own test."""
    names = caches.list_manifest(checkpoint.folder)
    version = checkpoint.reference.rpartition("/")[2]
    if names is None:
        return CheckpointState(checkpoint, (), (caches.MANIFEST,), version)
    files = tuple(checkpoint.folder / name for name in names)
    missing = tuple(name for name, file in zip(names, files, strict=True) if not file.is_file())
    return CheckpointState(checkpoint, files, missing, version)


def name_revision(state: CheckpointState) -> str:
    """Name a model with its revision, such as `datalab-to/surya_layout2@1a2b3c`; without one if it is not known."""
    reference = state.checkpoint.reference.removeprefix(HUB_PREFIX).removeprefix(STORE_PREFIX)
    return f"{reference}@{state.revision}" if state.checkpoint.kind is Kind.HUB and state.revision else reference
