"""In which order files are taken, and whose turn it is."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.intake.backlog import Backlog
from markerd.intake.order import Rank, Turns, rank
from markerd.intake.scan import Found
from markerd.values import Fingerprint, Order

_FILES = {"b.pdf": (300, 10), "a.pdf": (100, 30), "c.pdf": (200, 20)}
"""Size and time of each."""


def _found(path: str) -> Found:
    size, mtime_ns = _FILES[path]
    return Found(path, Fingerprint(size, mtime_ns, 1, None))


@pytest.mark.parametrize(
    ("order", "expected"), [("oldest", "bca"), ("newest", "acb"), ("smallest", "acb"), ("name", "abc")]
)
def test_files_come_in_the_order_of_their_folder(order: str, expected: str) -> None:
    """From the backlog, too."""
    backlog = Backlog(order=Order(order))
    collected = backlog.collect()
    for path in _FILES:
        collected.add(_found(path), 0.0)
    backlog.replace(collected)
    assert "".join(waiting.path[0] for waiting in backlog.draw(3)) == expected
    ranked = sorted(_FILES, key=lambda path: rank(Order(order), path, _found(path).fingerprint))
    assert "".join(path[0] for path in ranked) == expected


def test_first_files_are_remembered_where_there_are_too_many() -> None:
    """Of the smallest first, the smallest."""
    backlog = Backlog(2, Order.SMALLEST)
    collected = backlog.collect()
    for path in _FILES:
        collected.add(_found(path), 0.0)
    backlog.replace(collected)
    assert backlog.is_cut
    assert [waiting.path for waiting in backlog.draw(2)] == ["a.pdf", "c.pdf"]


_queues = st.lists(
    st.tuples(st.sampled_from(Order), st.lists(st.integers(0, 50), min_size=1, max_size=20)), min_size=1, max_size=5
)


@given(_queues)
def test_no_folder_waits_for_another_to_be_empty(queues: list[tuple[Order, list[int]]]) -> None:
    """While several lines have files, their shares differ by one at most; each folder's own order holds."""
    waiting = {f"/{number}": (order, sorted(weights)) for number, (order, weights) in enumerate(queues)}
    turns, served = Turns(), Counter[str]()
    lines = {folder: "" if order is Order.OLDEST else folder for folder, (order, _) in waiting.items()}
    while all(weights for _, weights in waiting.values()):
        heads = [(Rank(weights[0], "a"), order, folder) for folder, (order, weights) in waiting.items()]
        folder = turns.choose(heads)
        order, weights = waiting[folder]
        if order is Order.OLDEST:
            assert weights[0] == min(head.weight for head, kind, _ in heads if kind is Order.OLDEST)
        weights.pop(0)
        served[lines[folder]] += 1
        counts = [served[line] for line in set(lines.values())]
        assert max(counts) - min(counts) <= 1


def test_oldest_of_all_folders_comes_first() -> None:
    """Where all folders take the oldest first, as they do by default."""
    turns = Turns()
    heads = [(Rank(5, "a"), Order.OLDEST, "/a"), (Rank(3, "b"), Order.OLDEST, "/b")]
    assert [turns.choose(heads) for _ in range(3)] == ["/b"] * 3
