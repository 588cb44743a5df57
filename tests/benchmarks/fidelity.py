"""How much of the documents is in what comes out, and how long a page takes.

    PYTHONPATH=tests:tests/support python tests/benchmarks/fidelity.py [FOLDER] [--keep FOLDER]

FOLDER holds documents in sub-folders, as the corpus does, and published conversions in `truth/NAME.md` (or, for a
picture or a scan, `NAME.txt` beside it). Each document is converted twice: as a user gets it, for the comparison with
the published conversion and for the seconds; and with page headers and footers, page by page, for the comparison with
the text layer, which pdfium reads here without any code of ours. `--keep` writes the Markdown there.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pypdfium2

from fidelity_measures import Likeness, Shown, likeness, recall, words
from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
KINDS = ("pdf", "scan", "image", "office")
_LEAST_WORDS = 5  # of a text layer, for a page to be judged by it
_FURNITURE = {"keep_pageheader_in_output": True, "keep_pagefooter_in_output": True}
_PAGE = re.compile(r"\n*\{(\d+)\}-{48}\n\n")


@dataclass(frozen=True)
class Row:
    """Of the table: None where there is nothing to compare with."""

    document: str
    pages: float
    text_layer: float | None
    worst_page: float | None
    recall: float | None
    precision: float | None
    headings: float | None
    cells: float | None
    order: float | None
    s_per_page: float | None


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", type=Path, nargs="?", default=CORPUS)
    options.add_argument("--keep", type=Path)
    options.add_argument("--only", default="", help="documents whose path has this in it")
    given = options.parse_args()
    sources = [path for kind in KINDS for path in sorted((given.folder / kind).glob("*")) if path.suffix != ".txt"]
    sources = [path for path in sources if given.only in str(path.relative_to(given.folder))]
    engine = Engine(lambda *_, **__: None)
    engine.load()
    convert(engine, sources[0])  # what is done once is not this document's time
    rows = []
    for source in sources:
        rows.append(measured(engine, source, given.folder, given.keep))
        print(as_line(rows[-1]) if len(rows) > 1 else header() + as_line(rows[-1]), flush=True)
    print(as_line(means(rows)))
    return 0


def measured(engine: Engine, source: Path, folder: Path, keep: Path | None) -> Row:
    began = time.perf_counter()
    markdown, pages = convert(engine, source)
    seconds = time.perf_counter() - began
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{source.name}.md").write_text(markdown, "utf-8")
    by_page = text_layer_recall(engine, source)
    like = compared(source, folder, markdown)
    return Row(
        document=str(source.relative_to(folder)),
        pages=pages,
        text_layer=statistics.fmean(by_page) if by_page else None,
        worst_page=min(by_page, default=None),
        recall=like.recall if like else None,
        precision=like.precision if like else None,
        headings=like.headings if like else None,
        cells=like.cells if like else None,
        order=like.order if like else None,
        s_per_page=seconds / max(pages, 1),
    )


def convert(engine: Engine, source: Path, **options: Any) -> tuple[str, int]:
    """Its Markdown and the number of its pages."""
    with tempfile.TemporaryDirectory() as name:
        job = Path(name)
        for folder in ("out", "tmp"):
            (job / folder).mkdir()
        spooled = job / f"document{source.suffix.lower()}"
        spooled.write_bytes(source.read_bytes())
        request = ConversionRequest(
            source.name, str(spooled), str(job / "out"), str(job / "tmp"), ("markdown",), options
        )
        result = engine.convert(request, lambda *_: None)
        return next((job / "out").glob("*.md")).read_text("utf-8"), result.pages


def text_layer_recall(engine: Engine, source: Path) -> list[float]:
    """Of each page that has a text layer, in order."""
    if source.suffix.lower() != ".pdf":
        return []
    layer = text_layer(source)
    if not any(len(page) >= _LEAST_WORDS for page in layer):
        return []
    markdown, _ = convert(engine, source, paginate_output=True, **_FURNITURE)
    parts = _PAGE.split(markdown)
    shown = {int(number): Shown(text).words for number, text in zip(parts[1::2], parts[2::2], strict=True)}
    return [
        # A paragraph that goes on on the next page is shown whole on the page where it begins.
        recall(page, [*shown.get(number - 1, []), *shown.get(number, [])])
        for number, page in enumerate(layer)
        if len(page) >= _LEAST_WORDS
    ]


def text_layer(source: Path) -> list[list[str]]:
    document = pypdfium2.PdfDocument(source)
    try:
        return [words(page.get_textpage().get_text_bounded()) for page in document]
    finally:
        document.close()


def compared(source: Path, folder: Path, markdown: str) -> Likeness | None:
    truth = folder / "truth" / f"{source.stem}.md"
    plain = source.with_suffix(".txt")
    if source.parent.name == "pdf" and truth.exists():
        return likeness(Shown(truth.read_text("utf-8")), Shown(markdown))
    if plain.exists():
        return likeness(Shown(plain.read_text("utf-8")), Shown(markdown))
    return None


def means(rows: Iterable[Row]) -> Row:
    """Of the columns; of the seconds the median."""
    table = list(rows)
    columns = {field.name: [v for row in table if (v := getattr(row, field.name)) is not None] for field in fields(Row)}
    pages = sum(columns.pop("pages"))
    del columns["document"]
    mean = {name: statistics.fmean(values) if values else None for name, values in columns.items()}
    mean["s_per_page"] = statistics.median(columns["s_per_page"])
    return Row("**mean** (pages: sum, seconds: median)", pages, **mean)


def header() -> str:
    names = [field.name.replace("_", " ") for field in fields(Row)]
    return "| " + " | ".join(names) + " |\n" + "| --- " * len(names) + "|\n"


def as_line(row: Row) -> str:
    return "| " + " | ".join(_shown(getattr(row, field.name)) for field in fields(Row)) + " |"


def _shown(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
