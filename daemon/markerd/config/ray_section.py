"""The section `[ray]` as frozen values: the cluster whose converters are used with `isolation = "ray"`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from markerd.config.section import FilePath, Section

_Text = Annotated[str, Field(min_length=1)]
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")]
_Address = Annotated[str, Field(pattern=r"^(local|auto|.+:[0-9]+)$")]
_Amount = Annotated[float, Field(gt=0, le=1_000_000)]


class RayConfig(Section):
    """The section `[ray]`. It says nothing with another isolation."""

    address: _Address = Field(
        default="local",
        description="The cluster: local, auto or HOST:PORT. local: one of its own on this machine, which ends with the "
        "daemon. auto: the one that Ray finds from this machine.",
    )
    actors: int = Field(
        default=1, ge=1, le=4096, description="Converters on the cluster that work at once, each on one document."
    )
    num_cpus: float = Field(default=1.0, ge=0, le=1024, description="CPUs that the scheduler reserves for each actor.")
    num_gpus: float = Field(default=0.0, ge=0, le=64, description="The same for GPUs; a fraction shares one.")
    namespace: _Name = Field(default="markerd", description="Ray's namespace of the actors.")
    window: int = Field(
        default=2,
        ge=1,
        le=64,
        description="Documents in work for each actor: the one that it converts, and those that are prepared for it.",
    )
    max_document_mb: int = Field(
        default=512, ge=1, le=100_000, description="Megabytes above which a document is not sent, and is a dead letter."
    )
    max_result_mb: int = Field(
        default=1024, ge=1, le=100_000, description="Megabytes of output above which a document is a dead letter."
    )
    temp_dir: FilePath | None = Field(
        default=None,
        description="Where a local cluster keeps its files while it runs. Its path must be short. Default: where "
        "temporary files go.",
        examples=["/srv/ray"],
    )
    resources: dict[_Text, _Amount] = Field(
        default_factory=dict,
        description="Further resources that a node must have for each actor, by their names.",
        examples=["markerd = 1.0"],
    )
