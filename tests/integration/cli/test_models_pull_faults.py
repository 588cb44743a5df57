"""`markerd models pull` where files are damaged, a disk is full, a server refuses, or another one pulls already."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from disks import disk_at
from hub_server import COMMIT
from models_machine import LAYOUT, STORE, Machine, assert_all_there, noise


@pytest.mark.parametrize("ending", ["weights.pth", "config.json", "order_ar.pt", "surya-2.gguf", "model.safetensors"])
def test_damaged_file_is_fetched_again(machine: Machine, ending: str) -> None:
    """A file of the right length with a wrong byte is found by its sum, and it alone is fetched."""
    assert machine.run("pull").returncode == 0
    found = [*machine.hub.rglob(f"snapshots/**/{ending}"), *machine.store.rglob(ending)]
    content = found[0].read_bytes()
    found[0].resolve().write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    machine.server.forget()
    done = machine.run("pull")
    assert (done.returncode, "1 files fetched" in done.stdout) == (0, True)
    assert len(machine.server.bodies) == 1
    assert_all_there(machine)


@pytest.mark.parametrize("ending", ["weights.pth", "config.json", "model.safetensors"])
def test_damage_on_the_way_is_no_file(machine: Machine, ending: str) -> None:
    """What arrives with a wrong sum is thrown away, and the exit code is 69."""
    machine.server.faults.damaged.add(ending)
    done = machine.run("pull")
    assert done.returncode == 69
    assert "is damaged" in done.stderr
    assert machine.status()["is_complete"] is False
    assert machine.partial_files() == []
    machine.server.forget()
    assert machine.run("pull").returncode == 0
    assert_all_there(machine)


@pytest.mark.parametrize(
    ("ending", "status", "message"),
    [
        (f"{LAYOUT}/revision/main", 404, "does not exist"),
        (f"{LAYOUT}/revision/main", 500, "the hub answers 500"),
        ("weights.pth", 404, "there is nothing at"),
        ("weights.pth", 403, "HF_TOKEN"),
        ("manifest.json", 404, "there is nothing at"),
        ("model.safetensors", 503, "answers 503"),
    ],
)
def test_what_cannot_be_had_is_named(machine: Machine, ending: str, status: int, message: str) -> None:
    """The exit code is 69, with the name of what is missing and no traceback."""
    machine.server.faults.statuses[ending] = status
    done = machine.run("pull")
    assert done.returncode == 69, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert machine.status()["is_complete"] is False


def test_hub_that_is_away_is_named(machine: Machine) -> None:
    """Without network the exit code is 69."""
    machine.environment["HF_ENDPOINT"] = "http://127.0.0.1:9"
    done = machine.run("pull")
    assert done.returncode == 69
    assert "no connection" in done.stderr
    assert "Traceback" not in done.stderr


def test_list_of_a_mirror_without_sums(machine: Machine) -> None:
    """The headers of each file have what its list lacks."""
    machine.server.faults.without_sums = True
    done = machine.run("pull")
    assert done.returncode == 0, done.stderr
    assert_all_there(machine)


@pytest.mark.parametrize("name", ["../../outside.pth", "/outside.pth"])
def test_names_that_lead_out_are_refused(machine: Machine, name: str) -> None:
    """Nothing is written outside the caches, whatever a hub or a store lists."""
    machine.server.repositories[LAYOUT][name] = b"x"
    done = machine.run("pull")
    assert (done.returncode, "leads out of its folder" in done.stderr) == (69, True)
    del machine.server.repositories[LAYOUT][name]
    machine.server.store[f"{STORE}/manifest.json"] = json.dumps({"files": [name]}).encode()
    done = machine.run("pull")
    assert (done.returncode, "other things than names" in done.stderr) == (69, True)
    assert list(machine.root.rglob("outside.pth")) == []


def test_new_revision_comes_into_force_whole(machine: Machine) -> None:
    """While it is fetched, the earlier one stays complete."""
    assert machine.run("pull").returncode == 0
    machine.server.forget()
    machine.server.commit = "b" * 40
    machine.server.repositories[LAYOUT] |= {"weights.pth": noise(300_000, 9), "config.json": b'{"new": 1}'}
    machine.kill_in_the_midst("weights.pth", 40_000)
    assert machine.status()["is_complete"] is True
    assert (machine.locate(LAYOUT) / "refs" / "main").read_text() == COMMIT
    machine.server.forget()
    assert machine.run("pull").returncode == 0
    assert (machine.locate(LAYOUT) / "refs" / "main").read_text() == "b" * 40
    assert machine.read(LAYOUT, "weights.pth", "b" * 40) == noise(300_000, 9)
    assert machine.server.gets("order_ar.pt") == []


def test_cache_that_was_copied_without_links_is_left_alone(machine: Machine) -> None:
    """Files that lie in the snapshot itself count, and are not fetched."""
    assert machine.run("pull").returncode == 0
    for link in (path for path in machine.hub.rglob("snapshots/**/*") if path.is_symlink()):
        content = link.read_bytes()
        link.unlink()
        link.write_bytes(content)
    for folder in machine.hub.rglob("blobs"):
        shutil.rmtree(folder)
    machine.server.forget()
    assert machine.run("pull").returncode == 0
    assert machine.server.bodies == []
    assert machine.status()["is_complete"] is True


def test_second_pull_is_refused_meanwhile(machine: Machine) -> None:
    """Two would write the same files."""
    machine.server.faults.stalls["weights.pth"] = 1000
    first = machine.begin()
    try:
        assert machine.server.stalled.wait(60)
        second = machine.run("pull")
    finally:
        first.kill()
        first.wait()
    assert (second.returncode, "another `markerd models pull`" in second.stderr) == (69, True)


def test_full_disk_is_told_before_anything_is_fetched(machine: Machine) -> None:
    """The exit code is 75, with what is needed and what is free."""
    with disk_at(machine.root / "hf") as disk:
        disk.fill(but=100_000)
        done = machine.run("pull")
        assert done.returncode == 75, done.stderr
        assert "no room in" in done.stderr
        assert machine.server.bodies == []
        disk.free()
        assert machine.run("pull").returncode == 0
        assert_all_there(machine)


def test_disk_that_fills_up_keeps_what_came(machine: Machine) -> None:
    """A file may not grow beyond 100 kB, as where another program takes the room: later it goes on from there."""
    limited = (
        "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)); "
        "os.execv(sys.executable, [sys.executable, '-m', 'markerd', 'models', 'pull'])"
    )
    environment = {**os.environ, **machine.environment}
    command = [sys.executable, "-c", limited]
    done = subprocess.run(
        command, cwd=machine.root, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 75, done.stderr
    assert "no room in" in done.stderr
    assert "what has come is kept" in done.stderr
    assert machine.status()["is_complete"] is False
    machine.server.forget()
    assert machine.run("pull").returncode == 0
    assert machine.server.gets("weights.pth") == ["bytes=100000-"]
    assert_all_there(machine)


def test_models_behind_urls_and_switched_off_are_not_fetched(machine: Machine) -> None:
    """What runs elsewhere, or not at all by the configuration, is not wanted here."""
    machine.environment |= {"FAST_LAYOUT_SERVER_URL": "http://127.0.0.1:9/v1", "FAST_LAYOUT_USE_ORDER": "0"}
    config = machine.root / "markerd.toml"
    config.write_text('[surya]\nvlm = "none"\n[[folders]]\npath = "in"\noutput = "out"\n')
    assert machine.run("pull", "--config", str(config)).returncode == 0
    assert list(machine.hub.rglob("snapshots")) == []
    assert (machine.store / STORE / "model.safetensors").is_file()


def test_path_shows_the_caches(machine: Machine) -> None:
    """One a line, for scripts."""
    done = machine.run("path")
    assert done.stdout.splitlines() == [f"hub\t{machine.hub}", f"store\t{machine.store}"]
