"""How much of the tables of published documents comes out, of markerd and of other programs where they are installed.

    PYTHONPATH=tests:tests/support python tests/benchmarks/published_tables.py FOLDER [--scanned] [--each]
        [--peers NAME ...] [--keep FOLDER]

FOLDER has documents of the ICDAR 2013 table competition: beside NAME.pdf its tables as NAME-str.xml, or their rows as
NAME.tables.json. `table_relations` says what is counted. `--scanned` reads pictures of the pages at 150 dpi, grainy and
up to 0.7 degrees askew. `--each` says what came of each document. `--keep` writes PDF and Markdown there. Every program
reads the first document once before it is measured.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pypdfium2

from benchmarks.fidelity import convert
from markerd import __version__
from markerd.convert.engine import Engine
from peers import Reader, build_parser, list_peers
from scanning import scan
from table_relations import KnownTable, Score, find_documents, read_markdown, score_tables

_COLUMNS = ("program", "cells", "of a document", "recall", "precision", "F1", "not read", "s a page", "processor s")


@dataclass
class Result:
    """What a program made of all documents."""

    reader: Reader
    scores: list[Score] = field(default_factory=list)

    def write_row(self, pages: int) -> str:
        total = sum(self.scores, Score())
        cells_mean = statistics.fmean(score.cells_share for score in self.scores)
        shares = (total.cells_share, cells_mean, total.recall, total.precision, total.f1)
        seconds = (self.reader.wall_s / pages, self.reader.processor_s / pages)
        shown = [*(f"{share:.3f}" for share in shares), str(self.reader.failed), *(f"{each:.3f}" for each in seconds)]
        return f"| {self.reader.name} | {' | '.join(shown)} |"


def main() -> int:
    given = read_arguments()
    documents = find_documents(given.folder)
    if not documents:
        print(f"{given.folder} has no PDF with its tables beside it", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="markerd-tables-") as name:
        keep = given.keep or Path(name)
        sources = {copy_document(document, keep, is_scanned=given.scanned): t for document, t in documents.items()}
        results = [measure(reader, sources, is_each_shown=given.each) for reader in list_readers(given.peers)]
        pages = sum(len(pypdfium2.PdfDocument(source)) for source in sources)
    print_table(results, pages, sum(map(len, documents.values())))
    return 0


def read_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--each", action="store_true")
    return parser.parse_args()


def list_readers(peers: Sequence[str]) -> list[Reader]:
    engine = Engine(lambda *_, **__: None)
    engine.load()
    return [Reader(f"**markerd {__version__}**", lambda document: convert(engine, document)[0]), *list_peers(peers)]


def copy_document(document: Path, folder: Path, *, is_scanned: bool) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    content = document.read_bytes()
    copy = folder / document.name
    copy.write_bytes(scan(content, document.stem) if is_scanned else content)
    return copy


def measure(reader: Reader, sources: Mapping[Path, Sequence[KnownTable]], *, is_each_shown: bool) -> Result:
    reader.try_reading(next(iter(sources)))
    reader.forget()
    result = Result(reader)
    for source, known in sources.items():
        markdown = reader.try_reading(source)
        source.with_name(f"{source.stem}, {reader.name.strip('*')}.md").write_text(markdown, "utf-8")
        score = score_tables(known, read_markdown(markdown))
        result.scores.append(score)
        if is_each_shown:
            shares = f"cells {score.cells_share:.3f}, recall {score.recall:.3f}, precision {score.precision:.3f}"
            print(f"{reader.name}: {source.name}: {shares}", file=sys.stderr, flush=True)
    return result


def print_table(results: Sequence[Result], pages: int, tables: int) -> None:
    print(f"{len(results[0].scores)} documents, {pages} pages, {tables} tables\n")
    print(f"| {' | '.join(_COLUMNS)} |\n{'| --- ' * len(_COLUMNS)}|")
    for result in results:
        print(result.write_row(pages))


if __name__ == "__main__":
    sys.exit(main())
