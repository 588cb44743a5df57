"""Shows the rooms of a package and which of them import which.

    python tools/rooms.py [markerd markerd.convert markerd.convert.embedded …]

A room is a folder or a module that lies directly in the package; an arrow is at least one import from one into another.
Imports for type checkers alone do not count. Prints the rooms from the lowest up, each with those that it imports, and
any circle among them, which is an error: exit status 1.
"""

from __future__ import annotations

import argparse
import graphlib
import sys
from collections.abc import Mapping

import grimp

PACKAGES = ("markerd", "markerd.convert", "markerd.convert.embedded", "markerd.convert.office")


def find_arrows(graph: grimp.ImportGraph, package: str) -> dict[str, set[str]]:
    """The rooms of the package, each with the rooms that it imports."""
    found: dict[str, set[str]] = {}
    for module in graph.modules:
        room = _room_of(module, package)
        if room is None:
            continue
        targets = {_room_of(target, package) for target in graph.find_modules_directly_imported_by(module)}
        found.setdefault(room, set()).update(target for target in targets if target not in (None, room))
    return found


def _room_of(module: str, package: str) -> str | None:
    """None for what lies elsewhere, and for the package itself."""
    inside = module.removeprefix(f"{package}.")
    return None if inside == module else inside.partition(".")[0]


def describe(package: str, arrows: Mapping[str, set[str]]) -> str:
    """A line for the package, and one for each room, the lowest first. Raises graphlib.CycleError."""
    order = graphlib.TopologicalSorter(arrows).static_order()
    lines = [f"{package}: {len(arrows)} rooms, {sum(map(len, arrows.values()))} arrows"]
    lines += [f"  {room}{' -> ' if arrows[room] else ''}{', '.join(sorted(arrows[room]))}" for room in order]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Shows the rooms of a package and which of them import which.")
    parser.add_argument("packages", nargs="*", default=PACKAGES)
    packages = parser.parse_args().packages
    graph = grimp.build_graph("markerd", exclude_type_checking_imports=True, cache_dir=None)
    try:
        for package in packages:
            print(describe(package, find_arrows(graph, package)))
    except graphlib.CycleError as error:
        print(f"a circle: {' -> '.join(error.args[1])}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
