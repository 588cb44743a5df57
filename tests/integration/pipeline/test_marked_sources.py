"""Markers of documents whose source is taken away, or changed meanwhile: only the document's own marker goes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

from core_scene import Core, core_at
from fakes import FakeConverter
from markerd.values import After, State

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="read leases are Linux's")

OLD, NEW = b"%PDF-1.4 one", b"%PDF-1.4 two"


@contextmanager
def marked_core_at(root: Path, after: After, before_result: Callable[[], None]) -> Iterator[Core]:
    """A hot folder whose documents are complete when their markers are there; `a.pdf` has one and is dropped."""
    with core_at(root, after=after, converter=FakeConverter(before_result=before_result)) as core:
        core.plan = core.plans[str(core.inbox)] = replace(core.plan, marker="{name}.done")
        (core.inbox / "a.pdf.done").touch()
        core.drop("a.pdf", OLD)
        yield core


@pytest.mark.parametrize("policy", After)
def test_marker_goes_with_its_document(tmp_path: Path, policy: After) -> None:
    """Whatever becomes of the source."""
    with marked_core_at(tmp_path, policy, lambda: None) as core:
        core.finish_all()
        assert core.find("a.pdf").state is State.PUBLISHED
        assert not (core.inbox / "a.pdf.done").exists()


@pytest.mark.parametrize("policy", After)
def test_marker_of_the_next_document_stays(tmp_path: Path, policy: After) -> None:
    """One of the same name, which came with its marker while the earlier one was converted: without it, it would wait
    for ever."""
    inbox = tmp_path / "inbox"

    def drop_the_next_one() -> None:
        (inbox / "incoming").write_bytes(NEW)
        (inbox / "incoming").rename(inbox / "a.pdf")
        (inbox / "a.pdf.done").unlink()
        (inbox / "a.pdf.done").touch()

    with marked_core_at(tmp_path, policy, drop_the_next_one) as core:
        core.finish_all()
        assert (inbox / "a.pdf").read_bytes() == NEW
        assert (inbox / "a.pdf.done").exists()
        assert core.rescans


@on_linux
def test_marker_of_a_document_that_is_open_stays(tmp_path: Path) -> None:
    """It is an arrival again, and its marker still says that it is complete."""
    writers: list[BinaryIO] = []
    source = tmp_path / "inbox" / "a.pdf"
    with marked_core_at(tmp_path, After.ARCHIVE, lambda: writers.append(source.open("r+b"))) as core:
        core.finish_all()
        writers[0].close()
        assert source.exists()
        assert (core.inbox / "a.pdf.done").exists()
