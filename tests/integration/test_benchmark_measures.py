"""The benchmarks of tables and of made pages measure what they say: on documents made here, with the real engine."""

from __future__ import annotations

import json
from pathlib import Path

import pypdfium2
import pytest

from benchmarks import cases, growth
from benchmarks.fidelity import convert, text_layer
from benchmarks.published_tables import copy_document, measure, print_table
from fidelity_measures import Shown, recall
from made_pages import KINDS, LOOKS, write_page
from made_tables import TABLES, page_html
from markerd.convert.engine import Engine
from peers import Reader, list_peers
from scanning import scan
from table_relations import find_documents, read_html

pytestmark = pytest.mark.filterwarnings("ignore")  # marker's and its libraries' own warnings


def write_document(folder: Path, name: str = "plain") -> Path:
    """Write a PDF with a table, and the table beside it as published documents have it."""
    from weasyprint import HTML

    HTML(string=page_html(TABLES[name], "grid")).write_pdf(folder / f"{name}.pdf")
    known = [{"spread": table.repeated, "once": table.once} for table in read_html(TABLES[name])]
    (folder / f"{name}.tables.json").write_text(json.dumps(known))
    return folder / f"{name}.pdf"


def test_table_of_a_published_document_is_measured(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reader that reads it, one that finds nothing, and one that fails."""
    write_document(tmp_path)
    ((document, known),) = find_documents(tmp_path).items()
    source = copy_document(document, tmp_path / "kept", is_scanned=False)

    def fail(_: Path) -> str:
        raise ValueError("cannot")

    readers = [Reader("**ours**", lambda path: convert(engine, path)[0]), Reader("blind", str), Reader("failing", fail)]
    results = [measure(reader, {source: known}, is_each_shown=False) for reader in readers]
    print_table(results, pages=1, tables=len(known))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 documents, 1 pages, 1 tables"
    assert lines[4].startswith("| **ours** | 1.000 | 1.000 | 1.000 | 1.000 | 1.000 | 0 | ")
    assert lines[5].startswith("| blind | 0.000 | 0.000 | 0.000 | 0.000 | 0.000 | 0 | ")
    assert lines[6].startswith("| failing | 0.000 | 0.000 | 0.000 | 0.000 | 0.000 | 1 | ")
    assert (tmp_path / "kept" / "plain, ours.md").exists()


def test_scan_has_no_text_and_is_the_same_each_time(tmp_path: Path) -> None:
    pdf = write_document(tmp_path).read_bytes()
    one, same, other = (scan(pdf, seed) for seed in ("a", "a", "b"))
    (page,) = pypdfium2.PdfDocument(one)
    assert page.get_textpage().get_text_bounded() == ""
    pictures = [pypdfium2.PdfDocument(each)[0].render().to_numpy() for each in (one, same, other)]
    assert (pictures[0] == pictures[1]).all()
    assert (pictures[0] != pictures[2]).any()


def test_peers_are_those_that_are_installed(tmp_path: Path) -> None:
    """liteparse comes along, so it is one of them, and reads the table."""
    (liteparse,) = list_peers(["liteparse"])
    assert liteparse.name.startswith("liteparse 2.")
    assert "Upper mill" in liteparse.try_reading(write_document(tmp_path))
    assert liteparse.wall_s > 0
    liteparse.forget()
    assert (liteparse.wall_s, liteparse.processor_s, liteparse.failed) == (0, 0, 0)
    with pytest.raises(KeyError):
        list_peers(["unknown"])


def test_known_tables_have_both_forms(tmp_path: Path) -> None:
    write_document(tmp_path, "merged")
    ((known,),) = find_documents(tmp_path).values()
    assert [row.count("Score") for row in (known.repeated[0], known.once[0])] == [3, 1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("look", LOOKS)
def test_truth_of_a_made_page_is_on_the_page(tmp_path: Path, kind: str, look: str) -> None:
    """Nothing of the truth is missing; what else is there are the numbers of lines alone."""
    from weasyprint import HTML

    HTML(string=write_page(kind, look)).write_pdf(tmp_path / "made.pdf")
    drawn = [word for page in text_layer(tmp_path / "made.pdf") for word in page]
    truth = Shown(KINDS[kind].truth).words
    assert recall(truth, drawn) == 1.0
    assert recall([word for word in drawn if not word.isdecimal()], truth) == 1.0


def test_output_is_compared_both_ways() -> None:
    truth = Shown("# Mill accounts\n\nNine wheels turn.")
    assert cases.compare(truth, truth) == cases.Likeness(1, 1, 1, 1, 1, 1, 1)
    assert cases.compare(truth, Shown("")) == cases.Likeness(0, 0, 0, 0, None, 0, None)
    assert cases.compare(truth, Shown("# Mill accounts\n\n# Nine\n\nwheels turn.")).headings_precision == 0.5
    assert cases.compare(truth, Shown("Mill accounts Nine wheels turn. And more old stones grind.")).precision == 0.5
    run_on = cases.compare(truth, Shown("Mill accounts Nine wheels turn."))
    assert (run_on.recall, run_on.lines_recall, run_on.lines_precision) == (1, 0, 0)


@pytest.mark.parametrize(
    ("markdown", "lines"),
    [
        ("# A\n\nb\nc  \nd", ["a", "b c", "d"]),
        ("1. x\n\n   y\n\n2. z", ["1 x y", "2 z"]),
        ("- a\n  - b **c**\n- d", ["a", "b c", "d"]),
        ("| a | b |\n|---|---|\n| 1<br>2 | 3 |", ["a b", "1 2 3"]),
        ("```\na\nb c\n```", ["a", "b c"]),
    ],
)
def test_lines_are_what_stands_by_itself(markdown: str, lines: list[str]) -> None:
    assert Shown(markdown).lines == lines


def test_growth_of_files_and_pages_is_measured(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A scan of known files, and a page; a unit that costs twice as much is no longer linear."""
    costs = growth.measure_files([20, 200])
    assert [cost.size for cost in costs] == [20, 200]
    assert all(cost.unit_ms > 0 for cost in costs)
    assert growth.measure_conversion(engine, growth.write_pages(tmp_path, 2)) > 0
    growth.print_rows("pages", [growth.Cost(1, 4.0), growth.Cost(10, 5.0), growth.Cost(1000, 8.0)])
    assert capsys.readouterr().out.splitlines() == [
        "| pages | 1 | 4 |  |  |",
        "| pages | 10 | 5 | 1.25 | yes |",
        "| pages | 1,000 | 8 | 2.00 | **no** |",
    ]
