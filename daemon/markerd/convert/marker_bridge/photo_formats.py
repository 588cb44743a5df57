"""The formats of photographs that Pillow opens with the help of others: HEIC and AVIF, as telephones write them."""

from __future__ import annotations

import functools
from pathlib import Path

_READ = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif", b"avis"})
_HEAD_BYTES = 64


@functools.cache
def register() -> None:
    """Let Pillow open these formats. Nothing is written in them."""
    import pi_heif
    import pillow_avif  # noqa: F401  # it registers itself

    pi_heif.register_heif_opener()


def is_photo(path: Path) -> bool:
    """Whether a file is of these formats, by the brands that its first box names (ISO/IEC 23008-12).

    It may hold several pictures.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return bool(list_brands(head) & _READ)


def list_brands(head: bytes) -> set[bytes]:
    """List the brands of a file by its first bytes; none where it is of another family."""
    if head[4:8] != b"ftyp":
        return set()
    end = min(_HEAD_BYTES, int.from_bytes(head[:4], "big"))
    return {head[8:12], *(head[at : at + 4] for at in range(16, end, 4))}
