"""Loans in the window, among the documents of hot folders."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

from core_scene import Core, core_at
from markerd.convert.protocol import ConversionRequest
from markerd.convert.protocol.pool import Pool, Task, TaskOutcome
from markerd.errors import StopNowError
from markerd.runtime.window import Window
from markerd.values import State


class OneCommand:
    """Lends to one command, which asks for these documents."""

    def __init__(self, core: Core, *names: str) -> None:
        self._core, self._waiting = core, list(names)
        self.ended: list[tuple[str, int]] = []
        self.put_back: list[str] = []

    def take(self, pool: Pool) -> Sequence[str]:
        taken, self._waiting = self._waiting, []
        return taken

    def serve(self, loan: str, order: int, number: int, pool: Pool) -> Generator[Sequence[Task], TaskOutcome, None]:
        job = self._core.root / f"loan-{loan}"
        for name in ("out", "tmp"):
            (job / name).mkdir(parents=True)
        (job / "document.pdf").write_bytes(b"%PDF-1.4 one")
        request = ConversionRequest(loan, f"{job}/document.pdf", f"{job}/out", f"{job}/tmp", ("markdown",))
        try:
            yield (Task(order, request),)
        except StopNowError:
            self.put_back.append(loan)
            raise
        self.ended.append((loan, number))


def test_loans_take_turns_with_documents(tmp_path: Path) -> None:
    """What was begun before comes first, and what is begun later comes behind; loans take no room from documents."""
    with core_at(tmp_path, workers=2) as core:
        for name in ("a.pdf", "b.pdf"):
            core.drop(name)
        command = OneCommand(core, "x", "y")
        window = Window(core.pool, core.processor, command)
        first, second = core.backlog.take(0.0), core.backlog.take(0.0)
        assert first is not None
        assert second is not None
        window.begin(first)
        assert window.begin_loans()
        assert not window.begin_loans()
        assert window.has_room
        window.begin(second)
        ended = []
        while len(window):
            ended += list(window.end(0.0))
        assert sorted(ended) == sorted([first.id, second.id, *(number for _, number in command.ended)])
        assert all(number < 0 for _, number in command.ended)
        assert [core.find(name).state for name in ("a.pdf", "b.pdf")] == [State.PUBLISHED] * 2


def test_order_is_that_of_the_beginning(tmp_path: Path) -> None:
    """One converter has them one after the other."""
    with core_at(tmp_path) as core:
        core.drop("a.pdf")
        command = OneCommand(core, "x", "y")
        window = Window(core.pool, core.processor, command)
        document = core.backlog.take(0.0)
        assert document is not None
        window.begin(document)
        window.begin_loans()
        assert [list(window.end(0.0)) for _ in range(3)] == [[document.id], [-2], [-3]]


def test_loans_are_put_back_with_the_documents(tmp_path: Path) -> None:
    """A stop or a reload ends their work as well."""
    with core_at(tmp_path) as core:
        command = OneCommand(core, "x")
        window = Window(core.pool, core.processor, command)
        window.begin_loans()
        window.put_back_all("the daemon stops")
        assert (command.put_back, len(window)) == (["x"], 0)
