"""Which places may lie inside which, judged by paths and identities alone."""

from __future__ import annotations

import time
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.config.overlap import Place, Role, find_overlaps

HOT, OUTPUT, ARCHIVE, FAILED, STATE, FILE = Role


def hot(path: str, index: int = 0, *, is_recursive: bool = True) -> Place:
    return Place(("folders", index, "path"), HOT, Path(path), is_recursive=is_recursive)


def place(role: Role, path: str, index: int = 0) -> Place:
    keys = {OUTPUT: "output", ARCHIVE: "archive", FAILED: "failed"}
    location = ("daemon", "state_dir") if role is STATE else ("log", "file")
    return Place(("folders", index, keys[role]) if role in keys else location, role, Path(path))


REFUSED = [
    pytest.param(hot("/m/in"), place(OUTPUT, "/m/in"), id="output equal to hot folder"),
    pytest.param(hot("/m/in"), place(ARCHIVE, "/m/in/done"), id="archive inside a recursive hot folder"),
    pytest.param(hot("/m/in"), place(FAILED, "/m/in/a/b"), id="failed deep inside a recursive hot folder"),
    pytest.param(hot("/m/out/in"), place(OUTPUT, "/m/out", 1), id="hot folder inside another entry's output"),
    pytest.param(
        hot("/m/done/in", is_recursive=False), place(ARCHIVE, "/m/done"), id="flat hot folder inside an archive"
    ),
    pytest.param(hot("/m/in", is_recursive=False), place(OUTPUT, "/m/in"), id="output equal to a flat hot folder"),
    pytest.param(hot("/m/in", is_recursive=False), hot("/m/in", 1, is_recursive=False), id="hot folder twice"),
    pytest.param(hot("/m"), hot("/m/in", 1), id="hot folder inside a recursive one"),
    pytest.param(place(OUTPUT, "/m/x"), place(ARCHIVE, "/m/x"), id="output equal to archive"),
    pytest.param(place(OUTPUT, "/m/x"), place(FAILED, "/m/x/failed", 1), id="failed inside an output"),
    pytest.param(place(OUTPUT, "/m/done/out"), place(ARCHIVE, "/m/done"), id="output inside an archive"),
    pytest.param(place(OUTPUT, "/m/out"), place(OUTPUT, "/m/out/b", 1), id="output inside another output"),
    pytest.param(place(ARCHIVE, "/m/x"), place(FAILED, "/m/x"), id="archive equal to failed"),
    pytest.param(hot("/m/in", is_recursive=False), place(STATE, "/m/in/s"), id="state inside a hot folder"),
    pytest.param(hot("/s/in"), place(STATE, "/s"), id="hot folder inside the state"),
    pytest.param(place(OUTPUT, "/s"), place(STATE, "/s"), id="output equal to the state"),
    pytest.param(place(ARCHIVE, "/s/done"), place(STATE, "/s"), id="archive inside the state"),
    pytest.param(hot("/m/in"), place(FILE, "/m/in/a/markerd.log"), id="log deep in a recursive hot folder"),
    pytest.param(hot("/m/in", is_recursive=False), place(FILE, "/m/in/x.log"), id="log in a flat hot folder"),
    pytest.param(hot("/"), place(OUTPUT, "/m/out"), id="hot folder is the root"),
]

ALLOWED = [
    pytest.param(hot("/m/in"), place(OUTPUT, "/m/out"), id="side by side"),
    pytest.param(hot("/m/in"), place(OUTPUT, "/m/inbox"), id="one name the beginning of the other"),
    pytest.param(hot("/m", is_recursive=False), place(OUTPUT, "/m/out"), id="output inside a flat hot folder"),
    pytest.param(hot("/m", is_recursive=False), hot("/m/in", 1), id="hot folder inside a flat one"),
    pytest.param(place(OUTPUT, "/m/out"), place(OUTPUT, "/m/out", 1), id="one output for two entries"),
    pytest.param(place(ARCHIVE, "/m/done"), place(ARCHIVE, "/m/done", 1), id="one archive for two entries"),
    pytest.param(place(FAILED, "/m/bad"), place(FAILED, "/m/bad", 1), id="one failed folder for two entries"),
    pytest.param(place(ARCHIVE, "/m/done"), place(FAILED, "/m/done/failed"), id="failed inside the archive"),
    pytest.param(hot("/m/in", is_recursive=False), place(FILE, "/m/in/a/x.log"), id="log below a flat hot folder"),
    pytest.param(place(STATE, "/s"), place(FILE, "/s/markerd.log"), id="log in the state"),
]


@pytest.mark.parametrize(("first", "second"), REFUSED)
def test_places_that_feed_each_other_are_refused(first: Place, second: Place) -> None:
    """They are one problem with both keys, in whichever order they come."""
    for pair in ([first, second], [second, first]):
        (problem,) = find_overlaps(pair)
        line = problem.to_line({})
        assert all(key in line for key in (_key(first), _key(second))), line


@pytest.mark.parametrize(("first", "second"), ALLOWED)
def test_places_that_do_not_feed_each_other_are_allowed(first: Place, second: Place) -> None:
    """They are no problem, in whichever order they come."""
    assert list(find_overlaps([first, second])) == list(find_overlaps([second, first])) == []


def test_same_folder_under_another_path_is_recognised() -> None:
    """A bind mount or a different case is recognised by what is on disk."""
    inbox = Place(("folders", 0, "path"), HOT, Path("/m/in"), ((1, 7), (1, 2)), is_recursive=True)
    inside = Place(("folders", 0, "output"), OUTPUT, Path("/M/In/out"), (None, (1, 7), (1, 2)))
    same = Place(("folders", 0, "output"), OUTPUT, Path("/M/In"), ((1, 7), (1, 2)))
    assert list(find_overlaps([inbox, inside]))
    assert list(find_overlaps([inbox, same]))


def test_missing_folders_are_not_taken_for_the_same() -> None:
    """Two folders that do not exist yet are different."""
    inbox = Place(("folders", 0, "path"), HOT, Path("/m/in"), (None, (1, 2)), is_recursive=True)
    output = Place(("folders", 0, "output"), OUTPUT, Path("/m/out"), (None, (1, 2)))
    assert list(find_overlaps([inbox, output])) == []


def _key(which: Place) -> str:
    *_, name = which.location
    return str(name)


NAMES = st.lists(st.sampled_from("ab"), max_size=3)
PLACES = st.builds(
    lambda role, names, inodes, is_recursive: Place(
        ("folders", 0, role.value),
        role,
        Path("/", *names),
        tuple(inode and (1, inode) for inode in inodes[: len(names) + 1]),
        is_recursive,
    ),
    st.sampled_from(Role),
    NAMES,
    st.lists(st.sampled_from([None, 2, 3]), max_size=4),
    st.booleans(),
)


@given(st.lists(PLACES, max_size=6))
def test_places_are_judged_as_if_each_pair_were(places: list[Place]) -> None:
    """Paths and identities of whatever kind, and in the order of the places."""
    one_by_one = [problem for pair in combinations(places, 2) for problem in find_overlaps(pair)]
    assert list(find_overlaps(places)) == one_by_one


def test_two_thousand_places_are_judged_at_once() -> None:
    """Those of five hundred entries; two million pairs took minutes."""
    places = [
        each
        for number in range(500)
        for each in (
            hot(f"/m/in/{number}", number),
            *(place(role, f"/m/{role.value}/{number}", number) for role in (OUTPUT, ARCHIVE, FAILED)),
        )
    ]
    began = time.process_time()
    assert list(find_overlaps(places)) == []
    assert time.process_time() - began < 2.0
