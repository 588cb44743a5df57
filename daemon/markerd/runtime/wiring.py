"""What each part needs, derived from the configuration."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from markerd.config import Config, FolderConfig, Isolation, WebBoilerplate
from markerd.config.keys import KeyPlaces, Secret, UnusableKeyError, read_key
from markerd.convert.model_sets.servers.plan import SuryaSettings
from markerd.convert.model_sets.servers.server_spec import ServerLimits
from markerd.convert.process import memory_limits
from markerd.convert.process.memory_limits import ConverterLimits
from markerd.convert.process.priority import Priority
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.process.worker_count import WorkerCount, choose_worker_count
from markerd.convert.protocol import CONVERTER, LLM, SPANS, WEB_BOILERPLATE, ConverterSpec, DocumentLimits
from markerd.convert.protocol.output_options import list_output_options
from markerd.convert.sandbox import environment
from markerd.errors import NO_ROOM, ConfigurationError, UnavailableError
from markerd.files import durable
from markerd.intake.interfaces import WatchedFolder
from markerd.intake.settle import ExtraWaits, compute_grace_s
from markerd.logs.file import describe_failure, open_to_append
from markerd.logs.terminal import Audience
from markerd.pipeline import dead_letters
from markerd.pipeline.disk_space import Anchors
from markerd.pipeline.failed_attempts import RetryLimits
from markerd.pipeline.folder_plan import FolderPlan, Keeping, Places
from markerd.pipeline.processor import Limits
from markerd.pipeline.profile_files import IGNORED
from markerd.runtime.maintenance import RecycleLimits
from markerd.values import After, CompleteWhen, ConverterKind, OnSourceRemoved, Spans, make_printable

_MB = 1 << 20
_INSTANCE_DIGITS = 12


class ChecksOptions(Protocol):
    """A converter, or a pool of them."""

    def check_options(self, options: Mapping[str, Any]) -> list[str]: ...


def choose_audience(config: Config, *, is_once: bool) -> Audience:
    """Return the audience of a daemon that a person runs in a terminal."""
    outputs = {make_printable(str(folder.path)): make_printable(str(folder.output)) for folder in config.folders}
    return Audience(outputs, dead_letters.find_advice, is_once)


def build_process_settings(config: Config, working_dir: Path) -> ProcessSettings:
    converter = config.converter
    return ProcessSettings(
        spec=build_converter_spec(config),
        timeout_s=converter.timeout_s,
        timeout_per_page_s=converter.timeout_per_page_s,
        working_dir=working_dir,
        max_rss_bytes=choose_memory_limits(config).max_bytes,
        priority=Priority(converter.nice, converter.ionice),
    )


def choose_workers(config: Config) -> WorkerCount:
    """Choose how many converters work at once, as configured or by the cores and the memory of this machine."""
    converter = config.converter
    configured = converter.workers if isinstance(converter.workers, int) else None
    cores, memory = environment.count_physical_threads(0), memory_limits.measure_memory()
    return choose_worker_count(configured, converter.threads, cores, memory.total_bytes)


def build_converter_spec(config: Config) -> ConverterSpec:
    converter = config.converter
    return ConverterSpec(
        models=converter.models.value,
        threads=choose_workers(config).threads,
        ocr_models=converter.ocr_models,
        confine=converter.confine.value,
        document_limits=DocumentLimits(converter.max_unpacked_mb * _MB, converter.max_pages),
    )


def read_vision_key(config: Config) -> Secret | None:
    """Read the key for `surya.vlm_url`; None where there is none. Raise UnavailableError where it cannot be used."""
    places = KeyPlaces("markerd_vlm_key", "surya.vlm_key_file", config.surya.vlm_key_file, ("MARKERD_VLM_KEY",))
    try:
        return read_key(places)
    except UnusableKeyError as error:
        raise UnavailableError(f"surya.vlm_key_file: {error}") from error


def build_surya_settings(config: Config) -> SuryaSettings:
    """Build the settings without the key."""
    surya = config.surya
    return SuryaSettings(
        device=surya.device.value,
        vlm=surya.vlm.value,
        vlm_url=surya.vlm_url or "",
        llama_server=surya.llama_server,
        instance=hashlib.sha256(os.fsencode(config.daemon.state_dir)).hexdigest()[:_INSTANCE_DIGITS],
        context_tokens=surya.context_tokens,
        slots=surya.slots,
        gpu_layers=surya.gpu_layers,
    )


def choose_server_limits(config: Config) -> ServerLimits:
    """Return the limits for a model server's memory, or those derived from the memory of this machine."""
    surya, total_bytes = config.surya, memory_limits.measure_memory().total_bytes
    limits = memory_limits.derive_limits(surya.recycle_rss_mb, surya.max_rss_mb, total_bytes)
    return ServerLimits(limits.recycle_bytes, limits.max_bytes)


def choose_memory_limits(config: Config) -> ConverterLimits:
    """Return the limits of the configuration, or those derived from the memory of this machine."""
    converter = config.converter
    total_bytes = memory_limits.measure_memory().total_bytes
    workers = choose_workers(config).count
    return memory_limits.derive_limits(converter.recycle_rss_mb, converter.max_rss_mb, total_bytes, workers)


def list_option_problems(converter: ChecksOptions, config: Config) -> list[str]:
    """List one line, with its key, for each option of Marker that the converter refuses."""
    others = {LLM: config.llm.service.value}
    return [
        f"folders[{index}].marker.{problem}"
        for index, folder in enumerate(config.folders)
        if folder.marker
        for problem in converter.check_options({**folder.marker, CONVERTER: folder.converter.value, **others})
    ]


def keep_state_dir(config: Config, old: Config) -> Config:
    """Return the new configuration with the old state directory: journal, spool and lock cannot move while the daemon
    runs."""
    daemon = config.daemon.model_copy(update={"state_dir": old.daemon.state_dir})
    return config.model_copy(update={"daemon": daemon})


def check_options(converter: ChecksOptions, config: Config, path: Path) -> None:
    problems = list_option_problems(converter, config)
    if problems:
        raise ConfigurationError(str(path), problems)


def check_log_file(config: Config, path: Path) -> None:
    """Raise ConfigurationError if the log file cannot be written."""
    if config.log.file is None:
        return
    try:
        os.close(open_to_append(config.log.file))
    except OSError as error:
        raise ConfigurationError(str(path), [f"log.file: {describe_failure(error, config.log.file)}"]) from error


def prepare_folders(config: Config, anchors: Anchors) -> None:
    """Make missing folders and try what the daemon will do in them. Raise UnavailableError if that fails.

    A folder that is full, or away since the start of the daemon, is skipped: its hot folder pauses until that has
    passed.
    """
    for folder in config.folders:
        try:
            folder.path.mkdir(parents=True, exist_ok=True)
            os.listdir(folder.path)
            for path in _list_written(folder):
                if not anchors.is_away(path):
                    _prepare(path)
        except OSError as error:
            raise UnavailableError(f"the folder {error.filename} cannot be used: {error.strerror}") from error


def _prepare(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path, prefix=durable.PREFIX).close()
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise


def list_written_folders(config: Config) -> list[Path]:
    """List the folders into which documents and dead letters are put."""
    return [path for folder in config.folders for path in _list_written(folder)]


def _list_written(folder: FolderConfig) -> list[Path]:
    return [folder.output, folder.failed, *([folder.archive] if _is_archive_used(folder) else [])]


def _is_archive_used(folder: FolderConfig) -> bool:
    return folder.after is After.ARCHIVE or folder.on_source_removed is OnSourceRemoved.ARCHIVE


def build_plans(config: Config) -> dict[str, FolderPlan]:
    return {
        str(folder.path): FolderPlan(
            output=folder.output,
            places=Places(folder.archive, folder.failed, folder.after),
            formats=tuple(wanted.value for wanted in folder.formats),
            options=list_options(folder),
            marker=choose_marker(folder),
            on_source_removed=folder.on_source_removed,
            source_removed_grace_s=folder.source_removed_grace_s,
            keep_archive=build_keeping(folder.archive_keep_days, folder.archive_max_gb),
            keep_failed=build_keeping(folder.failed_keep_days, folder.failed_max_gb),
        )
        for folder in config.folders
    }


def list_options(folder: FolderConfig) -> dict[str, Any]:
    """List the options of Marker, and those of the folder that a conversion depends on, where they are not the usual
    ones.
    """
    own: tuple[tuple[str, Enum, Enum], ...] = (
        (WEB_BOILERPLATE, folder.web_boilerplate, WebBoilerplate.DROP),
        (SPANS, folder.spans, Spans.REPEAT),
        (CONVERTER, folder.converter, ConverterKind.PDF),
    )
    added = list_output_options(folder.front_matter, str(folder.path), folder.chunk_tokens, folder.chunk_overlap_tokens)
    return {**folder.marker, **{name: chosen.value for name, chosen, usual in own if chosen is not usual}, **added}


def build_limits(config: Config) -> Limits:
    converter = config.converter
    return Limits(
        retry=RetryLimits(converter.max_attempts, converter.retry_delay_s),
        max_file_bytes=converter.max_file_mb * _MB,
    )


def choose_recycle_limits(config: Config) -> RecycleLimits:
    converter = config.converter
    rss_bytes: int | None = choose_memory_limits(config).recycle_bytes
    if converter.isolation is Isolation.INLINE and converter.recycle_rss_mb is None:
        # An inline converter cannot be replaced. By default its memory is not reported after each document.
        rss_bytes = None
    return RecycleLimits(converter.recycle_documents, rss_bytes)


def build_watched_folder(folder: FolderConfig, *, is_once: bool) -> WatchedFolder:
    """Build the watched folder.

    If `is_once`, an empty file waits only as long as a file with a missing end, because nobody sees later that it was
    filled.
    """
    empty_s = min(folder.empty_settle_s, compute_grace_s(folder.settle_s)) if is_once else folder.empty_settle_s
    return WatchedFolder(
        path=folder.path,
        recursive=folder.recursive,
        include=folder.include,
        exclude=folder.exclude,
        ignore=(*folder.ignore, IGNORED) if folder.allow_profiles else folder.ignore,
        settle_s=folder.settle_s,
        extra_waits=ExtraWaits(foreign_s=folder.foreign_settle_s, empty_s=empty_s),
        observer=folder.observer.value,
        order=folder.order,
        marker=choose_marker(folder),
    )


def build_keeping(days: float | None, gigabytes: float | None) -> Keeping:
    """Build the limits of an archive or of dead letters."""
    return Keeping(
        None if days is None else days * 24 * 3600.0, None if gigabytes is None else round(gigabytes * (1 << 30))
    )


def choose_marker(folder: FolderConfig) -> str | None:
    """Return the pattern of the folder's markers; None where it has none."""
    return folder.marker_name if folder.complete_when is CompleteWhen.MARKER else None
