"""The folder tree shows the pipeline: few rooms in each folder, and no circle among them."""

from __future__ import annotations

import graphlib
from collections.abc import Mapping

import grimp
import pytest

from rooms import PACKAGES, describe, find_arrows

MOST_ROOMS = 15
"""In one folder: more are not taken in at a glance. `convert` has the most: three ways to run the engine
(in the daemon, in a process, on a cluster), and the steps of a conversion."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("markerd", exclude_type_checking_imports=True, cache_dir=None)


@pytest.mark.parametrize("package", PACKAGES)
def test_folder_has_few_rooms_and_no_circle(graph: grimp.ImportGraph, package: str) -> None:
    """Each folder has few rooms, and no circle of imports among them."""
    arrows = find_arrows(graph, package)
    assert 1 < len(arrows) <= MOST_ROOMS
    assert describe(package, arrows).startswith(f"{package}: {len(arrows)} rooms, ")


@pytest.mark.parametrize("arrows", [{"a": {"b"}, "b": {"a"}}, {"a": {"b"}, "b": {"c"}, "c": {"a"}}])
def test_circle_of_imports_is_an_error(arrows: Mapping[str, set[str]]) -> None:
    """The tool reports a circle of imports."""
    with pytest.raises(graphlib.CycleError):
        describe("package", arrows)
