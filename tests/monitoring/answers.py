"""What each question of the page on monitoring has to be answered with, found out from the records themselves."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable

from markerd.logs.event_catalog import derive_message_id
from monitoring.tools import Records, of

Check = Callable[[str, Records], object]


def table(output: str) -> list[list[str]]:
    """The rows below the heads of the columns."""
    rows = [line.split("\t") for line in output.splitlines()]
    assert len({len(row) for row in rows}) == 1, output
    return rows[1:]


def nearest_rank(values: list[float], of_100: int) -> float:
    return sorted(values)[max(math.ceil(len(values) * of_100 / 100), 1) - 1]


def told(records: Records, *levels: str) -> list[str]:
    return [record["message"] for record in records if record["level"] in levels]


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
    once = ["daemon.started", "converter.started", "daemon.stopping"]
    again = ["daemon.started", "converter.started", "converter.died", "converter.started", "daemon.stopping"]
    assert [row[1] for row in rows] == once + again
    assert rows[5][3] == "killed by SIGKILL"
    assert (rows[2][3], rows[-1][3]) == ("SIGTERM", "SIGTERM")


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
    assert f"MARKERD_RSS_MB={json.dumps(beat['rss_mb'])}" in output
    assert f"MESSAGE_ID={derive_message_id('daemon.heartbeat')}" in output


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
