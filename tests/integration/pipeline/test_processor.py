"""One document's way through real journal, spool, folders; only the converter is a fake."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest

from core_scene import core_at, files_below
from fakes import FakeConverter
from markerd.convert.protocol import Quality
from markerd.errors import (
    ConversionTimeoutError,
    ConverterDiedError,
    DocumentError,
    JournalError,
    MemoryCeilingError,
    StopNowError,
    UnavailableError,
)
from markerd.values import After, DegradedPage, ReadTable, State

OUTPUT = {"outbox/a/a.md", "outbox/a/a_meta.json", "outbox/a/manifest.json"}


def documents_below(root: Path) -> set[str]:
    """Everything but the state directory."""
    return {name for name in files_below(root) if not name.startswith("state/")}


def test_document_is_published_and_archived(tmp_path: Path) -> None:
    """The ordinary end, with one summary event and an empty spool."""
    with core_at(tmp_path) as core:
        core.drop("a.pdf")
        core.finish_all()
        assert documents_below(tmp_path) == OUTPUT | {"done/a.pdf"}
        assert os.listdir(core.spool.root) == []
        (event,) = core.log.find("document.published")
        assert (event["document"], event["attempt"], event["pages"]) == ("a.pdf", 1, 1)
        assert (core.find("a.pdf").state, core.find("a.pdf").policy_pending) == (State.PUBLISHED, False)


def test_the_same_bytes_again_are_not_converted_again(tmp_path: Path) -> None:
    """Said in the log; the policy applies to the second copy as well."""
    with core_at(tmp_path) as core:
        for _ in range(2):
            core.drop("a.pdf")
            core.finish_all()
        assert core.converter.documents == 1
        assert len(core.log.find("document.skipped")) == 1
        assert documents_below(tmp_path) == OUTPUT | {"done/a.pdf", "done/a-2.pdf"}


def test_the_same_bytes_are_converted_for_a_format_that_is_missing(tmp_path: Path) -> None:
    """The configuration has got one more."""
    with core_at(tmp_path) as core:
        core.drop("a.pdf")
        core.finish_all()
    with core_at(tmp_path, formats=("markdown", "json")) as core:
        core.drop("a.pdf")
        core.finish_all()
        assert (tmp_path / "outbox" / "a" / "a.json").exists()


def test_new_bytes_replace_the_output(tmp_path: Path) -> None:
    """Under the old name."""
    with core_at(tmp_path) as core:
        for text in (b"%PDF-1.4 old", b"%PDF-1.4 new"):
            core.drop("a.pdf", text)
            core.finish_all()
        assert (tmp_path / "outbox" / "a" / "a.md").read_bytes() == b"%PDF-1.4 new"
        assert os.listdir(tmp_path / "outbox") == ["a"]


def test_a_permanent_error_buries_at_once(tmp_path: Path) -> None:
    """One attempt, the reason beside the file, nothing in the output."""
    with core_at(tmp_path) as core:
        core.drop("a.pdf", b"no pdf")
        core.finish_all()
        assert documents_below(tmp_path) == {"failed/a.pdf", "failed/a.pdf.error.json"}
        assert core.converter.documents == 1
        assert len(core.log.find("document.dead")) == 1


def test_a_transient_error_is_tried_again(tmp_path: Path) -> None:
    """Until it succeeds."""
    with core_at(tmp_path, converter=FakeConverter([ConverterDiedError("killed"), DocumentError("once")])) as core:
        core.drop("a.pdf")
        core.finish_all()
        assert [event["attempt"] for event in core.log.find("document.failed")] == [1, 2]
        assert documents_below(tmp_path) == OUTPUT | {"done/a.pdf"}


def test_document_is_dead_after_the_last_attempt(tmp_path: Path) -> None:
    """At max_attempts it is given up, with the history of all of them."""
    failures: list[Exception] = [ConverterDiedError(f"killed {number}") for number in range(3)]
    with core_at(tmp_path, converter=FakeConverter(failures)) as core:
        core.drop("a.pdf")
        core.finish_all()
        told = json.loads((tmp_path / "failed" / "a.pdf.error.json").read_text())
        assert (told["kind"], told["attempts"]) == ("converter_died", 3)
        assert [each["message"] for each in told["history"]] == ["killed 0", "killed 1", "killed 2"]


def test_fault_in_code_is_tried_twice_in_a_fresh_converter(tmp_path: Path) -> None:
    """It comes again; the dead letter has what a report needs, and the message no exception's name."""
    details = {"exception": "KeyError: 'a'", "where": "markerd.x:1 f", "versions": {"markerd": "0"}}
    failures: list[Exception] = [DocumentError("page 3 could not be laid out", details=details) for _ in range(3)]
    with core_at(tmp_path, converter=FakeConverter(failures)) as core:
        core.drop("a.pdf")
        core.finish_all()
        told = json.loads((tmp_path / "failed" / "a.pdf.error.json").read_text())
        assert (told["kind"], told["attempts"], told["message"]) == ("conversion", 2, "page 3 could not be laid out")
        assert told["details"] == details
        assert len(core.converter.recycled) == 1


@pytest.mark.parametrize("error", [ConversionTimeoutError("not done"), MemoryCeilingError("too big")])
def test_costly_document_is_tried_once_more_behind_the_others(tmp_path: Path, error: DocumentError) -> None:
    """And the log says so; after the second time it is a dead letter."""
    with core_at(tmp_path, converter=FakeConverter([error])) as core:
        core.drop("bomb.pdf", b"%PDF-1.4 bomb")
        core.drop("a.pdf")
        core.drop("b.pdf", b"%PDF-1.4 two")
        core.converter.before_result = lambda: (
            core.converter.failures.append(error) if core.converter.documents == 4 else None
        )
        core.finish_all()
        converted = [(event["document"], event["attempt"]) for event in core.log.find("document.converting")]
        assert converted == [("bomb.pdf", 1), ("a.pdf", 1), ("b.pdf", 1), ("bomb.pdf", 2)]
        (failed,) = core.log.find("document.failed")
        assert (failed["kind"], failed["reason"]) == (
            error.kind,
            f"{error}; it is tried once more, behind all that waits",
        )
        told = json.loads((tmp_path / "failed" / "bomb.pdf.error.json").read_text())
        assert (told["kind"], told["attempts"], told["message"]) == (error.kind, 2, str(error))


def test_costly_attempts_at_earlier_content_do_not_count(tmp_path: Path) -> None:
    """What is dropped anew under its name has its own two attempts."""
    failures: list[Exception] = [ConversionTimeoutError("not done") for _ in range(3)]
    with core_at(tmp_path, converter=FakeConverter(failures)) as core:
        for text in (b"%PDF-1.4 old", b"%PDF-1.4 new"):
            core.drop("a.pdf", text)
            core.finish_all()
        assert [event["attempts"] for event in core.log.find("document.dead")] == [2]
        assert [event["attempt"] for event in core.log.find("document.published")] == [2]


def test_degraded_pages_are_counted(tmp_path: Path) -> None:
    """In the manifest page by page, in the journal and the status as a number."""
    page = DegradedPage(2, "it could not be laid out", "markerd.x:1 f", "liteparse")
    table = ReadTable(1, "table model")
    quality = Quality(0.99, 0.95, 2, (), (3,), (page,), (table,), is_first_picture_only=True)
    with core_at(tmp_path, converter=FakeConverter(quality=quality)) as core:
        core.drop("a.pdf")
        core.finish_all()
        manifest = json.loads((tmp_path / "outbox" / "a" / "manifest.json").read_text())
        assert manifest["coverage"] == {"mean": 0.99, "worst": 0.95, "worst_page": 2}
        assert manifest["pages_degraded"] == [asdict(page)]
        assert manifest["pages_unread"] == [3]
        assert manifest["is_first_picture_only"] is True
        assert manifest["tables"] == [asdict(table)]
        assert core.journal.reader.read_totals()["pages_degraded"] == 1
        (event,) = core.log.find("document.published")
        assert (event["worst_coverage"], event["worst_page"], event["degraded_pages"]) == (0.95, 2, 1)


def test_stopping_puts_the_document_back(tmp_path: Path) -> None:
    """It has not been tried; the next start converts it."""
    with core_at(tmp_path, converter=FakeConverter([StopNowError("SIGTERM")])) as core:
        core.drop("a.pdf")
        with pytest.raises(StopNowError):
            core.finish_all()
        assert (core.find("a.pdf").attempts, core.find("a.pdf").state) == (0, State.SEEN)
        assert os.listdir(core.spool.root) == []
        core.restart()
        assert documents_below(tmp_path) == OUTPUT | {"done/a.pdf"}


def test_a_document_too_large_is_not_read(tmp_path: Path) -> None:
    """Its size is enough."""
    with core_at(tmp_path, max_file_bytes=20) as core:
        core.drop("a.pdf", b"%PDF-1.4" + b"x" * 20)
        core.finish_all()
        assert core.log.find("document.dead")[0]["kind"] == "too_large"
        assert core.converter.documents == 0


def test_a_source_that_changed_in_the_queue_settles_again(tmp_path: Path) -> None:
    """A scan is asked for, nothing converted."""
    with core_at(tmp_path) as core:
        core.drop("a.pdf").write_bytes(b"%PDF-1.4 longer than before")
        core.finish_all()
        assert (core.find("a.pdf").state, core.converter.documents, len(core.rescans)) == (State.SEEN, 0, 1)


def test_a_source_that_was_taken_back_is_skipped(tmp_path: Path) -> None:
    """No error."""
    with core_at(tmp_path) as core:
        core.drop("a.pdf").unlink()
        core.finish_all()
        assert core.find("a.pdf").state is State.SKIPPED
        assert core.log.find("document.dead") == []


def test_a_policy_that_could_not_be_applied_is_applied_later(tmp_path: Path) -> None:
    """The output is there meanwhile; it is not converted again."""
    with core_at(tmp_path) as core:
        (tmp_path / "done").write_text("in the way")
        source = core.drop("a.pdf")
        core.finish_all()
        assert source.exists()
        assert core.log.find("source.kept")
        (tmp_path / "done").unlink()
        core.finish_all()
        assert documents_below(tmp_path) == OUTPUT | {"done/a.pdf"}
        assert core.converter.documents == 1


def test_a_kept_source_is_converted_once(tmp_path: Path) -> None:
    """However often it is met."""
    with core_at(tmp_path, after=After.KEEP) as core:
        core.drop("a.pdf")
        core.finish_all()
        core.restart()
        assert core.converter.documents == 1
        assert documents_below(tmp_path) == OUTPUT | {"inbox/a.pdf"}


def test_a_document_of_a_folder_that_left_the_configuration_waits(tmp_path: Path) -> None:
    """Untouched."""
    with core_at(tmp_path) as core:
        document = core.drop("a.pdf")
        core.plans.clear()
        core.finish_all()
        assert document.exists()
        assert core.find("a.pdf").state is State.QUEUED


def test_converter_that_dies_on_five_documents_opens_the_breaker(tmp_path: Path) -> None:
    """Each has its attempt, none is lost; a refusal in between is no success."""
    failures: list[Exception] = [ConverterDiedError(f"killed {number}") for number in range(4)]
    failures += [DocumentError("locked", kind="encrypted", is_permanent=True), ConverterDiedError("killed at last")]
    with core_at(tmp_path, converter=FakeConverter(failures)) as core:
        for number in range(6):
            core.drop(f"{number}.pdf")
        for _ in range(5):
            document = core.backlog.take(0.0)
            assert document is not None
            core.process(document)
            core.processor.circuit_breaker.demand_closed()
        document = core.backlog.take(0.0)
        assert document is not None
        core.process(document)
        with pytest.raises(UnavailableError, match="killed at last"):
            core.processor.circuit_breaker.demand_closed()
        assert core.journal.reader.count_documents()["waiting"] == 5
        core.finish_all()
        assert core.journal.reader.count_documents()["published"] == 5
        core.processor.circuit_breaker.demand_closed()


def test_a_journal_that_fails_in_mid_document_counts_no_attempt(tmp_path: Path) -> None:
    """Its disk was full, say; what the spool held is free again, so that this much can be written."""
    with core_at(tmp_path) as core:
        core.drop("a.pdf")
        with closing(sqlite3.connect(tmp_path / "state" / "journal.sqlite")) as other:
            other.execute(
                "CREATE TRIGGER full BEFORE UPDATE OF sha256 ON documents WHEN new.sha256 IS NOT NULL "
                "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
        with pytest.raises(JournalError, match="disk full"):
            core.finish_all()
        assert (core.find("a.pdf").state, core.find("a.pdf").attempts) == (State.SEEN, 0)
