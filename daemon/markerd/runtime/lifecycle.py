"""`markerd run`: the parts put together, started in order, stopped in the reverse order."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from markerd import __version__, logs
from markerd.config import Config, absolute, load_config, runtime_dir
from markerd.convert import cleanup
from markerd.convert.protocol import ConverterInfo, ConverterState
from markerd.errors import (
    EXIT_BUG,
    EXIT_OK,
    EXIT_TEMPORARY,
    ConfigurationError,
    JournalError,
    MarkerdError,
    StopNowError,
    UnavailableError,
)
from markerd.files import leases, trees
from markerd.intake.document_queue import Backlog
from markerd.intake.intake_thread import Intake
from markerd.journal import open_or_replace
from markerd.logs import Log
from markerd.logs.file import described
from markerd.monitoring.reporter import Display, Reporter
from markerd.monitoring.resource_usage import Accounts
from markerd.monitoring.status_file import Snapshot
from markerd.monitoring.web.service import Web
from markerd.pipeline.conversion import Conversion
from markerd.pipeline.disk_space import Anchors, Storage
from markerd.pipeline.processor import Processing
from markerd.pipeline.spool import Spool
from markerd.runtime import recovery, wiring
from markerd.runtime.instance_lock import hold
from markerd.runtime.journal_watch import JournalWatch
from markerd.runtime.loop import Loop, Why
from markerd.runtime.maintenance import Upkeep
from markerd.runtime.signals import Requests
from markerd.values import printable

_DAY_S = 24 * 3600.0


class Daemon:
    """Lives for one `markerd run`. `run` gives the exit code."""

    def __init__(
        self, config_path: Path, *, is_once: bool, is_verbose: bool = False, displays: Sequence[Display] = ()
    ) -> None:
        self._config_path = config_path
        self._is_once = is_once
        self._is_verbose = is_verbose
        self._displays = displays
        self._requests = Requests()
        self._anchors = Anchors()
        self._is_stop_said = False
        self._end_reason = "everything is done"
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
            except MarkerdError as error:
                self._log.error("daemon.failed", reason=str(error))
                raise
            except Exception as error:  # noqa: BLE001 - as in the work: the last word of a bug belongs in the log
                return self._fail(error, EXIT_BUG)
            self._stopping()
        self._log.info("daemon.stopped", **self._counts)
        return code

    def _work_to_the_end(self) -> int:
        """What goes wrong from here on ends in the log: nobody looks at the terminal any more."""
        try:
            self._work()
        except StopNowError:
            return EXIT_OK  # asked to leave while a converter loaded or cleaned up
        except UnavailableError as error:  # it was available at the start: it may be again
            return self._fail(error, EXIT_TEMPORARY)
        except JournalError as error:
            return self._fail(error, error.exit_code)
        except Exception as error:  # noqa: BLE001 - the last word of a bug belongs in the log as well
            return self._fail(error, EXIT_BUG)
        return EXIT_OK

    def _fail(self, error: Exception, code: int) -> int:
        self._end_reason = str(error) or repr(error)
        self._log.error("daemon.failed", reason=self._end_reason, exc_info=error if code == EXIT_BUG else None)
        return code

    def _startup(self, stack: ExitStack) -> None:
        """Lock, journal, converter with its models: what stays whatever a reload changes."""
        config = self._config
        leases.keep_from_children()
        lock = stack.enter_context(hold(config.daemon.state_dir))
        trees.sweep(config.daemon.state_dir)
        stack.enter_context(self._requests.listening())
        journal_path = config.daemon.state_dir / "journal.sqlite"
        self._journal, replaced = open_or_replace(journal_path)
        stack.callback(self._journal.close)
        if replaced is not None:
            moved_to = printable(str(replaced.moved_to))
            self._log.error("journal.replaced", moved_to=moved_to, reason=printable(replaced.reason))
            self._journal.happened("journal.replaced", replaced.reason)
        self._journal_watch = JournalWatch(self._journal, lock, self._log)
        stack.callback(self._journal_watch.restore)
        self._web = Web(journal_path)
        self._spool = Spool(config.daemon.state_dir / "spool", self._tick)
        self._spool.clear({name for name in self._spool.jobs() if self._journal.is_unfinished(int(name))})
        self._accounts = Accounts(self._spool.root)
        cleanup.sweep_dead_daemons()
        self._reporter = Reporter(
            runtime_dir(config.daemon.state_dir), self._journal, [*self._displays, self._web.board],
            Snapshot(config=str(absolute(self._config_path)), isolation=config.converter.isolation.value), self._log,
        )  # fmt: skip
        stack.callback(self._reporter.close)
        self._log.info(
            "daemon.started",
            version=__version__,
            config=printable(str(self._config_path)),
            folders=[printable(str(folder.path)) for folder in config.folders],
            pid=os.getpid(),
        )
        stack.callback(self._web.stop)
        self._listen(config)
        self._journal.happened("daemon.started", __version__)
        wiring.prepare_folders(config, self._anchors)
        recovery.recover(self._journal, wiring.plans(config), config.converter.max_attempts, self._log)
        self._start_converter(stack)

    def _listen(self, config: Config) -> None:
        """Serve where this configuration says. Raises UnavailableError, and then goes on as before."""
        if address := self._web.listen(config.http.address):
            self._log.info("http.listening", address=str(address))

    def _start_converter(self, stack: ExitStack) -> None:
        self._converter = wiring.converter_for(self._config, self._log, self._tick)
        stack.callback(self._stop_converter)
        self._reporter.watch_converter(self._converter_state, self._accounts.described)
        self._info = self._converter.start()
        wiring.check_options(self._converter, self._config, self._config_path)
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
        watched = [wiring.watched_folder(folder, is_once=self._is_once) for folder in config.folders]
        intake = Intake(watched, backlog, self._log, reconcile_s=config.daemon.reconcile_s)
        self._anchors.remember(wiring.written_folders(config))
        storage = Storage(self._anchors, self._log)
        self._reporter.watch_session(backlog, intake, storage, config)
        upkeep = Upkeep(
            self._converter, wiring.recycle_limits(config), self._journal, self._accounts, self._log,
            history_s=config.daemon.history_days * _DAY_S,
        )  # fmt: skip
        conversion = Conversion(
            self._converter, self._spool, self._journal, self._reporter, self._log,
            chunk_pages=config.converter.chunk_pages, between_parts=lambda: self._between_parts(upkeep),
        )  # fmt: skip
        processing = Processing(
            self._journal, self._spool, conversion, storage, wiring.plans(config), wiring.limits(config),
            self._log, intake.rescan,
        )  # fmt: skip
        loop = Loop(
            backlog, intake, processing, upkeep, self._requests, self._reporter, config.daemon.reconcile_s,
            is_once=self._is_once, journal_watch=self._journal_watch,
        )  # fmt: skip
        return intake, loop

    def _reload(self) -> None:
        """Take the new configuration where it is valid in all its parts, else keep the old one and say why."""
        self._requests.is_reload_wanted = False
        self._reporter.reloading()
        try:
            config = load_config(self._config_path)
            wiring.check_options(self._converter, config, self._config_path)
            wiring.prepare_folders(config, self._anchors)
            if config.log.file != self._config.log.file:
                wiring.check_log_file(config, self._config_path)
            self._listen(config)
        except ConfigurationError as error:
            self._reject(list(error.problems))
        except UnavailableError as error:
            self._reject([str(error)])
        else:
            self._adopt(wiring.with_state_dir_of(config, self._config), config)
        # Queue and retries end with the old session: what waited in them goes through the new intake.
        recovery.recover(self._journal, wiring.plans(self._config), self._config.converter.max_attempts, self._log)

    def _adopt(self, config: Config, wanted: Config) -> None:
        if config.converter != self._config.converter and not self._replace_converter(config):
            self._listen_as_before()  # a configuration takes effect as a whole or not at all
            return
        self._config = config
        self._log = self._configure_log()
        restart_needed = [] if wanted.daemon.state_dir == config.daemon.state_dir else ["daemon.state_dir"]
        self._log.info("config.reloaded", config=printable(str(self._config_path)), restart_needed=restart_needed)

    def _listen_as_before(self) -> None:
        try:
            self._listen(self._config)
        except UnavailableError as error:  # somebody took the port: no reason to stop converting
            self._reject([str(error)])

    def _replace_converter(self, config: Config) -> bool:
        """The old one goes when the new one is ready; where it does not get ready, the old one stays."""
        replacement = wiring.converter_for(config, self._log, self._tick)
        try:
            info = replacement.start()
        except UnavailableError as error:
            replacement.stop()
            self._reject([str(error)])
            return False
        self._converter.recycle("its configuration changed")
        self._converter.stop()  # its replacement is another converter, and ready
        self._converter, self._info = replacement, info
        self._say_ready(info)
        return True

    def _reject(self, problems: list[str]) -> None:
        self._log.error("config.rejected", config=printable(str(self._config_path)), problems=problems)

    def _configure_log(self) -> Log:
        log = self._config.log
        try:
            audience = None if self._is_verbose else wiring.audience(self._config, is_once=self._is_once)
            return logs.configure(log.format.value, log.level.value, log.file, audience=audience)
        except OSError as error:
            assert log.file is not None  # no other step of it raises OSError
            raise ConfigurationError(str(self._config_path), [f"log.file: {described(error, log.file)}"]) from error

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
        reason = self._requests.stop_name or self._end_reason
        if self._requests.is_stopping and self._reporter.is_converting:
            reason += "; the document in work may end first, a second signal leaves at once"
            self._reporter.draining()
        self._log.info("daemon.stopping", reason=reason)

    def _between_parts(self, upkeep: Upkeep) -> None:
        """Neither a stop nor a reload waits for the next part: what is converted is kept."""
        if self._requests.is_stopping:
            raise StopNowError(f"stopping on {self._requests.stop_name}; the parts that are finished are kept")
        if self._requests.is_reload_wanted:
            raise StopNowError("the configuration is reloaded; the parts that are finished are kept")
        upkeep.between_parts()

    def _tick(self) -> None:
        """While the converter works: show life, and give the document up when the time to stop has run out."""
        self._journal_watch.beat()
        self._reporter.supervising(is_reload_wanted=self._requests.is_reload_wanted)
        if self._requests.is_stopping:
            self._say_stopping()
        allowed_s = self._config.daemon.stop_timeout_s if self._reporter.is_converting else 0.0
        if self._requests.must_leave(allowed_s):
            raise StopNowError(f"stopping on {self._requests.stop_name}")
