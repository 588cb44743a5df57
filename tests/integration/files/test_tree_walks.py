"""Folders are found, whatever lies in them and whoever moves them meanwhile."""

from __future__ import annotations

import itertools
import os
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from hypothesis import given, settings
from hypothesis import strategies as st

from deep_trees import make_deep, make_special
from markerd.files import durable, trees
from publishing import Publisher


def test_a_tree_is_walked_as_the_system_does(place: Path) -> None:
    """The same folders with the same files, links not followed."""
    for folder in ("a/b", "a/c", "d"):
        (place / folder).mkdir(parents=True)
        (place / folder / "file").touch()
    (place / "a" / "up").symlink_to(place)
    make_special(place / "d")
    there = {folder: set(names) for folder, names in trees.walk(str(place))}
    expected = {
        folder: {*files, *(name for name in folders if os.path.islink(os.path.join(folder, name)))}
        for folder, folders, files in os.walk(place)
    }
    assert there == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abc"), max_size=4).map(tuple), min_size=1, max_size=12), st.randoms())
def test_a_descent_finds_each_folder(asked: list[tuple[str, ...]], chance: random.Random) -> None:
    """In whatever order; where folders are moved elsewhere meanwhile, never one that had another place."""
    with tempfile.TemporaryDirectory() as root:
        for parts in asked:
            Path(root, *parts).mkdir(parents=True, exist_ok=True)
        had = {_place_and_inode(root, folder) for folder, _ in trees.walk(root)}
        with durable.open_folder(Path(root)) as fd, durable.Descent(fd) as descent:
            for parts in asked:
                if chance.random() < 0.2:
                    _move_something(Path(root), chance)
                    had |= {_place_and_inode(root, folder) for folder, _ in trees.walk(root)}
                try:
                    found = os.fstat(descent.open_at(parts)).st_ino
                except FileNotFoundError:
                    assert not Path(root, *parts).exists()
                else:
                    assert (Path(*parts), found) in had


def _place_and_inode(root: str, folder: str) -> tuple[Path, int]:
    return Path(folder).relative_to(root), Path(folder).stat().st_ino


def _move_something(root: Path, chance: random.Random) -> None:
    folders = [Path(folder) for folder, _ in trees.walk(str(root))]
    moved, target = chance.choice(folders), chance.choice(folders)
    if moved not in (target, *target.parents):
        names = (f"moved-{number}" for number in itertools.count())
        moved.rename(next(target / name for name in names if not (target / name).exists()))


def test_notes_in_a_deep_tree_go_along_quickly(place: Path) -> None:
    """A step for each folder and note, from where the one before was: not from the top each time."""
    publisher = Publisher(place)
    folder = publisher.publish("a.pdf", "old")
    depth = 400
    make_deep(folder, depth)
    for level in range(depth):
        (folder.joinpath(*["d"] * level) / "note").write_text(str(level))
    opened = _count_opened(lambda: publisher.publish("a.pdf", "new"))
    assert [(folder.joinpath(*["d"] * level) / "note").read_text() for level in range(depth)] == list(
        map(str, range(depth))
    )
    assert opened < 30 * depth


def _count_opened(work: Callable[[], object]) -> int:
    count = 0

    def count_opening(_frame: FrameType, event: str, function: object) -> None:
        nonlocal count
        count += event == "c_call" and function is os.open

    sys.setprofile(count_opening)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count
