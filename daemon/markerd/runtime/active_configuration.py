"""The configuration in force, the file it was read from, and the log that it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markerd import logs
from markerd.config import Config, LoadedConfig, RenamedKey, read_config
from markerd.errors import ConfigurationError
from markerd.logs import Log
from markerd.logs.file import describe_failure
from markerd.runtime import wiring
from markerd.values import make_printable


class ActiveConfiguration:
    """The configuration and the log of the main thread, which alone uses this class.

    A reload changes `config` and `log`, so callers ask for them each time.
    """

    def __init__(self, path: Path, *, is_once: bool, is_verbose: bool = False) -> None:
        """Read the file and set up the log. Raise ConfigurationError if the file is wrong."""
        self.path = path
        self.is_once = is_once
        self._is_verbose = is_verbose
        loaded = read_config(path)
        self.config: Config = loaded.config
        self.log = self._configure_log()
        self._warn_of_renamed_keys(loaded.renamed_keys)

    @property
    def shown_path(self) -> str:
        """The path of the file, as the log shows it."""
        return make_printable(str(self.path))

    def adopt(self, loaded: LoadedConfig) -> None:
        """Put the new configuration into force, except for the state directory, which cannot move while the daemon
        runs."""
        wanted = loaded.config
        restart_needed = [] if wanted.daemon.state_dir == self.config.daemon.state_dir else ["daemon.state_dir"]
        self.config = wiring.keep_state_dir(wanted, self.config)
        self.log = self._configure_log()
        self.log.info("config.reloaded", config=self.shown_path, restart_needed=restart_needed)
        self._warn_of_renamed_keys(loaded.renamed_keys)

    def reject(self, problems: Sequence[str]) -> None:
        """Log why the new configuration does not come into force."""
        self.log.error("config.rejected", config=self.shown_path, problems=list(problems))

    def _configure_log(self) -> Log:
        log = self.config.log
        try:
            audience = None if self._is_verbose else wiring.choose_audience(self.config, is_once=self.is_once)
            return logs.configure(log.format.value, log.level.value, log.file, audience=audience)
        except OSError as error:
            assert log.file is not None  # no other step raises OSError
            raise ConfigurationError(str(self.path), [f"log.file: {describe_failure(error, log.file)}"]) from error

    def _warn_of_renamed_keys(self, renamed_keys: Sequence[RenamedKey]) -> None:
        for renamed in renamed_keys:
            self.log.warning("config.renamed_key", config=self.shown_path, old=renamed.source, key=renamed.key)
