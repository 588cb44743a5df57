"""The configuration: read from TOML, overridden from the environment, checked as a whole, then frozen."""

from __future__ import annotations

from markerd.config.dump import to_toml
from markerd.config.load import load_config
from markerd.config.model import (
    Config,
    ConverterConfig,
    DaemonConfig,
    FolderConfig,
    Isolation,
    LogConfig,
    LogFormat,
    LogLevel,
    Models,
    Observer,
)
from markerd.config.places import default_config_path, default_state_dir, find_config
from markerd.config.template import template

__all__ = [
    "Config",
    "ConverterConfig",
    "DaemonConfig",
    "FolderConfig",
    "Isolation",
    "LogConfig",
    "LogFormat",
    "LogLevel",
    "Models",
    "Observer",
    "default_config_path",
    "default_state_dir",
    "find_config",
    "load_config",
    "template",
    "to_toml",
]
