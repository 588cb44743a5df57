"""The model sets and the choice between them. Importing this is cheap: it imports neither torch nor marker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from markerd.convert import embedded
from markerd.convert.marker_bridge import deferred_libraries
from markerd.convert.model_sets import surya
from markerd.convert.model_sets.surya import Vision, find_missing_weights
from markerd.convert.protocol import ConverterSpec
from markerd.convert.sandbox.reach import Reach
from markerd.errors import ModelsMissingError


@dataclass(frozen=True)
class ModelSetChoice:
    """The chosen model set, "embedded" or "surya", and why, as one sentence for the log and the manifest.

    `files`: what it consists of beyond what came with the installation, by what each is for.
    """

    name: str
    reason: str
    files: Mapping[str, str] = field(default_factory=dict)


def choose_model_set(spec: ConverterSpec) -> ModelSetChoice:
    """Choose the model set that `spec` means on this machine; nothing is ever downloaded.

    Raises ModelsMissingError where surya is wanted and its weights are not on this machine, and UnavailableError where
    the folder does not hold models for OCR.
    """
    chosen = ModelSetChoice(spec.models, spec.models_reason, spec.model_files)
    choice = chosen if spec.models_reason else choose_by_name(spec.models)
    if choice.name != "embedded" or spec.ocr_models is None:
        return choice
    files = embedded.ocr_models.choose_models(spec.ocr_models)
    reason = f"{choice.reason} OCR reads with {files.recognition.name} of {spec.ocr_models}."
    return replace(choice, reason=reason, files={"ocr": files.build_fingerprint()})


def choose_by_name(wanted: str, vision: Vision | None = None) -> ModelSetChoice:
    """Choose the set for `models` of the configuration. Raises ModelsMissingError as `choose_model_set`.

    `vision` says who runs the vision model; by default llama.cpp does.
    """
    if wanted == "embedded":
        return ModelSetChoice("embedded", "The configuration asks for the embedded models.")
    missing = find_missing_weights(vision)
    if wanted == "surya":
        if missing:
            raise ModelsMissingError(_advise(missing))
        reason = "The configuration asks for Marker's own models, and they are on this machine."
        return ModelSetChoice("surya", reason, surya.list_revisions(vision))
    if wanted != "auto":
        raise ValueError(f"no such model set: {wanted!r}")
    if missing:
        return ModelSetChoice(
            "embedded", f"Marker's own models are not complete on this machine: {missing[0]} is missing."
        )
    files = surya.list_revisions(vision)
    return ModelSetChoice("surya", "Marker's own models are on this machine.", files)


def _advise(missing: list[str]) -> str:
    listed = "".join(f"\n  - {part}" for part in missing)
    return (
        f'models = "surya" needs what is not on this machine:{listed}\n'
        '`markerd models pull` fetches the weights; without a vision model, surya.vlm = "none" reads text layers. '
        'models = "embedded" works without them, and without network.'
    )


def load_models(name: str, spec: ConverterSpec) -> dict[str, Any]:
    """Load the artifact dict of the set `name` for Marker's converters; `spec.threads` is resolved, so at least 1.

    Imports marker: the environment must have been applied before.
    """
    if name == "surya":
        deferred_libraries.restore_all()
        from markerd.convert.model_sets import clients

        return clients.build_models()
    deferred_libraries.defer()
    return embedded.load_models(spec.threads, spec.ocr_models)


def begin_document(name: str) -> None:
    """Let the models of the set know that another document begins."""
    if name == "surya":
        from markerd.convert.model_sets import clients

        clients.begin_document()


def count_unanswered(name: str) -> int:
    """Count the requests for the document in work to which the vision model had no answer."""
    if name != "surya":
        return 0
    from markerd.convert.model_sets import clients

    return clients.count_unanswered()


def check_ocr_models(folder: Path) -> None:
    """Look into the models of the folder, not only at their names. Raises UnavailableError. Imports onnxruntime."""
    embedded.ocr_models.check_characters(embedded.ocr_models.choose_models(folder))


def choose_layout_builder(name: str) -> type[Any] | None:
    """Return the LayoutBuilder that belongs to the set; None for Marker's own."""
    return embedded.get_layout_builder_class() if name == "embedded" else None


def list_options(name: str, spec: ConverterSpec) -> dict[str, Any]:
    """Return the options that make Marker leave work to the set."""
    if name == "embedded":
        return dict(embedded.OPTIONS)
    return {"mode": spec.mode} | ({} if has_vision(spec) else {"disable_ocr": True})


def has_vision(spec: ConverterSpec) -> bool:
    """Whether the converters of Marker's own set have a vision model, which reads what has no usable text layer."""
    return "SURYA_INFERENCE_URL" in spec.model_variables


def choose_ocr_builder(name: str) -> type[Any] | None:
    """Return the OcrBuilder that belongs to the set; None for Marker's own."""
    return embedded.get_ocr_builder_class() if name == "embedded" else None


def find_reach(home: Path, spec: ConverterSpec) -> Reach:
    """Find what a converter for `spec` may reach: servers of models, the relay to an LLM, and no weights at all."""
    readable: tuple[Path, ...] = ()
    if spec.ocr_models is not None:  # caches link to files elsewhere
        readable = (spec.ocr_models, *(file.resolve() for file in spec.ocr_models.glob("*")))
    urls = [value for name, value in spec.model_variables.items() if name.endswith("_URL")]
    urls += [spec.llm.url] if spec.llm is not None else []
    return Reach(home, readable, connects=frozenset(map(surya.find_port, urls)))
