"""Where commands borrow the converters: their tasks take turns with those of the hot folders.

A command stages, publishes and counts attempts by itself; only what a converter does is asked for here. So nothing of
it is in the journal, and its documents are no documents of the daemon.
"""

from __future__ import annotations

import socket
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from markerd import __version__
from markerd.convert.process import wire_format
from markerd.convert.process.message_pipes import Message
from markerd.convert.protocol import ConversionRequest, JoinRequest
from markerd.convert.protocol.pool import Pool, Task, TaskOutcome
from markerd.errors import DocumentError, StopNowError, UnavailableError
from markerd.files import trees
from markerd.logs import Log
from markerd.pipeline.conversion import Watcher
from markerd.pipeline.progress import Progress
from markerd.runtime.lending import channel
from markerd.runtime.lending.borrower import Borrower
from markerd.values import make_harmless, make_printable

FOLDER_PREFIX = "lent-"
_MOST_BORROWERS = 32
"""Commands at once. One more is sent away, and starts converters of its own."""
_MOST_LOANS = 16
"""Tasks of one command at once; ours has two."""
_ACCEPT_AGAIN_S = 1.0
"""So long after a connection could not be taken the next one is. Commands wait for an answer meanwhile."""
_FAREWELL_S = 1.0
"""So long the daemon's end may wait for commands to take their last results, which they would make again without."""


@dataclass(frozen=True)
class Loan:
    """One task of a command; `number` is its name for it."""

    borrower: Borrower
    number: int
    request: ConversionRequest | JoinRequest
    is_renewed_after_fault: bool


class LendingDesk:
    """Listens from its start on. The main thread takes the loans, and answers; threads only read and write."""

    def __init__(
        self, state_dir: Path, spool_root: Path, watcher: Watcher, wake: Callable[[], None],
        is_stopping: Callable[[], bool], log: Log,
    ) -> None:  # fmt: skip
        """`wake` is called by a thread when a command has sent something."""
        self._state_dir, self._spool_root = state_dir, spool_root
        self._watcher, self._wake, self._is_stopping, self._log = watcher, wake, is_stopping, log
        self._heard: deque[tuple[Borrower, Message | None]] = deque()
        self._waiting: deque[Loan] = deque()
        self._borrowers: set[Borrower] = set()
        self._closing = threading.Event()
        self._listener: socket.socket | None = None
        try:
            self._listener = channel.listen(state_dir)
        except OSError as error:
            log.warning("lending.unavailable", reason=f"{make_printable(str(state_dir))}: {error.strerror or error}")
            return
        threading.Thread(target=self._accept, name="lending", daemon=True).start()

    def _accept(self) -> None:
        assert self._listener is not None
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:  # no descriptor is free, or it is closed
                self._closing.wait(_ACCEPT_AGAIN_S)
                continue
            if self._closing.is_set() or len(self._borrowers) >= _MOST_BORROWERS:
                connection.close()
            else:
                self._admit(Borrower(connection, self._hear))

    def _admit(self, borrower: Borrower) -> None:
        """It is known before its threads start: one that has gone already is forgotten by what they hear."""
        self._borrowers.add(borrower)
        borrower.start()

    def _hear(self, borrower: Borrower, message: Message | None) -> None:
        self._heard.append((borrower, message))
        self._wake()

    def close(self) -> None:
        """End all connections once what was answered is sent. Commands that are still there remove their folders."""
        self._closing.set()
        if self._listener is not None:
            with suppress(OSError):
                (self._state_dir / channel.SOCKET).unlink()
            with suppress(OSError):  # macOS; Linux ends the wait for a connection by it
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        leaving = list(self._borrowers)
        for borrower in leaving:
            borrower.close()
        for borrower in leaving:
            borrower.await_end(_FAREWELL_S / len(leaving))

    # --- for the main thread ----------------------------------------------------------------------------------------

    def take(self, pool: Pool) -> list[Loan]:
        """Take the tasks that wait. What else commands have sent is answered."""
        while self._heard:
            borrower, message = self._heard.popleft()
            if message is None:
                self._forget(borrower)
                continue
            try:
                self._attend(borrower, message, pool)
            except (KeyError, TypeError, ValueError, AttributeError):  # it is no command of this version
                borrower.close()
            except (UnavailableError, OSError) as error:  # it starts converters of its own
                self._log.warning("lending.unavailable", reason=make_harmless(str(error)))
                borrower.close()
        loans, self._waiting = list(self._waiting), deque()
        return loans

    def _attend(self, borrower: Borrower, message: Message, pool: Pool) -> None:
        op = message["op"]
        if op == "hello":
            self._welcome(borrower, message, pool)
        elif op == "check_options":
            borrower.send("problems", problems=pool.check_options(dict(message["options"])))
        else:
            parse = wire_format.parse_join_request if op == "join" else wire_format.parse_request
            request = _demand_own_places(parse(message), borrower.folder)
            mine = borrower.in_work + sum(loan.borrower is borrower for loan in self._waiting)
            if mine >= _MOST_LOANS:
                raise ValueError("it asks for too much at once")
            number, is_renewed = wire_format.parse_count(message["number"]), bool(message["is_renewed_after_fault"])
            self._waiting.append(Loan(borrower, number, request, is_renewed))

    def _welcome(self, borrower: Borrower, message: Message, pool: Pool) -> None:
        if message["version"] != __version__:
            borrower.close()
            return
        if borrower.folder is None:
            borrower.folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=self._spool_root))
        borrower.send("welcome", folder=str(borrower.folder), info=wire_format.fields_of(pool.info))

    def _forget(self, borrower: Borrower) -> None:
        borrower.is_gone = True
        self._borrowers.discard(borrower)
        self._waiting = deque(loan for loan in self._waiting if loan.borrower is not borrower)
        _clear(borrower)

    def serve(self, loan: Loan, order: int, number: int, pool: Pool) -> Generator[Sequence[Task], TaskOutcome, None]:
        """Have a loan's task done in its turn, as `Work`; the status shows it as the document `number`.

        On a reload it waits for the next session.
        """
        borrower, document = loan.borrower, loan.request.document

        def on_start() -> None:
            if borrower.is_gone:
                raise DocumentError("the command that asked for it has ended")
            self._watcher.show_converting(number, document)
            self._log.info("command.converting", document=document)
            borrower.send("started", number=loan.number)

        def on_pages(pages: int) -> None:
            self._watcher.show_progress(number, Progress(0, pages))
            borrower.send("pages", number=loan.number, pages=pages)

        borrower.in_work += 1
        try:
            outcome = yield (Task(order, loan.request, on_start, on_pages, loan.is_renewed_after_fault),)
            self._answer(loan, outcome, pool)
        except StopNowError:
            self._put_back(loan)
            raise
        finally:
            borrower.in_work -= 1
            _clear(borrower)

    def _answer(self, loan: Loan, outcome: TaskOutcome, pool: Pool) -> None:
        borrower, error = loan.borrower, outcome.error
        if isinstance(error, StopNowError):
            raise error
        if outcome.result is not None:
            fields = {**wire_format.fields_of(outcome.result), "info": wire_format.fields_of(pool.info)}
            borrower.send("result", number=loan.number, **fields)
        elif isinstance(error, DocumentError):
            borrower.send("error", number=loan.number, **wire_format.build_error_fields(error))
        else:  # the converters are at fault: the command starts its own
            borrower.close()
        self._log.info("command.done", document=loan.request.document, outcome=_name_outcome(outcome))

    def _put_back(self, loan: Loan) -> None:
        if self._is_stopping():
            loan.borrower.close()
        else:
            self._waiting.append(loan)


def _name_outcome(outcome: TaskOutcome) -> str:
    if outcome.result is not None:
        return "part" if outcome.result.is_part else "converted"
    return outcome.error.kind if isinstance(outcome.error, DocumentError) else make_harmless(str(outcome.error))


def _clear(borrower: Borrower) -> None:
    """Remove the folder of a command that has gone, once no converter has anything of it.

    One that was sent away may still publish from its folder, and removes it itself.
    """
    is_ours = borrower.is_gone and not borrower.is_dismissed
    if is_ours and borrower.in_work == 0 and borrower.folder is not None:
        with suppress(OSError):  # what remains goes at the daemon's next start
            trees.remove(borrower.folder)


def _demand_own_places(
    request: ConversionRequest | JoinRequest, folder: Path | None
) -> ConversionRequest | JoinRequest:
    """Return the request, all of whose places lie in a folder of one job below `folder`, however deep.

    Raises ValueError.
    """
    if folder is None:
        raise ValueError("it has no folder yet")
    for name in request.places:
        place = Path(getattr(request, name) or request.output_dir)
        between = [parent for parent in place.parents if folder in parent.parents]
        if not between or ".." in place.parts or any(parent.is_symlink() for parent in between):
            raise ValueError(f"no place of its own: {place}")
    return request
