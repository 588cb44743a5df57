"""What a document may ask for, whatever its size on the disk: checked before a library reads it.

Small files can stand for gigabytes: archives and streams of zeros, pictures of a single colour, one page listed a
hundred thousand times. The memory ceiling and the time limit would end them too, but late, several times over, and at
the cost of a converter. What passes here ends there.
"""

from __future__ import annotations

import contextlib
import itertools
import mmap
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from markerd.convert.checks import drawn_within
from markerd.convert.protocol import DocumentLimits
from markerd.errors import DocumentError

_MB = 1 << 20
_PIECE_BYTES = 1 << 14
_MOST_MEMBERS = 20_000
_MOST_RATIO = 100  # as in Apache POI: deflate reaches 1032, documents seldom 30
_WORTH_A_LOOK_BYTES = 16 * _MB  # below this size a ratio means nothing: a blank sheet packs well
_MOST_LAYERS = 8
_BYTES_A_PIXEL = 3  # Marker converts every picture to RGB
_LOOK_BACK_BYTES = 1024
_MOST_FORM_BYTES = 1 << 20  # of packed content that is searched for what it draws
_STREAM = re.compile(rb"(?<!end)stream(?:\r\n|\n|\r)")
_IMAGE = re.compile(rb"/Subtype\s*/Image\b")
_NUMBERS = re.compile(rb"/(Width|W|Height|H|BitsPerComponent|BPC)\s+(\d{1,9})\b")
_MOST_DEPTH = 5_000  # web pages seldom have 50
_TAG = re.compile(rb"<(/?)([A-Za-z][A-Za-z0-9:-]{0,30})(?=[\s>])(?![^<>]{0,1000}/>)")
_WITHOUT_END = frozenset(
    b"area base br col embed hr img input link meta source track wbr param "
    b"p li dt dd td th tr thead tbody tfoot colgroup option optgroup rp rt html head body".split()
)
_DAMAGED = (zipfile.BadZipFile, OSError, EOFError, zlib.error, NotImplementedError, RuntimeError, ValueError)
"""What zipfile raises, also for members that are encrypted or packed in unknown ways."""


def _check_ratio(what: str, unpacked: int, packed: int) -> None:
    """Raise DocumentError for a suspicious ratio. It is not asked of pictures: one of a single colour packs without
    limit.
    """
    if unpacked > _WORTH_A_LOOK_BYTES and unpacked > _MOST_RATIO * packed:
        raise _build_bomb_error(f"{what} unpacks to more than {_MOST_RATIO} times its size")


def _build_bomb_error(message: str) -> DocumentError:
    return DocumentError(message, kind="unpacks_too_large", is_permanent=True)


# --- archives: DOCX, PPTX, XLSX, EPUB ---------------------------------------------------------------------------------


def check_package(path: Path | IO[bytes], limits: DocumentLimits) -> int:
    """Unpack every member, keep none, and return the number of bytes. An archive within the archive is checked by the
    reader that unpacks it.

    Damage is not reported here, but by the reader of the document.
    """
    try:
        package = zipfile.ZipFile(path)
    except _DAMAGED:
        return 0
    with package:
        members = package.infolist()
        if len(members) > _MOST_MEMBERS:
            raise _build_bomb_error(f"the archive has more than {_MOST_MEMBERS} members")
        total = 0
        for member in members:
            # The directory may lie: zipfile unpacks up to 2 GB before it cuts what exceeds the size given there.
            member.file_size = limits.max_unpacked_bytes + 1
            count = _Count()
            for _ in count.count(_unpack(package, member)):
                _check_ratio("a member of the archive", count.bytes, member.compress_size)
                limits.check_unpacked("the archive", total + count.bytes)
            total += count.bytes
        return total


def _unpack(package: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the content as far as it can be unpacked; a wrong checksum shows at its end."""
    with contextlib.suppress(*_DAMAGED), package.open(member) as content:
        while piece := content.read(_PIECE_BYTES):
            yield piece


# --- PDF --------------------------------------------------------------------------------------------------------------


def check_pdf_streams(path: Path, limits: DocumentLimits) -> None:
    """Unpack what is deflated, once or several times, wherever it lies; of pictures the size that they claim counts.

    Streams are recognised by their content and not by `/Filter`, which can be written in many ways. Streams of an
    encrypted PDF, and other packings, are not looked into.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        total = 0
        drawings: dict[int, drawn_within.Drawing] = {}
        for found in _STREAM.finditer(data):
            before = data[max(0, found.start() - _LOOK_BACK_BYTES) : found.start()]
            dictionary = before.rpartition(b" obj")[2]
            if drawn_within.is_drawable(dictionary):
                content = data[found.end() : found.end() + _MOST_FORM_BYTES]
                drawings.update(filter(None, [drawn_within.parse_drawing(before, dictionary, content)]))
            if _IMAGE.search(dictionary):
                limits.check_unpacked("a picture in the PDF", _compute_picture_bytes(dictionary))
            elif _is_deflated(data[found.end() : found.end() + 2]):
                total += _check_stream(data, found.end(), limits)
                # Streams are read one after the other, so they need not fit together.
                if total > limits.max_unpacked_bytes:
                    _check_ratio("the PDF", total, len(data))
        drawn_within.check_drawings(drawings, data)


def _compute_picture_bytes(dictionary: bytes) -> int:
    numbers = {name[:1]: int(value) for name, value in _NUMBERS.findall(dictionary)}
    pixels = numbers.get(b"W", 0) * numbers.get(b"H", 0)
    return pixels * _BYTES_A_PIXEL * numbers.get(b"B", 8) // 8


def _check_stream(data: mmap.mmap, at: int, limits: DocumentLimits) -> int:
    """Return the number of bytes that the stream unpacks to, in all its layers."""
    packed, counts = _Count(), []
    pieces = packed.count(data[start : start + _PIECE_BYTES] for start in range(at, len(data), _PIECE_BYTES))
    for _ in range(_MOST_LAYERS):
        count = _Count()
        counts.append(count)
        pieces = count.count(_inflate(pieces))
        head = next(filter(None, pieces), b"")
        pieces = itertools.chain([head], pieces)
        if not _is_deflated(head):
            break
    for _ in pieces:
        for count in counts:
            limits.check_unpacked("a stream of the PDF", count.bytes)
            _check_ratio("a stream of the PDF", count.bytes, packed.bytes)
    return max(count.bytes for count in counts)


class _Count:
    """Counts the bytes that pass."""

    def __init__(self) -> None:
        self.bytes = 0

    def count(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.bytes += len(piece)
            yield piece


def _is_deflated(head: bytes) -> bool:
    """Whether these bytes begin a deflated stream: the method is 8, and the two bytes are a multiple of 31 (RFC
    1950, 2.2).
    """
    return len(head) >= 2 and head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0


def _inflate(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the content as far as it can be inflated."""
    inflater = zlib.decompressobj()
    with contextlib.suppress(zlib.error):
        for piece in pieces:
            rest = piece
            while rest and not inflater.eof:
                unpacked = inflater.decompress(rest, _PIECE_BYTES)
                if not unpacked and inflater.unconsumed_tail == rest:  # it waits, for example for a dictionary
                    return
                yield unpacked
                rest = inflater.unconsumed_tail
            if inflater.eof:
                return


# --- pictures ---------------------------------------------------------------------------------------------------------


def bound_pictures(limits: DocumentLimits) -> None:
    """Let Pillow open no larger picture in this process from now on, including those within documents.

    Call it after the import of Marker, which removes Pillow's own limit.
    """
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = limits.max_unpacked_bytes // _BYTES_A_PIXEL
    warnings.simplefilter("error", Image.DecompressionBombWarning)  # Pillow only warns, up to twice the limit


def check_frames(path: Path, limits: DocumentLimits) -> None:
    """Count the frames of a TIFF, which all become pages. Of other pictures only the first frame is taken."""
    from PIL import Image

    with contextlib.suppress(OSError, ValueError, SyntaxError, EOFError), Image.open(path) as picture:
        picture.seek(limits.max_pages)  # raises EOFError where there are fewer
        limits.check_pages(limits.max_pages + 1)


# --- HTML -------------------------------------------------------------------------------------------------------------


def check_nesting(path: Path) -> None:
    """Refuse elements nested too deep, which take time without limit. Those that need no end tag do not count.

    In UTF-16, and in a page that is packed into another file, a tag is not seen: the reader asks for these again.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        check_nesting_of(data)


def check_nesting_of(data: bytes | mmap.mmap) -> None:
    """Refuse a page with elements nested too deep, whose tags are written in ASCII."""
    depth = 0
    for found in _TAG.finditer(data):
        closes, name = found.groups()
        if name.lower() in _WITHOUT_END:
            continue
        depth = max(0, depth - 1) if closes else depth + 1
        if depth > _MOST_DEPTH:
            message = f"more than {_MOST_DEPTH} elements within one another"
            raise DocumentError(message, kind="nested_too_deep", is_permanent=True)
