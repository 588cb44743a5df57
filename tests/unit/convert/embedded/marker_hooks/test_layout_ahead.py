"""The layout model runs ahead of what its results are needed for."""

from __future__ import annotations

import threading

import pytest

from markerd.convert.embedded.marker_hooks.layout_ahead import look_ahead


@pytest.mark.parametrize("beside", [True, False])
def test_results_come_in_order(beside: bool) -> None:
    """Each item has its result at its place, whether a thread looks at them or not."""
    with look_ahead(str, range(50), beside=beside) as found:
        assert list(found) == [str(number) for number in range(50)]


@pytest.mark.parametrize("beside", [True, False])
def test_an_error_is_raised_where_its_result_is_taken(beside: bool) -> None:
    """What went well before it is there first."""
    with look_ahead(lambda number: 1 // number, [1, 0, 1], beside=beside) as found:
        assert next(found) == 1
        with pytest.raises(ZeroDivisionError):
            next(found)


def test_the_items_are_looked_at_meanwhile() -> None:
    """With `beside`, a thread works before the first result is asked for."""
    began, own = threading.Event(), threading.get_ident()

    def look(_: int) -> int:
        began.set()
        return threading.get_ident()

    with look_ahead(look, [0], beside=True) as found:
        assert began.wait(10)
        assert list(found) != [own]
    with look_ahead(look, [0], beside=False) as found:
        assert list(found) == [own]


def test_the_thread_ends_with_the_block() -> None:
    """No thread is left behind, and what was not begun is not begun any more."""
    before, begun, may_end = threading.active_count(), [], threading.Event()

    def look(number: int) -> None:
        begun.append(number)
        may_end.wait(10)

    timer = threading.Timer(0.05, may_end.set)
    with look_ahead(look, range(100), beside=True):
        timer.start()
    timer.join()
    assert threading.active_count() == before
    assert len(begun) <= 1
