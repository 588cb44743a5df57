"""What the daemon holds from start to end, whatever a reload changes: lock, journal, spool, status and web page."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from markerd import __version__
from markerd.config import Config, find_runtime_dir, make_absolute
from markerd.convert import cleanup
from markerd.files import leases, trees
from markerd.handover.couriers import Couriers
from markerd.journal import Journal, open_or_replace
from markerd.logs import Log
from markerd.monitoring.reporter import Display, Reporter
from markerd.monitoring.resource_usage import ResourceUsage
from markerd.monitoring.status_file import Snapshot
from markerd.monitoring.web.service import Web
from markerd.pipeline.disk_space import Anchors
from markerd.pipeline.spool import Spool
from markerd.runtime.active_configuration import ActiveConfiguration
from markerd.runtime.instance_lock import hold_state_dir
from markerd.runtime.journal_watch import JournalWatch
from markerd.runtime.lending.desk import LendingDesk
from markerd.runtime.signals import SignalRequests
from markerd.runtime.stop import Stop
from markerd.values import make_printable


@dataclass(frozen=True)
class Resources:
    """The resources of the main thread, which alone uses them and closes them in the reverse order."""

    requests: SignalRequests
    journal: Journal
    journal_watch: JournalWatch
    web: Web
    reporter: Reporter
    stop: Stop
    spool: Spool
    usage: ResourceUsage
    anchors: Anchors
    couriers: Couriers
    desk: LendingDesk

    def listen(self, config: Config, log: Log) -> None:
        """Serve at the address of this configuration. Keep the old one and raise UnavailableError if that fails."""
        if address := self.web.listen(config.http.address):
            log.info("http.listening", address=str(address))


def open_resources(
    active: ActiveConfiguration, requests: SignalRequests, displays: Sequence[Display], stack: ExitStack
) -> Resources:
    """Open the resources in order. `stack` closes them. Raise UnavailableError or JournalError."""
    config, log = active.config, active.log
    state_dir = config.daemon.state_dir
    leases.keep_from_children()
    lock = stack.enter_context(hold_state_dir(state_dir))
    trees.sweep(state_dir)
    stack.enter_context(requests.listening())
    journal = _open_journal(config, log, stack)
    journal_watch = JournalWatch(journal, lock, log)
    stack.callback(journal_watch.restore)
    web = Web(journal.path)
    snapshot = Snapshot(config=str(make_absolute(active.path)), isolation=config.converter.isolation.value)
    reporter = Reporter(find_runtime_dir(state_dir), journal, [*displays, web.board], snapshot, log)
    stack.callback(reporter.close)
    stop = Stop(active, requests, reporter, journal_watch)
    spool = Spool(state_dir / "spool", stop.tick_while_staging)
    spool.clear({name for name in spool.list_jobs() if journal.reader.is_unfinished(int(name))})
    usage = ResourceUsage(spool.root)
    desk = LendingDesk(state_dir, spool.root, reporter, requests.wakeup.wake, lambda: requests.is_stopping, log)
    stack.callback(desk.close)
    cleanup.sweep_dead_daemons()
    log.info(
        "daemon.started",
        version=__version__,
        config=active.shown_path,
        folders=[make_printable(str(folder.path)) for folder in config.folders],
        pid=os.getpid(),
    )
    couriers = Couriers(journal.outbox, log)
    stack.callback(couriers.stop)
    reporter.watch_hooks(couriers.describe)
    stack.callback(web.stop)
    return Resources(requests, journal, journal_watch, web, reporter, stop, spool, usage, Anchors(), couriers, desk)


def _open_journal(config: Config, log: Log, stack: ExitStack) -> Journal:
    journal, replaced = open_or_replace(config.daemon.state_dir / "journal.sqlite")
    stack.callback(journal.close)
    if replaced is not None:
        reason = make_printable(replaced.reason)
        moved_to = make_printable(str(replaced.moved_to))
        log.error("journal.replaced", moved_to=moved_to, reason=reason, deliveries=replaced.deliveries)
        journal.history.record_incident("journal.replaced", replaced.reason)
    return journal
