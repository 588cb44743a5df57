"""What comes of a folder of other people's documents: which come out, how, and with how much of their text.

    PYTHONPATH=tests:tests/support python tests/benchmarks/breadth.py FOLDER [FOLDER …] [--markerd PATH]
        [--all] [--json FILE]

Converts every file of the folders with one `markerd run --once` for each folder, on the embedded models, and prints a
line for each that is not simply right (with --all: for each), then the sums: published, dead letters by kind, pages
that lost structure, outputs without text, and the share of the words of the text layer that came out. Exit code 1 where
a document died of a fault in code, or an output is empty whose source has text.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

CONFIG = """
[daemon]
state_dir = "state"
[converter]
models = "embedded"
retry_delay_s = 1
[[folders]]
path = "in"
output = "out"
archive = "done"
failed = "failed"
"""
LEAST_MEAN, LEAST_PAGE = 0.98, 0.90


@dataclass(frozen=True)
class Row:
    """What became of one file. `coverage` and `worst` are None where there is no text layer to compare with."""

    folder: str
    name: str
    outcome: str
    kind: str = ""
    message: str = ""
    is_fault: bool = False
    words: int = 0
    pages: int = 0
    degraded: int = 0
    missing: tuple[int, ...] = ()
    unread: tuple[int, ...] = ()
    coverage: float | None = None
    worst: float | None = None
    seconds: float = 0.0

    @property
    def is_remarkable(self) -> bool:
        """Whether there is something to say about it."""
        is_low = self.worst is not None and self.worst < LEAST_PAGE
        return (
            self.outcome != "published"
            or is_low
            or bool(self.degraded or self.missing or self.unread)
            or not self.words
        )

    def line(self) -> str:
        """The row for people."""
        share = "" if self.coverage is None else f"{self.coverage:.3f} {self.worst:.3f}"
        notes = [self.kind, self.message[:110]]
        notes += [f"{self.degraded} degraded"] if self.degraded else []
        notes += [f"text missing on {list(self.missing)}"] if self.missing else []
        notes += [f"nothing read on {list(self.unread)}"] if self.unread else []
        notes += ["no words"] if self.outcome == "published" and not self.words else []
        return f"{self.name[:46]:46} {self.outcome:9} {self.pages:4} p {share:11} {' · '.join(filter(None, notes))}"


def converted(folder: Path, markerd: Path) -> Iterator[Row]:
    """A row for each file of the folder."""
    with tempfile.TemporaryDirectory(prefix="breadth-") as temporary:
        root = Path(temporary)
        (root / "markerd.toml").write_text(CONFIG, encoding="utf-8")
        (root / "in").mkdir()
        files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
        for file in files:
            (root / "in" / file.name).write_bytes(file.read_bytes())
        command = [str(markerd), "run", "--once", "--config", str(root / "markerd.toml")]
        subprocess.run(command, capture_output=True, check=False, timeout=4 * 3600)
        manifests = dict(_manifests(root / "out"))
        for file in files:
            yield _row(folder.name, file.name, root, manifests)


def _manifests(output: Path) -> Iterator[tuple[str, Path]]:
    for path in output.rglob("manifest.json"):
        yield json.loads(path.read_bytes())["source"]["name"], path


def _row(folder: str, name: str, root: Path, manifests: dict[str, Path]) -> Row:
    letter = root / "failed" / f"{name}.error.json"
    if name in manifests:
        return _published(folder, name, manifests[name])
    if not letter.exists():
        return Row(folder, name, "left")
    content = json.loads(letter.read_bytes())
    is_fault = "details" in content and content["kind"] in ("conversion", "text_missing")
    return Row(folder, name, "dead", content["kind"], content["message"], is_fault)


def _published(folder: str, name: str, path: Path) -> Row:
    manifest: dict[str, Any] = json.loads(path.read_bytes())
    text = next(path.parent / each["file"] for each in manifest["artifacts"] if each["role"] == "markdown")
    coverage = manifest["coverage"] or {}
    return Row(
        folder,
        name,
        "published",
        words=len(text.read_text(encoding="utf-8").split()),
        pages=manifest["pages"],
        degraded=len(manifest["pages_degraded"]),
        missing=tuple(manifest["pages_text_missing"]),
        unread=tuple(manifest["pages_unread"]),
        coverage=coverage.get("mean"),
        worst=coverage.get("worst"),
        seconds=manifest["seconds"]["convert"],
    )


def summary(rows: list[Row]) -> str:
    """The sums, one a line."""
    outcomes = Counter(row.outcome for row in rows)
    dead = Counter(row.kind for row in rows if row.outcome == "dead")
    shares = [row.coverage for row in rows if row.coverage is not None]
    worst = [row for row in rows if row.worst is not None and row.worst < LEAST_PAGE]
    published = [row for row in rows if row.outcome == "published"]
    lines = {
        "files": str(len(rows)),
        "published": str(outcomes["published"]),
        "dead letters": f"{outcomes['dead']} " + ", ".join(f"{kind} {n}" for kind, n in sorted(dead.items())),
        "dead of a fault in code": str(sum(row.is_fault for row in rows)),
        "left in the folder": str(outcomes["left"]),
        "pages": str(sum(row.pages for row in published)),
        "pages that lost structure": str(sum(row.degraded for row in published)),
        "outputs without a word": str(sum(not row.words for row in published)),
        "coverage, mean of the documents": f"{fmean(shares):.4f}" if shares else "-",
        "coverage, worst page": f"{min(row.worst or 0 for row in rows if row.worst is not None):.3f}"
        if shares
        else "-",
        f"documents with a page below {LEAST_PAGE}": str(len(worst)),
        "seconds": f"{sum(row.seconds for row in published):.0f}",
    }
    return "\n".join(f"{name:34} {value}" for name, value in lines.items())


def is_lost(row: Row) -> bool:
    """A dead letter through a fault in code, or an output without text though the source has some."""
    return row.is_fault or (row.outcome == "published" and not row.words and row.coverage is not None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--markerd", type=Path, default=Path(sys.executable).with_name("markerd"))
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    started = time.monotonic()
    rows = [row for folder in arguments.folders for row in converted(folder, arguments.markerd.absolute())]
    for row in rows:
        if arguments.all or row.is_remarkable:
            print(row.line())
    print(f"\n{summary(rows)}\n{'elapsed seconds':34} {time.monotonic() - started:.0f}")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    sys.exit(any(map(is_lost, rows)))


if __name__ == "__main__":
    main()
