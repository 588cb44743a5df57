"""`markerd init` and `markerd config`."""

from __future__ import annotations

from pathlib import Path

from markerd.cli.service_manager.steps import make_readable_by_all
from markerd.config import (
    SYSTEM_CONFIG,
    Config,
    find_default_config_path,
    find_default_state_dir,
    load_config,
    read_config,
    to_toml,
    write_system_template,
    write_template,
)
from markerd.errors import EXIT_OK, EXIT_USAGE, ConfigurationError, UnavailableError
from markerd.files import durable
from markerd.runtime import hook_choice, llm_choice
from markerd.values import count_with_noun


def init(path: Path | None) -> int:
    """Write the configuration, never over an existing one, and make its folders."""
    path = path or find_default_config_path()
    if not _write(path, write_template(state_dir=str(find_default_state_dir()))):
        return EXIT_USAGE
    config = load_config(path)
    for folder in config.folders:
        for wanted in (folder.path, folder.output, folder.archive, folder.failed):
            wanted.mkdir(parents=True, exist_ok=True)
    _print(f"Wrote {path}\nDrop documents into {config.folders[0].path} and run: markerd run --config {path}")
    return EXIT_OK


def init_system() -> int:
    """Write the configuration of a service of the machine. Its installation makes the folders, for their user."""
    with make_readable_by_all():
        is_written = _write(SYSTEM_CONFIG, write_system_template())
    if not is_written:
        return EXIT_USAGE
    _print(f"Wrote {SYSTEM_CONFIG}\nEdit it as you like, then run: markerd service install --system")
    return EXIT_OK


def _write(path: Path, text: str) -> bool:
    if path.exists():
        _print(f"{path} exists and is left as it is.")
        return False
    try:
        durable.write_file(path.parent, path.name, text.encode())
    except OSError as error:
        raise UnavailableError(f"{path} cannot be written: {error.strerror}") from error
    return True


def check(path: Path) -> int:
    """Load the configuration, and ask a converter process about the options of Marker."""
    config, renamed_keys = read_config(path)
    llm_choice.check(config, path)
    hook_choice.check(config, path)
    _check_marker_options(config, path)
    for renamed in renamed_keys:
        _print(f"{path}: {renamed}")
    for missing in hook_choice.list_missing_programs(config):  # it may be installed later, or be on another machine
        _print(f"{path}: {missing}")
    _print(f"{path} is valid: {count_with_noun(len(config.folders), 'folder')}, models {config.converter.models.value}")
    return EXIT_OK


def show(path: Path) -> int:
    _print(to_toml(load_config(path)).rstrip())
    return EXIT_OK


def _check_marker_options(config: Config, path: Path) -> None:
    if not any(folder.marker for folder in config.folders):
        return
    import tempfile

    from markerd import logs
    from markerd.convert.process.converter import ProcessConverter
    from markerd.runtime.wiring import build_process_settings, list_option_problems

    log = logs.configure("console", "error", None)
    with tempfile.TemporaryDirectory(prefix="markerd-") as folder:
        converter = ProcessConverter(build_process_settings(config, Path(folder)), log, tick=lambda: None)
        try:
            problems = list_option_problems(converter, config)
        finally:
            converter.stop()
    if problems:
        raise ConfigurationError(str(path), problems)


def _print(text: str) -> None:
    print(text)
