"""What watching the converter's memory costs, and how long a document waits while the converter is replaced.

PYTHONPATH=tests:tests/support python tests/benchmarks/memory.py
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from documents import page_of, pdf_bytes
from fakes import RecordingLog
from markerd.convert.process import memory_limits
from markerd.convert.process.child_process import ChildProcess
from markerd.convert.process.converter import ProcessConverter
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.protocol import ConversionRequest, ConverterSpec


def seconds(action: Callable[[], object], times: int = 1) -> float:
    began = time.perf_counter()
    for _ in range(times):
        action()
    return (time.perf_counter() - began) / times


def convert(converter: ProcessConverter, root: Path) -> None:
    job = Path(tempfile.mkdtemp(dir=root))
    for name in ("out", "tmp"):
        (job / name).mkdir()
    (job / "a.pdf").write_bytes(pdf_bytes(page_of("A page")))
    request = ConversionRequest("a.pdf", str(job / "a.pdf"), str(job / "out"), str(job / "tmp"), ("markdown",))
    converter.convert(request, on_pages=lambda _: None)


def looks(root: Path) -> None:
    child = ChildProcess(ProcessSettings(ConverterSpec(threads=1), 60.0, 30.0, root), RecordingLog())
    print(f"a look at the converter, its children too: {seconds(child.measure_tree_rss, 200) * 1e3:.2f} ms", end=", ")
    print(f"alone {seconds(child.measure_own_rss, 200) * 1e3:.2f} ms, with {len(psutil.pids())} processes")
    print(f"a look at what is free: {seconds(memory_limits.measure_memory, 200) * 1e3:.2f} ms")
    child.kill()


def replacement(root: Path, available_bytes: int) -> None:
    settings = ProcessSettings(ConverterSpec(), 600.0, 0.0, root)
    found = memory_limits.Memory(available_bytes, available_bytes)
    converter = ProcessConverter(settings, RecordingLog(), lambda: None, lambda: found)
    print(f"  models loaded: {seconds(converter.start):.1f} s", end=", ")
    convert(converter, root)
    print(f"a page: {seconds(lambda: convert(converter, root)):.2f} s", end=", ")
    converter.recycle("to be measured")
    waited = [seconds(lambda: convert(converter, root))]
    while converter.state().is_retiring:
        waited.append(seconds(lambda: convert(converter, root)))
    print(f"while it is replaced: {min(waited):.2f} to {max(waited):.2f} s, {len(waited)} documents")
    converter.stop()


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        looks(Path(folder))
        print("with room for two:")
        replacement(Path(folder), 1 << 40)
        print("without:")
        replacement(Path(folder), 0)


if __name__ == "__main__":
    main()
