"""The pictures that a document holds: each is decoded once, and has an address of its own in our HTML."""

from __future__ import annotations

import hashlib
import html
import io
import re
import struct
import zlib
from pathlib import Path

from PIL import Image

from markerd.convert.marker_bridge.page_images import make_plain
from markerd.convert.office.canonical_html.drawing import draw

_ADDRESS = "picture:"
_NUMBERED = re.compile(r"(picture|image|grafik|bild|imagen|immagine)\s*\d*", re.IGNORECASE)
_MOST_PIXELS = 89_478_485  # where Pillow warns of a decompression bomb; Marker switches that warning off
_UNDECODABLE = (
    OSError, SyntaxError, ValueError, LookupError, TypeError, OverflowError, struct.error, zlib.error,
    Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip


class Pictures:
    """Holds pictures by their address. A picture that cannot be decoded is lost, not the document."""

    def __init__(self) -> None:
        self._by_address: dict[str, Image.Image] = {}
        self._addresses: dict[bytes, str | None] = {}

    def hold(self, data: bytes) -> str | None:
        """Return the address of a picture (a file's content); None where it cannot be decoded. Each picture is held
        once.
        """
        key = hashlib.sha256(data).digest()
        if key not in self._addresses:
            self._addresses[key] = self._keep(_decode(data))
        return self._addresses[key]

    def get(self, address: str) -> Image.Image | None:
        return self._by_address.get(address)

    def tag(self, data: bytes | None, alt: str) -> str:
        """Write an `<img>` for a picture; its alternative text where there is no picture."""
        address = self.hold(data) if data else None
        return write_img(address, alt) if address else html.escape(alt)

    def _keep(self, image: Image.Image | None) -> str | None:
        if image is None:
            return None
        address = f"{_ADDRESS}{len(self._by_address)}"
        self._by_address[address] = image
        return address


def write_img(address: str, alt: str) -> str:
    return f'<img src="{address}" alt="{html.escape(alt.strip())}">'


def clean_alt(text: str | None) -> str:
    """Return an alternative text that says something, and not a file's name or a machine's guess, as PowerPoint puts
    there.
    """
    said = " ".join((text or "").replace("Description automatically generated", "").split())
    is_name = Path(said).suffix.lower() in Image.registered_extensions() or _NUMBERED.fullmatch(said)
    return "" if is_name else said


def _decode(data: bytes) -> Image.Image | None:
    if _is_svg(data):
        return draw(data.decode("utf-8", "replace"))
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > _MOST_PIXELS or 0 in image.size:
                return None
            return make_plain(image).convert("RGB")  # type: ignore[no-any-return]  # as it is seen; JPEG has no grey here
    except _UNDECODABLE:
        return None


def _is_svg(data: bytes) -> bool:
    return b"<svg" in data[:1000] and not data.startswith((b"\x89PNG", b"\xff\xd8", b"GIF8"))
