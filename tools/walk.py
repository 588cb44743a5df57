"""Shows which rooms of the package one document passes on its way.

    python tools/walk.py DOCUMENT [--chatty]

Runs the daemon in this process on a folder of its own (`isolation = "inline"`, `--once`), and follows every call of
the main thread from the moment the document is taken until it is done: published and archived, or a dead letter. A room
is a folder or a module that lies directly in `markerd`. Prints the rooms in the order in which they are first entered,
each with its calls, then how often the way changes from one room into another. `--chatty` adds the changes by pair.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType

import markerd
from markerd.runtime.lifecycle import Daemon

PACKAGE = Path(markerd.__file__).parent
VOCABULARY = frozenset({"values", "errors", "document_metadata", "__init__"})
"""No rooms of the way: plain values and errors, which every room uses as it uses the built-in types."""
FIRST_CALL = "work"
"""The generator of `pipeline` in which the way of a document begins and ends."""

CONFIGURATION = """
[daemon]
state_dir = "state"
[log]
file = "walk.log"
[converter]
isolation = "inline"
max_attempts = 1
[[folders]]
path = "inbox"
output = "outbox"
settle_s = 0
"""


class Walk:
    """The rooms in the order of the calls: `steps` has one entry for each change, `calls` counts all calls."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.calls: Counter[str] = Counter()
        self._rooms: dict[CodeType, str | None] = {}
        self._first_frame: FrameType | None = None

    def follow(self, frame: FrameType, event: str, argument: object) -> None:
        """For `sys.setprofile`. A return leads back into the room of the caller, which is a change as well."""
        if event not in ("call", "return"):
            return
        is_first = self._first_frame is None and event == "call" and frame.f_code.co_name == FIRST_CALL
        if is_first and self._find_room(frame.f_code) == "pipeline":
            self._first_frame = frame
        if self._first_frame is None:
            return
        if event == "call" and (room := self._find_room(frame.f_code)):
            self.calls[room] += 1
            self._enter(room)
        elif event == "return":
            if frame is self._first_frame and argument is None:  # else it yields a task
                sys.setprofile(None)
            elif self._find_room(frame.f_code) and frame.f_back and (room := self._find_room(frame.f_back.f_code)):
                self._enter(room)

    def _enter(self, room: str) -> None:
        if not self.steps or self.steps[-1] != room:
            self.steps.append(room)

    def _find_room(self, code: CodeType) -> str | None:
        """None for code of libraries and for the vocabulary."""
        if code not in self._rooms:
            path = Path(code.co_filename)
            room = path.relative_to(PACKAGE).parts[0].removesuffix(".py") if path.is_relative_to(PACKAGE) else None
            self._rooms[code] = None if room in VOCABULARY else room
        return self._rooms[code]


def walk(document: Path) -> Walk:
    """The way of one document, which is copied: it stays where it is."""
    way = Walk()
    with tempfile.TemporaryDirectory(prefix="markerd-walk-") as folder:
        root = Path(folder)
        (root / "inbox").mkdir()
        (root / "markerd.toml").write_text(CONFIGURATION)
        shutil.copy(document, root / "inbox")
        daemon = Daemon(root / "markerd.toml", is_once=True)
        sys.setprofile(way.follow)
        try:
            daemon.run()
        finally:
            sys.setprofile(None)
    return way


def describe(way: Walk, *, is_chatty: bool) -> str:
    """One line for each room and one for the changes."""
    lines = [f"{room:12} {way.calls[room]:>9,} calls" for room in dict.fromkeys(way.steps)]
    changes = Counter(pairwise(way.steps))
    lines.append(f"{len(way.calls)} rooms, {changes.total()} changes")
    if is_chatty:
        lines += [f"  {one} -> {other}: {times}" for (one, other), times in changes.most_common()]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("document", type=Path)
    parser.add_argument("--chatty", action="store_true", help="show between which rooms the way changes")
    arguments = parser.parse_args()
    print(describe(walk(arguments.document), is_chatty=arguments.chatty))
    return 0


if __name__ == "__main__":
    sys.exit(main())
