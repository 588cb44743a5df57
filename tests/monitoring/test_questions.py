"""Every shell block of the page on monitoring, run in bash on a real log and in a real journal."""

from __future__ import annotations

import functools
import gzip
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from booted import under_systemd
from markerd.logs.event_catalog import EVENTS, derive_message_id
from markerd.logs.event_fields import FIELDS, FieldType
from monitoring.answers import OF_PLAIN_LINES, OF_THE_JOURNAL, OF_THE_LOG, check_restarts, table
from monitoring.tools import KIT, ROOT, Records, program, records_in
from needs import missing

pytestmark = pytest.mark.models

PAGE = (ROOT / "docs" / "operate" / "monitoring.md").read_text("utf-8")
BLOCK = re.compile(r"(?:<!-- ([\w ]+): (\w+) -->\n)?```(\w*)\n(.*?)```", re.DOTALL)
INSIDE = Path(__file__).with_name("in_journal.py")


def blocks(where: str) -> dict[str, str]:
    return {name: text for place, name, _, text in BLOCK.findall(PAGE) if place == where}


def test_every_block_of_the_page_is_run() -> None:
    """No shell block of the page is without a mark, and none without a check."""
    shell = [(place, name) for place, name, language, _ in BLOCK.findall(PAGE) if language in ("bash", "sh", "")]
    expected = {
        **{("log", name): 0 for name in OF_THE_LOG},
        **{("journal", name): 0 for name in OF_THE_JOURNAL},
        **{("journal without fields", name): 0 for name in OF_PLAIN_LINES},
    }
    assert sorted(shell) == sorted(expected)


def test_every_jq_program_is_used() -> None:
    """Each file in jq/ stands in a block."""
    assert {path.name for path in (KIT / "jq").iterdir()} == set(re.findall(r"jq/([\w-]+\.jq)", PAGE))


# --- asking the log ---------------------------------------------------------------------------------------------------


def bash(command: str, log: Path, day: str) -> str:
    program("jq", "jq")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        capture_output=True,
        text=True,
        cwd=KIT,
        env={**os.environ, "LOG": str(log), "DAY": day},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("name", OF_THE_LOG)
def test_question_to_the_log_is_answered(name: str, real_log: Path, records: Records) -> None:
    """The answer is what a look at the records themselves gives."""
    OF_THE_LOG[name](bash(blocks("log")[name], real_log, records[0]["timestamp"][:10]), records)


NOISE = (
    b"/usr/lib/python3/dist-packages/library.py:7: UserWarning: no JSON at all", b"Traceback (most recent call last):",
    b'{"timestamp": "2026-11-24T14:13:01.896236Z", "level": "info", "event": "document.publ', b"<6>", b"", b"42",
    b"null", b'"text"', b'["document.dead"]', b'{"event": 7}', b'{"no": "event"}', b"\xff\xfe\x80", b"\x00\x00\x00\x00",
)  # fmt: skip


@pytest.fixture(scope="module")
def noisy_log(real_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same records, every other one with a priority, between lines that are none; the last one is cut off."""
    lines = real_log.read_bytes().splitlines()
    mixed = [part for n, line in enumerate(lines) for part in (b"<6>" * (n % 2) + line, NOISE[n % len(NOISE)])]
    assert len(lines) > len(NOISE)
    log = tmp_path_factory.mktemp("noisy") / "markerd.log"
    log.write_bytes(b"\n".join([*mixed, lines[0][:200]]))
    return log


@pytest.mark.parametrize("name", OF_THE_LOG)
def test_lines_that_are_no_records_are_skipped(name: str, noisy_log: Path, records: Records) -> None:
    """The answer is that of the records, with no word of the lines between them."""
    OF_THE_LOG[name](bash(blocks("log")[name], noisy_log, records[0]["timestamp"][:10]), records)


def test_rotated_logs_are_read_as_one(real_log: Path, records: Records, tmp_path: Path) -> None:
    """A log in three files, the oldest compressed, is one log."""
    lines = real_log.read_bytes().splitlines(keepends=True)
    parts = {"markerd.log.2.gz": lines[:50], "markerd.log.1": lines[50:120], "markerd.log": lines[120:]}
    for age, (name, part) in enumerate(parts.items()):
        content = b"".join(part)
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        os.utime(tmp_path / name, (1000 + age, 1000 + age))
    check_restarts(bash(blocks("log")["rotated"], tmp_path / "markerd.log", ""), records)


def test_day_without_failures_gives_the_head_alone(real_log: Path) -> None:
    """A day of which the log says nothing gives the head of the table alone."""
    assert table(bash(blocks("log")["failures"], real_log, "2001-01-01")) == []


# --- asking the journal -----------------------------------------------------------------------------------------------


def has_systemd_python() -> bool:
    try:
        return importlib.util.find_spec("systemd.journal") is not None
    except ModuleNotFoundError:
        return False


@functools.cache
def journal_answers(log: Path, form: str, place: str) -> dict[str, str]:
    """What a journal with the records of the log answers to the blocks; one boot for all of them."""
    if form == "fields" and not has_systemd_python():
        missing("the extra `journald` is not installed")
    back = (
        {"_records": "journalctl -u markerd --all -o json | jq -nc -f jq/from-journal.jq"} if form == "fields" else {}
    )
    asked = {"log": log.read_text("utf-8"), "form": form, "commands": {**blocks(place), **back}}
    environ = {"PYTHONPATH": str(ROOT / "daemon"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = under_systemd(sys.executable, INSIDE, "ask", cwd=KIT, environ=environ, stdin=json.dumps(asked))
    assert done.returncode == 0, done.stderr
    answers: dict[str, str] = json.loads(done.stdout)
    return answers


@pytest.mark.parametrize("name", OF_THE_JOURNAL)
def test_question_to_the_journal_is_answered(name: str, real_log: Path, records: Records) -> None:
    """The answer is what a look at the records themselves gives."""
    OF_THE_JOURNAL[name](journal_answers(real_log, "fields", "journal")[name], records)


@pytest.mark.parametrize("name", OF_PLAIN_LINES)
def test_question_to_a_journal_without_fields_is_answered(name: str, real_log: Path, records: Records) -> None:
    """The answer is that of the log itself."""
    OF_PLAIN_LINES[name](journal_answers(real_log, "lines", "journal without fields")[name], records)


def test_records_survive_the_journal(real_log: Path, records: Records, tmp_path: Path) -> None:
    """Each field has the value and type that were logged. The time is the journal's own."""
    back = tmp_path / "back.log"
    back.write_text(journal_answers(real_log, "fields", "journal")["_records"], "utf-8")
    came_back = records_in(back)
    assert [{**r, "timestamp": ""} for r in came_back] == [{**r, "timestamp": ""} for r in records]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", r["timestamp"]) for r in came_back)


def test_unknown_journal_field_is_kept() -> None:
    """A field of a later version, or of somebody else under our prefix, is text if it is not JSON, also if it comes
    twice or is null."""
    entry = {
        "__REALTIME_TIMESTAMP": "1795529581896236", "MESSAGE": "Seen: 2024", "MARKERD_EVENT": "document.seen",
        "MARKERD_DOCUMENT": "2024", "MARKERD_SIZE_BYTES": "7", "MARKERD_LATER": "plain text",
        "MARKERD_TWICE": ["a", "b"], "MARKERD_TOO_LONG": None,
    }  # fmt: skip
    command = [program("jq", "jq"), "-nc", "-f", str(KIT / "jq" / "from-journal.jq")]
    done = subprocess.run(command, input=json.dumps(entry), capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) == {
        "timestamp": "2026-11-24T14:13:01.896236Z", "level": "info", "message": "Seen: 2024", "event": "document.seen",
        "document": "2024", "size_bytes": 7, "later": "plain text", "twice": ["a", "b"], "too_long": None,
    }  # fmt: skip


def test_journal_filter_knows_which_fields_are_texts() -> None:
    """from-journal.jq keeps texts as texts, so that a document called `2024` stays a name."""
    source = (KIT / "jq" / "from-journal.jq").read_text("utf-8")
    (listed,) = re.findall(r"def texts: (\[.*?\]);", source, re.DOTALL)
    texts = {name for name, field in FIELDS.items() if field.type is FieldType.STRING}
    assert set(json.loads(listed)) == texts | {"event", "exception"}


def test_page_names_real_events_and_fields() -> None:
    """Events, fields and keys in the page's table exist."""
    section = PAGE.split("### What to watch")[1].split("\n### ")[0]
    named = set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)?)`", section))
    keys = {"log.heartbeat_s", "converter.recycle_rss_mb", "converter.max_rss_mb"}
    assert named - keys <= set(EVENTS) | set(FIELDS)
    assert len(named) > 12


def test_message_ids_on_the_page_are_real() -> None:
    """Each id belongs to an event."""
    found = re.findall(r"MESSAGE_ID=(\w+)", PAGE)
    assert found == [derive_message_id("document.dead")]
