"""Pictures of every kind, as a viewer shows them: dark writing on light paper, upright."""

from __future__ import annotations

import base64
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from documents import FONT
from markerd.convert.engine import Engine
from markerd.convert.marker_bridge import photo_formats
from markerd.convert.protocol import ConversionRequest

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's own warnings

SIZE = (60, 40)


@pytest.fixture(autouse=True, scope="module")
def _font() -> None:
    """Marker looks for its font when it is first imported, and would download it."""
    os.environ.setdefault("FONT_PATH", str(FONT))
    photo_formats.register()


def page() -> Any:
    """White, with black writing in its upper left."""
    image = Image.new("L", SIZE, 255)
    image.paste(0, (5, 5, 25, 15))
    return image


def alpha(of: Any, colour: int) -> Any:
    """The writing in a colour of its own, on nothing."""
    image = Image.new("LA", SIZE, (colour, 0))
    image.putalpha(of.point(lambda value: 255 - value))
    return image


def sixteen(of: Any) -> Any:
    return Image.fromarray(np.asarray(of).astype(np.uint16) * 257)


KINDS = {
    "grey.png": page(),
    "colour.png": page().convert("RGB"),
    "two tones.png": page().convert("1"),
    "two tones.tif": page().convert("1"),
    "palette.png": page().convert("P"),
    "ink.tif": page().convert("RGB").convert("CMYK"),
    "ink.jpg": page().convert("RGB").convert("CMYK"),
    "sixteen bits.png": sixteen(page()),
    "sixteen bits.tif": sixteen(page()),
    "real numbers.tif": page().convert("F"),
    "on nothing.png": alpha(page(), 0),
    "on nothing, in colour.png": alpha(page(), 0).convert("RGBA"),
    "palette.gif": page().convert("P"),
    "wavelets.jp2": page(),
    "telephone.avif": page().convert("RGB"),
}
HEIC = (
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9j"
    "AAAAAERAAAEAAQAAAAABoQABAAAAAAAAAGEAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/Wlw"
    "cnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AA"
    "AAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAA"
    "QAAAAEAAAAAoY2xhcAAAADwAAAABAAAAKAAAAAH////8AAAAAv///+gAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWB"
    "AgMFhAAAAGltZGF0AAAAXSgBrxOAVfjNa2J9QASdPBrQSP5S3Oa5SAOPaKErcixwgThru9hX1B5WepwjD3ZZhqzU+V0hdU9Hu6fCMVGTdvkh"
    "RMJowPHp4f+QHtFK5IXRscFgC6XdknUNg+C4cA=="
)
"""The page as a telephone writes it, which no library that comes along can write."""


def seen(source: Path, scratch: Path) -> Any:
    """What Marker gets of a picture, in grey."""
    from markerd.convert.marker_bridge.providers import choose_provider, prepare_image

    path = prepare_image(source, scratch)
    return np.asarray(choose_provider(path)(str(path), {}).get_images([0], 96)[0].convert("L"))


@pytest.mark.parametrize("name", KINDS)
def test_writing_comes_out_dark_on_light(name: str, tmp_path: Path) -> None:
    """Whatever way the file keeps it."""
    KINDS[name].save(tmp_path / name)
    pixels = seen(tmp_path / name, tmp_path)
    assert pixels.shape == (40, 60)
    assert pixels[10, 15] < 60
    assert pixels[30, 50] > 200


def test_photograph_of_a_telephone_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(base64.b64decode(HEIC))
    pixels = seen(tmp_path / "a", tmp_path)
    assert pixels.shape == (40, 60)
    assert pixels[10, 15] < 60
    assert pixels[30, 50] > 200


def test_light_writing_without_background_is_put_on_black(tmp_path: Path) -> None:
    """It was made for dark slides: on white nothing of it would be seen."""
    alpha(page(), 255).save(tmp_path / "a.png")
    pixels = seen(tmp_path / "a.png", tmp_path)
    assert (pixels[10, 15] > 200, pixels[30, 50] < 60) == (True, True)


@pytest.mark.parametrize(
    ("orientation", "transposed"), [(3, Image.Transpose.ROTATE_180), (6, Image.Transpose.ROTATE_90)]
)
def test_photograph_is_turned_as_its_camera_says(orientation: int, transposed: Any, tmp_path: Path) -> None:
    """A viewer turns it; Marker does not."""
    exif = Image.new("L", (1, 1)).getexif()
    exif[0x0112] = orientation
    page().transpose(transposed).save(tmp_path / "a.jpg", exif=exif)
    pixels = seen(tmp_path / "a.jpg", tmp_path)
    assert pixels.shape == (40, 60)
    assert pixels[10, 15] < 60


def test_only_a_small_picture_is_enlarged_for_ocr(tmp_path: Path) -> None:
    """A large one has all that is to be read, and would take four times its memory."""
    from markerd.convert.marker_bridge.providers import choose_provider

    sizes = {}
    for width in (800, 2000, 4000):
        Image.new("L", (width, 600), 255).save(tmp_path / "a.png")
        path = tmp_path / "a.png"
        sizes[width] = choose_provider(path)(str(path), {}).get_images([0], 192)[0].size
    assert sizes == {800: (1600, 1200), 2000: (3000, 900), 4000: (4000, 600)}


def test_the_pages_of_a_tiff_are_as_large_as_it_says(tmp_path: Path) -> None:
    """By its resolution; where it tells none (Pillow then says 1 dpi) by that of most scanners."""
    from pypdfium2 import PdfDocument

    from markerd.convert.marker_bridge.providers import prepare_image

    for name, dpi, width_pt in (("told", (150, 150), 192), ("untold", None, 144), ("screen", (72, 72), 144)):
        pages = [Image.new("L", (400, 600), 255)] * 2
        source = tmp_path / f"{name}.tif"
        pages[0].save(source, save_all=True, append_images=pages[1:], dpi=dpi)
        scratch = tmp_path / name
        scratch.mkdir()
        with PdfDocument(prepare_image(source, scratch)) as pdf:
            assert [round(pdf.get_page_size(number)[0]) for number in range(len(pdf))] == [width_pt, width_pt]


def test_a_fax_is_as_high_as_its_paper() -> None:
    """Its pixels are twice as high as wide."""
    from markerd.convert.marker_bridge.page_images import make_plain

    fax = Image.new("1", (1728, 1143), 1)
    fax.info["dpi"] = (204, 98)
    assert make_plain(fax).size == (1728, 2379)
    fax.info["dpi"] = (204, 196)
    assert make_plain(fax).size == (1728, 1143)


def test_a_picture_in_a_document_is_read_as_it_is_seen() -> None:
    """Turned as the camera says."""
    from markerd.convert.office.canonical_html.pictures import Pictures

    image = page().convert("RGB")
    image.getexif()[0x0112] = 6
    content = io.BytesIO()
    image.save(content, "JPEG", exif=image.getexif())
    pictures = Pictures()
    address = pictures.hold(content.getvalue())
    assert address is not None
    picture = pictures.get(address)
    assert picture is not None
    assert (picture.size, picture.mode) == (SIZE[::-1], "RGB")


@pytest.mark.parametrize(
    ("name", "frames", "is_said"),
    [
        ("one.gif", 1, False),
        ("film.gif", 3, True),
        ("film.webp", 2, True),
        ("film.png", 2, True),
        ("film.avif", 2, True),
        ("pages.tiff", 2, False),
    ],
)
def test_pictures_that_are_not_read_are_said(tmp_path: Path, name: str, frames: int, is_said: bool) -> None:
    """The pages of a TIFF are read; of an animation the first picture."""
    from markerd.convert.marker_bridge.providers import holds_more_pictures

    first, *others = [page().convert("RGB").rotate(90 * number, expand=False) for number in range(frames)]
    path = tmp_path / name
    first.save(path, save_all=frames > 1, append_images=others)
    assert holds_more_pictures(path) is is_said
    path.write_bytes(path.read_bytes()[:-40])
    assert holds_more_pictures(path) in (True, False)  # a damaged one raises no error here


def test_animation_is_converted_and_what_is_left_out_is_said(
    tmp_path: Path, engine: Engine, events: list[tuple[str, dict[str, Any]]]
) -> None:
    events.clear()
    for name in ("out", "scratch"):
        (tmp_path / name).mkdir()
    page().save(tmp_path / "film.gif", save_all=True, append_images=[page().rotate(180)])
    source, output, scratch = (str(tmp_path / name) for name in ("film.gif", "out", "scratch"))
    request = ConversionRequest("film.gif", source, output, scratch, ("markdown",))
    result = engine.convert(request, lambda _: None)
    assert (result.pages, result.quality.is_first_picture_only) == (1, True)
    assert ("warning document.pictures_left_out", {"document": "film.gif"}) in events
