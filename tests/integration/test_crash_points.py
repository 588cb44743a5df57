"""`kill -9` at every step of a document's way: it comes out once, or is a dead letter once, and nothing is left over.

The steps are found out by running: see `crashing`. The kill is real; what is lost at a power cut besides, the journal's
last commits, is played by the journal as it was before the work.
"""

from __future__ import annotations

import errno
import itertools
import os
import signal
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from core_scene import core_at
from crash_scene import LETTER, Scene
from crash_scenes import DEAD, DELETED, EDITED, ON_OTHER_DISK, PUBLISHED, REPLACED, SCENES
from crashing import MEMORY, Moment, moments_of, run_killed
from fakes import FakeConverter
from markerd.files import durable
from markerd.runtime.recovery import recover
from needs import missing
from whole_outputs import demand_whole, files_in, left_over

MakeRoot = Callable[[Scene], Path]


@pytest.fixture
def make_root(tmp_path: Path) -> Iterator[MakeRoot]:
    """Makes one folder after another, prepared for the scene. In memory: a kill asks nothing of a disk, and waiting for
    one is nearly all that this would do."""
    numbers = itertools.count()
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="markerd-test-") as memory:

        def make(scene: Scene) -> Path:
            root = Path(memory, str(next(numbers)))
            if scene.other_disk and Path(memory).stat().st_dev == tmp_path.stat().st_dev:
                missing("no second file system")
            for place in scene.other_disk:
                elsewhere = tmp_path / root.name / place
                elsewhere.mkdir(parents=True)
                root.mkdir(exist_ok=True)
                (root / place).symlink_to(elsewhere)
            scene.prepare(root)
            return root

        yield make


def places_of(root: Path) -> list[Path]:
    return [root, *(entry.resolve() for entry in root.iterdir() if entry.is_symlink())]


def moments(scene: Scene, root: Path) -> list[Moment]:
    return moments_of(partial(scene.work, scene, root), places_of(root))


def run_whole(scene: Scene, root: Path) -> dict[str, int]:
    """Undisturbed, and in this process, which so imports what each child would else import anew."""
    scene.work(scene, root)
    return check(scene, root)


def check(scene: Scene, root: Path) -> dict[str, int]:
    """What must hold after a kill and two starts; the second finds nothing to do. Gives the journal's counts."""
    demand_whole(root)
    scene.finish(root)
    counts = scene.restart(root)
    assert counts == scene.restart(root)
    assert counts["waiting"] == 0
    assert files_in(root) in scene.ends
    assert left_over(root) == []
    demand_whole(root)
    scene.demand(root)
    return counts


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_killed_at_every_step(scene: Scene, make_root: MakeRoot) -> None:
    """Each input is accounted for once, whatever step it was; the journal's counts are those of an undisturbed run."""
    undisturbed = run_whole(scene, make_root(scene))
    for moment in moments(scene, make_root(scene)):
        root = make_root(scene)
        run_killed(partial(scene.work, scene, root), moment)
        assert check(scene, root) == undisturbed, moment


@pytest.mark.parametrize("scene", [REPLACED, EDITED], ids=lambda scene: scene.name)
def test_killed_at_every_step_where_the_system_cannot_exchange(
    scene: Scene, make_root: MakeRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As some network file systems: a new output takes the place of an old one in three renames."""

    rename = durable._rename_with_flags

    def without_exchange(source: str, source_fd: int, target: str, target_fd: int, flags: int) -> None:
        if flags == durable._RENAME_EXCHANGE:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        rename(source, source_fd, target, target_fd, flags)

    monkeypatch.setattr(durable, "_rename_with_flags", without_exchange)
    test_killed_at_every_step(scene, make_root)


@pytest.mark.parametrize(
    "scene", [PUBLISHED, DELETED, ON_OTHER_DISK, DEAD, REPLACED, EDITED], ids=lambda scene: scene.name
)
def test_a_power_cut_at_every_step(scene: Scene, make_root: MakeRoot) -> None:
    """The journal has forgotten what it was told last, and the folders tell it again."""
    run_whole(scene, make_root(scene))
    for moment in moments(scene, make_root(scene)):
        root = make_root(scene)
        journal = {file.name: file.read_bytes() for file in (root / "state").glob("journal*")}
        run_killed(partial(scene.work, scene, root), moment)
        for file in (root / "state").glob("journal*"):
            file.unlink()
        for name, content in journal.items():
            (root / "state" / name).write_bytes(content)
        assert check(scene, root)["waiting"] == 0, moment


@pytest.mark.parametrize("scene", [PUBLISHED, DEAD], ids=lambda scene: scene.name)
def test_a_start_that_is_killed_at_every_step(scene: Scene, make_root: MakeRoot) -> None:
    """What comes after a kill may be killed as well; every twelfth of the first kills is tried."""
    undisturbed = run_whole(scene, make_root(scene))
    for first in moments(scene, make_root(scene))[5::12]:
        begun = partial(killed_root, scene, first, make_root)
        root = begun()
        for second in moments_of(partial(scene.restart, root), places_of(root)):
            root = begun()
            run_killed(partial(scene.restart, root), second)
            assert check(scene, root) == undisturbed, (first, second)


def killed_root(scene: Scene, moment: Moment, make_root: MakeRoot) -> Path:
    root = make_root(scene)
    run_killed(partial(scene.work, scene, root), moment)
    return root


def test_a_document_that_kills_it_every_time_becomes_a_dead_letter(make_root: MakeRoot) -> None:
    """After three attempts; the fourth start does not try it again."""
    scene = PUBLISHED
    root = make_root(scene)
    for _ in range(3):
        run_killed(partial(convert_to_death, root), Moment(-1, "the converter"))
        with core_at(root) as core:
            recover(core.journal, {str(core.inbox): core.plan}, 3, core.log)
    assert scene.restart(root) == {"published": 0, "skipped": 0, "dead": 1, "waiting": 0}
    assert files_in(root) == LETTER


def convert_to_death(root: Path) -> None:
    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with core_at(root, converter=FakeConverter(before_result=die)) as core:
        core.queue("sub/a.pdf")
        core.finish_all()


def test_no_step_is_overlooked(make_root: MakeRoot) -> None:
    """A call into the system, one by way of ctypes, bytes of a file, a commit: each is a moment, in their order."""
    root = make_root(PUBLISHED)
    names = ("one", "two", "database")

    def work() -> None:
        (root / "one").write_bytes(b"1")
        with durable.open_folder(root) as fd:
            durable.rename_to_free_name("one", fd, "two", fd)
        with closing(sqlite3.connect(root / "database")) as database:
            database.execute("CREATE TABLE t (c)")
        (root / "two").unlink()

    left = []
    for moment in moments_of(work, [root]):
        for name in names:
            (root / name).unlink(missing_ok=True)
        run_killed(work, moment)
        left.append({name: (root / name).stat().st_size > 0 for name in names if (root / name).exists()})
    steps = [{}, {"one": False}, {"one": True}, {"two": True}]
    steps += [{"two": True, "database": False}, {"two": True, "database": True}, {"database": True}]
    assert [each for each, _ in itertools.groupby(left)] == steps
