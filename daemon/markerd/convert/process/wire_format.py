"""JSON lines between the daemon and its converter process: one object a line, `op` names what it is.

Never pickle: the converter reads untrusted documents, and a pickle from it could run code in the daemon.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from markerd.convert.cleanup.report import CleanupPoint, CleanupReport, ResourceCounts
from markerd.convert.protocol import (
    Artifact,
    ArtifactRole,
    ConversionRequest,
    ConversionResult,
    ConverterInfo,
    ConverterSpec,
    DocumentLimits,
    JoinRequest,
    Quality,
)
from markerd.errors import ConverterDiedError, DocumentError, UnavailableError
from markerd.files.untrusted import parse_json
from markerd.logs.event_catalog import EVENTS
from markerd.values import DegradedPage, harmless, plain_name

MAX_LINE_BYTES = 16 << 20
_TEXT_MAX = 4000
_COUNT_MAX = (1 << 53) - 1  # what JSON, SQLite and every reader of both can hold
_SECONDS_MAX = 1e9
LEVELS = frozenset({"debug", "info", "warning", "error"})

Message = dict[str, Any]


class Writer:
    """Writes messages to a pipe; BrokenPipeError when nobody reads it any more."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def send(self, op: str, **fields: Any) -> None:
        # ASCII only: lone surrogates of file names survive as escapes.
        data = json.dumps({"op": op, **fields}).encode("ascii") + b"\n"
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]

    def close(self) -> None:
        os.close(self._fd)


class LineBuffer:
    """Cuts the bytes of a pipe into messages. Raises UnavailableError for what is no message of ours."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            raise UnavailableError("the converter sent a line without an end")
        for line in lines:
            yield _parsed(line)


def _parsed(line: bytes) -> Message:
    try:
        message = parse_json(line)
    except ValueError as error:
        raise UnavailableError("the converter sent what is no JSON") from error
    if not isinstance(message, dict) or not isinstance(message.get("op"), str):
        raise UnavailableError("the converter sent what is no message")
    return message


@contextmanager
def trusted_form() -> Iterator[None]:
    """The converter reads untrusted documents: an answer that has not our form ends it, not the daemon."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ConverterDiedError(f"it sent an answer of no known form ({error!r})") from error


def log_event_from(message: Message) -> tuple[str, str, dict[str, Any]]:
    """(level, event, fields) of a log event; ValueError for what is not in the vocabulary."""
    level, event, fields = message["level"], message["event"], message["fields"]
    if level not in LEVELS or event not in EVENTS:
        raise ValueError(f"no such log event: {level} {event}")
    return level, event, {name: fields[name] for name in EVENTS[event].fields if name in fields}


def _text(value: object) -> str:
    """What the converter says may hold whatever a document holds."""
    return harmless(str(value)[:_TEXT_MAX])


def count_from(value: object) -> int:
    """-1 stands for what is not known. ValueError for what is no such number."""
    if isinstance(value, bool) or not isinstance(value, int) or not -1 <= value <= _COUNT_MAX:
        raise ValueError(f"no count: {value!r}")
    return value


def _seconds(value: object) -> float:
    seconds = float(value)  # type: ignore[arg-type]  # anything else is a TypeError, which is what is wanted
    if not 0 <= seconds < _SECONDS_MAX:
        raise ValueError(f"no duration: {seconds}")
    return seconds


def encode_spec(spec: ConverterSpec) -> str:
    """As JSON, for an argument of the converter process; ASCII, so that every path survives."""
    return json.dumps(asdict(spec), default=os.fspath)


def spec_from(encoded: str) -> ConverterSpec:
    """What `encode_spec` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    fields = parse_json(encoded.encode("ascii"))
    ocr_models, limits = fields["ocr_models"], fields["document_limits"]
    return replace(
        ConverterSpec(**fields),
        ocr_models=None if ocr_models is None else Path(ocr_models),
        document_limits=DocumentLimits(**limits),
    )


def request_from(message: Message) -> ConversionRequest:
    return ConversionRequest(
        document=message["document"],
        source=message["source"],
        output_dir=message["output_dir"],
        scratch_dir=message["scratch_dir"],
        formats=tuple(message["formats"]),
        options=message["options"],
        part_pages=message["part_pages"],
        part=message["part"],
        kept_dir=message["kept_dir"],
    )


def join_request_from(message: Message) -> JoinRequest:
    return JoinRequest(
        document=message["document"],
        parts_dir=message["parts_dir"],
        output_dir=message["output_dir"],
        scratch_dir=message["scratch_dir"],
        formats=tuple(message["formats"]),
        options=message["options"],
        pages=message["pages"],
    )


def result_from(message: Message) -> ConversionResult:
    return ConversionResult(
        pages=count_from(message["pages"]),
        artifacts=tuple(_artifact_from(artifact) for artifact in message["artifacts"]),
        seconds={_text(stage): _seconds(seconds) for stage, seconds in message["seconds"].items()},
        images=count_from(message["images"]),
        is_part=bool(message["is_part"]),
        quality=_quality_from(message["quality"]),
    )


def _artifact_from(artifact: Message) -> Artifact:
    """Its name is used in file calls: one that no file of ours has is refused here."""
    name = plain_name(artifact["file_name"])
    os.fsencode(name)  # a ValueError for what the file system cannot have
    return Artifact(ArtifactRole(artifact["role"]).value, name)


def _quality_from(message: Message) -> Quality:
    worst_page = message["worst_page"]
    return Quality(
        coverage=_share(message["coverage"]),
        worst_coverage=_share(message["worst_coverage"]),
        worst_page=None if worst_page is None else count_from(worst_page),
        missing_pages=tuple(count_from(page) for page in message["missing_pages"]),
        unread_pages=tuple(count_from(page) for page in message["unread_pages"]),
        degraded_pages=tuple(
            DegradedPage(count_from(page["page"]), _text(page["reason"]), _text(page["where"]), _text(page["reader"]))
            for page in message["degraded_pages"]
        ),
    )


def _share(value: object) -> float | None:
    if value is None:
        return None
    share = float(value)  # type: ignore[arg-type]  # as in `_seconds`
    if not 0 <= share <= 1:
        raise ValueError(f"no share: {share}")
    return share


def problems_from(message: Message) -> list[str]:
    return [_text(problem) for problem in message["problems"]]


def info_from(message: Message) -> ConverterInfo:
    return ConverterInfo(
        model_set=_text(message["model_set"]),
        reason=_text(message["reason"]),
        versions={_text(name): _text(version) for name, version in message["versions"].items()},
        load_seconds=_seconds(message["load_seconds"]),
    )


def report_from(message: Message) -> CleanupReport:
    return CleanupReport(
        point=CleanupPoint(message["point"]),
        before=_resources_from(message["before"]),
        after=_resources_from(message["after"]),
        removed=tuple(_text(name) for name in message["removed"]),
        seconds=_seconds(message["seconds"]),
    )


def _resources_from(counts: dict[str, object]) -> ResourceCounts:
    return ResourceCounts(**{name: count_from(value) for name, value in counts.items()})


def error_fields(error: DocumentError) -> Message:
    return {
        "kind": error.kind,
        "message": str(error),
        "is_permanent": error.is_permanent,
        "details": dict(error.details),
    }


def error_from(message: Message) -> DocumentError:
    kind, is_permanent = _text(message["kind"]), bool(message["is_permanent"])
    details = _details_from(message.get("details", {}))
    return DocumentError(_text(message["message"]), kind=kind, is_permanent=is_permanent, details=details)


def _details_from(details: Message) -> dict[str, Any]:
    if not details:
        return {}
    versions = {_text(name): _text(version) for name, version in details["versions"].items()}
    return {"exception": _text(details["exception"]), "where": _text(details["where"]), "versions": versions}


fields_of = asdict
