"""The configuration: read from TOML, overridden from the environment, checked as a whole, then frozen."""

from __future__ import annotations

from markerd.config.choices import Isolation, LlmService, LogFormat, LogLevel, Models, Observer, WebBoilerplate
from markerd.config.converter_section import ConverterConfig
from markerd.config.daemon_section import DaemonConfig
from markerd.config.dump import to_toml
from markerd.config.hook_section import HookConfig
from markerd.config.listen import Address, is_loopback
from markerd.config.llm_section import LlmConfig
from markerd.config.load import LoadedConfig, load_config, make_absolute, read_config
from markerd.config.model import (
    Config,
    FolderConfig,
    HttpConfig,
    LogConfig,
)
from markerd.config.places import (
    SYSTEM_CONFIG,
    find_config,
    find_default_config_path,
    find_default_state_dir,
    find_runtime_dir,
    list_status_dirs,
)
from markerd.config.renamed_keys import RenamedKey
from markerd.config.surya_section import SuryaConfig
from markerd.config.template import write_system_template, write_template

__all__ = [
    "SYSTEM_CONFIG",
    "Address",
    "Config",
    "ConverterConfig",
    "DaemonConfig",
    "FolderConfig",
    "HookConfig",
    "HttpConfig",
    "Isolation",
    "LlmConfig",
    "LlmService",
    "LoadedConfig",
    "LogConfig",
    "LogFormat",
    "LogLevel",
    "Models",
    "Observer",
    "RenamedKey",
    "SuryaConfig",
    "WebBoilerplate",
    "find_config",
    "find_default_config_path",
    "find_default_state_dir",
    "find_runtime_dir",
    "is_loopback",
    "list_status_dirs",
    "load_config",
    "make_absolute",
    "read_config",
    "to_toml",
    "write_system_template",
    "write_template",
]
