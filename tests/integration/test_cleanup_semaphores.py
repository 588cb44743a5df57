"""What leaked is removed and what lives is not: real semaphores and processes, in a program of their own.

Each program's stderr must stay empty to its very end, where the resource tracker would complain.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parent / "cleanup_scripts"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="semaphores have no names on Windows")
needs_listing = pytest.mark.skipif(sys.platform != "linux", reason="names can be listed on Linux only")
named = pytest.mark.parametrize("method", ["spawn", "forkserver"])


def run(script: str, *arguments: str) -> Any:
    command = [sys.executable, str(SCRIPTS / script), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.stderr, ended.returncode) == ("", 0)
    return json.loads(ended.stdout)


@named
def test_a_lock_in_a_cycle_is_unlinked(method: str, tmp_path: Path) -> None:
    """A lock that only a reference cycle holds is gone after the cleanup."""
    found = run("leaks.py", "cycle", method, str(tmp_path))
    assert (found["standing"], found["left"]) == (1, 0)


@named
def test_a_lock_without_finalizer_is_removed(method: str, tmp_path: Path) -> None:
    """A lock that died without its finalizer is found by its registration."""
    found = run("leaks.py", "lost_finalizer", method, str(tmp_path))
    assert (found["removed"], found["left"]) == (found["expected"], 0)


@needs_listing
@named
def test_a_lock_without_finalizer_lives_while_it_is_open(method: str, tmp_path: Path) -> None:
    """A lock that lost its finalizer stays while it is in use, and goes after."""
    found = run("leaks.py", "lost_finalizer_in_use", method, str(tmp_path))
    assert (found["removed"], found["left"], found["exit_code"]) == ([], 1, 0)
    assert found["later"] == found["expected"]


@named
def test_macos_tells_leaked_from_living_by_finalizers_alone(method: str, tmp_path: Path) -> None:
    """Where nobody can be asked who has a name open, its pending finalizer keeps a lock in use."""
    found = run("leaks.py", "as_on_macos", method, str(tmp_path))
    assert (found["removed"], found["left"]) == (found["expected"], 1)


@named
def test_nothing_is_removed_beside_a_child(method: str, tmp_path: Path) -> None:
    """While a child is alive a leak is left alone, because the child may have to open it yet."""
    found = run("leaks.py", "beside_child", method, str(tmp_path))
    assert (found["meanwhile"], found["removed"]) == ([], found["expected"])


@needs_listing
def test_an_unregistered_name_is_removed(tmp_path: Path) -> None:
    """A name with our prefix that the resource tracker does not know goes without its complaint."""
    found = run("leaks.py", "unregistered", "spawn", str(tmp_path))
    assert (found["removed"], found["left"]) == (found["expected"], 0)


@needs_listing
@named
def test_a_killed_childs_lock_is_removed(method: str, tmp_path: Path) -> None:
    """What a child made is left alone while it lives, and removed once it was killed."""
    found = run("leaks.py", "killed_child", method, str(tmp_path))
    assert found["meanwhile"] == []
    assert (found["removed"], found["left"]) == (found["expected"], 0)


@needs_listing
@named
def test_a_killed_process_pool_is_removed(method: str, tmp_path: Path) -> None:
    """A pool killed in mid-work together with its owner leaves several names; all are removed."""
    found = run("leaks.py", "killed_pool_owner", method, str(tmp_path))
    assert found["standing"] >= 3
    assert (len(found["removed"]), found["left"]) == (found["standing"], 0)


@named
def test_a_pool_with_killed_workers_leaves_nothing(method: str, tmp_path: Path) -> None:
    """A pool of our own whose workers were killed in mid-work leaves no semaphore after the cleanup."""
    found = run("leaks.py", "killed_workers", method, str(tmp_path))
    assert found["broken"]
    assert found["left"] == 0


@named
def test_a_forked_child_leaves_its_parents_names_alone(method: str, tmp_path: Path) -> None:
    """A leak of the parent is not the forked child's, neither before nor after the child's own install."""
    found = run("leaks.py", "forked_child", method, str(tmp_path))
    assert found["child"] == [[], [], 0]
    assert found["removed"] == found["expected"]


@named
def test_what_is_in_use_survives(method: str) -> None:
    """A lock, a queue and an event work in a new child after the cleanup."""
    found = run("live.py", "in_use", method)
    assert found == {"removed": [], "answered": "answered", "exit_code": 0, "lost": 0}


@named
def test_a_pool_works_on(method: str) -> None:
    """A pool takes work after a cleanup in its middle."""
    assert run("live.py", "pool", method) == {"removed": [], "results": [1, 2]}


@named
def test_an_executor_works_on_and_is_reported(method: str) -> None:
    """A ProcessPoolExecutor works on after a cleanup, and is reported while it is open."""
    found = run("live.py", "executor", method)
    assert found == {"removed": [], "results": [1, 2], "open": 1, "closed": []}


def test_foreign_names_survive() -> None:
    """Names of other prefixes, processes and namespaces are neither cleaned nor swept."""
    assert run("live.py", "foreign", "spawn") == {"removed": [], "gone": []}


def test_fork_leaves_nothing_to_do() -> None:
    """Under fork no name stands, nothing is removed, and no resource tracker runs."""
    assert run("live.py", "unnamed", "fork") == {"standing": 0, "removed": [], "remaining": []}


@named
def test_a_bar_makes_no_semaphore(method: str) -> None:
    """After install, a tqdm bar makes no semaphore and starts no resource tracker."""
    pytest.importorskip("tqdm")
    assert run("live.py", "bar", method) == {"steps": 3, "standing": 0, "remaining": []}
