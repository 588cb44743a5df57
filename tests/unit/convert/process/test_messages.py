"""JSON lines between daemon and converter."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.cleanup.report import CleanupPoint, CleanupReport, ResourceCounts
from markerd.convert.process import message_pipes, wire_format
from markerd.convert.process.message_pipes import LineBuffer, Message
from markerd.convert.protocol import (
    Artifact,
    ArtifactRole,
    ConversionRequest,
    ConversionResult,
    ConverterInfo,
    ConverterSpec,
    DocumentLimits,
    JoinRequest,
    PageCheck,
    Quality,
)
from markerd.errors import ConverterDiedError, DocumentError, ModelAwayError, UnavailableError

_text = st.text()  # lone surrogates among it
_plain = st.text(st.characters(blacklist_categories=["C", "Z"]))
_seconds = st.dictionaries(_plain, st.floats(0, 1e6))
_counts = st.builds(ResourceCounts, *[st.integers(-1, 1 << 40)] * 6)
_requests = st.builds(
    ConversionRequest,
    _text,
    _text,
    _text,
    _text,
    st.lists(_text).map(tuple),
    st.dictionaries(_text, st.integers()),
    st.integers(),
    st.integers(),
    _text,
)
_roles = st.sampled_from([role.value for role in ArtifactRole])
_names = (
    st.binary(min_size=1, max_size=20)
    .map(os.fsdecode)
    .filter(lambda name: name not in (".", "..") and not {"/", "\0"} & set(name))
)
_artifacts = st.lists(st.builds(Artifact, _roles, _names)).map(tuple)


def over_the_wire(value: Any) -> Message:
    """The value's fields, as the other side reads them."""
    line = json.dumps({"op": "x", **wire_format.fields_of(value)}).encode("ascii") + b"\n"
    (message,) = LineBuffer().feed(line)
    return message


@given(
    st.builds(
        ConverterSpec,
        _text,
        st.integers(),
        st.none() | st.binary(min_size=1).map(lambda path: Path(os.fsdecode(path))),
        _text,
        st.builds(DocumentLimits, st.integers(), st.integers()),
    )
)
def test_specification_arrives_unchanged(spec: ConverterSpec) -> None:
    """Every setting reaches the converter process, also a path that is no valid UTF-8."""
    encoded = wire_format.encode_spec(spec)
    assert encoded.isascii()
    assert wire_format.parse_spec(encoded) == spec


@given(_requests)
def test_request_arrives_unchanged(request: ConversionRequest) -> None:
    """Names with undecodable bytes are among them."""
    assert wire_format.parse_request(over_the_wire(request)) == request


@given(st.builds(JoinRequest, _text, _text, _text, _text, st.lists(_text).map(tuple), st.just({}), st.integers()))
def test_join_request_arrives_unchanged(request: JoinRequest) -> None:
    """With its folders and its pages."""
    assert wire_format.parse_join_request(over_the_wire(request)) == request


@given(
    st.builds(
        ConversionResult, st.integers(0, 1 << 40), _artifacts, _seconds, st.integers(0, 1 << 40), is_part=st.booleans()
    )
)
def test_result_arrives_unchanged(result: ConversionResult) -> None:
    """Pages, artifacts in order, seconds, images."""
    assert wire_format.parse_result(over_the_wire(result)) == result


@given(
    st.builds(
        PageCheck, st.integers(0, 1 << 40), st.none() | st.floats(0, 1), st.integers(0, 1 << 40), st.booleans(),
        _plain, _plain, _plain, _plain, st.lists(_plain).map(tuple), _plain, _plain, _plain, st.integers(0, 1 << 40),
    )
)  # fmt: skip
def test_check_of_a_page_arrives_unchanged(check: PageCheck) -> None:
    """How it was read, and why."""
    result = ConversionResult(1, (), {}, quality=Quality(pages=(check,)))
    assert wire_format.parse_result(over_the_wire(result)) == result


@given(st.builds(ConverterInfo, _plain, _plain, st.dictionaries(_plain, _plain), st.floats(0, 1e6)))
def test_converter_info_arrives_unchanged(info: ConverterInfo) -> None:
    """Model set, reason, versions, time."""
    assert wire_format.parse_info(over_the_wire(info)) == info


@given(
    st.builds(
        CleanupReport, st.sampled_from(CleanupPoint), _counts, _counts, st.lists(_plain).map(tuple), st.floats(0, 9)
    )
)
def test_cleanup_report_arrives_unchanged(report: CleanupReport) -> None:
    """The counts and the names that were removed."""
    assert wire_format.parse_report(over_the_wire(report)) == report


@given(_plain, _plain, st.booleans())
def test_error_arrives_unchanged(text: str, kind: str, is_permanent: bool) -> None:
    """Message, kind, and whether it is permanent."""
    sent = wire_format.build_error_fields(DocumentError(text, kind=kind, is_permanent=is_permanent))
    received = wire_format.parse_error(json.loads(json.dumps(sent)))
    assert (str(received), received.kind, received.is_permanent) == (text, kind, is_permanent)


@given(_text, _text)
def test_error_text_of_converter_is_made_harmless(text: str, kind: str) -> None:
    """The journal can store it, a terminal can show it, and its length is limited, whatever a document put into it."""
    received = wire_format.parse_error({"message": text, "kind": kind, "is_permanent": False})
    for said in (str(received), received.kind):
        assert said.isprintable()
        said.encode("utf-8")


def test_error_text_of_converter_is_cut_and_escaped() -> None:
    """The escapes that a terminal would obey are escaped."""
    received = wire_format.parse_error(
        {"message": "\x1b[2J\ud800" + "x" * 100_000, "kind": "a\nb", "is_permanent": True}
    )
    assert str(received).startswith("\\x1b[2J\\ud800xxx")
    assert (len(str(received)) < 5000, received.kind) == (True, "a\\nb")


@pytest.mark.parametrize("number", [1 << 70, -2, 1.5, True, None, [1], "1"])
def test_count_that_is_no_number_ends_the_converter(number: object) -> None:
    """It would reach the journal, which cannot store it, and end the daemon instead."""
    counts = {**asdict(ResourceCounts(*[1] * 6)), "threads": number}
    report = {"point": "batch_end", "before": counts, "after": counts, "removed": [], "seconds": 0.1}
    result = {"pages": number, "artifacts": [], "seconds": {}, "images": 0}
    for read, message in ((wire_format.parse_report, report), (wire_format.parse_result, result)):
        with pytest.raises(ConverterDiedError), wire_format.demand_known_form():
            read(message)


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0, "x", None])
def test_duration_that_is_no_number_ends_the_converter(seconds: object) -> None:
    """It would be part of every sum and every plot."""
    result = {"pages": 1, "artifacts": [], "seconds": {"marker": seconds}, "images": 0}
    with pytest.raises(ConverterDiedError), wire_format.demand_known_form():
        wire_format.parse_result(result)


@given(st.lists(st.dictionaries(_text, _text), max_size=5), st.data())
def test_message_is_read_in_pieces_of_any_size(contents: list[dict[str, str]], data: st.DataObject) -> None:
    """A pipe cuts within a line or between lines, and joins what was sent apart."""
    sent = [{**content, "op": "x"} for content in contents]
    stream = b"".join(json.dumps(message).encode() + b"\n" for message in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    buffer, received = LineBuffer(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        received += list(buffer.feed(stream[start:end]))
    assert received == sent


@pytest.mark.parametrize("line", [b"no json\n", b"[]\n", b'{"a": 1}\n', b'{"op": 1}\n', b"\xff\n", b"\n", b"null\n"])
def test_line_that_is_no_message_raises_unavailable_error(line: bytes) -> None:
    """Such a converter is neither a document's fault nor the daemon's end."""
    with pytest.raises(UnavailableError):
        list(LineBuffer().feed(line))


def test_line_without_end_raises_unavailable_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The converter cannot fill the daemon's memory."""
    monkeypatch.setattr(message_pipes, "MAX_LINE_BYTES", 100)
    buffer = LineBuffer()
    list(buffer.feed(b"x" * 100))
    with pytest.raises(UnavailableError, match="without an end"):
        list(buffer.feed(b"x"))


def test_fields_are_plain_values() -> None:
    """`fields_of` gives what `asdict` gives: values for JSON, never pickled."""
    report = CleanupReport(CleanupPoint.BATCH_END, ResourceCounts(*[1] * 6), ResourceCounts(*[0] * 6), ("a",), 0.1)
    assert wire_format.fields_of(report) == asdict(report)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc/passwd", "nul\0", "\ud800", "\udfff.md", 7, None, ["a"]])
def test_artifact_name_that_leaves_its_folder_ends_the_converter(name: object) -> None:
    """Such a name would reach the daemon's file calls, and with a NUL end it."""
    result = {"pages": 1, "artifacts": [{"role": "markdown", "file_name": name}], "seconds": {}, "images": 0}
    with pytest.raises(ConverterDiedError), wire_format.demand_known_form():
        wire_format.parse_result({**result, "is_part": False, "quality": asdict(Quality())})


@pytest.mark.parametrize("line", [b"[" * 200_000, b'{"op":' * 200_000, b'{"op": "' + b"\xff" * 9 + b'"}'])
def test_line_that_breaks_the_parser_raises_unavailable_error(line: bytes) -> None:
    """Nested deeper than Python recurses, or no text: the converter is ended, not the daemon."""
    with pytest.raises(UnavailableError):
        list(LineBuffer().feed(line + b"\n"))


@pytest.mark.parametrize("has_left", [False, True])
def test_model_that_is_away_is_told_with_whether_it_has_left(has_left: bool) -> None:
    """The daemon counts only the times that a model has left while it worked for the document."""
    sent = json.loads(json.dumps(wire_format.build_error_fields(ModelAwayError("vision", "gone", has_left=has_left))))
    error = wire_format.parse_error(sent)
    assert isinstance(error, ModelAwayError)
    assert (error.model, str(error), error.has_left) == ("vision", "gone", has_left)
