"""Runs the layout model on a document's pages in a thread, while the text layer is read and laid out.

The model's library lets other threads run while it computes, so with two cores most of its time costs nothing. One
thread looks at one page after the other, in order: the results are those of a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")


def lay_out_ahead(model: Any, pages: Sequence[Any]) -> AbstractContextManager[Iterator[Any]]:
    """Give the layout model's result for each of Marker's pages, in order; see `look_ahead`.

    A model that has no attribute `runs_beside` is none of ours, and has no thread beside it.
    """
    images = [page.get_image(highres=False) for page in pages]
    return look_ahead(lambda image: model([image])[0], images, beside=getattr(model, "runs_beside", False))


@contextmanager
def look_ahead(look: Callable[[Item], Found], items: Sequence[Item], *, beside: bool) -> Iterator[Iterator[Found]]:
    """Give what `look` returns for each item, in order; what it raises is raised where its result is taken.

    With `beside`, a thread looks at the items meanwhile; it has ended when the block ends, whatever is still to do.
    """
    if not beside:
        yield map(look, items)
        return
    with ThreadPoolExecutor(1, "layout") as thread:
        begun = [thread.submit(look, item) for item in items]
        try:
            yield (one.result() for one in begun)
        finally:
            thread.shutdown(cancel_futures=True)
