"""The daemon with its converters on a cluster: what comes out is what one machine makes, whatever is lost meanwhile."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import documents
from cluster_scene import CONVERTER, PART_PAGES, at, demand_nothing_left, outputs, published
from conftest import StartDaemon
from harness import RunningDaemon, wait_until
from killing import quick_environ
from needs import need_ray
from simulated_cluster import SimulatedCluster

pytestmark = pytest.mark.models
PATIENCE_S = 150.0
PAGES = 16


@pytest.fixture(scope="module")
def cluster() -> Iterator[SimulatedCluster]:
    """Two nodes, each with room for both actors of a daemon."""
    need_ray()
    with SimulatedCluster(nodes=2, cpus=2) as made:
        yield made


def make_documents(folder: Path) -> dict[str, bytes]:
    """One of several kinds each, and a PDF of four parts, which both actors convert."""
    big = [documents.page_of(f"Part page {number}") for number in range(PAGES)]
    return {
        "letter.pdf": documents.pdf_bytes(documents.page_of("A letter")),
        "big.pdf": documents.pdf_bytes(*big),
        "drawing.pdf": documents.drawing_pdf(),
        "note.html": documents.html_bytes("A heading", "Some words of a page."),
        "word.docx": documents.docx(folder / "word.docx", "A heading", "Some words of a letter.").read_bytes(),
        "damaged.pdf": b"no PDF at all",
    }


def driver_of(daemon: RunningDaemon) -> psutil.Process:
    (driver,) = (
        child for child in psutil.Process(daemon.pid).children() if "markerd.convert.ray.driver" in child.cmdline()
    )
    return driver


def test_cluster_makes_the_same_of_documents_as_one_machine(
    tmp_path: Path, daemon_at: StartDaemon, cluster: SimulatedCluster
) -> None:
    """Byte for byte, of several kinds, in parts and whole; and the same document fails."""
    made = make_documents(tmp_path)
    local = daemon_at(tmp_path / "local", ("--once",), converter={"part_pages": PART_PAGES, "threads": 1})
    remote = daemon_at(tmp_path / "remote", ("--once",), converter=CONVERTER, ray=at(cluster))
    for daemon in (local, remote):
        daemon.inbox.mkdir()
        for name, content in made.items():
            daemon.drop(name, content)
        daemon.start(is_waiting=False, **cluster.variables)
        assert daemon.wait(PATIENCE_S) == 0, daemon.tail()
    assert outputs(remote) == outputs(local)
    assert set(published(remote)) == set(made) - {"damaged.pdf"}
    assert {path.name for path in remote.failed.iterdir()} == {path.name for path in local.failed.iterdir()}
    demand_nothing_left(cluster, remote)
    assert not any(cluster.files.glob("markerd-actor-*"))
    assert {event["actor"] for event in remote.find("converter.started")} == {0, 1}


def test_lost_parts_of_the_cluster_cost_attempts_and_no_document(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """In mid-document an actor is killed, all nodes are taken away, and the driver is killed: all come out once."""
    need_ray()
    held = tmp_path / "held"
    held.touch()
    names = [f"{number:02}.pdf" for number in range(12)]
    with SimulatedCluster(environ={**quick_environ(), "HELD_FILE": str(held)}) as cluster:
        settings = {**CONVERTER, "max_attempts": 9}
        daemon = daemon_at(tmp_path, converter=settings, ray=at(cluster)).start(is_waiting=True, **cluster.variables)
        for name in names:
            daemon.drop(name, f"held {name}".encode())
        daemon.wait_for("document.converting", count=2)
        cluster.actors()[0].kill()
        daemon.wait_for("document.failed", kind="actor_lost", timeout_s=PATIENCE_S)
        cluster.add_node()
        cluster.remove_node()
        cluster.remove_node()  # now none is left of those on which the actors were
        daemon.wait_for("document.failed", count=2, kind="actor_lost", timeout_s=PATIENCE_S)
        held.unlink()
        daemon.wait_for("document.published", count=2, timeout_s=PATIENCE_S)
        held.touch()
        driver_of(daemon).kill()
        daemon.wait_for("cluster.away")
        held.unlink()
        daemon.wait_for("document.published", count=len(names), timeout_s=PATIENCE_S)
        assert daemon.stop() == 0
        assert published(daemon) == dict.fromkeys(names, 1)
        assert {name: daemon.markdown(Path(name).stem) for name in names} == {name: f"held {name}" for name in names}
        assert {event["kind"] for event in daemon.find("document.failed")} == {"actor_lost"}
        assert daemon.find("document.dead") == []
        demand_nothing_left(cluster, daemon)


def test_nothing_is_left_of_a_local_cluster_whose_daemon_was_killed(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """Its driver notices, and ends all that it started; Ray's usual places have not even been used."""
    need_ray()
    usual = [Path("/tmp/ray"), Path.home() / ".ray"]
    before = [path.exists() for path in usual]
    temp_dir = Path(tempfile.mkdtemp(prefix="mdl-"))
    try:
        daemon = daemon_at(tmp_path, converter=CONVERTER, ray={"actors": 1, "temp_dir": str(temp_dir)})
        daemon.start(is_waiting=True, **quick_environ())
        daemon.drop("a.pdf", b"%PDF of no pages")
        daemon.wait_for("document.published")
        started = driver_of(daemon).children(recursive=True)
        assert len(started) > 3
        assert any(temp_dir.iterdir())
        daemon.kill()
        wait_until(lambda: not any(process.is_running() for process in started), what="the end of its processes")
        wait_until(lambda: not any(temp_dir.iterdir()), what="that of its files")
    finally:
        shutil.rmtree(temp_dir, ignore_errors=True)
    assert [path.exists() for path in usual] == before
