"""All hooks of the configuration in force, each with a thread of its own: one receiver's outage holds up no other."""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from markerd.errors import JournalError
from markerd.handover.courier import Courier
from markerd.handover.halt import Halt
from markerd.handover.hook import Hook, Program
from markerd.handover.program import run_program
from markerd.handover.results import Failed, Interrupted, Result
from markerd.handover.thresholds import THRESHOLDS, Thresholds
from markerd.journal.deliveries import Delivery, Lane, Route
from markerd.journal.outbox import Outbox
from markerd.logs import Log
from markerd.values import make_harmless, make_printable

_UNKNOWN = "no hook of this name is configured any more"
_DRAIN_LOOK_S = 0.1


class Couriers:
    """Made, configured and stopped by the main thread. `wake` and `describe` may be called by any."""

    def __init__(self, outbox: Outbox, log: Log, limits: Thresholds = THRESHOLDS) -> None:
        self._outbox = outbox
        self._log = log
        self._limits = limits
        self._threads: dict[Lane, _CourierThread] = {}
        outbox.on_added = self.wake

    def configure(self, hooks: Sequence[Hook], log: Log) -> None:
        """Put these hooks into force. Those that are the same go on; what waits for others is set aside and listed.

        Waits some seconds for deliveries of hooks that are gone or changed. Raises JournalError.
        """
        self._log = log
        wanted = {hook.lane: hook for hook in hooks}
        old = [lane for lane, thread in self._threads.items() if thread.courier.hook != wanted.get(lane)]
        self._stop([self._threads.pop(lane) for lane in old])
        self._outbox.route(_build_routes(hooks))
        self._set_aside_unknown(wanted)
        for thread in self._threads.values():
            thread.courier.log = log
        for lane, hook in wanted.items():
            if lane not in self._threads:
                self._threads = {**self._threads, lane: _CourierThread(hook, self._outbox, log, self._limits)}

    def wake(self, lanes: Collection[Lane]) -> None:
        """Say that these lanes have something new."""
        threads = self._threads
        for lane in lanes:
            if lane in threads:
                threads[lane].wake()

    def describe(self) -> list[dict[str, Any]]:
        """Describe each hook as the status file shows it."""
        return [thread.courier.describe() for thread in self._threads.values()]

    def drain(self, tick: Callable[[], object]) -> None:
        """Wait until each hook was told what can be told now: a program that ends when all is done does not wait for
        receivers that are away. `tick` is called meanwhile, and ends the wait by what it raises."""
        while not all(thread.is_quiet for thread in self._threads.values()):
            tick()
            time.sleep(_DRAIN_LOOK_S)

    def stop(self) -> None:
        """Stop all. Deliveries in work may end within some seconds; others are made anew at the next start."""
        self._stop(list(self._threads.values()))
        self._threads = {}

    def _stop(self, threads: Sequence[_CourierThread]) -> None:
        for thread in threads:
            thread.halt()
        until_s = time.monotonic() + self._limits.finish_s + self._limits.kill_grace_s + 1.0
        for thread in threads:
            thread.join(max(until_s - time.monotonic(), 0.0))

    def _set_aside_unknown(self, wanted: Mapping[Lane, Hook]) -> None:
        for lane in self._outbox.list_lanes():
            if lane not in wanted:
                deliveries = self._outbox.set_aside(lane, _UNKNOWN, time.time())
                self._log.warning(
                    "hook.set_aside", folder=make_printable(lane.folder), hook=lane.hook, deliveries=deliveries,
                    reason=_UNKNOWN,
                )  # fmt: skip


def _build_routes(hooks: Sequence[Hook]) -> dict[str, list[Route]]:
    routes: dict[str, list[Route]] = {}
    for hook in hooks:
        routes.setdefault(hook.lane.folder, []).append(Route(hook.lane.hook, hook.occasions))
    return routes


class _CourierThread:
    """The thread of one hook, which rests while nothing is due."""

    def __init__(self, hook: Hook, outbox: Outbox, log: Log, limits: Thresholds) -> None:
        self._hook = hook
        self._limits = limits
        self.courier = Courier(hook, outbox, self._deliver, log, time.time, limits)
        self._certificates: ssl.SSLContext | None = None
        self._halt = Halt()
        self._changed = threading.Condition()
        self._is_woken, self.is_quiet = True, False
        # A daemon thread: the system's resolver may hang, and must not hold up the end of the process.
        self._thread = threading.Thread(target=self._run, name=f"hook-{hook.lane.hook}", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        with self._changed:
            self._is_woken, self.is_quiet = True, False
            self._changed.notify()

    def halt(self) -> None:
        self._halt.set()
        self.wake()

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)
        if not self._thread.is_alive():
            self._halt.close()

    def _run(self) -> None:
        while not self._halt.is_set:
            with self._changed:
                self._is_woken = False
            try:
                rest_s = self.courier.work()
            except JournalError:  # the main loop meets the same, and says so
                rest_s = self._limits.look_s
            except Exception as error:  # noqa: BLE001 - a thread that ended unseen would tell the hook nothing more
                self.courier.report_fault(error)
                rest_s = self._limits.look_s
            with self._changed:
                self.is_quiet = rest_s > 0 and not self._is_woken
                self._changed.wait_for(lambda: self._is_woken, rest_s)

    def _deliver(self, delivery: Delivery) -> Result:
        if self._halt.is_set:
            return Interrupted()
        if isinstance(self._hook.target, Program):
            return run_program(self._hook.target, delivery, self._hook.timeout_s, self._halt, os.environ, self._limits)
        return self._post(delivery)

    def _post(self, delivery: Delivery) -> Result:
        from markerd.handover import webhook  # its libraries take 10 MB, which daemons without a webhook do without

        address = self._hook.target
        assert not isinstance(address, Program)
        try:
            if self._certificates is None:
                self._certificates = webhook.load_certificates(address)
        except OSError as error:
            return Failed(f"the certificates of this machine cannot be read: {make_harmless(str(error))}")
        return webhook.post(address, delivery, self._hook.timeout_s, self._certificates, time.time(), self._limits)
