"""The configuration: read from TOML, overridden from the environment, checked as a whole, then frozen."""

from __future__ import annotations

from markerd.config.dump import to_toml
from markerd.config.listen import Address, is_loopback
from markerd.config.load import LoadedConfig, absolute, load_config, read_config
from markerd.config.model import (
    Config,
    ConverterConfig,
    DaemonConfig,
    FolderConfig,
    HttpConfig,
    Isolation,
    LogConfig,
    LogFormat,
    LogLevel,
    Models,
    Observer,
)
from markerd.config.places import (
    SYSTEM_CONFIG,
    default_config_path,
    default_state_dir,
    find_config,
    runtime_dir,
    status_dirs,
)
from markerd.config.renamed_keys import RenamedKey
from markerd.config.template import system_template, template

__all__ = [
    "SYSTEM_CONFIG",
    "Address",
    "Config",
    "ConverterConfig",
    "DaemonConfig",
    "FolderConfig",
    "HttpConfig",
    "Isolation",
    "LoadedConfig",
    "LogConfig",
    "LogFormat",
    "LogLevel",
    "Models",
    "Observer",
    "RenamedKey",
    "absolute",
    "default_config_path",
    "default_state_dir",
    "find_config",
    "is_loopback",
    "load_config",
    "read_config",
    "runtime_dir",
    "status_dirs",
    "system_template",
    "template",
    "to_toml",
]
