"""What waits in a folder and is not recorded yet: order, limit, and what a scan changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from markerd.intake.backlog import Backlog
from markerd.intake.scan import Found
from markerd.values import Fingerprint

FILES = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 5), max_size=30)


def files(mtimes: dict[str, int]) -> list[Found]:
    return [Found(path, Fingerprint(1, mtime, 1)) for path, mtime in mtimes.items()]


def scan(backlog: Backlog, mtimes: dict[str, int], seen_at: float) -> int:
    """What a scan does that finds these files; gives how many are news."""
    collected = backlog.collect()
    for found in files(mtimes):
        collected.add(found, seen_at)
    backlog.replace(collected)
    return collected.news


def draw_all(backlog: Backlog, count: int = 3) -> list[str]:
    paths = []
    while backlog:
        paths += [waiting.path for waiting in backlog.draw(count)]
        backlog.end_draw()
    return paths


@given(scanned=FILES, later=FILES, limit=st.integers(1, 40))
def test_files_are_drawn_oldest_first_each_once(scanned: dict[str, int], later: dict[str, int], limit: int) -> None:
    """Those that came after the scan among them, and no more of those that were scanned than the limit allows."""
    later = {path: mtime for path, mtime in later.items() if path not in scanned}
    backlog = Backlog(limit)
    assert scan(backlog, scanned, 1.0) == len(scanned)
    kept = sorted(scanned, key=lambda path: (scanned[path], path))[:limit]
    added = list(later)[: limit - len(kept)]
    for found in files(later):
        backlog.add(found, 2.0)
    assert len(backlog) == len(kept) + len(added)
    assert backlog.is_cut == (len(kept) < len(scanned) or len(added) < len(later))
    mtimes = {**scanned, **later}
    assert draw_all(backlog) == sorted(kept + added, key=lambda path: (mtimes[path], path))


@given(before=FILES, after=FILES)
def test_scan_keeps_the_first_sight_of_what_waited(before: dict[str, int], after: dict[str, int]) -> None:
    """The rest is forgotten, and only other content is news."""
    backlog = Backlog()
    scan(backlog, before, 1.0)
    news = {path for path, mtime in after.items() if before.get(path) != mtime}
    assert scan(backlog, after, 2.0) == len(news)
    seen = {waiting.path: waiting.seen_at for waiting in backlog.draw(len(after))}
    assert seen == {path: 2.0 if path in news else 1.0 for path in after}


def test_what_is_drawn_counts_until_it_is_recorded() -> None:
    """Nobody takes the folder for done meanwhile."""
    backlog = Backlog()
    scan(backlog, {"a": 1, "b": 2, "c": 3}, 1.0)
    assert [waiting.path for waiting in backlog.draw(2)] == ["a", "b"]
    assert len(backlog) == 3
    backlog.end_draw()
    assert len(backlog) == 1
