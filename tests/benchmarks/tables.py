"""How many cells of tables are found, by the style of the table and by its place; digital, and scanned.

    PYTHONPATH=tests:tests/support python tests/benchmarks/tables.py [--scanned] [--only WORD] [--keep FOLDER]

The tables are made here, with weasyprint, and with chromium where it is at hand; what is in a cell that spans
several columns or rows counts once for each. A page without a table should show no cell. `--scanned` makes each page
an image of 150 dpi. `--keep` writes PDF and Markdown there.
"""

from __future__ import annotations

import argparse
import io
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2

from benchmarks.fidelity import convert
from fidelity_measures import Shown, found_share
from made_tables import TABLES, WITHOUT, known_cells, made, page_html, page_without
from markerd.convert.engine import Engine

SCAN_DPI = 150
_ALIKE = 90  # of 100, as `fidelity_measures` counts
_CHROMIUM_STYLES = ("booktabs", "zebra", "bare")


@dataclass(frozen=True)
class Case:
    """A made document and its cells; the first part of its name is what it is counted under."""

    name: str
    pdf: bytes
    cells: list[str]

    @property
    def group(self) -> str:
        return self.name.split("/")[0]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--scanned", action="store_true")
    options.add_argument("--only", default="", help="cases whose name has this in it")
    options.add_argument("--keep", type=Path)
    given = options.parse_args()
    engine = Engine(lambda *_, **__: None)
    engine.load()
    found: dict[str, list[tuple[float | None, float | None, float]]] = defaultdict(list)
    for case in cases(given.only):
        pdf = scanned(case.pdf) if given.scanned else case.pdf
        markdown, seconds = converted(engine, case.name, pdf, given.keep)
        shown = Shown(markdown).cells
        recall, precision = found_share(case.cells, shown, _ALIKE), found_share(shown, case.cells, _ALIKE)
        found[case.group].append((recall, precision, seconds))
        print(f"{case.name}: {_number(recall)} {_number(precision)} {len(shown)} cells", file=sys.stderr, flush=True)
    print("| tables | cells found | cells that belong there | s a page |\n| --- | --- | --- | --- |")
    for group, results in found.items():
        print(f"| {group} | {' | '.join(_mean(column) for column in zip(*results, strict=True))} |")
    whole = [result for group, results in found.items() if group != "none" for result in results]
    print(f"| **mean** ({len(whole)}) | {' | '.join(_mean(column) for column in zip(*whole, strict=True))} |")
    return 0


def _mean(values: tuple[float | None, ...]) -> str:
    return _number(statistics.fmean(known) if (known := [v for v in values if v is not None]) else None)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def cases(only: str) -> Iterator[Case]:
    """All of them, those whose name has `only` in it."""
    from weasyprint import HTML

    for name, (table, html) in made().items():
        if only in name:
            yield Case(name, HTML(string=html).write_pdf(), known_cells(table))
    for name, (table, html) in made().items():
        if only in f"on its side/{name}" and name.startswith("landscape/"):
            yield Case(f"on its side/{name}", on_its_side(HTML(string=html).write_pdf()), known_cells(table))
    for style in _CHROMIUM_STYLES if shutil.which("chromium") else ():
        for table in ("plain", "merged", "texts", "finance"):
            if only in (name := f"chromium/{style}/{table}"):
                yield Case(name, by_chromium(page_html(TABLES[table], style)), known_cells(TABLES[table]))
    for name in WITHOUT:
        if only in f"none/{name}":
            yield Case(f"none/{name}", HTML(string=page_without(name)).write_pdf(), [])


def converted(engine: Engine, name: str, pdf: bytes, keep: Path | None) -> tuple[str, float]:
    """Its Markdown, and the seconds that a page took."""
    with tempfile.TemporaryDirectory() as folder:
        source = (keep or Path(folder)) / f"{name.replace('/', ', ')}.pdf"
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_bytes(pdf)
        began = time.perf_counter()
        markdown, pages = convert(engine, source)
        seconds = (time.perf_counter() - began) / max(pages, 1)
        if keep is not None:
            source.with_suffix(".md").write_text(markdown, "utf-8")
        return markdown, seconds


def scanned(pdf: bytes) -> bytes:
    """The same pages, each nothing but an image."""
    pages = [page.render(scale=SCAN_DPI / 72).to_pil().convert("L") for page in pypdfium2.PdfDocument(io.BytesIO(pdf))]
    out = io.BytesIO()
    pages[0].save(out, "PDF", resolution=SCAN_DPI, save_all=True, append_images=pages[1:])
    return out.getvalue()


def on_its_side(pdf: bytes) -> bytes:
    """Turned by the page's own /Rotate, so that it is seen as it was."""
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    for page in document:
        page.set_rotation(90)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def by_chromium(html: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        page, pdf = Path(folder) / "page.html", Path(folder) / "page.pdf"
        page.write_text(html, "utf-8")
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
        command += [f"--user-data-dir={folder}/profile", f"--print-to-pdf={pdf}", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return pdf.read_bytes()


if __name__ == "__main__":
    sys.exit(main())
