"""An intake where the kernel grants few inotify watches: in a user namespace of its own, with its own limit.

    unshare --user --map-root-user python -m few_watches ROOT WATCHES

Makes a hot folder with more sub-folders than that, then drops a file into the last; prints as JSON how the folder is
watched, why, and what was queued.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from intake_scene import Scene, eventually

FOLDERS = 12


def main() -> None:
    root, watches = Path(sys.argv[1]), sys.argv[2]
    Path("/proc/sys/user/max_inotify_watches").write_text(watches, encoding="ascii")
    scene = Scene(root)
    for number in range(FOLDERS):
        (scene.root / f"{number:02}").mkdir()
    intake = scene.start()
    scene.drop(f"{FOLDERS - 1:02}/late.txt")
    eventually(lambda: bool(scene.ledger.queued))
    intake.stop()
    told = {field: scene.log.of("folder.watching", field) for field in ("observer", "reason")}
    print(json.dumps({**told, "queued": scene.ledger.queued}))


if __name__ == "__main__":
    main()
