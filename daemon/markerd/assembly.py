"""From the configuration to what each part needs of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from markerd.config import Config, FolderConfig, Isolation
from markerd.convert.inline import InlineConverter
from markerd.convert.process import ProcessConverter, ProcessSettings
from markerd.convert.protocol import Converter
from markerd.errors import ConfigurationError, UnavailableError
from markerd.intake.ledger import WatchedFolder
from markerd.logs import Log
from markerd.processing import FolderPlan, Limits
from markerd.sources import Places
from markerd.upkeep import RecycleLimits
from markerd.values import After

_MB = 1 << 20


def converter_for(config: Config, log: Log, tick: Callable[[], None]) -> Converter:
    converter = config.converter
    if converter.isolation is Isolation.INLINE:
        return InlineConverter(converter.models.value, converter.threads, log)
    return ProcessConverter(process_settings(config, config.daemon.state_dir / "spool"), log, tick)


def process_settings(config: Config, working_dir: Path) -> ProcessSettings:
    converter = config.converter
    return ProcessSettings(
        models=converter.models.value,
        threads=converter.threads,
        timeout_s=converter.timeout_s,
        timeout_per_page_s=converter.timeout_per_page_s,
        working_dir=working_dir,
    )


def option_problems(converter: Converter, config: Config) -> list[str]:
    """One line, with its key, for each option for Marker that the converter refuses."""
    return [
        f"folders[{index}].marker.{problem}"
        for index, folder in enumerate(config.folders)
        if folder.marker
        for problem in converter.check_options(folder.marker)
    ]


def with_state_dir_of(config: Config, old: Config) -> Config:
    """Journal, spool and lock cannot move while the daemon runs."""
    daemon = config.daemon.model_copy(update={"state_dir": old.daemon.state_dir})
    return config.model_copy(update={"daemon": daemon})


def check_options(converter: Converter, config: Config, path: Path) -> None:
    problems = option_problems(converter, config)
    if problems:
        raise ConfigurationError(str(path), problems)


def prepare_folders(config: Config) -> None:
    """Make what is missing. Raises UnavailableError where a folder cannot be used."""
    for folder in config.folders:
        wanted = [folder.path, folder.output, folder.failed]
        if folder.after is After.ARCHIVE:
            wanted.append(folder.archive)
        for path in wanted:
            try:
                path.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UnavailableError(f"the folder {path} cannot be made: {error.strerror}") from error


def plans(config: Config) -> dict[str, FolderPlan]:
    return {
        str(folder.path): FolderPlan(
            output=folder.output,
            places=Places(folder.archive, folder.failed, folder.after),
            formats=tuple(wanted.value for wanted in folder.formats),
            options=folder.marker,
        )
        for folder in config.folders
    }


def limits(config: Config) -> Limits:
    converter = config.converter
    return Limits(
        max_attempts=converter.max_attempts,
        retry_delay_s=converter.retry_delay_s,
        max_file_bytes=converter.max_file_mb * _MB,
    )


def recycle_limits(config: Config) -> RecycleLimits:
    rss_mb = config.converter.recycle_rss_mb
    return RecycleLimits(config.converter.recycle_documents, None if rss_mb is None else rss_mb * _MB)


def watched_folder(folder: FolderConfig) -> WatchedFolder:
    return WatchedFolder(
        path=folder.path,
        recursive=folder.recursive,
        include=folder.include,
        exclude=folder.exclude,
        settle_s=folder.settle_s,
        observer=folder.observer.value,
    )
