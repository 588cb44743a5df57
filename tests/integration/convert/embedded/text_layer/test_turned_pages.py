"""A turned page reads like the same page upright, however its words are placed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest
from turned_documents import (
    HEIGHT,
    MARGIN,
    Line,
    Setting,
    Turn,
    address_page,
    column_page,
    prose_page,
    table_page,
    turned_pdf,
)

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

PAGES = {"prose": prose_page(), "columns": column_page(), "table": table_page(), "address": address_page()}
BOX_OFFSET = (20.0, 35.0)
WORDS = st.text("abcdefghimnoprstuvwy", min_size=2, max_size=9)
TEXTS = st.lists(st.lists(WORDS, min_size=2, max_size=8).map(" ".join), min_size=1, max_size=20)
Read = dict[tuple[str, Setting], str]


def convert_to_markdown(engine: Engine, source: Path) -> str:
    folder = source.with_suffix("")
    for name in ("out", "tmp"):
        (folder / name).mkdir(parents=True)
    request = ConversionRequest(source.name, str(source), str(folder / "out"), str(folder / "tmp"), ("markdown",))
    engine.convert(request, lambda *_: None)
    return next((folder / "out").glob("*.md")).read_text("utf-8")


@pytest.fixture(scope="module")
def upright(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Read:
    """The Markdown of each page where nothing is turned."""
    folder = tmp_path_factory.mktemp("upright")
    return {
        (name, setting): convert_to_markdown(
            engine, turned_pdf(folder / f"{name}-{setting.name}.pdf", lines, setting=setting)
        )
        for name, lines in PAGES.items()
        for setting in Setting
    }


def test_the_upright_page_is_whole(upright: Read) -> None:
    """The turned pages are compared with it: every line is there, as what it is."""
    for (name, setting), text in upright.items():
        words = text.replace("|", " ").split()
        for line in PAGES[name]:
            assert set(line.text.split()) <= set(words), (name, setting, line.text)
    for setting in Setting:
        assert upright["prose", setting].startswith("# Report on the summer months\n")
        assert "| North | 120 | 44 |" in upright["table", setting]
        assert "Federal Ministry of the Interior  \n11014 Berlin" in upright["address", setting]
        assert "beside the old town. The river runs" in upright["columns", setting]


@pytest.mark.parametrize("degrees", [90, 180, 270])
@pytest.mark.parametrize("turn", Turn)
@pytest.mark.parametrize("setting", Setting)
@pytest.mark.parametrize("name", PAGES)
def test_a_turned_page_reads_as_the_upright_one(
    engine: Engine, upright: Read, tmp_path: Path, name: str, setting: Setting, turn: Turn, degrees: int
) -> None:
    """It is turned by `/Rotate` or by its content, in a crop box that is not at the origin."""
    source = turned_pdf(tmp_path / "turned.pdf", PAGES[name], degrees, turn, setting, BOX_OFFSET)
    assert convert_to_markdown(engine, source) == upright[name, setting]


def read_lines(source: Path) -> list[str]:
    """Read the text layer's lines as Marker gets them, without models."""
    from markerd.convert.marker_bridge.providers import choose_provider

    provider = choose_provider(source)(str(source), {})
    if provider.filepath != str(source):
        Path(provider.filepath).unlink()  # the engine's temp folder goes with the document; here is none
    return ["".join(span.text for span in line.spans).strip() for line in provider.page_lines[0]]


@settings(max_examples=40)
@given(
    texts=TEXTS,
    degrees=st.sampled_from([0, 90, 180, 270]),
    turn=st.sampled_from(Turn),
    setting=st.sampled_from(Setting),
)
def test_any_lines_are_read_as_written(
    tmp_path_factory: pytest.TempPathFactory, texts: Sequence[str], degrees: int, turn: Turn, setting: Setting
) -> None:
    """Every line is whole and in its place, for any words, turned by any quarter."""
    lines = [Line(MARGIN, HEIGHT - 80 - 24 * row, text) for row, text in enumerate(texts)]
    source = turned_pdf(tmp_path_factory.mktemp("any") / "page.pdf", lines, degrees, turn, setting)
    assert read_lines(source) == list(texts)


@pytest.mark.parametrize("degrees", [90, 180, 270])
@pytest.mark.parametrize("setting", Setting)
def test_a_label_on_its_side_stays_one_line(engine: Engine, tmp_path: Path, degrees: int, setting: Setting) -> None:
    """The label is read as one line, and the page's own text is unchanged."""
    label = Line(560, 300, "Printed by the union of all millers", 9.0, degrees)
    alone = convert_to_markdown(engine, turned_pdf(tmp_path / "alone.pdf", PAGES["prose"], setting=setting))
    text = convert_to_markdown(engine, turned_pdf(tmp_path / "labelled.pdf", [*PAGES["prose"], label], setting=setting))
    assert label.text in text
    assert text.replace(label.text, "").split() == alone.split()


def test_a_page_without_turned_text_is_not_copied(tmp_path: Path) -> None:
    """The document is read as it is."""
    from markerd.convert.marker_bridge.providers import choose_provider

    source = turned_pdf(tmp_path / "upright.pdf", PAGES["prose"])
    assert choose_provider(source)(str(source), {}).filepath == str(source)
