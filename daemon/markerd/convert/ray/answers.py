"""What an actor sends, as typed values; what it left is put where the document's work expects it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markerd.convert.process import wire_format
from markerd.convert.process.message_pipes import Message
from markerd.convert.protocol import ConversionRequest, ConverterState
from markerd.convert.protocol.pool import Task, TaskOutcome
from markerd.errors import (
    ActorLostError,
    ConversionTimeoutError,
    ConverterDiedError,
    DocumentError,
    MemoryCeilingError,
)
from markerd.files import trees

_KINDS: dict[str, type[DocumentError]] = {
    kind.kind: kind for kind in (ConverterDiedError, ConversionTimeoutError, MemoryCeilingError)
}


def read_outcome(task: Task, message: Message) -> TaskOutcome:
    """Read how a task ended. An answer of no known form is the death of its converter."""
    try:
        with wire_format.demand_known_form():
            if message["op"] == "result":
                return TaskOutcome(task, wire_format.parse_result(message))
            if message["op"] == "error":
                return TaskOutcome(task, error=_specialise(wire_format.parse_error(message)))
            raise ConverterDiedError(f"the converter could not start: {message['message']}")
    except ConverterDiedError as error:
        return TaskOutcome(task, error=error)


def read_loss(message: Message) -> DocumentError:
    """Read why an attempt was lost with its actor."""
    reason = str(message["reason"])
    return ConversionTimeoutError(reason) if message.get("is_late") else ActorLostError(f"its actor was lost: {reason}")


def _specialise(error: DocumentError) -> DocumentError:
    """Return the error as the class that the daemon tells apart."""
    kind = _KINDS.get(error.kind)
    return error if kind is None else kind(str(error))


def put_in_place(arrived: Path, task: Task, outcome: TaskOutcome) -> None:
    """Move what arrived to the folders of the request. Raises OSError where the spool is full or was removed."""
    try:
        if outcome.result is not None:
            _replace(arrived / "output_dir", Path(task.request.output_dir))
            if isinstance(task.request, ConversionRequest) and (arrived / "kept_dir").is_dir():
                _replace(arrived / "kept_dir", Path(task.request.kept_dir))
    finally:
        trees.remove(arrived)


def _replace(source: Path, target: Path) -> None:
    trees.remove(target)
    source.rename(target)


def parse_state(fields: dict[str, Any]) -> ConverterState:
    """Raises KeyError, TypeError or ValueError for what has another form."""
    model_set = fields["model_set"]
    return ConverterState(
        pid=_parse_known(fields["pid"]),
        rss_bytes=_parse_known(fields["rss_bytes"]),
        documents=wire_format.parse_count(fields["documents"]),
        semaphores=_parse_known(fields["semaphores"]),
        model_set=None if model_set is None else wire_format.parse_text(model_set),
        starts=wire_format.parse_count(fields["starts"]),
        deaths=wire_format.parse_count(fields["deaths"]),
        is_retiring=bool(fields["is_retiring"]),
        replacement_pid=_parse_known(fields["replacement_pid"]),
        node=wire_format.parse_text(fields["node"]),
    )


def _parse_known(value: object) -> int | None:
    return None if value is None else wire_format.parse_count(value)
