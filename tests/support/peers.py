"""Programs that turn documents into Markdown, to be measured side by side. Each but markerd is left out where it cannot
be imported: none of them is a dependency for this.

They run as their documentation calls them. Only liteparse's OCR is off, which downloads its models.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.metadata
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Read = Callable[[Path], str]
_STDOUT, _STDERR = 1, 2


@dataclass
class Reader:
    """A program, and the seconds that its readings took so far."""

    name: str
    """With its version."""
    read: Read
    failed: int = 0
    """Documents that it could not read."""
    wall_s: float = field(default=0.0, init=False)
    processor_s: float = field(default=0.0, init=False)
    """Of this process with its threads; children do not count."""

    def try_reading(self, document: Path) -> str:
        """Return its Markdown; "" where it fails, which may be by any exception. What it prints goes to stderr."""
        began, began_processor = time.perf_counter(), time.process_time()
        try:
            with _divert_output():
                return self.read(document)
        except Exception as error:  # noqa: BLE001 - the failure of a foreign program is a result
            self.failed += 1
            print(f"{self.name}: {document.name}: {type(error).__name__}: {error}", file=sys.stderr)
            return ""
        finally:
            self.wall_s += time.perf_counter() - began
            self.processor_s += time.process_time() - began_processor

    def forget(self) -> None:
        """Forget what was counted, as after a reading that was only to load what it needs."""
        self.failed, self.wall_s, self.processor_s = 0, 0.0, 0.0


@contextlib.contextmanager
def _divert_output() -> Iterator[None]:
    """Send to stderr what is written to stdout, also by code that does not ask Python for it."""
    kept = os.dup(_STDOUT)
    os.dup2(_STDERR, _STDOUT)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        if sys.__stdout__ is not None:
            sys.__stdout__.flush()
        os.dup2(kept, _STDOUT)
        os.close(kept)


def list_peers(names: Sequence[str] | None = None) -> list[Reader]:
    """List those of `names`, by default of all, that can be imported. Raises KeyError for an unknown name."""
    wanted = {name: _PEERS[name] for name in (_PEERS if names is None else names)}
    return [
        Reader(f"{name} {importlib.metadata.version(name)}", build())
        for name, (module, build) in wanted.items()
        if importlib.util.find_spec(module) is not None
    ]


def _build_liteparse() -> Read:
    liteparse = importlib.import_module("liteparse")
    parser = liteparse.LiteParse(ocr_enabled=False, output_format="markdown", quiet=True)
    return lambda document: str(parser.parse(str(document)).text)


def _build_markitdown() -> Read:
    converter = importlib.import_module("markitdown").MarkItDown()
    return lambda document: str(converter.convert(str(document)).markdown)


def _build_pdf_inspector() -> Read:
    pdf_inspector = importlib.import_module("pdf_inspector")
    return lambda document: str(pdf_inspector.process_pdf(str(document)).markdown or "")


def _build_pymupdf4llm() -> Read:
    pymupdf4llm = importlib.import_module("pymupdf4llm")
    return lambda document: str(pymupdf4llm.to_markdown(str(document)))


_PEERS: dict[str, tuple[str, Callable[[], Read]]] = {
    "liteparse": ("liteparse", _build_liteparse),
    "markitdown": ("markitdown", _build_markitdown),
    "pdf-inspector": ("pdf_inspector", _build_pdf_inspector),
    "pymupdf4llm": ("pymupdf4llm", _build_pymupdf4llm),
}
PEERS = tuple(_PEERS)


def build_parser(description: str | None) -> argparse.ArgumentParser:
    """Build the parser of the arguments that a benchmark beside other programs has, whatever it reads."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scanned", action="store_true")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=PEERS)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    return parser
