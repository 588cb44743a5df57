"""Dead letters lie in `failed` with their reason, whatever else lies there."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from core_scene import files_below
from markerd.journal import Outcome
from markerd.pipeline import dead_letters
from markerd.pipeline.dead_letters import ERROR_ENDING
from markerd.pipeline.folder_plan import Places
from markerd.values import After, Fingerprint, State
from source_scene import LOCKED, dropped, reason


@pytest.mark.parametrize("after", list(After))
def test_a_dead_letter_lies_beside_its_reason(tmp_path: Path, places: Places, after: After) -> None:
    """Buried twice it is the same; a kept source is copied."""
    document = dropped(tmp_path)
    for _ in range(2):
        dead_letters.bury(document, replace(places, after=after), LOCKED, [])
        kept = {"inbox/sub/a.pdf"} if after is After.KEEP else set()
        assert files_below(tmp_path) == {"failed/sub/a.pdf", "failed/sub/a.pdf.error.json"} | kept


def test_the_reason_says_what_why_how_often_and_what_to_do(tmp_path: Path, places: Places) -> None:
    """With the history of the attempts."""
    history = [Outcome(State.FAILED, "timeout", "too slow", at=1e9, attempt=1)]
    dead_letters.bury(dropped(tmp_path), places, LOCKED, history)
    found = reason(places.failed)
    assert (found["kind"], found["message"], found["attempts"]) == ("encrypted", LOCKED.reason, 2)
    assert "password" in str(found["what_to_do"])
    assert found["first_seen"] == "2001-09-09T01:46:40.000+00:00"
    assert found["history"] == [
        {"at": "2001-09-09T01:46:40.000+00:00", "attempt": 1, "kind": "timeout", "message": "too slow"}
    ]


def test_a_kind_of_later_versions_has_advice_too(tmp_path: Path, places: Places) -> None:
    """The general one."""
    dead_letters.bury(dropped(tmp_path), places, Outcome(State.DEAD, "unheard_of", "why"), [])
    assert "Marker could not convert it" in str(reason(places.failed)["what_to_do"])


def test_dead_letters_of_one_name_lie_side_by_side(tmp_path: Path, places: Places) -> None:
    """Each with its own reason."""
    for content, message in (("one", "first"), ("two", "second")):
        dead_letters.bury(dropped(tmp_path, content=content), places, replace(LOCKED, reason=message), [])
    assert (places.failed / "sub" / "a-2.pdf").read_text() == "two"
    assert reason(places.failed)["message"] == "first"
    assert reason(places.failed, "sub/a-2.pdf")["message"] == "second"


def test_a_reason_without_its_file_is_used_again(tmp_path: Path, places: Places) -> None:
    """A crash fell between the two."""
    dead_letters.bury(dropped(tmp_path), places, LOCKED, [])
    (places.failed / "sub" / "a.pdf").unlink()
    dead_letters.bury(dropped(tmp_path), places, replace(LOCKED, reason="another"), [])
    assert files_below(places.failed) == {"sub/a.pdf", "sub/a.pdf.error.json"}
    assert reason(places.failed)["message"] == "another"


@pytest.mark.parametrize("kind", ["file", "json", "deep json", "fifo", "link", "folder"])
@pytest.mark.parametrize("after", [After.ARCHIVE, After.KEEP])
def test_foreign_entry_under_the_name_of_a_reason_stays(
    tmp_path: Path, places: Places, kind: str, after: After
) -> None:
    """The dead letter takes the next number."""
    theirs = places.failed / "sub" / f"a.pdf{ERROR_ENDING}"
    theirs.parent.mkdir(parents=True)
    if kind == "fifo":
        os.mkfifo(theirs)
    elif kind == "link":
        theirs.symlink_to("nowhere")
    elif kind == "folder":
        theirs.mkdir()
    else:
        theirs.write_text({"file": "mine", "json": "{}", "deep json": "[" * 200_000}[kind])
    before = Fingerprint.of(theirs.lstat())
    dead_letters.bury(dropped(tmp_path), replace(places, after=after), LOCKED, [])
    assert Fingerprint.of(theirs.lstat()) == before
    assert (places.failed / "sub" / "a-2.pdf").read_text() == "x"
    assert reason(places.failed, "sub/a-2.pdf")["message"] == LOCKED.reason


def test_a_document_that_is_called_like_a_reason_is_not_overwritten(tmp_path: Path, places: Places) -> None:
    """Somebody dropped the whole of `failed` back into the hot folder."""
    dead_letters.bury(dropped(tmp_path, "a.pdf.error.json", "a document"), places, LOCKED, [])
    dead_letters.bury(dropped(tmp_path, "a.pdf", "another"), places, LOCKED, [])
    assert (places.failed / "a.pdf.error.json").read_text() == "a document"
    assert (places.failed / "a-2.pdf").read_text() == "another"


def test_undecodable_names_are_escaped_in_the_reason(tmp_path: Path, places: Places) -> None:
    """The file keeps its bytes; the reason shows them escaped."""
    name = os.fsdecode(b"\xff\n.pdf")
    dead_letters.bury(dropped(tmp_path, name), places, LOCKED, [])
    assert reason(places.failed, name)["document"] == "\\xff\\x0a.pdf"
