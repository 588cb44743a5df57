"""How many cells of made tables are found, by the style of the table and by its place; digital, and scanned; by markerd
and by other programs where they are installed.

    PYTHONPATH=tests:tests/support python tests/benchmarks/tables.py [--scanned] [--only WORD] [--peers NAME ...]
        [--keep FOLDER]

The tables are made here, with weasyprint, and with chromium where it is at hand; what is in a cell that spans
several columns or rows counts once for each. A page without a table should show no cell. `table_relations` says what
relations are. Cells of some take several lines. `--scanned` makes each page an image of 150 dpi. `--keep` writes PDF
and Markdown there.
"""

from __future__ import annotations

import argparse
import io
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pypdfium2

from benchmarks.published_tables import list_readers
from fidelity_measures import Shown, found_share
from made_tables import TABLES, WITHOUT, known_cells, made, page_html, page_without
from peers import Reader, build_parser
from scanning import draw_pages
from table_relations import KnownTable, Score, read_html, read_markdown, score_tables
from wrapped_tables import make_single, make_wrapped

_ALIKE = 90  # of 100, as `fidelity_measures` counts
_CHROMIUM_STYLES = ("booktabs", "zebra", "bare")
_NONE = "none"


@dataclass(frozen=True)
class Case:
    """A made document and its cells; the first part of its name is what it is counted under."""

    name: str
    pdf: bytes
    cells: list[str]
    tables: list[KnownTable]

    @property
    def group(self) -> str:
        return self.name.split("/")[0]

    @property
    def pages(self) -> int:
        return len(pypdfium2.PdfDocument(io.BytesIO(self.pdf)))


@dataclass(frozen=True)
class Result:
    """What a program made of a case: shares of cells, None where there are none, and counts of relations."""

    found: float | None
    belonging: float | None
    relations: Score


@dataclass
class Results:
    """What a program made of all cases, by their group."""

    reader: Reader
    groups: dict[str, list[Result]] = field(default_factory=lambda: defaultdict(list))
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def list_with_tables(self) -> list[Result]:
        return [result for group, results in self.groups.items() if group != _NONE for result in results]

    def count_invented(self) -> int:
        """Count the pages without a table that show one."""
        return sum(result.belonging is not None for result in self.groups.get(_NONE, ()))


def main() -> int:
    given = read_arguments()
    made_cases = list(cases(given.only, is_scanned=given.scanned))
    with tempfile.TemporaryDirectory(prefix="markerd-tables-") as folder:
        keep = given.keep or Path(folder)
        sources = {write(case, keep): case for case in made_cases}
        measured = [measure(reader, sources) for reader in list_readers(given.peers)]
    pages = {group: sum(case.pages for case in made_cases if case.group == group) for group in measured[0].groups}
    print_groups(measured[0], pages)
    print()
    print_programs(measured, sum(pages.values()))
    return 0


def read_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__)
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    return parser.parse_args()


def write(case: Case, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"{case.name.replace('/', ', ')}.pdf"
    source.write_bytes(case.pdf)
    return source


def measure(reader: Reader, sources: Mapping[Path, Case]) -> Results:
    reader.try_reading(next(iter(sources)))  # only to load what it needs
    reader.forget()
    results = Results(reader)
    for source, case in sources.items():
        before_s = reader.wall_s
        markdown = reader.try_reading(source)
        results.seconds[case.group] += reader.wall_s - before_s
        source.with_name(f"{source.stem}, {reader.name.strip('*')}.md").write_text(markdown, "utf-8")
        result = compare(case, markdown)
        results.groups[case.group].append(result)
        shares = f"{_number(result.found)} {_number(result.belonging)}"
        print(f"{reader.name}: {case.name}: {shares}", file=sys.stderr, flush=True)
    return results


def compare(case: Case, markdown: str) -> Result:
    shown = Shown(markdown).cells
    relations = score_tables(case.tables, read_markdown(markdown))
    return Result(found_share(case.cells, shown, _ALIKE), found_share(shown, case.cells, _ALIKE), relations)


def print_groups(results: Results, pages: Mapping[str, int]) -> None:
    print("| tables | cells found | cells that belong there | relations F1 | s a page |")
    print("| --- " * 5 + "|")
    for group, each in results.groups.items():
        _print_group(group, each, results.seconds[group] / pages[group])
    whole = results.list_with_tables()
    _print_group(f"**mean** ({len(whole)})", whole, results.reader.wall_s / sum(pages.values()))


def _print_group(name: str, results: Sequence[Result], seconds: float) -> None:
    print(f"| {name} | {' | '.join([*_write_shares(results)[:2], _write_f1(results)])} | {seconds:.3f} |")


def print_programs(measured: Sequence[Results], pages: int) -> None:
    columns = ["program", "cells found", "cells that belong there", "relations recall", "precision", "F1",
               "tables where none is", "not read", "s a page", "processor s"]  # fmt: skip
    print(f"| {' | '.join(columns)} |\n{'| --- ' * len(columns)}|")
    for results in measured:
        whole = results.list_with_tables()
        counts = [str(results.count_invented()), str(results.reader.failed)]
        seconds = [f"{each / pages:.3f}" for each in (results.reader.wall_s, results.reader.processor_s)]
        print(f"| {' | '.join([results.reader.name, *_write_shares(whole), _write_f1(whole), *counts, *seconds])} |")


def _write_shares(results: Sequence[Result]) -> list[str]:
    """Write the means of the cells' shares, then recall and precision of the relations of all."""
    total = sum((result.relations for result in results), Score())
    cells = [_mean(result.found for result in results), _mean(result.belonging for result in results)]
    return [*cells, f"{total.recall:.3f}", f"{total.precision:.3f}"]


def _write_f1(results: Sequence[Result]) -> str:
    total = sum((result.relations for result in results), Score())
    return f"{total.f1:.3f}" if total.relations else ""


def _mean(values: Iterable[float | None]) -> str:
    return _number(statistics.fmean(known) if (known := [v for v in values if v is not None]) else None)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def cases(only: str, *, is_scanned: bool) -> Iterator[Case]:
    """Make those whose name has `only` in it."""
    for name, table, pdf in _draw(only):
        yield Case(name, draw_pages(pdf) if is_scanned else pdf, known_cells(table), read_html(table))


def _draw(only: str) -> Iterator[tuple[str, str, bytes]]:
    """Yield the name, the table's HTML and the PDF."""
    from weasyprint import HTML

    for name, (table, html) in {**made(), **make_wrapped(), **make_single()}.items():
        if only in name:
            yield name, table, HTML(string=html).write_pdf()
    for name, (table, html) in made().items():
        if only in f"on its side/{name}" and name.startswith("landscape/"):
            yield f"on its side/{name}", table, on_its_side(HTML(string=html).write_pdf())
    for style in _CHROMIUM_STYLES if shutil.which("chromium") else ():
        for table in ("plain", "merged", "texts", "finance"):
            if only in (name := f"chromium/{style}/{table}"):
                yield name, TABLES[table], by_chromium(page_html(TABLES[table], style))
    for name in WITHOUT:
        if only in f"{_NONE}/{name}":
            yield f"{_NONE}/{name}", "", HTML(string=page_without(name)).write_pdf()


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
