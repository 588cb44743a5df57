"""`markerd report` from a real journal to the page that a browser shows."""

from __future__ import annotations

import re
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

import history_rows
from browser import Dom, dom_of, screenshot
from harness import run_markerd
from history_rows import add, add_cleanup, add_incident, ending
from markerd.journal.history import History
from markerd.monitoring.report import build_period, compose_page

CONFIGURATION = '[daemon]\nstate_dir = "state"\n[[folders]]\npath = "in"\noutput = "out"\n'
NOW = time.time()
DAY_S = 86400
HOSTILE = b"<script>alert(1)</script>&quot;\"'\xff\n\xe2\x80\xae.pdf"
SHOWN = r"""<script>alert(1)</script>&quot;"'\xff\x0a\u202e.pdf"""
MOST_S_FOR_100_000 = 10.0  # it takes about one, on a machine that does nothing else


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The one of the configuration `markerd.toml` beside it."""
    (tmp_path / "markerd.toml").write_text(CONFIGURATION)
    (tmp_path / "state").mkdir()
    return history_rows.made(tmp_path / "state" / "journal.sqlite")


def page(journal: Path, *, days: int = 30, now: float = NOW) -> Dom:
    with History(journal) as history:
        return Dom(compose_page(history, build_period(days, now, history.find_beginning(), timezone.utc), now)[0])


def mixed(journal: Path) -> None:
    """Four published documents, one skipped, two dead, three attempts repeated; and one long ago."""
    add(journal, *(ending(NOW - n * DAY_S, pages=n, convert=n * 0.5, waited=10.0 * n) for n in (1, 2, 3)))
    add(journal, ending(NOW - 3600, path=HOSTILE, pages=100, convert=90, waited=7000))
    add(journal, ending(NOW - 60, outcome="skipped", reason="the same"), ending(NOW - 90 * DAY_S, pages=7))
    add(journal, *(ending(NOW - n, outcome="dead", kind="encrypted", reason="<b>locked</b>\x00\n") for n in (9, 5)))
    add(journal, *(ending(NOW - n, outcome="failed", kind="timeout", reason="slow") for n in (7, 8, 9)))
    add_cleanup(journal, NOW - DAY_S, rss_mb=600, removed=2)
    add_cleanup(journal, NOW - 60, rss_mb=800, removed=1, semaphores=4)
    add_incident(journal, NOW - 2 * DAY_S, "daemon.started", "1.0")
    add_incident(journal, NOW - DAY_S, "converter.recycled", "500 <i>documents")
    add_incident(journal, NOW - 7, "converter.died")


NUMBERS = {
    "published": "4", "total-pages": "106", "dead": "2", "failed": "3", "skipped": "1", "per-page-p50": "500 ms",
    "per-page-p95": "900 ms", "waited-p50": "20.0 s", "waited-p95": "117 min", "waited-p99": "117 min",
    "cleanups": "4", "removed": "3", "semaphores": "4", "most-memory": "800 MB", "recycled": "1", "starts": "1",
    "died": "1",
}  # fmt: skip


def test_the_numbers_are_those_of_the_journal(journal: Path) -> None:
    """Each has its id; what is older than the days asked for does not count."""
    mixed(journal)
    texts = page(journal).texts
    assert {name: texts[name] for name in NUMBERS} == NUMBERS
    assert "4 documents came out, 2 could not be converted (33.3 %)" in texts["headline"]
    assert page(journal, days=100).texts["published"] == "5"


def test_failures_stand_by_kind(journal: Path) -> None:
    """With how many dead letters, repeated attempts, and the newest reason."""
    mixed(journal)
    found = re.findall(
        r'data-kind="(\w+)".*?data-dead>(\d+)<.*?data-failed>(\d+)<', page(journal).html, flags=re.DOTALL
    )
    assert found == [("encrypted", "2", "0"), ("timeout", "0", "3")]


def test_nothing_hostile_becomes_markup(journal: Path) -> None:
    """Names and reasons are shown, escaped; the page has no script, whatever a file is called."""
    mixed(journal)
    dom = page(journal)
    assert SHOWN in dom.texts["slowest"]
    assert r"<b>locked</b>\x00\x0a" in dom.texts["failures"]
    assert "500 <i>documents" in dom.texts["incidents"]
    assert not re.search(r"<(script|b>locked|i>documents)|\bon\w+=", dom.html)
    assert not set(dom.html) & {"\x00", "\u202e", "\udcff"}


def test_page_loads_nothing_from_elsewhere(journal: Path) -> None:
    """No address, no file, no script; and a policy that would refuse them."""
    mixed(journal)
    dom = page(journal)
    assert not re.search(
        r"https?:|//|url\(|@import|<script|<link|<img|<iframe|javascript:", dom.html.replace(SHOWN, "")
    )
    assert not {name for name, _ in dom.attributes} & {
        "src",
        "href",
        "srcset",
        "action",
        "data",
        "poster",
        "background",
    }
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'; img-src data:") in dom.attributes


def test_an_empty_journal_has_its_page(journal: Path) -> None:
    """Zeros, dashes and a sentence; no plots."""
    dom = page(journal)
    assert dom.texts["headline"] == "No document came to an end in this time."
    assert (dom.texts["published"], dom.texts["waited-p99"], dom.texts["most-memory"]) == (
        "0",
        "\N{EN DASH}",
        "\N{EN DASH}",
    )
    assert "documents-chart" not in dom.texts


def test_one_document_has_its_page(journal: Path) -> None:
    """Which answers for every percentile, and is a bar and a dot in every plot."""
    add(journal, ending(NOW - 60, pages=2, convert=3, waited=4))
    add_cleanup(journal, NOW - 60)
    dom = page(journal)
    assert dom.texts["headline"] == "1 document came out, 4.0 s after its drop."
    assert {dom.texts[f"waited-p{percent}"] for percent in (50, 95, 99)} == {"4.0 s"}
    plots = ("documents", "pages", "waiting", "per-page", "memory")
    assert [f"{name}-chart" in dom.texts for name in plots] == [True] * 5
    assert dom.html.count(' dot"') == 6


def test_pages_that_lost_structure_stand_in_the_headline(journal: Path) -> None:
    """They are few: a number says it, and nothing where there are none."""
    add(journal, ending(NOW - 60, pages=20, degraded=1, waited=4), ending(NOW - 50, pages=3, degraded=0, waited=4))
    expected = "2 documents came out, 1 page of 23 without all of their structure. "
    assert page(journal).texts["headline"].startswith(expected)


def test_the_memory_is_not_drawn_where_nothing_is_known(journal: Path) -> None:
    """Over a night the line goes on, over a week without documents it breaks."""
    add(journal, ending(NOW - 29 * DAY_S))
    for age_days in (20.0, 19.5, 12.0, 11.5, 11.0):
        add_cleanup(journal, NOW - age_days * DAY_S)
    drawing = page(journal).html.split('id="memory-chart"')[1].split("</svg>")[0]
    (path,) = re.findall(r' d="([^"]+)"', drawing)
    assert [run.count("L") for run in path.split("M")[1:]] == [1, 2]


@pytest.mark.parametrize("outcome", ["dead", "failed", "skipped"])
def test_nothing_published_has_its_page(journal: Path, outcome: str) -> None:
    """Only failures, or only skipped: no percentile of nothing."""
    add(journal, ending(NOW - 60, outcome=outcome, kind="x"))
    assert page(journal).texts[outcome] == "1"


def test_a_clock_that_jumped_does_no_harm(journal: Path) -> None:
    """What is dated later than now is left out and said; what took less than no time took none."""
    add(
        journal,
        ending(NOW + 900 * DAY_S, pages=1),
        ending(5.0, pages=1),
        ending(NOW - 9, pages=1, convert=-8, waited=-9),
    )
    dom = page(journal, days=100_000)
    assert (dom.texts["published"], dom.texts["waited-p50"], dom.texts["per-page-p50"]) == ("2", "0 ms", "0 ms")
    assert dom.texts["future"].startswith("Left out: 1 document whose end is dated later")
    assert "NaN" not in dom.html


def test_every_bucket_stands_in_the_table(journal: Path) -> None:
    """For who wants the figures, or cannot see the plots."""
    mixed(journal)
    dom = page(journal)
    day = datetime.fromtimestamp(NOW - 3 * DAY_S, timezone.utc)
    assert f"{day:%a} {day.day} {day:%b %Y}" in dom.texts["figures"]
    assert dom.html.count("<th>Day</th>") == 1


# --- the command -----------------------------------------------------------------------------------------------------


def report(journal: Path, *arguments: str) -> tuple[int, str, str]:
    root = journal.parent.parent
    done = run_markerd("report", "--config", "markerd.toml", *arguments, cwd=root)
    return done.returncode, done.stdout, done.stderr


def test_the_command_writes_the_page_and_says_where(journal: Path) -> None:
    """An earlier report is replaced, through a link too; no other file is touched or left."""
    mixed(journal)
    root = journal.parent.parent
    (root / "www").mkdir()
    (root / "link.html").symlink_to("www/report.html")
    for days, published in (("30", "4"), ("100", "5")):
        code, said, _ = report(journal, "--html", "link.html", "--days", days)
        assert (code, f"Wrote {root}/www/report.html: {published} published" in said) == (0, True)
        assert Dom((root / "www" / "report.html").read_text("utf-8")).texts["published"] == published
    assert sorted(each.name for each in root.iterdir()) == ["link.html", "markerd.toml", "state", "www"]
    assert [each.name for each in (root / "www").iterdir()] == ["report.html"]
    assert [each.name for each in journal.parent.iterdir()] == [journal.name]


def test_report_is_written_to_standard_output(journal: Path) -> None:
    """For a pipe: the page alone."""
    code, said, _ = report(journal, "--html", "-")
    assert code == 0
    assert said.startswith("<!doctype html>")
    assert said.rstrip().endswith("</html>")


def test_file_that_is_no_report_is_not_replaced(journal: Path) -> None:
    """Another page, a device, a folder: refused before anything is written."""
    root = journal.parent.parent
    (root / "mine.html").write_text("<!doctype html><title>mine</title>")
    for target in ("mine.html", "/dev/null", "state"):
        code, _, said = report(journal, "--html", target)
        assert (code, "is not a report of markerd" in said) == (64, True)
    assert (root / "mine.html").read_text() == "<!doctype html><title>mine</title>"


def test_unwritable_report_is_an_error_in_words(journal: Path) -> None:
    """No journal, no way to the file, no file named, no days."""
    (journal.parent.parent / "file").write_text("")
    code, _, said = report(journal, "--html", "file/report.html")
    assert (code, "the report cannot be written" in said, "Traceback" in said) == (69, True, False)
    for wrong in (("--days", "3"), ("--html", "x.html", "--days", "0")):
        assert report(journal, *wrong)[0] == 64
    journal.unlink()
    code, _, said = report(journal, "--html", "x.html")
    assert (code, "start it with `markerd run`" in said.lower()) == (69, True)


def test_report_of_a_hundred_thousand_outcomes_is_quick(journal: Path) -> None:
    """Some seconds and a page that any browser opens at once."""
    history_rows.fill(journal, 100_000, days=30, now=NOW)
    started = time.perf_counter()
    dom = page(journal)
    assert time.perf_counter() - started < MOST_S_FOR_100_000
    assert len(dom.html) < 200_000
    ended = [int(dom.texts[name].replace(",", "")) for name in ("published", "dead", "failed", "skipped")]
    assert sum(ended) == 100_000


# --- in a browser ----------------------------------------------------------------------------------------------------


def test_a_browser_shows_the_numbers(journal: Path) -> None:
    """The page of the real command in Chromium: the numbers, the plots, the names as text."""
    mixed(journal)
    assert report(journal, "--html", "report.html")[0] == 0
    dom = dom_of(journal.parent.parent / "report.html")
    assert {name: dom.texts[name] for name in NUMBERS} == NUMBERS
    assert SHOWN in dom.texts["slowest"]
    for plot in ("documents", "pages", "waiting", "per-page", "memory"):
        assert f"{plot}-chart" in dom.texts
    assert "<script" not in dom.html


def test_a_browser_draws_light_and_dark(journal: Path, tmp_path: Path) -> None:
    """Two pictures that differ: the colours follow the reader's."""
    mixed(journal)
    assert report(journal, "--html", "report.html")[0] == 0
    page_path = journal.parent.parent / "report.html"
    light = screenshot(page_path, tmp_path / "light.png").read_bytes()
    dark = screenshot(page_path, tmp_path / "dark.png", is_dark=True).read_bytes()
    assert light[:4] == dark[:4] == b"\x89PNG"
    assert light != dark
