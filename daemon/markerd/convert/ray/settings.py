"""What the driver and its actors need of the configuration; it travels as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from markerd.convert.model_sets.servers.plan import SuryaSettings
from markerd.convert.process.priority import Priority
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.process.wire_format import encode_spec, parse_spec
from markerd.convert.ray.node_models import SuryaOnNodes
from markerd.files.untrusted import parse_json
from markerd.values import Ionice

LOCAL = "local"
"""The address of a cluster that the driver starts on its own machine, and ends with itself."""
CLUSTER_PREFIX = "markerd-ray-"
"""How the folder of such a cluster begins. Short: Ray's sockets are below it, and may have paths of 107 characters."""
LONGEST_TEMP_DIR = 107 - len(
    f"/{CLUSTER_PREFIX}12345678/session_2026-01-01_00-00-00_000000_1234567/sockets/plasma_store"
)
"""Bytes that the path of the folder around it may have. The longest of Ray's sockets was found in a running cluster."""


@dataclass(frozen=True)
class RaySettings:
    """The section `[ray]`. `num_cpus`, `num_gpus` and `resources` are what the scheduler reserves for each actor."""

    address: str = LOCAL
    min_actors: int = 1
    max_actors: int = 1
    idle_s: float = 300.0
    """So long an actor above the least number may have nothing to do."""
    num_cpus: float = 1.0
    num_gpus: float = 0.0
    resources: Mapping[str, float] = field(default_factory=dict)
    namespace: str = "markerd"
    window: int = 2
    """Documents in work for each actor: the one that it converts, and those that are ready for it."""
    max_document_bytes: int = 512 << 20
    max_result_bytes: int = 1 << 30
    temp_dir: Path | None = None
    """Where a local cluster keeps its files, in a folder of its own; None: where temp files go."""


@dataclass(frozen=True)
class DriverSettings:
    """All that the driver is told at its start."""

    ray: RaySettings
    process: ProcessSettings
    surya: SuryaOnNodes | None = None
    """Marker's own models; None for the embedded ones."""


def encode_settings(settings: DriverSettings) -> str:
    """Write the settings as ASCII JSON, for an argument of the driver. No path of the spool is in it."""
    process = settings.process
    fields = {
        "ray": asdict(settings.ray),
        "spec": encode_spec(process.spec),
        "timeout_s": process.timeout_s,
        "timeout_per_page_s": process.timeout_per_page_s,
        "max_rss_bytes": process.max_rss_bytes,
        "priority": asdict(process.priority),
        "surya": None if settings.surya is None else asdict(settings.surya),
    }
    return json.dumps(fields, default=os.fspath)


def parse_settings(encoded: str, working_dir: Path) -> DriverSettings:
    """Read what `encode_settings` wrote; converters get their folders in `working_dir`."""
    fields = parse_json(encoded.encode("ascii"))
    ray = dict(fields["ray"])
    temp_dir = ray.pop("temp_dir")
    process = ProcessSettings(
        spec=parse_spec(fields["spec"]),
        timeout_s=fields["timeout_s"],
        timeout_per_page_s=fields["timeout_per_page_s"],
        working_dir=working_dir,
        max_rss_bytes=fields["max_rss_bytes"],
        priority=Priority(fields["priority"]["nice"], Ionice(fields["priority"]["ionice"])),
    )
    chosen = RaySettings(**ray, temp_dir=None if temp_dir is None else Path(temp_dir))
    surya = fields["surya"]
    if surya is None:
        return DriverSettings(chosen, process)
    return DriverSettings(chosen, process, SuryaOnNodes(**{**surya, "settings": SuryaSettings(**surya["settings"])}))
