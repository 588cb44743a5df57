"""`markerd run`: what is opened in order at the start, what the main loop does, and what is closed at the end."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from markerd import __version__
from markerd.errors import EXIT_BUG, EXIT_OK, EXIT_TEMPORARY, JournalError, MarkerdError, StopNowError, UnavailableError
from markerd.monitoring.reporter import Display
from markerd.runtime import hook_choice, profiles, recovery, wiring
from markerd.runtime.active_configuration import ActiveConfiguration
from markerd.runtime.converter_slot import ConverterSlot
from markerd.runtime.loop import LoopEnd
from markerd.runtime.reload import reload
from markerd.runtime.resources import open_resources
from markerd.runtime.session import build_session
from markerd.runtime.signals import SignalRequests


class Daemon:
    """The daemon during one `markerd run`."""

    def __init__(
        self, config_path: Path, *, is_once: bool, is_verbose: bool = False, displays: Sequence[Display] = ()
    ) -> None:
        """Read the configuration and set up the log. Raise ConfigurationError if the file is wrong."""
        self._active = ActiveConfiguration(config_path, is_once=is_once, is_verbose=is_verbose)
        self._hooks = hook_choice.choose_hooks(self._active.config, config_path)
        self._displays = displays
        self._requests = SignalRequests()
        self._end_reason = "everything is done"
        self._is_started = False

    def run(self) -> int:
        """Run until a stop, or until all is done if `is_once`. Return the exit code.

        Raise MarkerdError for what keeps the daemon from starting, because somebody looks at the terminal then. What
        goes wrong later is logged.
        """
        with ExitStack() as stack:
            code = EXIT_OK
            try:
                self._startup(stack)
                self._main_loop()
            except StopNowError:
                pass  # the stop was asked for while a converter loaded or cleaned up
            except Exception as error:
                code = self._log_failure(error)
                if not self._is_started:
                    if isinstance(error, MarkerdError):
                        raise
                    return code
            counts = self._shutdown()
        self._active.log.info("daemon.stopped", **counts)
        return code

    def _startup(self, stack: ExitStack) -> None:
        """Open lock, journal, status and web page, then put in order what a crash left, then load the models."""
        self._resources = open_resources(self._active, self._requests, self._displays, stack)
        self._resources.listen(self._active.config, self._active.log)
        self._resources.journal.history.record_incident("daemon.started", __version__)
        wiring.prepare_folders(self._active.config, self._resources.anchors)
        self._resources.couriers.configure(self._hooks, self._active.log)  # before outcomes of a crash are recorded
        self._recover()
        self._slot = ConverterSlot(self._active, self._resources)
        stack.callback(self._slot.stop)
        self._slot.start()
        self._is_started = True

    def _main_loop(self) -> None:
        """Run one session after another: each reload begins a new one."""
        while build_session(self._active, self._resources, self._slot).run() is LoopEnd.RELOAD:
            reload(self._active, self._resources, self._slot)
            self._recover()  # what waited in the queue of the old session goes through the new intake
        if self._active.is_once:
            self._resources.couriers.drain(self._resources.stop.tick)

    def _shutdown(self) -> dict[str, int]:
        """Log the reason for the end. Return the counts of documents by outcome.

        The stack of `run` closes afterwards what was opened.
        """
        counts = {name: n for name, n in self._resources.journal.reader.count_documents().items() if name != "waiting"}
        self._resources.stop.announce(self._end_reason)
        self._resources.reporter.show_stopping()
        return counts

    def _recover(self) -> None:
        config, log = self._active.config, self._active.log
        recovery.recover(self._resources.journal, profiles.build_plans(config), config.converter.max_attempts, log)

    def _log_failure(self, error: Exception) -> int:
        """Log the failure, with its traceback if it is a bug. Return the exit code that tells which it is."""
        code = _choose_exit_code(error)
        self._end_reason = str(error) or repr(error)
        is_bug = not isinstance(error, MarkerdError) or (self._is_started and code == EXIT_BUG)
        self._active.log.error("daemon.failed", reason=self._end_reason, exc_info=error if is_bug else None)
        return code


def _choose_exit_code(error: Exception) -> int:
    """Choose the exit code for a failure while the daemon works."""
    if isinstance(error, UnavailableError):
        return EXIT_TEMPORARY  # it was available at the start, and may be again
    return error.exit_code if isinstance(error, JournalError) else EXIT_BUG
