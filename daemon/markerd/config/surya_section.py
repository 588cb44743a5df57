"""The section `[surya]` as frozen values: Marker's own models and the servers that run them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from markerd.config.choices import Device, VisionRunner
from markerd.config.section import FilePath, Section

_Text = Annotated[str, Field(min_length=1)]


class SuryaConfig(Section):
    """The section `[surya]`. It says nothing where the embedded models convert."""

    device: Device = Field(
        default=Device.AUTO,
        strict=False,
        description="Where the models compute: auto, cuda, mps or cpu. auto: on a GPU where there is one.",
    )
    vlm: VisionRunner = Field(
        default=VisionRunner.AUTO,
        strict=False,
        description="The vision model, which reads scans: url, llamacpp, vllm or none. auto: the first of them that "
        "is set up here, in this order. vllm runs in docker.",
    )
    vlm_url: _Text | None = Field(
        default=None,
        description="The OpenAI-compatible address of a vision model that runs elsewhere.",
        examples=["http://gpu.example:8000/v1"],
    )
    vlm_key_file: FilePath | None = Field(
        default=None,
        description="The file that holds the key for `vlm_url`, which only the service's user may read. Otherwise the "
        "key is the systemd credential markerd_vlm_key, or in the variable MARKERD_VLM_KEY.",
        examples=["/etc/markerd/vlm.key"],
    )
    llama_server: _Text = Field(
        default="llama-server", description="The program of llama.cpp that runs the vision model, or its path."
    )
    slots: int = Field(default=8, ge=1, le=256, description="Pages that the vision model reads at once.")
    context_tokens: int = Field(
        default=12288, ge=4096, le=1_000_000, description="Tokens that one page and its answer may take."
    )
    gpu_layers: int = Field(default=99, ge=0, le=1000, description="Layers of the vision model on the GPU.")
    recycle_rss_mb: int | None = Field(
        default=None,
        ge=1,
        description="Megabytes above which a model server is started anew between documents. Default: half the memory, "
        "at most 8192.",
        examples=[6144],
    )
    max_rss_mb: int | None = Field(
        default=None,
        ge=1,
        description="Megabytes above which a model server is ended at once. Default: three quarters of the memory.",
        examples=[12288],
    )
