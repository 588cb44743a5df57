"""Pictures as they are seen: upright, on white, in eight bits, and no larger for OCR than is useful.

Importing this module imports marker.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from marker.providers.image import ImageProvider
from PIL import Image, ImageOps

from markerd.convert.marker_bridge import photo_formats

photo_formats.register()
_ORIENTATION = 0x0112  # EXIF; 1 is upright
_READ_AS_THEY_ARE = frozenset({"L", "RGB"})
_SIXTEEN_BITS = 65_535
LEAST_DPI = 90  # of a scanner; lower values are defaults of programs that do not know the resolution
SQUARE = 1.2  # ratio of the two resolutions from which pixels are oblong
_LIGHT = 160  # mean grey from which a drawing without background is taken for light on dark
_ENOUGH_PX = 3000  # on the longer side: a page of 260 dpi
MOST_PIXELS = 64 << 20
"""Of a page that is read. A0 at 192 dpi, which Marker wants for OCR, has 57 million; one of 64 takes 1.5 GB."""
_MOST_SIDE_PX = 32_000  # half of what a JPEG may measure; the longest screenshots have 30,000
_THINNEST = 64  # most ratio of the sides: RapidOCR finds no lines from 88 on


class PageImageProvider(ImageProvider):  # type: ignore[misc]  # marker is untyped
    """Enlarges only small pictures, which gain from it. Marker doubles every image for OCR: one of 12 megapixels to
    140 MB.
    """

    def get_images(self, idxs: Sequence[int], dpi: int) -> list[Any]:
        return [_enlarge(self.images[index], dpi / 96) for index in idxs]


def _enlarge(image: Any, most: float) -> Any:
    scale = min(most, _ENOUGH_PX / max(image.size))
    if scale <= 1:
        return image
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)


def make_readable(image: Any) -> Any:
    """Make a picture a page to be read: plain, no larger than reading it needs, and not too thin for reading."""
    page = make_plain(image, MOST_PIXELS)
    least = -(-max(page.size) // _THINNEST)
    if min(page.size) >= least:
        return page
    paper = Image.new(page.mode, (max(page.width, least), max(page.height, least)), "white")
    paper.paste(page)
    return paper


def make_plain(image: Any, most_pixels: int | None = None) -> Any:
    """Return the picture in grey or RGB, as a viewer shows it; the picture itself where it is so already.

    A picture of more than `most_pixels` is made smaller.
    """
    image = _square_pixels(image)
    if image.getexif().get(_ORIENTATION, 1) != 1:
        image = ImageOps.exif_transpose(image)
    if most_pixels is not None:
        image = _shrink(image, most_pixels)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        return _put_on_paper(image.convert("RGBA"))
    if image.mode.startswith(("I", "F")):
        return _reduce_to_eight_bits(image)
    if image.mode in _READ_AS_THEY_ARE:
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _shrink(image: Any, most_pixels: int) -> Any:
    scale = min((most_pixels / (image.width * image.height)) ** 0.5, _MOST_SIDE_PX / max(image.size))
    if scale >= 1:
        return image
    if image.mode.startswith(("I", "F")):
        image = _reduce_to_eight_bits(image)
    elif image.mode in ("1", "P"):
        image = image.convert("L" if image.mode == "1" else "RGBA" if "transparency" in image.info else "RGB")
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _square_pixels(image: Any) -> Any:
    """Scale a picture with oblong pixels: a fax has twice as many across as down, and its letters would be flat."""
    across, down = (float(dpi) for dpi in image.info.get("dpi", (0, 0)))
    if min(across, down) < LEAST_DPI or max(across, down) < SQUARE * min(across, down):
        return image
    most = max(across, down)
    size = round(image.width * most / across), round(image.height * most / down)
    return image.convert("L" if image.mode == "1" else image.mode).resize(size, Image.Resampling.BICUBIC)


def _put_on_paper(image: Any) -> Any:
    """Put the picture on white; on black where it is light itself, such as white writing for dark slides."""
    pixels = np.asarray(image)
    seen = pixels[pixels[..., 3] > 127][..., :3]
    is_light = seen.size > 0 and float(seen.mean()) > _LIGHT and float((pixels[..., 3] > 127).mean()) < 0.5
    paper = Image.new("RGBA", image.size, "black" if is_light else "white")
    return Image.alpha_composite(paper, image).convert("RGB")


def _reduce_to_eight_bits(image: Any) -> Any:
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) // (_SIXTEEN_BITS // 255)).astype(np.uint8))
    values = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=_SIXTEEN_BITS, neginf=0)
    low, high = float(values.min()), float(values.max())
    return Image.fromarray(((values - low) * (255.0 / max(high - low, 1e-9))).clip(0, 255).astype(np.uint8))
