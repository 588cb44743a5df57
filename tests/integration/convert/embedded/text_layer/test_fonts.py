"""Text in fonts that the document lacks, or that do not say what they show, is in the output."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest, Quality
from markerd.files.shipped import PLACEHOLDER_FONT
from placeholder_font import placeholder_font
from turned_documents import PROSE, not_embedded_pdf, unmapped_pdf

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

ZH = (
    "中国公司年度报告第一章",
    "本公司成立于二零二零年\uff0c是一家专注于技术研发的企业。",
    "公司总部位于北京\uff0c在上海设有分支机构。",
)
JA = ("わたくしといふ現象は", "ひとつの青い照明です", "風景やみんなといっしょに", "せはしく明滅しながら")
KO = ("한국의 봄은 삼월에 시작된다.", "꽃이 피고 사람들이 공원을 걷는다.")
ACROSS = {"zh": ZH, "ja": JA, "ko": KO}
SECRET = ("The quick brown fox jumps over the lazy dog", "and runs home before the evening comes.")


def converted(engine: Engine, source: Path) -> tuple[str, Quality]:
    folder = source.with_suffix("")
    for name in ("out", "tmp"):
        (folder / name).mkdir(parents=True)
    request = ConversionRequest(source.name, str(source), str(folder / "out"), str(folder / "tmp"), ("markdown",))
    result = engine.convert(request, lambda *_: None)
    return next((folder / "out").glob("*.md")).read_text("utf-8"), result.quality


def convert_to_markdown(engine: Engine, source: Path) -> str:
    return converted(engine, source)[0]


def split_rows(*texts: str, top: float = 760, pitch: float = 24) -> Mapping[tuple[float, float], str]:
    return {(60, top - pitch * row): text for row, text in enumerate(texts)}


@pytest.mark.parametrize("script", ACROSS)
def test_text_in_a_missing_font_is_complete(engine: Engine, tmp_path: Path, script: str) -> None:
    """PDFium has no glyphs for these rows of Chinese, Japanese and Korean."""
    texts = ACROSS[script]
    shown = convert_to_markdown(engine, not_embedded_pdf(tmp_path / "page.pdf", script, split_rows(*texts)))
    places = [shown.find(text) for text in texts]
    assert -1 not in places, shown
    assert places == sorted(places)


@pytest.mark.parametrize("by_letter", [False, True])
def test_columns_are_read_from_right_to_left(engine: Engine, tmp_path: Path, by_letter: bool) -> None:
    """Japanese runs downwards, with each column or each letter placed by itself."""
    places = {(500.0 - 26 * column, 760.0): text for column, text in enumerate(JA)}
    if by_letter:
        places = {(x, y - 14 * i): letter for (x, y), text in places.items() for i, letter in enumerate(text)}
    shown = convert_to_markdown(engine, not_embedded_pdf(tmp_path / "page.pdf", "ja vertical", places))
    assert "".join(shown.split()) == "".join(JA)


def test_placeholder_font_is_up_to_date() -> None:
    """The file equals what its source makes."""
    from fontTools.ttLib import TTFont

    shipped, made = TTFont(PLACEHOLDER_FONT), placeholder_font().font
    assert shipped.getBestCmap() == made.getBestCmap()
    assert shipped["glyf"]["frame"] == made["glyf"]["frame"]


def test_ocr_reads_a_font_without_mapping(engine: Engine, tmp_path: Path) -> None:
    """A few words are enough, because the font decides and not the words."""
    shown, quality = converted(engine, unmapped_pdf(tmp_path / "page.pdf", split_rows(*SECRET, pitch=16)))
    assert " ".join(SECRET) in " ".join(shown.split())
    assert quality.unread_pages == ()


def test_other_fonts_keep_their_text(engine: Engine, tmp_path: Path) -> None:
    """Only lines in the font without mapping are read by OCR; others keep their text, links and type."""
    also = "BT /F2 18 Tf 60 780 Td (Mills of the valley) Tj ET\nBT /F2 11 Tf 14 TL 60 740 Td "
    also += "".join(f"({line}) Tj T* " for line in PROSE) + "ET"
    source = unmapped_pdf(tmp_path / "page.pdf", split_rows(*SECRET, top=600, pitch=16), also=also)
    shown = " ".join(convert_to_markdown(engine, source).split())
    assert shown.startswith("# Mills of the valley ")
    assert " ".join(PROSE) in shown
    assert shown.endswith(" ".join(SECRET))


def test_codes_stay_where_ocr_reads_nothing(engine: Engine, tmp_path: Path) -> None:
    """In type too small to read, codes of the font are better than nothing, and the page is named."""
    source = unmapped_pdf(tmp_path / "page.pdf", split_rows("The fox and the dog", pitch=16), size=1.0)
    shown, quality = converted(engine, source)
    assert "7KH" in shown
    assert quality.unread_pages == (1,)
