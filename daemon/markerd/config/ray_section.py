"""The section `[ray]` as frozen values: the cluster whose converters are used with `isolation = "ray"`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from markerd.config.section import FilePath, Section

_Text = Annotated[str, Field(min_length=1)]
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")]
_Address = Annotated[str, Field(pattern=r"^(local|auto|.+:[0-9]+)$")]
_Amount = Annotated[float, Field(gt=0, le=1_000_000)]


_MOST_ACTORS = 4096


def _check_actors(value: object) -> int | dict[str, int]:
    """Return a number of actors, or a table with the least and the most. Raises PydanticCustomError for all else."""
    ends = {"min": value, "max": value} if not isinstance(value, dict) else {"min": 1, **value}
    counts = [count for count in ends.values() if type(count) is int and 1 <= count <= _MOST_ACTORS]
    if ends.keys() != {"min", "max"} or len(counts) < len(ends) or counts[0] > counts[1]:
        wanted = f"a number from 1 to {_MOST_ACTORS}, or a table like {{ min = 1, max = 8 }}"
        raise PydanticCustomError("actors", f"write {wanted}")
    return counts[0] if not isinstance(value, dict) else {"min": counts[0], "max": counts[1]}


_Actors = Annotated[int | dict[str, int], PlainValidator(_check_actors)]


class RayConfig(Section):
    """The section `[ray]`. It says nothing with another isolation."""

    address: _Address = Field(
        default="local",
        description="The cluster: local, auto or HOST:PORT. local: one of its own on this machine, which ends with the "
        "daemon. auto: the one that Ray finds from this machine.",
    )
    actors: _Actors = Field(
        default=1,
        description="Converters on the cluster that work at once, each on one document: a number, or a table with the "
        "least and the most of them, between which there is one for each document that waits.",
        examples=["{ min = 1, max = 32 }"],
    )
    idle_s: float = Field(
        default=300.0,
        ge=1.0,
        le=86_400.0,
        description="Seconds without work after which an actor above the least number ends.",
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

    @property
    def least_actors(self) -> int:
        return self.actors if isinstance(self.actors, int) else self.actors["min"]

    @property
    def most_actors(self) -> int:
        return self.actors if isinstance(self.actors, int) else self.actors["max"]
