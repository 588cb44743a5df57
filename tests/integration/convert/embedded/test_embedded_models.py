"""The embedded model set inside Marker's own converter, on documents made here and on the shared corpus."""

from __future__ import annotations

import ctypes
import importlib.resources
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from markerd.convert import embedded
from markerd.convert.embedded.marker_hooks.layout_predictor import MODEL_SHA256
from markerd.convert.embedded.onnx_model import open_session
from markerd.errors import UnavailableError
from markerd.files.shipped import LAYOUT_MODEL

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

FONT = Path(str(importlib.resources.files("markerd"))) / "data" / "fonts" / "DejaVuSans.ttf"
ALPHABET = (
    "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec romeo "
    "sierra tango uniform victor whiskey xray yankee zulu"
)
WORDS = ALPHABET.split()


def find_in_corpus(name: str) -> Path:
    """Find a file of the shared corpus; without the corpus the test is skipped here and fails in CI."""
    path = Path(__file__).resolve().parents[5] / "shared" / "corpus" / name
    if not path.exists():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no {path}")
    return path


def split_words(text: str) -> Counter[str]:
    """Split a text into its words, in small letters, with repeats; tags and link targets do not count."""
    text = re.sub(r"\]\([^)]*\)|</?[a-zA-Z][^>]{0,120}>", " ", text)
    return Counter(word.lower() for word in re.findall(r"[^\W_]+", text))


def measure_recall(wanted: Counter[str], got: Counter[str]) -> float:
    """Measure the share of the wanted words that are there."""
    return (wanted & got).total() / wanted.total()


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    """The model set, loaded once."""
    os.environ.setdefault("FONT_PATH", str(FONT))
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    return embedded.load_models(2)


def convert(models: dict[str, Any], source: Path) -> Any:
    """Convert with Marker's own converter and our layout builder."""
    from marker.converters.pdf import PdfConverter

    config = {"mode": "fast", "pdftext_workers": 1, "disable_tqdm": True}
    converter = PdfConverter(artifact_dict=dict(models), config=config)
    converter.layout_builder_class = embedded.get_layout_builder_class()
    return converter(str(source))


def write_digital_pdf(path: Path, lines: list[tuple[float, float, float, str]]) -> Path:
    """Write a PDF page with a text layer: (x, y from the bottom, size, text) for each line, in points."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    document = pypdfium2.PdfDocument.new()
    page = document.new_page(595, 842)
    for x, y, size, text in lines:
        line = pdfium.FPDFPageObj_NewTextObj(document.raw, b"Helvetica", ctypes.c_float(size))
        encoded = ctypes.create_string_buffer((text + "\0").encode("utf-16-le"))
        pdfium.FPDFText_SetText(line, ctypes.cast(encoded, ctypes.POINTER(ctypes.c_ushort)))
        pdfium.FPDFPageObj_Transform(line, 1, 0, 0, 1, x, y)
        pdfium.FPDFPage_InsertObject(page.raw, line)
    pdfium.FPDFPage_GenerateContent(page.raw)
    document.save(str(path))
    document.close()
    return path


def write_scan(path: Path, lines: list[str], turned: float = 0) -> Path:
    """Write an image of a printed page at about 150 dpi, turned counter-clockwise by so many degrees."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (1240, 1754), "white")
    font = ImageFont.truetype(str(FONT), 34)
    for row, text in enumerate(lines):
        ImageDraw.Draw(image).text((140, 200 + 60 * row), text, fill="black", font=font)
    image.rotate(turned, Image.Resampling.BILINEAR, expand=True, fillcolor="white").save(path)
    return path


def write_two_columns() -> list[tuple[float, float, float, str]]:
    """Write a heading and two columns of text."""
    left = [(60.0, 715.0 - 14 * i, 8.0, f"left{i} " + " ".join(WORDS[i % 20 : i % 20 + 6])) for i in range(30)]
    right = [(320.0, 715.0 - 14 * i, 8.0, f"right{i} " + " ".join(WORDS[i % 18 : i % 18 + 6])) for i in range(30)]
    return [(60.0, 750.0, 20.0, "Reading in columns"), *left, *right]


def test_every_word_of_a_text_layer_is_in_the_output_in_order(models: dict[str, Any], tmp_path: Path) -> None:
    """On a digital page of two columns nothing is lost, and the left column comes first."""
    lines = write_two_columns()
    markdown = convert(models, write_digital_pdf(tmp_path / "a.pdf", lines)).markdown
    assert measure_recall(split_words(" ".join(line[3] for line in lines)), split_words(markdown)) == 1.0
    assert markdown.index("left29") < markdown.index("right0")


def test_a_page_called_a_figure_keeps_its_text(models: dict[str, Any], tmp_path: Path) -> None:
    """Its lines are text although the layout model takes the whole page for a picture."""
    from surya.layout.schema import LayoutBox, LayoutResult

    def all_figure(images: list[Any], **_: Any) -> list[Any]:
        return [
            LayoutResult(
                bboxes=[LayoutBox(polygon=[0, 0, *image.size], label="Figure", raw_label="Figure", position=0)],
                image_bbox=[0, 0, *image.size],
            )
            for image in images
        ]

    lines = write_two_columns()
    source = write_digital_pdf(tmp_path / "a.pdf", lines)

    class Wrong:
        disable_tqdm = True
        __call__ = staticmethod(all_figure)

    result = convert({**models, "fast_layout_model": Wrong()}, source)
    assert measure_recall(split_words(" ".join(line[3] for line in lines)), split_words(result.markdown)) == 1.0
    assert not result.images


@pytest.mark.parametrize("turned", [0, 90, 180, 270, 3, 176])
def test_a_scan_is_read_however_it_lies(models: dict[str, Any], tmp_path: Path, turned: int) -> None:
    """A page image without text layer is read with its words in order: upright, on its sides, upside down and askew."""
    lines = [" ".join(WORDS[i : i + 6]) for i in range(0, 24, 6)]
    markdown = convert(models, write_scan(tmp_path / "scan.png", lines, turned)).markdown
    assert measure_recall(split_words(" ".join(lines)), split_words(markdown)) >= 0.95
    assert markdown.index("alpha") < markdown.index("hotel") < markdown.index("sierra")


@pytest.mark.parametrize("turned", [90, 180])
def test_turned_page_becomes_upright(models: dict[str, Any], tmp_path: Path, turned: int) -> None:
    """Marker detects running heads by place and cuts out figures, both on the upright page."""
    from marker.builders.document import DocumentBuilder
    from marker.builders.line import LineBuilder
    from marker.converters.pdf import PdfConverter
    from marker.providers.image import ImageProvider

    lines = ["A title", "", *(" ".join(WORDS[i : i + 6]) for i in range(0, 24, 6))]
    provider = ImageProvider(str(write_scan(tmp_path / "scan.png", lines, turned)), {})
    converter = PdfConverter(artifact_dict=dict(models), config={"mode": "fast", "disable_tqdm": True})
    builders = (embedded.get_layout_builder_class(), LineBuilder, embedded.get_ocr_builder_class())
    document = DocumentBuilder({})(provider, *map(converter.resolve_dependencies, builders))
    (page,) = document.pages
    assert page.polygon.size == [1240, 1754]
    assert (page.get_image(highres=False).size, page.get_image(highres=True).size) == ((1240, 1754), (2480, 3508))
    blocks = page.structure_blocks(document)
    assert "A title" in blocks[0].html
    assert blocks[0].polygon.bbox[:2] == pytest.approx((140, 200), abs=25)
    assert [b.polygon.bbox[1] for b in blocks] == sorted(b.polygon.bbox[1] for b in blocks)


def test_a_table_on_a_scan_is_a_table(models: dict[str, Any], tmp_path: Path) -> None:
    """It is detected by its rules, with two lines in a cell, and by its columns where it has no rules."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(str(FONT), 30)
    image = Image.new("L", (1240, 1754), 255)
    pen = ImageDraw.Draw(image)
    rows = [
        ["Article", "Pieces", "Price"],
        ["Bolts and\nnuts", "120", "0.35"],
        ["Wire", "15", "4.20"],
        ["Paint", "3", "9"],
    ]
    for row, cells in enumerate(rows):
        for column, text in enumerate(cells):
            corner = (140 + 320 * column, 200 + 120 * row)
            pen.rectangle((*corner, corner[0] + 320, corner[1] + 120), outline=0, width=3)
            pen.multiline_text((corner[0] + 20, corner[1] + 20), text, fill=0, font=font, spacing=12)
            pen.text((160 + 320 * column, 1000 + 60 * row), text.replace("\n", " "), fill=0, font=font)
    image.save(tmp_path / "scan.png")
    markdown = re.sub(r" +", " ", convert(models, tmp_path / "scan.png").markdown)
    assert markdown.count("| Bolts and nuts | 120 | 0.35 |") == 2
    assert markdown.count("| Wire | 15 | 4.20 |") == 2


def test_a_blank_page_stays_blank(models: dict[str, Any], tmp_path: Path) -> None:
    """White paper gives no text and no picture, nor do dust and a scanner's shadow on it."""
    from PIL import Image, ImageDraw

    result = convert(models, write_scan(tmp_path / "blank.png", []))
    assert result.markdown.strip() == ""
    assert not result.images
    dusty = Image.open(tmp_path / "blank.png")
    pen = ImageDraw.Draw(dusty)
    pen.rectangle((0, 0, 14, dusty.height), fill=(30, 30, 30))
    for number in range(150):
        pen.rectangle((x := 37 * number % 1220, y := 211 * number % 1740, x + 2, y + number % 4), fill=(40, 40, 40))
    dusty.save(tmp_path / "dusty.png")
    result = convert(models, tmp_path / "dusty.png")
    assert result.markdown.strip() == ""
    assert not result.images


def test_blocks_come_back_one_for_one(models: dict[str, Any], tmp_path: Path) -> None:
    """In block mode Marker asserts one result for each box, in order, with empty ones too."""
    from PIL import Image
    from surya.layout.schema import LayoutBox, LayoutResult

    image = Image.open(write_scan(tmp_path / "scan.png", ["first line of text", "", "", "", "second line of text"]))
    boxes = [(100, 420, 1000, 500), (0, 1500, 5, 1502), (100, 190, 1000, 250)]
    layout = LayoutResult(
        bboxes=[
            LayoutBox(polygon=list(box), label="Text", raw_label="Text", position=i) for i, box in enumerate(boxes)
        ],
        image_bbox=[0, 0, *image.size],
    )
    (page,) = models["recognition_model"](images=[image], layout_results=[layout], full_page=False)
    assert [("second" in b.html, b.html == "", "first" in b.html) for b in page.blocks] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]


def test_text_called_a_table_is_read(models: dict[str, Any], tmp_path: Path) -> None:
    """Marker drops anything but a table where it expects one, so these lines come as a table of one column."""
    from PIL import Image
    from surya.layout.schema import LayoutBox, LayoutResult

    image = Image.open(write_scan(tmp_path / "scan.png", ["first line of text", "second line"]))
    box = LayoutBox(polygon=[100, 190, 1000, 320], label="Table", raw_label="Table", position=0)
    layout = LayoutResult(bboxes=[box], image_bbox=[0, 0, *image.size])
    (page,) = models["recognition_model"](images=[image], layout_results=[layout], full_page=False)
    html = page.blocks[0].html
    assert html == "<table><tr><td>first line of text</td></tr><tr><td>second line</td></tr></table>"


def test_a_changed_model_is_refused(tmp_path: Path) -> None:
    """The layout model is loaded only if it is the one that was shipped."""
    changed = tmp_path / LAYOUT_MODEL.name
    changed.write_bytes(LAYOUT_MODEL.read_bytes()[:-1] + b"\0")
    with pytest.raises(UnavailableError, match="reinstall"):
        open_session(changed, MODEL_SHA256, 1)
    with pytest.raises(UnavailableError, match="cannot be read"):
        open_session(tmp_path / "none.onnx", MODEL_SHA256, 1)


@pytest.mark.parametrize(
    "name",
    ["2305.03393v1-pg9", "code_and_formula", "multi_page", "picture_classification", "table_mislabeled_as_picture"],
)
def test_words_of_published_conversions_are_found(models: dict[str, Any], name: str) -> None:
    """At least 95 in 100 words of the published conversion are found, and hardly any that it does not have."""
    source, truth = find_in_corpus(f"pdf/{name}.pdf"), find_in_corpus(f"truth/{name}.md")
    got, wanted = split_words(convert(models, source).markdown), split_words(truth.read_text(encoding="utf-8"))
    assert measure_recall(wanted, got) >= 0.95
    assert measure_recall(got, wanted) >= 0.95


def test_a_scan_of_the_corpus_is_read(models: dict[str, Any]) -> None:
    """A scanned brochure is compared with the text of the same page."""
    wanted = split_words(find_in_corpus("image/linn.txt").read_text(encoding="utf-8"))
    assert measure_recall(wanted, split_words(convert(models, find_in_corpus("scan/linn.pdf")).markdown)) >= 0.95
