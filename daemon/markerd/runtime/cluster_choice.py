"""What of the configuration a Ray cluster is told, and what it cannot convert with."""

from __future__ import annotations

from dataclasses import replace

from markerd.config import Config
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.protocol import ConverterSpec
from markerd.convert.ray.settings import DriverSettings, RaySettings
from markerd.errors import UnavailableError

_MB = 1 << 20


def build_driver_settings(config: Config, settings: ProcessSettings) -> DriverSettings:
    """Build what the driver of a cluster is told. A limit for memory is that of the nodes where none is configured.

    Raise UnavailableError for what a cluster cannot convert with.
    """
    demand_fit_for_cluster(settings.spec)
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
    return DriverSettings(chosen, replace(settings, spec=spec, max_rss_bytes=max_rss_bytes))


def demand_fit_for_cluster(spec: ConverterSpec) -> None:
    """Raise UnavailableError for Marker's own models and for LLM services: both are reached through this machine."""
    if spec.llm is not None:
        raise UnavailableError("a cluster cannot ask an LLM service: take `use_llm` out, or convert on this machine")
    if spec.models == "surya":
        raise UnavailableError('a cluster converts with the embedded models: write converter.models = "embedded"')
