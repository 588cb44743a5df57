"""`markerd run`: the parts put together, started in order, stopped in the reverse order."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from markerd import __version__, durable, logs, recovery
from markerd.backlog import Backlog
from markerd.config import Config, FolderConfig, Isolation, load_config
from markerd.convert import cleanup
from markerd.convert.inline import InlineConverter
from markerd.convert.process import ProcessConverter, ProcessSettings
from markerd.convert.protocol import Converter, ConverterInfo, ConverterState
from markerd.errors import (
    EXIT_BUG,
    EXIT_OK,
    EXIT_TEMPORARY,
    ConfigurationError,
    JournalError,
    StopNowError,
    UnavailableError,
)
from markerd.intake.intake import Intake
from markerd.intake.ledger import WatchedFolder
from markerd.journal import Journal
from markerd.lock import hold
from markerd.logs import Log
from markerd.loop import Loop, Why
from markerd.processing import FolderPlan, Limits, Processing
from markerd.reporting import Display, Reporter
from markerd.signals import Requests
from markerd.sources import Places
from markerd.staging import Spool
from markerd.upkeep import RecycleLimits, Upkeep
from markerd.values import After, printable

_MB = 1 << 20


class Daemon:
    """Lives for one `markerd run`. `run` gives the exit code."""

    def __init__(self, config_path: Path, *, is_once: bool, display: Display | None = None) -> None:
        self._config_path = config_path
        self._is_once = is_once
        self._display = display
        self._requests = Requests()
        self._is_stop_said = False
        self._config = load_config(config_path)
        self._log = self._configure_log()

    def run(self) -> int:
        with ExitStack() as stack:
            code = EXIT_OK
            try:
                self._startup(stack)
                code = self._work_to_the_end()
            except StopNowError:
                pass  # while the models loaded
            self._stopping()
        self._log.info("daemon.stopped", **self._counts)
        return code

    def _work_to_the_end(self) -> int:
        """What goes wrong from here on ends in the log: nobody looks at the terminal any more."""
        try:
            self._work()
        except UnavailableError as error:  # it was available at the start: it may be again
            self._log.error("daemon.failed", reason=str(error))
            return EXIT_TEMPORARY
        except JournalError as error:
            self._log.error("daemon.failed", reason=str(error))
            return error.exit_code
        except Exception as error:  # noqa: BLE001 - the last word of a bug belongs in the log as well
            self._log.error("daemon.failed", reason=repr(error), exc_info=error)
            return EXIT_BUG
        return EXIT_OK

    def _startup(self, stack: ExitStack) -> None:
        """Lock, journal, converter with its models: what stays whatever a reload changes."""
        config = self._config
        stack.enter_context(hold(config.daemon.state_dir))
        durable.sweep(config.daemon.state_dir)
        stack.enter_context(self._requests.listening())
        self._journal = Journal(config.daemon.state_dir / "journal.sqlite")
        stack.callback(self._journal.close)
        self._spool = Spool(config.daemon.state_dir / "spool")
        self._spool.clear()
        cleanup.sweep_dead_daemons()
        self._reporter = Reporter(
            config.daemon.state_dir, self._journal, self._display, config.converter.isolation.value
        )
        stack.callback(self._reporter.close)
        self._log.info(
            "daemon.started",
            version=__version__,
            config=printable(str(self._config_path)),
            folders=[printable(str(folder.path)) for folder in config.folders],
            pid=os.getpid(),
        )
        _prepare_folders(config)
        recovery.recover(self._journal, _plans(config), config.converter.max_attempts, self._log)
        self._start_converter(stack)

    def _start_converter(self, stack: ExitStack) -> None:
        self._converter = _converter(self._config, self._log, self._tick)
        stack.callback(self._stop_converter)
        self._reporter.watch_converter(self._converter_state)
        self._info = self._converter.start()
        _check_options(self._converter, self._config, self._config_path)
        self._say_ready(self._info)

    def _work(self) -> None:
        """Intake and loop for the configuration in force; again after a reload."""
        while True:
            intake, loop = self._assemble()
            with ExitStack() as session:
                session.callback(intake.stop)
                intake.start()
                why = loop.run()
            if why is not Why.RELOAD:
                return
            self._reload()

    def _assemble(self) -> tuple[Intake, Loop]:
        config = self._config
        after = {str(folder.path): folder.after for folder in config.folders}
        backlog = Backlog(self._journal, config.daemon.queue_size, after, self._log)
        watched = [_watched(folder) for folder in config.folders]
        intake = Intake(watched, backlog, self._log, reconcile_s=config.daemon.reconcile_s)
        self._reporter.watch_session(backlog, intake, config)
        processing = Processing(
            self._journal, self._spool, self._converter, self._info, _plans(config), _limits(config),
            self._reporter, self._log, intake.rescan,
        )  # fmt: skip
        upkeep = Upkeep(self._converter, _recycle_limits(config), self._log)
        loop = Loop(
            backlog, intake, processing, upkeep, self._requests, self._reporter, config.daemon.reconcile_s,
            is_once=self._is_once,
        )  # fmt: skip
        return intake, loop

    def _reload(self) -> None:
        """Take the new configuration where it is valid in all its parts, else keep the old one and say why."""
        self._requests.is_reload_wanted = False
        try:
            config = load_config(self._config_path)
            _check_options(self._converter, config, self._config_path)
            _prepare_folders(config)
        except ConfigurationError as error:
            self._reject(list(error.problems))
        except UnavailableError as error:
            self._reject([str(error)])
        else:
            self._adopt(config)
        # Queue and retries end with the old session: what waited in them goes through the new intake.
        recovery.recover(self._journal, _plans(self._config), self._config.converter.max_attempts, self._log)

    def _adopt(self, config: Config) -> None:
        old, self._config = self._config, config
        self._log = self._configure_log()
        restart_needed = [] if config.daemon.state_dir == old.daemon.state_dir else ["daemon.state_dir"]
        if config.converter != old.converter:
            self._converter.recycle("its configuration changed")
            self._converter = _converter(config, self._log, self._tick)
            self._info = self._converter.start()
            self._say_ready(self._info)
        self._log.info("config.reloaded", config=printable(str(self._config_path)), restart_needed=restart_needed)

    def _reject(self, problems: list[str]) -> None:
        self._log.error("config.rejected", config=printable(str(self._config_path)), problems=problems)

    def _configure_log(self) -> Log:
        log = self._config.log
        return logs.configure(log.format.value, log.level.value, log.file)

    def _stop_converter(self) -> None:
        self._converter.stop()  # whichever it is by then: a reload may have replaced it

    def _converter_state(self) -> ConverterState:
        return self._converter.state()

    def _say_ready(self, info: ConverterInfo) -> None:
        self._log.info(
            "models.ready",
            model_set=info.model_set,
            reason=info.reason,
            versions=dict(info.versions),
            seconds=round(info.load_seconds, 2),
        )

    def _stopping(self) -> None:
        self._counts = {name: n for name, n in self._journal.counts().items() if name != "waiting"}
        self._say_stopping()
        self._reporter.stopping()

    def _say_stopping(self) -> None:
        if self._is_stop_said:
            return
        self._is_stop_said = True
        reason = self._requests.stop_name or "everything is done"
        if self._reporter.is_converting:
            reason += "; the document in work may end first, a second signal leaves at once"
        self._log.info("daemon.stopping", reason=reason)

    def _tick(self) -> None:
        """While the converter works: show life, and give the document up when the time to stop has run out."""
        self._reporter.beat()
        if self._requests.is_stopping:
            self._say_stopping()
        allowed_s = self._config.daemon.stop_timeout_s if self._reporter.is_converting else 0.0
        if self._requests.must_leave(allowed_s):
            raise StopNowError(f"stopping on {self._requests.stop_name}")


def _converter(config: Config, log: Log, tick: Callable[[], None]) -> Converter:
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


def _check_options(converter: Converter, config: Config, path: Path) -> None:
    problems = option_problems(converter, config)
    if problems:
        raise ConfigurationError(str(path), problems)


def _prepare_folders(config: Config) -> None:
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


def _plans(config: Config) -> dict[str, FolderPlan]:
    return {
        str(folder.path): FolderPlan(
            output=folder.output,
            places=Places(folder.archive, folder.failed, folder.after),
            formats=tuple(wanted.value for wanted in folder.formats),
            options=folder.marker,
        )
        for folder in config.folders
    }


def _limits(config: Config) -> Limits:
    converter = config.converter
    return Limits(
        max_attempts=converter.max_attempts,
        retry_delay_s=converter.retry_delay_s,
        max_file_bytes=converter.max_file_mb * _MB,
    )


def _recycle_limits(config: Config) -> RecycleLimits:
    rss_mb = config.converter.recycle_rss_mb
    return RecycleLimits(config.converter.recycle_documents, None if rss_mb is None else rss_mb * _MB)


def _watched(folder: FolderConfig) -> WatchedFolder:
    return WatchedFolder(
        path=folder.path,
        recursive=folder.recursive,
        include=folder.include,
        exclude=folder.exclude,
        settle_s=folder.settle_s,
        observer=folder.observer.value,
    )
