"""One run of `markerd convert`, from the names of files to what became of each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Protocol

from markerd.config import Config, FolderConfig, Isolation
from markerd.convert.protocol.pool import Pool
from markerd.errors import DaemonGoneError, StopNowError, UnavailableError
from markerd.files import leases
from markerd.journal import Document, Journal
from markerd.logs import Log
from markerd.pipeline import manifest
from markerd.pipeline.conversion import Watcher
from markerd.pipeline.manifest import Manifest
from markerd.pipeline.spool import Spool
from markerd.runtime import wiring
from markerd.runtime.lending.borrowed_pool import borrow_converters
from markerd.runtime.loop import Observer
from markerd.runtime.one_off.given_documents import Given, GivenDocuments, record
from markerd.runtime.one_off.own_converters import demand_options, start_own_converters
from markerd.runtime.one_off.session import build_loop
from markerd.runtime.signals import SignalRequests
from markerd.values import State


class Display(Observer, Watcher, Protocol):
    """Shows how far the run is. `show_finished` gets the number of each document that has come to its end."""

    def show_loading(self, reason: str) -> None: ...
    def show_ready(self) -> None: ...
    def show_note(self, text: str) -> None: ...


class StopRequests(SignalRequests):
    """The signals that end a command. Each of them ends it at once, a closed terminal as well."""

    stop_number = 0

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        super()._on_stop(number, frame)
        self.stop_number = self.stop_number or number

    def _on_reload(self, number: int, frame: FrameType | None) -> None:
        self._on_stop(number, frame)


@dataclass(frozen=True)
class Ending:
    """What became of a file. `output` is the folder of what is published, and `manifest` what it says of itself.

    `kind` and `reason` say why there is none; `is_read` is False where there was nothing to read.
    """

    name: str
    output: Path | None = None
    manifest: Manifest | None = None
    kind: str = ""
    reason: str = ""
    is_read: bool = True


class OneOffRun:
    """Converts the files that a command names."""

    def __init__(
        self, config: Config, folder: FolderConfig, state_dir: Path, requests: SignalRequests, log: Log,
        *, is_alone: bool = False,
    ) -> None:  # fmt: skip
        """`folder` says what is made of the documents, and where their outputs go; `state_dir` is the run's own.

        If `is_alone`, no running daemon is asked.
        """
        self.requests = requests
        self._is_alone = is_alone
        self._config, self._folder, self._state_dir, self._log = config, folder, state_dir, log

    @contextmanager
    def record(self, names: Sequence[str]) -> Iterator[list[Given]]:
        """Record the files in a journal of this run; yields them."""
        leases.keep_from_children()
        self._journal = Journal(self._state_dir / "journal.sqlite")
        try:
            yield record(self._journal, names)
        finally:
            self._journal.close()

    def convert(self, given: Sequence[Given], display: Display) -> None:
        """Convert the files. Raise StopNowError where a signal ends the run, and UnavailableError as the daemon."""
        self._display = display
        numbers = [each.number for each in given if not each.problem]
        if numbers and not (self._may_borrow() and self._convert_borrowed(numbers)):
            self._convert_alone(numbers)

    def _may_borrow(self) -> bool:
        """Whether the converters of a daemon would do: an LLM is asked through a relay of the command's own."""
        return not (self._is_alone or self._folder.marker.get("use_llm"))

    def _convert_borrowed(self, numbers: Sequence[int]) -> bool:
        """Convert in the converters of the running daemon; False where there is none, or it ends before that."""
        self._display.show_loading("waiting for the daemon")
        config = adapt_config(self._config, self._folder, self._state_dir)
        try:
            with borrow_converters(self._config.daemon.state_dir, self._tick) as pool:
                if pool is None:
                    return False
                demand_options(wiring.list_option_problems(pool, config))
                self._run_loop(config, pool, pool.spool_root, numbers)
        except DaemonGoneError as error:
            self._display.show_note(f"{error}; the rest is converted without it")
            return False
        return True

    def _convert_alone(self, numbers: Sequence[int]) -> None:
        self._display.show_loading("loading the models")
        config = adapt_config(self._config, self._folder, self._state_dir)
        with start_own_converters(config, self._log, self._tick, self.requests.wakeup) as pool:
            self._run_loop(config, pool, self._state_dir / "spool", numbers)

    def _run_loop(self, config: Config, pool: Pool, spool_root: Path, numbers: Sequence[int]) -> None:
        self._display.show_ready()
        documents = GivenDocuments(self._journal, numbers)
        spool = Spool(spool_root, self._tick)
        spool.look_after = pool.look_after
        build_loop(config, pool, spool, self._journal, documents, self, self._display, self._log).run()
        self._demand_going_on()

    def _tick(self) -> None:
        self._display.beat()
        self._demand_going_on()

    def leave_between_parts(self) -> None:
        """Raise StopNowError where a signal has come."""
        self._demand_going_on()

    def _demand_going_on(self) -> None:
        if self.requests.is_stopping:
            raise StopNowError(f"stopped by {self.requests.stop_name}")

    def is_finished(self, number: int) -> bool:
        """Whether the document has come to its end, and is not tried again."""
        return not self._journal.reader.is_unfinished(number)

    def find_ending(self, given: Given) -> Ending:
        """Find out what became of a file."""
        if given.problem:
            return Ending(given.name, kind="no_input", reason=given.problem, is_read=False)
        document = self._journal.reader.get(given.number)
        assert document is not None
        if document.state is State.PUBLISHED and document.output is not None:
            return Ending(given.name, Path(document.output), read_manifest(Path(document.output)))
        return Ending(given.name, kind=document.kind or "unfinished", reason=_explain(document))


def _explain(document: Document) -> str:
    if document.state is State.DEAD and document.reason:
        return document.reason
    return document.reason or "it changed, or went away, while it was read"


def read_manifest(output: Path) -> Manifest | None:
    """Read what an output folder says of itself; None where somebody took it away."""
    try:
        fd = os.open(output, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        return manifest.read(fd)
    finally:
        os.close(fd)


def adapt_config(config: Config, folder: FolderConfig, state_dir: Path) -> Config:
    """Return the configuration of a run: its one folder, its own state, and converters in processes of this machine."""
    converter = config.converter.model_copy(
        update={
            "isolation": Isolation.PROCESS,
            "retry_delay_s": min(config.converter.retry_delay_s, _LONGEST_RETRY_DELAY_S),
        }
    )
    daemon = config.daemon.model_copy(update={"state_dir": state_dir})
    return config.model_copy(update={"converter": converter, "daemon": daemon, "folders": (folder,)})


_LONGEST_RETRY_DELAY_S = 1.0
"""Before the first repetition: the daemon waits for a trouble to pass, and somebody waits for a command."""


@contextmanager
def open_output_folder(folder: Path) -> Iterator[None]:
    """Make the folder for the outputs, and remove what was made if it is still empty at the end.

    Raise UnavailableError where that fails, or nothing can be written there.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnavailableError(f"the folder {folder} cannot be used: {error.strerror}") from error
    try:
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UnavailableError(f"the folder {folder} cannot be written")
        yield
    finally:
        with suppress(OSError):  # it is not empty, as it should be
            for path in missing:
                path.rmdir()
