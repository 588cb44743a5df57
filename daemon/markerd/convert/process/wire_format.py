"""The fields of the messages between the daemon and its converter process, as typed values.

The converter reads untrusted documents, so whatever it sends is parsed here, bounded and checked; behind this module
nothing is checked again. Each parser raises KeyError, TypeError or ValueError for what has another form.
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
from markerd.convert.process.message_pipes import Message
from markerd.convert.protocol import (
    Artifact,
    ArtifactRole,
    ConversionRequest,
    ConversionResult,
    ConverterInfo,
    ConverterSpec,
    DocumentLimits,
    JoinRequest,
    LlmSpec,
    PageCheck,
    Quality,
    TimeLimits,
)
from markerd.document_metadata import FIELD_NAMES, DocumentMetadata
from markerd.errors import ConverterDiedError, DocumentError, ModelAwayError
from markerd.files.untrusted import parse_json
from markerd.logs.event_catalog import EVENTS
from markerd.values import Attachment, DegradedPage, LlmUse, ReadTable, demand_plain_name, make_harmless

_TEXT_MAX = 4000  # characters
_COUNT_MAX = (1 << 53) - 1  # what JSON, SQLite and every reader of both can hold
_SECONDS_MAX = 1e9
SPEC_VARIABLE = "MARKERD_CONVERTER_SPEC"
"""The variable of the environment that has the specification of a converter process."""
LEVELS = frozenset({"debug", "info", "warning", "error"})


@contextmanager
def demand_known_form() -> Iterator[None]:
    """A malformed answer ends the converter, not the daemon: raises ConverterDiedError for it."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ConverterDiedError(f"it sent an answer of no known form ({error!r})") from error


def parse_log_event(message: Message) -> tuple[str, str, dict[str, Any]]:
    """Return (level, event, fields) of a log event. Raises ValueError for an event that is not in the catalog."""
    level, event, fields = message["level"], message["event"], message["fields"]
    if level not in LEVELS or event not in EVENTS:
        raise ValueError(f"no such log event: {level} {event}")
    return level, event, {name: fields[name] for name in EVENTS[event].fields if name in fields}


def parse_text(value: object) -> str:
    """Return the text cut and made harmless, since it may hold whatever a document holds."""
    return make_harmless(str(value)[:_TEXT_MAX])


def parse_count(value: object) -> int:
    """Return the number; -1 stands for a count that is not known. Raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or not -1 <= value <= _COUNT_MAX:
        raise ValueError(f"no count: {value!r}")
    return value


def _parse_seconds(value: object) -> float:
    seconds = float(value)  # type: ignore[arg-type]  # anything that is no number raises TypeError, which is wanted
    if not 0 <= seconds < _SECONDS_MAX:
        raise ValueError(f"no duration: {seconds}")
    return seconds


def encode_spec(spec: ConverterSpec) -> str:
    """Write the specification as JSON, for the environment of the converter process; in ASCII every path survives."""
    return json.dumps(asdict(spec), default=os.fspath)


def parse_spec(encoded: str) -> ConverterSpec:
    """Read what `encode_spec` wrote."""
    fields = parse_json(encoded.encode("ascii"))
    llm = fields["llm"]
    ocr_models, limits, times = fields["ocr_models"], fields["document_limits"], fields["time_limits"]
    return replace(
        ConverterSpec(**fields),
        ocr_models=None if ocr_models is None else Path(ocr_models),
        document_limits=DocumentLimits(**limits),
        time_limits=None if times is None else TimeLimits(**times),
        llm=None if llm is None else LlmSpec(**llm),
    )


def parse_request(message: Message) -> ConversionRequest:
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


def parse_join_request(message: Message) -> JoinRequest:
    return JoinRequest(
        document=message["document"],
        parts_dir=message["parts_dir"],
        output_dir=message["output_dir"],
        scratch_dir=message["scratch_dir"],
        formats=tuple(message["formats"]),
        options=message["options"],
        pages=message["pages"],
    )


def parse_result(message: Message) -> ConversionResult:
    return ConversionResult(
        pages=parse_count(message["pages"]),
        artifacts=tuple(_parse_artifact(artifact) for artifact in message["artifacts"]),
        seconds={parse_text(stage): _parse_seconds(seconds) for stage, seconds in message["seconds"].items()},
        images=parse_count(message["images"]),
        is_part=bool(message["is_part"]),
        quality=_parse_quality(message["quality"]),
        attachments=tuple(map(_parse_attachment, message["attachments"])),
        llm=_parse_llm_use(message.get("llm")),
        metadata=_parse_metadata(message.get("metadata", {})),
    )


def _parse_metadata(said: Message) -> DocumentMetadata:
    return DocumentMetadata.of(**{name: value for name, value in said.items() if name in FIELD_NAMES})


def _parse_llm_use(use: Message | None) -> LlmUse | None:
    if use is None:
        return None
    return LlmUse(
        service=parse_text(use["service"]),
        model=parse_text(use["model"]),
        requests=parse_count(use["requests"]),
        failed=parse_count(use["failed"]),
        reason=parse_text(use["reason"]),
    )


def _parse_attachment(attachment: Message) -> Attachment:
    return Attachment(
        name=parse_text(attachment["name"]),
        page=parse_count(attachment["page"]),
        pages=parse_count(attachment["pages"]),
        failed=parse_text(attachment["failed"]),
    )


def _parse_artifact(artifact: Message) -> Artifact:
    """Refuse a file name that no artifact has, because the name is used in file calls."""
    name = demand_plain_name(artifact["file_name"])
    os.fsencode(name)  # raises ValueError for a name that the file system cannot have
    return Artifact(ArtifactRole(artifact["role"]).value, name)


def _parse_quality(message: Message) -> Quality:
    worst_page = message["worst_page"]
    return Quality(
        coverage=_parse_share(message["coverage"]),
        worst_coverage=_parse_share(message["worst_coverage"]),
        worst_page=None if worst_page is None else parse_count(worst_page),
        missing_pages=tuple(parse_count(page) for page in message["missing_pages"]),
        unread_pages=tuple(parse_count(page) for page in message["unread_pages"]),
        degraded_pages=tuple(map(_parse_degraded_page, message["degraded_pages"])),
        tables=tuple(ReadTable(parse_count(table["page"]), parse_text(table["reader"])) for table in message["tables"]),
        is_first_picture_only=bool(message["is_first_picture_only"]),
        compared_pages=parse_count(message["compared_pages"]),
        pages=tuple(map(_parse_page_check, message.get("pages", ()))),
    )


def _parse_page_check(page: Message) -> PageCheck:
    texts = ("degraded", "error", "where", "reader", "layout", "text", "text_reason")
    return PageCheck(
        page=parse_count(page["page"]),
        coverage=_parse_share(page["coverage"]),
        words=parse_count(page["words"]),
        is_unread=bool(page["is_unread"]),
        tables=tuple(map(parse_text, page["tables"])),
        ocr_blocks=parse_count(page["ocr_blocks"]),
        **{name: parse_text(page[name]) for name in texts},
    )


def _parse_degraded_page(page: Message) -> DegradedPage:
    return DegradedPage(
        page=parse_count(page["page"]),
        reason=parse_text(page["reason"]),
        where=parse_text(page["where"]),
        reader=parse_text(page["reader"]),
    )


def _parse_share(value: object) -> float | None:
    if value is None:
        return None
    share = float(value)  # type: ignore[arg-type]  # as in `_seconds`
    if not 0 <= share <= 1:
        raise ValueError(f"no share: {share}")
    return share


def parse_problems(message: Message) -> list[str]:
    return [parse_text(problem) for problem in message["problems"]]


def parse_info(message: Message) -> ConverterInfo:
    return ConverterInfo(
        model_set=parse_text(message["model_set"]),
        reason=parse_text(message["reason"]),
        versions={parse_text(name): parse_text(version) for name, version in message["versions"].items()},
        load_seconds=_parse_seconds(message["load_seconds"]),
    )


def parse_report(message: Message) -> CleanupReport:
    return CleanupReport(
        point=CleanupPoint(message["point"]),
        before=_parse_resources(message["before"]),
        after=_parse_resources(message["after"]),
        removed=tuple(parse_text(name) for name in message["removed"]),
        seconds=_parse_seconds(message["seconds"]),
    )


def _parse_resources(counts: dict[str, object]) -> ResourceCounts:
    return ResourceCounts(**{name: parse_count(value) for name, value in counts.items()})


def build_error_fields(error: DocumentError) -> Message:
    return {
        "kind": error.kind,
        "message": str(error),
        "is_permanent": error.is_permanent,
        "details": dict(error.details),
        "model": error.model if isinstance(error, ModelAwayError) else "",
        "has_left": isinstance(error, ModelAwayError) and error.has_left,
    }


def parse_error(message: Message) -> DocumentError:
    if model := parse_text(message.get("model", "")):
        return ModelAwayError(model, parse_text(message["message"]), has_left=bool(message["has_left"]))
    kind, is_permanent = parse_text(message["kind"]), bool(message["is_permanent"])
    details = _parse_details(message.get("details", {}))
    return DocumentError(parse_text(message["message"]), kind=kind, is_permanent=is_permanent, details=details)


def _parse_details(details: Message) -> dict[str, Any]:
    if not details:
        return {}
    versions = {parse_text(name): parse_text(version) for name, version in details["versions"].items()}
    return {
        "exception": parse_text(details["exception"]),
        "where": parse_text(details["where"]),
        "versions": versions,
    }


fields_of = asdict
