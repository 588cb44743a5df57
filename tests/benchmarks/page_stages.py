"""Where the time of a digital page goes: seconds a page by stage, of the PDFs of a folder, converted in this process.

    PYTHONPATH=tests:tests/support python tests/benchmarks/page_stages.py FOLDER [--threads 2]

The processor seconds are those of the thread that does the work, without the stages that it calls; on a machine that
others use they are what can be compared. With two threads or more the layout model runs beside the other stages. One
document is converted before the first is measured.
"""

from __future__ import annotations

import argparse
import functools
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.fidelity import convert
from markerd.convert.engine import Engine
from markerd.convert.protocol import ConverterSpec
from markerd.errors import DocumentError


class Stages:
    """Processor seconds by stage, each without those of the stages that it calls. Each thread counts for itself."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._thread = threading.local()

    def watch(self, owner: Any, name: str, stage: str) -> None:
        """Count the calls of a function, method or static method of `owner` as this stage."""
        original = getattr(owner, name)

        @functools.wraps(original)
        def watched(*arguments: Any, **options: Any) -> Any:
            inside = self._thread.__dict__.setdefault("inside", [])
            inside.append(0.0)
            began = time.thread_time()
            try:
                return original(*arguments, **options)
            finally:
                taken = time.thread_time() - began
                self.seconds[stage] += taken - inside.pop()
                if inside:
                    inside[-1] += taken

        is_static = isinstance(owner, type) and isinstance(owner.__dict__.get(name), staticmethod)
        setattr(owner, name, staticmethod(watched) if is_static else watched)


def watch_stages(stages: Stages) -> None:
    """Watch what a digital page goes through, in order. The models must be loaded."""
    from marker.providers.pdf import PdfProvider

    from markerd.convert.embedded.marker_hooks import layout_builder, table_readers
    from markerd.convert.embedded.marker_hooks.layout_predictor import EmbeddedLayoutPredictor
    from markerd.convert.embedded.readers.table_model import TableModel
    from markerd.convert.marker_bridge.document_converter import DocumentConverter
    from markerd.convert.marker_bridge.self_check import SelfCheck
    from markerd.convert.rendering.renderers import MarkdownRenderer

    stages.watch(Engine, "cleanup", "cleanup between documents")
    stages.watch(Engine, "convert", "the engine's own, files")
    stages.watch(DocumentConverter, "render", "Marker's builders and processors")
    stages.watch(PdfProvider, "pdftext_extraction", "text layer, from PDFium")
    stages.watch(PdfProvider, "_render_image", "drawing of pages")
    stages.watch(EmbeddedLayoutPredictor, "_build_result", "layout model")
    stages.watch(layout_builder, "_read_layer", "lines of the text layer")
    stages.watch(layout_builder, "read_page_tables", "words and rules")
    stages.watch(table_readers, "_list_tables", "tables by liteparse")
    stages.watch(layout_builder, "assemble_page", "rules for the layout and tables")
    stages.watch(TableModel, "read", "table model")
    stages.watch(SelfCheck, "run", "check of the words")
    stages.watch(MarkdownRenderer, "__call__", "Markdown")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    sources = sorted(given.folder.glob("*.pdf"))
    if not sources:
        print(f"{given.folder} has no PDF", file=sys.stderr)
        return 1
    engine = Engine(lambda *_, **__: None, ConverterSpec(models="embedded", threads=given.threads))
    engine.load()
    convert(engine, sources[0])
    stages = Stages()
    watch_stages(stages)
    began, pages = time.perf_counter(), sum(count_converted(engine, source) for source in sources)
    print_table(stages, pages, time.perf_counter() - began)
    return 0


def count_converted(engine: Engine, source: Path) -> int:
    """Convert the document and return the number of its pages; 0 for one that is refused."""
    try:
        return convert(engine, source)[1]
    except DocumentError as error:
        print(f"{source.name}: {error}", file=sys.stderr)
        return 0


def print_table(stages: Stages, pages: int, wall_s: float) -> None:
    print("| stage | processor seconds a page |\n| --- | --- |")
    for stage, seconds in stages.seconds.most_common():
        print(f"| {stage} | {seconds / pages:.3f} |")
    print(f"| **together** | {stages.seconds.total() / pages:.3f} |")
    print(f"\n{pages} pages, {wall_s / pages:.3f} s a page by the clock")


if __name__ == "__main__":
    sys.exit(main())
