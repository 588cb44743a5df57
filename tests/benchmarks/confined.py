"""Does a confined converter make the same of documents as one that is not? And which system calls is it refused?

    PYTHONPATH=tests:tests/support python tests/benchmarks/confined.py FOLDER [FOLDER …] [--markerd PATH]

Converts every file of the folders twice with `markerd run --once`, with `converter.confine` as it is by default and
"off", and compares all that comes out, byte for byte: outputs, archived sources and dead letters, apart from the times
in manifests and dead letters. Then once more with the log at debug, which lists the calls that were refused. Exit code
1 where anything differs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

CONFIG = """
[daemon]
state_dir = "state"
[log]
format = "json"
level = "{level}"
[converter]
models = "embedded"
retry_delay_s = 1
confine = "{confine}"
[[folders]]
path = "in"
output = "out"
archive = "done"
failed = "failed"
"""
OF_TIME = frozenset({"seconds", "published_at", "first_seen", "at"})
RUNS = (("confined", "auto", "info"), ("open", "off", "info"), ("debug", "auto", "debug"))
"""Name, `converter.confine`, `log.level`."""


def results(root: Path, files: list[Path], markerd: Path, confine: str, level: str) -> dict[str, bytes]:
    """All that came out, by its path; the log lies beside it."""
    (root / "in").mkdir(parents=True)
    (root / "markerd.toml").write_text(CONFIG.format(confine=confine, level=level), encoding="utf-8")
    for number, file in enumerate(files):  # two of the same name but for its ending share an output by who is first
        shutil.copy2(file, root / "in" / f"{number:03}-{file.name}")
    command = [str(markerd), "run", "--once", "--config", str(root / "markerd.toml")]
    with (root / "log").open("wb") as log:
        subprocess.run(command, stderr=log, stdout=subprocess.DEVNULL, check=False, timeout=4 * 3600)
    found = (path for name in ("in", "out", "done", "failed") for path in (root / name).rglob("*") if path.is_file())
    return {str(path.relative_to(root)): _comparable(path, root) for path in found}


def _comparable(path: Path, root: Path) -> bytes:
    if path.name != "manifest.json" and not path.name.endswith(".error.json"):
        return path.read_bytes()
    content = _without_times(json.loads(path.read_bytes()))
    return json.dumps(content, sort_keys=True).replace(str(root), "").encode()


def _without_times(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: _without_times(value) for name, value in content.items() if name not in OF_TIME}
    return [_without_times(value) for value in content] if isinstance(content, list) else content


def differences(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """The paths that only one has, or both with other contents."""
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


def refused_calls(log: Path) -> Counter[str]:
    """How often each was, by its name, over all converters of the run."""
    most: dict[tuple[int, str], int] = {}
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if '"converter.refused_call"' in line:
            event = json.loads(line)
            most[event["converter_pid"], event["call"]] = event["times"]
    sums: Counter[str] = Counter()
    for (_, call), times in most.items():
        sums[call] += times
    return sums


def compared(folder: Path, markerd: Path) -> list[str]:
    """The paths that differ; prints what comes of each run."""
    files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    found = {}
    with tempfile.TemporaryDirectory(prefix="confined-") as temporary:
        for name, confine, level in RUNS:
            started = time.monotonic()
            found[name] = results(Path(temporary) / name, files, markerd, confine, level)
            took = f"{time.monotonic() - started:.0f} s"
            print(f"{folder.name}, {name}: {len(files)} files, {len(found[name])} results, {took}", flush=True)
        refused = refused_calls(Path(temporary) / "debug" / "log")
    print(f"refused: {', '.join(f'{call} {times}' for call, times in refused.most_common()) or 'nothing'}")
    return differences(found["confined"], found["open"]) + differences(found["debug"], found["open"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--markerd", type=Path, default=Path(sys.executable).with_name("markerd"))
    arguments = parser.parse_args()
    different = [path for folder in arguments.folders for path in compared(folder, arguments.markerd.absolute())]
    print(*(f"differs: {path}" for path in different), f"{len(different)} differences", sep="\n")
    sys.exit(bool(different))


if __name__ == "__main__":
    main()
