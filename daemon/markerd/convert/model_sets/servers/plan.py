"""Which model servers Marker's own model set has here, with their commands, and how converters find them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from markerd.config.keys import Secret
from markerd.convert.model_sets import surya
from markerd.convert.model_sets.servers.server_spec import VISION_SERVER_START_S, ServerSpec

LAYOUT, OCR_ERROR, VISION = "layout", "OCR error", "vision"
VISION_URL = "SURYA_INFERENCE_URL"
_DOCKER_SERVER = "markerd.convert.model_sets.servers.docker_server"


@dataclass(frozen=True)
class SuryaSettings:
    """The section `[surya]`, as far as servers are concerned.

    `device` is where the models compute: "auto", "cuda", "mps" or "cpu". `llama_server` is the program of llama.cpp.
    `vlm_key` goes with requests to `vlm_url` alone, not to a URL of the environment. `instance` tells the containers of
    several daemons apart. `slots` requests are answered at once, each with room for `context_tokens`; `gpu_layers` go
    on the GPU.
    """

    device: str = "auto"
    vlm: str = "auto"
    vlm_url: str = ""
    vlm_key: Secret | None = None
    llama_server: str = "llama-server"
    instance: str = ""
    context_tokens: int = 12288
    slots: int = 8
    gpu_layers: int = 99

    @property
    def vision(self) -> surya.Vision:
        """Who runs the vision model. "auto" means a URL where there is one, else llama.cpp."""
        kind = self.vlm
        if kind == "auto":
            kind = "url" if self.find_vision_url() else "llamacpp"
        return surya.Vision(kind, os.environ.get("LLAMA_CPP_BINARY") or self.llama_server)

    def find_vision_url(self) -> str:
        """Return the URL of the configuration, else that of the environment; an empty string where there is none."""
        return self.vlm_url or os.environ.get("SURYA_INFERENCE_URL", "")


@dataclass(frozen=True)
class PlannedRelay:
    """A relay to a service at `url`, or to our own server of that name; `variable` tells its clients where it is."""

    name: str
    url: str
    variable: str
    is_own_server: bool = False
    key: Secret | None = None

    def build_headers(self) -> dict[str, str]:
        return {} if self.key is None else {"Authorization": f"Bearer {self.key.get_secret_value()}"}


@dataclass(frozen=True)
class ServersPlan:
    """The servers and relays to run, and the other variables that tell Surya's clients of them."""

    specs: tuple[ServerSpec, ...] = ()
    relays: tuple[PlannedRelay, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


_BATCH_SERVERS = (
    (LAYOUT, "FAST_LAYOUT_SERVER", "surya.fast_layout.server", "FAST_LAYOUT_MODEL_CHECKPOINT"),
    (OCR_ERROR, "OCR_ERROR_SERVER", "surya.ocr_error.server", "OCR_ERROR_MODEL_CHECKPOINT"),
)
"""Surya's own servers: name, prefix of their variables, module, and the variable of their checkpoint."""


def plan_servers(settings: SuryaSettings, threads: int) -> ServersPlan:
    """Plan the servers. What the environment has a URL of is somebody else's, and relayed.

    Raises ModelsMissingError where the vision model is not on this machine.
    """
    parts = [*_plan_batch_servers(settings, threads), *_plan_vision(settings)]
    specs = tuple(part for part in parts if isinstance(part, ServerSpec))
    relays = tuple(part for part in parts if isinstance(part, PlannedRelay))
    return ServersPlan(specs, relays, _list_client_variables(settings))


def _plan_batch_servers(settings: SuryaSettings, threads: int) -> Iterator[ServerSpec | PlannedRelay]:
    shared = _choose_device(settings.device) | surya.locate_caches()
    for name, prefix, module, checkpoint in _BATCH_SERVERS:
        if url := os.environ.get(f"{prefix}_URL"):
            yield PlannedRelay(name, url, f"{prefix}_URL")
            continue
        model = surya.read_setting(checkpoint)
        arguments = ("--host", "127.0.0.1", "--port", "{port}", "--checkpoint", model)
        own = {checkpoint: model, "FAST_LAYOUT_NUM_THREADS": str(threads)}
        yield ServerSpec(
            name, arguments, model, module, shared | own, tuple(surya.list_read_paths()),
            fixed_port=_read_port(prefix), url_variable=f"{prefix}_URL",
        )  # fmt: skip


def _plan_vision(settings: SuryaSettings) -> Iterator[ServerSpec | PlannedRelay]:
    vision = settings.vision
    if vision.kind == "url":
        key = settings.vlm_key if settings.vlm_url else None
        yield PlannedRelay(VISION, settings.find_vision_url(), VISION_URL, key=key)
    elif vision.needs_weights:
        yield _plan_llama_server(settings) if vision.kind == "llamacpp" else _plan_docker_server(settings)
        yield PlannedRelay(VISION, "", VISION_URL, is_own_server=True)


def _list_client_variables(settings: SuryaSettings) -> dict[str, str]:
    """List what Surya's clients in the converters are told besides the URLs: that they start nothing themselves."""
    prefixes = ("FAST_LAYOUT_SERVER", "OCR_ERROR_SERVER", "SURYA_INFERENCE")
    checkpoints = (*(checkpoint for *_, checkpoint in _BATCH_SERVERS), "SURYA_MODEL_CHECKPOINT")
    return {
        **{f"{prefix}_AUTOSTART": "false" for prefix in prefixes},
        # The checkpoints on both sides: a server names that of its settings, and a client compares it.
        **{name: surya.read_setting(name) for name in checkpoints},
        "SURYA_INFERENCE_PARALLEL": str(settings.slots),
        "SURYA_INFERENCE_BACKEND": "llamacpp",  # its client alone is used, which is that of OpenAI's interface
    }


def _plan_docker_server(settings: SuryaSettings) -> ServerSpec:
    """Plan vLLM in docker: what runs there is docker's to confine, and its client must reach docker's socket."""
    model = surya.read_setting("SURYA_MODEL_CHECKPOINT")
    command = (sys.executable, "-m", _DOCKER_SERVER, f"markerd-vision-{settings.instance}", "{port}")
    return ServerSpec(
        VISION, command, model, variables=surya.locate_caches(), start_timeout_s=VISION_SERVER_START_S,
        is_on_demand=True, is_confined=False, fixed_port=_read_port("SURYA_INFERENCE"),
    )  # fmt: skip


def _plan_llama_server(settings: SuryaSettings) -> ServerSpec:
    """Plan llama.cpp's server, with the options that Surya starts it with."""
    model, picture_encoder = surya.find_gguf_files()
    program = settings.vision.find_program() or settings.llama_server
    alias = surya.read_setting("SURYA_MODEL_CHECKPOINT")
    command = (
        program, "-m", str(model), "--mmproj", str(picture_encoder), "-ngl", str(settings.gpu_layers),
        "--host", "127.0.0.1", "--port", "{port}", "--parallel", str(settings.slots),
        "--ctx-size", str(settings.slots * settings.context_tokens), "--alias", alias, "--jinja",
        *(os.environ.get("LLAMA_CPP_EXTRA_ARGS") or "").split(),
    )  # fmt: skip
    programs = (Path(program), Path(program).resolve().parent)
    readable = (model, model.resolve(), picture_encoder, picture_encoder.resolve(), *programs)
    return ServerSpec(
        VISION, command, alias, readable=readable, start_timeout_s=VISION_SERVER_START_S, is_on_demand=True,
        fixed_port=_read_port("SURYA_INFERENCE"),
    )  # fmt: skip


def _choose_device(device: str) -> dict[str, str]:
    return {} if device == "auto" else {"TORCH_DEVICE": device, "FAST_DETECTOR_DEVICE": device}


def _read_port(prefix: str) -> int:
    """Return the port that the environment names for a server; 0 where it names none."""
    return int(os.environ.get(f"{prefix}_PORT") or 0)
