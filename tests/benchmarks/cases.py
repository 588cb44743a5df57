"""How pages that are easily read wrong come out: contracts, transcripts, receipts, letters, papers and more, in several
looks; digital, and scanned; by markerd and by other programs where they are installed.

    PYTHONPATH=tests:tests/support python tests/benchmarks/cases.py [--scanned] [--only WORD] [--peers NAME ...]
        [--keep FOLDER]

`made_pages` makes the pages, with weasyprint, and says what is right. Words, headings and lines are counted both ways:
those of the truth that are there, and those that are there and belong there. A line is what stands by itself: a
paragraph or what it has between line breaks, an item, a row. The order is the edit similarity of the words.
`--scanned` makes each page an image of 150 dpi, grainy and a little askew. `--keep` writes PDF and Markdown there.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import pypdfium2

from benchmarks.published_tables import list_readers
from fidelity_measures import Shown, found_share, order, recall
from made_pages import KINDS, LOOKS, write_page
from peers import Reader, build_parser
from scanning import scan

_ALIKE = 85  # of 100: a number more or less is no other heading, a word in twenty no other line
_COLUMNS = ("words found", "that belong", "order", "lines found", "that belong", "headings found", "that belong")


@dataclass(frozen=True)
class Likeness:
    """Of an output to what is right; shares of headings are None where there are none."""

    recall: float
    precision: float
    order: float
    lines_recall: float | None
    lines_precision: float | None
    headings_recall: float | None
    headings_precision: float | None


def main() -> int:
    given = read_arguments()
    with tempfile.TemporaryDirectory(prefix="markerd-cases-") as name:
        sources = dict(draw(given.only, given.keep or Path(name), is_scanned=given.scanned))
        readers = list_readers(given.peers)
        results = [measure(reader, sources) for reader in readers]
        pages = sum(len(pypdfium2.PdfDocument(source)) for source in sources)
    print(f"| kind | {' | '.join(_COLUMNS)} |\n{'| --- ' * (1 + len(_COLUMNS))}|")
    for kind in dict.fromkeys(sources.values()):
        print_row(kind, (likeness for source, likeness in results[0].items() if sources[source] == kind))
    print(
        f"\n| program | {' | '.join(_COLUMNS)} | not read | s a page | processor s |\n{'| --- ' * (4 + len(_COLUMNS))}|"
    )
    for reader, found in zip(readers, results, strict=True):
        seconds = [f"{each / pages:.3f}" for each in (reader.wall_s, reader.processor_s)]
        print_row(reader.name, found.values(), [str(reader.failed), *seconds])
    return 0


def read_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__)
    parser.add_argument("--only", default="", help="kinds whose name has this in it")
    return parser.parse_args()


def draw(only: str, folder: Path, *, is_scanned: bool) -> Iterator[tuple[Path, str]]:
    """Write the pages; yield the path and the kind of each."""
    from weasyprint import HTML

    folder.mkdir(parents=True, exist_ok=True)
    for kind in (kind for kind in KINDS if only in kind):
        for look in LOOKS:
            source = folder / f"{kind}, {look}.pdf"
            pdf = HTML(string=write_page(kind, look)).write_pdf()
            source.write_bytes(scan(pdf, source.stem) if is_scanned else pdf)
            yield source, kind


def measure(reader: Reader, sources: Mapping[Path, str]) -> dict[Path, Likeness]:
    reader.try_reading(next(iter(sources)))  # only to load what it needs
    reader.forget()
    results = {}
    for source, kind in sources.items():
        markdown = reader.try_reading(source)
        source.with_name(f"{source.stem}, {reader.name.strip('*')}.md").write_text(markdown, "utf-8")
        results[source] = compare(Shown(KINDS[kind].truth), Shown(markdown))
        print(f"{reader.name}: {source.stem}: {results[source]}", file=sys.stderr, flush=True)
    return results


def compare(truth: Shown, shown: Shown) -> Likeness:
    return Likeness(
        recall(truth.words, shown.words),
        recall(shown.words, truth.words) if shown.words else 0.0,
        order(truth.words, shown.words),
        found_share(truth.lines, shown.lines, _ALIKE),
        found_share(shown.lines, truth.lines, _ALIKE),
        found_share(truth.headings, shown.headings, _ALIKE),
        found_share(shown.headings, truth.headings, _ALIKE),
    )


def print_row(name: str, likenesses: Iterable[Likeness], more: Sequence[str] = ()) -> None:
    columns = zip(*map(astuple, likenesses), strict=True)
    print(f"| {name} | {' | '.join([*map(_mean, columns), *more])} |")


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{statistics.fmean(known):.3f}" if known else ""


if __name__ == "__main__":
    sys.exit(main())
