"""The intake and the loop for the configuration in force. A reload ends them and builds others."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from markerd.config.quiet_hours import parse_quiet_hours
from markerd.intake.document_queue import DocumentQueue
from markerd.intake.intake_thread import Intake
from markerd.pipeline.conversion import Conversion
from markerd.pipeline.disk_space import Storage
from markerd.pipeline.document_events import DocumentEvents
from markerd.pipeline.processor import Processor
from markerd.pipeline.retention import Retention
from markerd.pipeline.source_mirror import SourceMirror
from markerd.runtime import profiles, wiring
from markerd.runtime.active_configuration import ActiveConfiguration
from markerd.runtime.converter_slot import ConverterSlot
from markerd.runtime.loop import Loop, LoopEnd
from markerd.runtime.maintenance import Maintenance
from markerd.runtime.quiet_watch import QuietWatch
from markerd.runtime.resources import Resources
from markerd.runtime.window import Window

_DAY_S = 24 * 3600.0


@dataclass(frozen=True)
class Session:
    """The intake, which has a thread of its own, and the loop, which has the main thread."""

    intake: Intake
    loop: Loop

    def run(self) -> LoopEnd:
        """Run until a stop or a reload is wanted, or until everything is done. Return which it was."""
        with ExitStack() as stack:
            stack.callback(self.intake.stop)
            self.intake.start()
            return self.loop.run()


def build_session(active: ActiveConfiguration, resources: Resources, slot: ConverterSlot) -> Session:
    """Put the parts together. Nothing runs yet."""
    config, journal, log = active.config, resources.journal, active.log
    after = {str(folder.path): folder.after for folder in config.folders}
    wake = resources.requests.wakeup.wake
    queue = DocumentQueue(journal, config.daemon.queue_size, after, log, wake)
    watched = [wiring.build_watched_folder(folder, is_once=active.is_once) for folder in config.folders]
    intake = Intake(watched, queue, log, reconcile_s=config.daemon.reconcile_s, on_change=wake)
    queue.on_room = intake.wake
    resources.anchors.remember(wiring.list_written_folders(config))
    storage = Storage(resources.anchors, log)
    resources.reporter.watch_session(queue, intake, storage, config)
    maintenance = Maintenance(
        slot.pool, wiring.choose_recycle_limits(config), journal.history, resources.usage, log,
        history_s=config.daemon.history_days * _DAY_S, models=slot.models,
    )  # fmt: skip
    conversion = Conversion(
        slot.pool, resources.spool, DocumentEvents(journal, log), resources.reporter,
        part_pages=config.converter.part_pages, between_parts=resources.stop.leave_between_parts,
    )  # fmt: skip
    plans = profiles.build_plans(config)
    processor = Processor(
        journal, resources.spool, conversion, storage, plans, wiring.build_limits(config), log,
        intake.rescan,
    )  # fmt: skip
    resources.reporter.watch_away_models(processor.models)
    window = Window(slot.pool, processor, resources.desk)
    loop = Loop(
        queue, intake, window, maintenance, resources.requests, resources.reporter, config.daemon.reconcile_s,
        is_once=active.is_once, journal_watch=resources.journal_watch,
    )  # fmt: skip
    if not active.is_once:
        if hours := parse_quiet_hours(config.daemon.quiet_hours):
            loop.quiet = QuietWatch(hours, log)
        mirror = SourceMirror(journal, plans, storage, log, config.daemon.reconcile_s)
        loop.chores = (mirror, Retention(journal.reader, plans, storage, log))
    return Session(intake, loop)
