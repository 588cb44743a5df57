"""`markerd init` and `markerd config`."""

from __future__ import annotations

from pathlib import Path

from markerd import durable
from markerd.config import Config, default_config_path, default_state_dir, load_config, template, to_toml
from markerd.errors import EXIT_OK, EXIT_USAGE, ConfigurationError


def init(path: Path | None) -> int:
    """Write the configuration, never over an existing one, and make its folders."""
    path = path or default_config_path()
    if path.exists():
        _say(f"{path} exists; it is left as it is.")
        return EXIT_USAGE
    durable.write_file(path.parent, path.name, template(state_dir=str(default_state_dir())).encode())
    config = load_config(path)
    for folder in config.folders:
        for wanted in (folder.path, folder.output, folder.archive, folder.failed):
            wanted.mkdir(parents=True, exist_ok=True)
    _say(f"Wrote {path}\nDrop documents into {config.folders[0].path} and start: markerd run --config {path}")
    return EXIT_OK


def check(path: Path) -> int:
    """Load it, and ask a converter process about the options for Marker."""
    config = load_config(path)
    _check_marker_options(config, path)
    folders = "1 folder" if len(config.folders) == 1 else f"{len(config.folders)} folders"
    _say(f"{path} is valid: {folders}, models {config.converter.models.value}")
    return EXIT_OK


def show(path: Path) -> int:
    _say(to_toml(load_config(path)).rstrip())
    return EXIT_OK


def _check_marker_options(config: Config, path: Path) -> None:
    if not any(folder.marker for folder in config.folders):
        return
    import tempfile

    from markerd import logs
    from markerd.assembly import option_problems, process_settings
    from markerd.convert.process import ProcessConverter

    log = logs.configure("console", "error", None)
    with tempfile.TemporaryDirectory(prefix="markerd-") as folder:
        converter = ProcessConverter(process_settings(config, Path(folder)), log, tick=lambda: None)
        try:
            problems = option_problems(converter, config)
        finally:
            converter.stop()
    if problems:
        raise ConfigurationError(str(path), problems)


def _say(text: str) -> None:
    print(text)
