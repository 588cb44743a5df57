"""What of the configuration a Ray cluster is told, and what it cannot convert with."""

from __future__ import annotations

from dataclasses import replace

from markerd.config import Config
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.protocol import ConverterSpec
from markerd.convert.ray.node_models import SuryaOnNodes
from markerd.convert.ray.settings import DriverSettings, RaySettings
from markerd.errors import UnavailableError
from markerd.runtime import llm_choice, wiring

_MB = 1 << 20


def build_driver_settings(config: Config, settings: ProcessSettings) -> DriverSettings:
    """Build what the driver of a cluster is told. A limit for memory is that of the nodes where none is configured.

    Raise UnavailableError for what a cluster cannot convert with.
    """
    demand_fit_for_cluster(config, settings.spec)
    ray, max_rss_mb = config.ray, config.converter.max_rss_mb
    threads = config.converter.threads or max(int(ray.num_cpus), 1)
    chosen = RaySettings(
        address=ray.address,
        min_actors=ray.least_actors,
        max_actors=ray.most_actors,
        idle_s=ray.idle_s,
        num_cpus=ray.num_cpus,
        num_gpus=ray.num_gpus,
        resources=ray.resources,
        namespace=ray.namespace,
        window=ray.window,
        max_document_bytes=ray.max_document_mb * _MB,
        max_result_bytes=ray.max_result_mb * _MB,
        temp_dir=ray.temp_dir,
    )
    spec = replace(settings.spec, threads=threads)
    max_rss_bytes = None if max_rss_mb is None else max_rss_mb * _MB
    surya = SuryaOnNodes(wiring.build_surya_settings(config), config.surya.recycle_rss_mb, config.surya.max_rss_mb)
    process = replace(settings, spec=spec, max_rss_bytes=max_rss_bytes)
    return DriverSettings(chosen, process, surya if spec.models == "surya" else None)


def choose_models(spec: ConverterSpec) -> ConverterSpec:
    """Choose the model set for a cluster: that of the configuration, whose weights are the nodes' own.

    "auto" means the embedded models, which are on each node.
    """
    if spec.models == "surya":
        return spec
    reason = "The configuration asks for the embedded models, or leaves it to a cluster, which has these."
    return replace(spec, models="embedded", models_reason=reason)


def demand_fit_for_cluster(config: Config, spec: ConverterSpec) -> None:
    """Raise UnavailableError for what a node cannot do: it is given no key, and no way to a service of this machine."""
    if spec.llm is not None or llm_choice.choose_llm(config) is not None:
        raise UnavailableError("a cluster cannot ask an LLM service: take `use_llm` out, or convert on this machine")
    if spec.models == "surya" and wiring.read_vision_key(config) is not None:
        raise UnavailableError("a cluster is told no key: take that of `surya.vlm_url` out, or convert on this machine")
