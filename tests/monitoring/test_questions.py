"""Every shell block of the kit's README, run in bash on a real log and in a real journal."""

from __future__ import annotations

import functools
import gzip
import json
import math
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from markerd.events import EVENTS, FIELDS, FieldType, message_id
from monitoring.tools import KIT, ROOT, Records, lacking, of, program, records_in

pytestmark = pytest.mark.models

README = (KIT / "README.md").read_text("utf-8")
BLOCK = re.compile(r"(?:<!-- ([\w ]+): (\w+) -->\n)?```(\w*)\n(.*?)```", re.DOTALL)
WITH_SYSTEMD = ROOT.parent / "shared" / "tools" / "with-systemd"
INSIDE = Path(__file__).with_name("in_journal.py")

Check = Callable[[str, Records], object]


def blocks(where: str) -> dict[str, str]:
    return {name: text for place, name, _, text in BLOCK.findall(README) if place == where}


def table(output: str) -> list[list[str]]:
    """The rows below the heads of the columns."""
    rows = [line.split("\t") for line in output.splitlines()]
    assert len({len(row) for row in rows}) == 1, output
    return rows[1:]


def nearest_rank(values: list[float], of_100: int) -> float:
    return sorted(values)[max(math.ceil(len(values) * of_100 / 100), 1) - 1]


def told(records: Records, *levels: str) -> list[str]:
    return [record["message"] for record in records if record["level"] in levels]


# --- what each question has to be answered with -----------------------------------------------------------------------


def check_failures(output: str, records: Records) -> None:
    day = records[0]["timestamp"][:10]
    dead = Counter(r["kind"] for r in of(records, "document.dead") if r["timestamp"].startswith(day))
    again = Counter(r["kind"] for r in of(records, "document.failed") if r["timestamp"].startswith(day))
    rows = {kind: (int(n), int(m)) for kind, n, m, _ in table(output)}
    assert rows == {kind: (dead[kind], again[kind]) for kind in {*dead, *again}}
    assert rows["unreadable"] == (2, 0)
    assert table(output)[0][0] == "unreadable"


def check_slowest(output: str, records: Records) -> None:
    seconds = sorted((r["seconds"] for r in of(records, "document.published")), reverse=True)
    rows = table(output)
    assert [float(row[0]) for row in rows] == seconds[:10]
    assert rows[0][1:] == ["20", rows[0][2], "2", "long.pdf"]


def check_waited(output: str, records: Records) -> None:
    waited = [r["waited_seconds"] for r in of(records, "document.published", "document.dead")]
    ((count, *numbers),) = table(output)
    assert int(count) == len(waited) == 16
    assert [float(n) for n in numbers] == [*(nearest_rank(waited, p) for p in (50, 95, 99)), max(waited)]


def check_pages(output: str, records: Records) -> None:
    published = of(records, "document.published")
    rows = table(output)
    assert [row[0] for row in rows] == sorted({r["timestamp"][:13] for r in published})
    assert sum(int(row[1]) for row in rows) == len(published)
    assert sum(int(row[2]) for row in rows) == sum(r["pages"] for r in published)
    assert all(int(row[3]) > 100 for row in rows)


def check_memory(output: str, records: Records) -> None:
    beats = [r for r in of(records, "daemon.heartbeat") if r["rss_mb"] is not None]
    rows = table(output)
    assert min(float(row[1]) for row in rows) == min(r["rss_mb"] for r in beats) > 1
    assert max(float(row[2]) for row in rows) == max(r["rss_mb"] for r in beats)
    assert {row[3] for row in rows} == {"0"}
    assert sum(int(row[4]) for row in rows) == len(beats)


def check_waiting(output: str, records: Records) -> None:
    (seen,) = [r for r in of(records, "document.seen") if r["document"] == "half.pdf"]
    assert table(output) == [[seen["timestamp"][:19], "seen", f"{seen['folder']}/half.pdf"]]


def check_restarts(output: str, records: Records) -> None:
    rows = [line.split("\t") for line in output.splitlines()]
    expected = ["daemon.started", "converter.started", "converter.died", "converter.started", "daemon.stopping"]
    assert [row[1] for row in rows] == expected
    assert rows[2][3] == "killed by SIGKILL"
    assert rows[4][3] == "SIGTERM"


def check_story(output: str, records: Records) -> None:
    messages = [r["message"] for r in records if r.get("document") == "long.pdf"]
    assert [line.partition(" ")[2] for line in output.splitlines()] == messages
    assert messages[-1] == "Marker processing completed for: long.pdf"


def check_trouble(output: str, records: Records) -> None:
    lines = output.splitlines()
    assert [line.split(": ", 1)[1] for line in lines] == told(records, "warning", "error")
    assert len(lines) >= 8


def check_journal_story(output: str, records: Records) -> None:
    assert output.splitlines() == [r["message"] for r in records if r.get("document") == "long.pdf"]


def check_journal_trouble(output: str, records: Records) -> None:
    assert output.splitlines() == told(records, "warning", "error")


def check_kinds(output: str, _: Records) -> None:
    assert [line.split() for line in output.splitlines()] == [["1", "too_large"], ["2", "unreadable"]]


def check_reasons(output: str, records: Records) -> None:
    expected = [[r["document"], r["reason"]] for r in of(records, "document.dead")]
    assert [line.split("\t") for line in output.splitlines()] == expected


def check_words(output: str, records: Records) -> None:
    expected = [r["message"] for r in of(records, "document.dead") if r["document"].startswith("garbage")]
    assert output.splitlines() == expected


def check_heartbeat(output: str, records: Records) -> None:
    beat = of(records, "daemon.heartbeat")[-1]
    assert f"MARKERD_STATE={beat['state']}" in output
    assert f"MARKERD_RSS_MB={beat['rss_mb']}" in output
    assert f"MESSAGE_ID={message_id('daemon.heartbeat')}" in output


def check_journal_restarts(output: str, records: Records) -> None:
    assert output.splitlines() == [r["message"] for r in of(records, "daemon.started", "converter.died")]


OF_THE_LOG: dict[str, Check] = {
    "failures": check_failures,
    "slowest": check_slowest,
    "waited": check_waited,
    "pages": check_pages,
    "memory": check_memory,
    "waiting": check_waiting,
    "restarts": check_restarts,
    "story": check_story,
    "trouble": check_trouble,
    "rotated": check_restarts,
}
OF_THE_JOURNAL: dict[str, Check] = {
    "trouble": check_journal_trouble,
    "story": check_journal_story,
    "kinds": check_kinds,
    "reasons": check_reasons,
    "words": check_words,
    "heartbeat": check_heartbeat,
    "restarts": check_journal_restarts,
    "any": check_slowest,
}
OF_PLAIN_LINES: dict[str, Check] = {"plain": check_waited}


def test_every_block_is_run() -> None:
    """No shell block of the README is without a mark, and none without a check."""
    shell = [(place, name) for place, name, language, _ in BLOCK.findall(README) if language in ("bash", "sh", "")]
    expected = {
        **{("log", name): 0 for name in OF_THE_LOG},
        **{("journal", name): 0 for name in OF_THE_JOURNAL},
        **{("journal without fields", name): 0 for name in OF_PLAIN_LINES},
    }
    assert sorted(shell) == sorted(expected)


def test_every_program_of_jq_is_used() -> None:
    """Each file in jq/ stands in a block."""
    assert {path.name for path in (KIT / "jq").iterdir()} == set(re.findall(r"jq/([\w-]+\.jq)", README))


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
def test_question_to_the_log(name: str, real_log: Path, records: Records) -> None:
    """Answered with what a look at the records themselves gives."""
    OF_THE_LOG[name](bash(blocks("log")[name], real_log, records[0]["timestamp"][:10]), records)


def test_rotated_logs_are_read_along(real_log: Path, records: Records, tmp_path: Path) -> None:
    """A log in three files, the oldest compressed, is one log."""
    lines = real_log.read_bytes().splitlines(keepends=True)
    parts = {"markerd.log.2.gz": lines[:50], "markerd.log.1": lines[50:120], "markerd.log": lines[120:]}
    for age, (name, part) in enumerate(parts.items()):
        content = b"".join(part)
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        os.utime(tmp_path / name, (1000 + age, 1000 + age))
    check_restarts(bash(blocks("log")["rotated"], tmp_path / "markerd.log", ""), records)


def test_another_day_has_no_failures(real_log: Path) -> None:
    """A day of which the log says nothing gives the head of the table alone."""
    assert table(bash(blocks("log")["failures"], real_log, "2001-01-01")) == []


# --- asking the journal -----------------------------------------------------------------------------------------------


@functools.cache
def journal_answers(log: Path, form: str, place: str) -> dict[str, str]:
    """What a journal with the records of the log answers to the blocks; one boot for all of them."""
    if not WITH_SYSTEMD.exists() or os.geteuid() != 0:
        lacking("no ../shared/tools/with-systemd beside this checkout, or not root")
    back = (
        {"_records": "journalctl -u markerd --all -o json | jq -nc -f jq/from-journal.jq"} if form == "fields" else {}
    )
    done = subprocess.run(
        [
            WITH_SYSTEMD,
            "env",
            f"PYTHONPATH={ROOT / 'daemon'}",
            "PYTHONDONTWRITEBYTECODE=1",
            sys.executable,
            INSIDE,
            "ask",
        ],
        input=json.dumps({"log": log.read_text("utf-8"), "form": form, "commands": {**blocks(place), **back}}),
        capture_output=True,
        text=True,
        cwd=KIT,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: dict[str, str] = json.loads(done.stdout)
    return answers


@pytest.mark.parametrize("name", OF_THE_JOURNAL)
def test_question_to_the_journal(name: str, real_log: Path, records: Records) -> None:
    """Answered with what a look at the records themselves gives."""
    OF_THE_JOURNAL[name](journal_answers(real_log, "fields", "journal")[name], records)


@pytest.mark.parametrize("name", OF_PLAIN_LINES)
def test_question_to_a_journal_without_fields(name: str, real_log: Path, records: Records) -> None:
    """Answered as the log itself answers."""
    OF_PLAIN_LINES[name](journal_answers(real_log, "lines", "journal without fields")[name], records)


def test_records_come_back_from_the_journal(real_log: Path, records: Records, tmp_path: Path) -> None:
    """Field by field and type by type what was logged; the time is the journal's own."""
    back = tmp_path / "back.log"
    back.write_text(journal_answers(real_log, "fields", "journal")["_records"], "utf-8")
    came_back = records_in(back)
    assert [{**r, "timestamp": ""} for r in came_back] == [{**r, "timestamp": ""} for r in records]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", r["timestamp"]) for r in came_back)


def test_the_journals_texts_are_the_vocabularys() -> None:
    """from-journal.jq takes for text what is text, so that a document called `2024` stays a name."""
    source = (KIT / "jq" / "from-journal.jq").read_text("utf-8")
    (listed,) = re.findall(r"def texts: (\[.*?\]);", source, re.DOTALL)
    texts = {name for name, field in FIELDS.items() if field.type is FieldType.STRING}
    assert set(json.loads(listed)) == texts | {"event", "exception"}


def test_what_to_watch_is_in_the_vocabulary() -> None:
    """Events, fields and keys that the README's table names are real."""
    section = README.split("## What to watch")[1].split("\n## ")[0]
    named = set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)?)`", section))
    keys = {"log.heartbeat_s", "converter.recycle_rss_mb"}
    assert named - keys <= set(EVENTS) | set(FIELDS)
    assert len(named) > 12


def test_message_ids_in_the_readme_are_real() -> None:
    """Each one is an event's."""
    found = re.findall(r"MESSAGE_ID=(\w+)", README)
    assert found == [message_id("document.dead")]
