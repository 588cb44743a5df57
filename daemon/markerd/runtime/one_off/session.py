"""The loop of the daemon, put together for documents that a command names."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from markerd.config import Config, FolderConfig
from markerd.convert.protocol.pool import Pool
from markerd.journal import Journal
from markerd.logs import Log
from markerd.monitoring.resource_usage import ResourceUsage
from markerd.pipeline.conversion import Conversion, Watcher
from markerd.pipeline.disk_space import Anchors, Storage
from markerd.pipeline.document_events import DocumentEvents
from markerd.pipeline.folder_plan import FolderPlan, Places
from markerd.pipeline.left_sources import LeftSources
from markerd.pipeline.processor import Processor
from markerd.pipeline.spool import Spool
from markerd.runtime import wiring
from markerd.runtime.loop import Loop, Observer
from markerd.runtime.maintenance import Maintenance
from markerd.runtime.one_off.given_documents import GivenDocuments
from markerd.runtime.signals import SignalRequests
from markerd.runtime.window import Window
from markerd.values import After

_DAY_S = 24 * 3600.0


class Shown(Observer, Watcher, Protocol):
    """Whoever is told how far the loop and each document are."""


class Stops(Protocol):
    """The signals that came, and what a document that is converted in parts asks before each part."""

    @property
    def requests(self) -> SignalRequests: ...
    def leave_between_parts(self) -> None: ...


def build_loop(
    config: Config,
    pool: Pool,
    spool: Spool,
    journal: Journal,
    documents: GivenDocuments,
    stops: Stops,
    shown: Shown,
    log: Log,
) -> Loop:
    """Put the parts together for the one folder of the configuration. Nothing runs yet."""
    (folder,) = config.folders
    plans = {each: _build_plan(folder, each) for each in documents.folders}
    conversion = Conversion(
        pool, spool, DocumentEvents(journal, log), shown,
        part_pages=config.converter.part_pages, between_parts=stops.leave_between_parts,
    )  # fmt: skip
    processor = Processor(
        journal, spool, conversion, _build_storage(folder.output, log), plans,
        wiring.build_limits(config), log, lambda: None, LeftSources(),
    )  # fmt: skip
    maintenance = Maintenance(
        pool, wiring.choose_recycle_limits(config), journal.history, ResourceUsage(spool.root), log, history_s=_DAY_S
    )
    return Loop(
        documents, documents, Window(pool, processor), maintenance, stops.requests, shown, config.daemon.reconcile_s,
        is_once=True,
    )  # fmt: skip


def _build_plan(folder: FolderConfig, source_folder: str) -> FolderPlan:
    """Build the plan for the files that lie in `source_folder`; the ids of chunks tell folders apart."""
    return FolderPlan(
        output=folder.output,
        places=Places(folder.archive, folder.failed, After.KEEP),
        formats=tuple(wanted.value for wanted in folder.formats),
        options=wiring.list_options(folder.model_copy(update={"path": Path(source_folder)})),
        is_always_converted=True,
        is_explained=True,
    )


def _build_storage(output: Path, log: Log) -> Storage:
    anchors = Anchors()
    anchors.remember([output])
    return Storage(anchors, log)
