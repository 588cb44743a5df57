"""`markerd models` against a hub and a store on the loopback: each test runs the real command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub_server import COMMIT
from models_machine import GGUF, LAYOUT, REPOSITORIES, STORE, Machine, assert_all_there, noise


def test_pull_fetches_what_is_missing_and_nothing_twice(machine: Machine) -> None:
    """All is there as the libraries lay it out; a second pull looks, and fetches nothing."""
    assert machine.run("status").returncode == 69
    done = machine.run("pull")
    assert done.returncode == 0, done.stderr
    assert f"{LAYOUT}/weights.pth: 0.3 MB" in done.stderr
    assert_all_there(machine)
    assert (machine.locate(LAYOUT) / "refs" / "main").read_text() == COMMIT
    link = machine.locate(LAYOUT) / "snapshots" / COMMIT / "order" / "order_ar.pt"
    assert str(link.readlink()).startswith("../../../blobs/")
    assert machine.server.gets("README.md") == []
    machine.server.forget()
    again = machine.run("pull")
    assert (again.returncode, "nothing to fetch" in again.stdout) == (0, True)
    assert machine.server.bodies == []
    shown = machine.run("status")
    assert shown.returncode == 0
    assert "complete" in shown.stdout
    assert COMMIT[:12] in shown.stdout


def test_libraries_find_what_was_fetched(machine: Machine) -> None:
    """huggingface_hub gives the snapshot without network, and `auto` takes surya."""
    assert machine.run("pull").returncode == 0
    code = (
        "from huggingface_hub import hf_hub_download, snapshot_download\n"
        "from markerd.convert.model_sets import choose_model_set\n"
        "from markerd.convert.protocol import ConverterSpec\n"
        f"print(snapshot_download('{LAYOUT}'))\nprint(snapshot_download('{LAYOUT}', allow_patterns=['order/*']))\n"
        f"print(hf_hub_download('{GGUF}', 'surya-2.gguf'))\nprint(choose_model_set(ConverterSpec('auto')).name)\n"
    )
    environment = {**os.environ, **machine.environment}
    command = [sys.executable, "-W", "ignore", "-c", code]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr
    layout, order, gguf, chosen = ran.stdout.splitlines()
    assert (Path(layout) / "weights.pth").read_bytes() == REPOSITORIES[LAYOUT]["weights.pth"]
    assert (Path(order) / "order" / "order_ar.pt").is_file()
    assert Path(gguf).read_bytes() == REPOSITORIES[GGUF]["surya-2.gguf"]
    assert chosen == "surya"


@pytest.mark.parametrize(("ending", "size"), [("weights.pth", 300_000), ("model.safetensors", 100_000)])
def test_connection_that_breaks_goes_on(machine: Machine, ending: str, size: int) -> None:
    """Within one pull, from the byte at which it broke."""
    third = size // 3
    machine.server.faults.cuts[ending] = [third, 7, third]
    done = machine.run("pull")
    assert done.returncode == 0, done.stderr
    assert machine.server.gets(ending) == ["", *(f"bytes={begin}-" for begin in (third, third + 7, 2 * third + 7))]
    assert_all_there(machine)


@pytest.mark.parametrize(("ending", "part"), [("weights.pth", "layout model"), ("model.safetensors", "OCR error")])
def test_killed_pull_is_taken_up(machine: Machine, ending: str, part: str) -> None:
    """What had come before SIGKILL is not fetched again, and until then nothing counts as complete."""
    machine.kill_in_the_midst(ending, 40_000)
    status = machine.run("status")
    assert status.returncode == 69
    assert part in status.stdout.partition("Not on this machine")[2]
    machine.server.forget()
    assert machine.run("pull").returncode == 0
    assert machine.server.gets(ending) == ["bytes=40000-"]
    assert_all_there(machine)


@pytest.mark.parametrize("ending", ["weights.pth", "model.safetensors"])
def test_server_without_ranges_sends_the_whole_file(machine: Machine, ending: str) -> None:
    """What had come is thrown away then."""
    machine.kill_in_the_midst(ending, 40_000)
    machine.server.forget()
    machine.server.faults.without_ranges = True
    assert machine.run("pull").returncode == 0
    assert_all_there(machine)


@pytest.mark.parametrize("size", [40_000, 300_000, 400_000])
def test_damaged_beginning_is_fetched_anew(machine: Machine, size: int) -> None:
    """The sum shows it, whether the beginning is shorter than the file, as long, or longer."""
    machine.kill_in_the_midst("weights.pth", 1000)
    (partial,) = machine.partial_files()
    partial.write_bytes(bytes(size))
    machine.server.forget()
    assert machine.run("pull").returncode == 0
    assert_all_there(machine)


def test_changed_file_of_the_store_is_not_continued(machine: Machine) -> None:
    """The beginning of another content is left alone."""
    machine.kill_in_the_midst("model.safetensors", 40_000)
    machine.server.forget()
    machine.server.store[f"{STORE}/model.safetensors"] = changed = noise(100_000, 6)
    assert machine.run("pull").returncode == 0
    assert machine.server.gets("model.safetensors") == [""]
    assert (machine.store / STORE / "model.safetensors").read_bytes() == changed
