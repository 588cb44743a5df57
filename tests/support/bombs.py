"""Documents that are small on the disk and large once read. Made by the tests, in moments, and never kept."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import documents

MB = 1 << 20
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
LAUGHS = "<!DOCTYPE x [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{level} '{f'&a{level - 1};' * 10}'>" for level in range(1, 10)
) + "]>"  # fmt: skip
"""A billion laughs: `&a9;` stands for two gigabytes."""


def docx(path: Path, paragraphs: Iterable[str], doctype: str = "") -> Path:
    """A DOCX of raw paragraphs, written piece by piece."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", _TYPES)
        package.writestr("_rels/.rels", _RELATIONS)
        with package.open("word/document.xml", "w", force_zip64=True) as part:
            part.write(f'<?xml version="1.0"?>{doctype}<w:document xmlns:w="{_WORD}"><w:body>'.encode())
            for text in paragraphs:
                part.write(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>".encode())
            part.write(b"</w:body></w:document>")
    return path


def with_part(path: Path, name: str, megabytes: int) -> Path:
    """A package gets one more part, of zeros."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package, package.open(name, "w", force_zip64=True) as part:
        for _ in range(megabytes):
            part.write(bytes(MB))
    return path


def with_lie(path: Path) -> Path:
    """The sizes in the directory of a ZIP are set to one byte, for every member."""
    data = bytearray(path.read_bytes())
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into("<I", data, at + 24, 1)
        at = data.find(b"PK\x01\x02", at + 46)
    path.write_bytes(bytes(data))
    return path


def with_members(path: Path, count: int) -> Path:
    with zipfile.ZipFile(path, "a") as package:
        for number in range(count):
            package.writestr(f"extra/{number}", b"")
    return path


def png(path: Path, width: int, height: int) -> Path:
    """A white picture of one bit a pixel."""
    row = b"\x00" + b"\xff" * ((width + 7) // 8)
    packer = zlib.compressobj(9)
    packed = [packer.compress(row) for _ in range(height)]
    content = b"".join([*packed, packer.flush()])
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), (b"IDAT", content), (b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks))
    return path


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def tiff(path: Path, width: int, height: int, frames: int) -> Path:
    """White pictures of one bit a pixel, all of them the same bytes of the file."""
    strip = zlib.compress(b"\xff" * ((width + 7) // 8) * height)
    out = io.BytesIO(b"II*\x00\x00\x00\x00\x00")
    out.seek(0, io.SEEK_END)
    strip_at = out.tell()
    out.write(strip + bytes(len(strip) % 2))
    pointer_at = 4
    for _ in range(frames):
        here = out.tell()
        out.seek(pointer_at)
        out.write(struct.pack("<I", here))
        out.seek(here)
        tags = [(256, width), (257, height), (258, 1), (259, 8), (262, 1), (273, strip_at), (277, 1), (278, height),
                (279, len(strip))]  # fmt: skip
        out.write(
            struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
        )
        pointer_at = out.tell()
        out.write(bytes(4))
    path.write_bytes(out.getvalue())
    return path


def pdf(path: Path, objects: Sequence[bytes]) -> Path:
    """A PDF of these objects, numbered from 1; the first is its catalog."""
    path.write_bytes(documents.assembled(objects))
    return path


def stream(content: bytes, dictionary: str = "/Filter /FlateDecode") -> bytes:
    """An object that holds these packed bytes."""
    return f"<< /Length {len(content)} {dictionary} >>\nstream\n".encode() + content + b"\nendstream"


def packed(piece: bytes, times: int) -> bytes:
    """`piece` so many times, deflated."""
    packer = zlib.compressobj(9)
    return b"".join([*(packer.compress(piece) for _ in range(times)), packer.flush()])


TEXT = b"BT /F1 14 Tf 72 700 Td (Words of the page) Tj ET "


def page_pdf(
    path: Path, content: bytes, *, box: str = "0 0 595 842", more: str = "", extra: Sequence[bytes] = ()
) -> Path:
    """One page with `content`, an object; `more` goes into the page's dictionary, `extra` objects count from 6."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> "
        f"/XObject << /I 6 0 R >> >> >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        content,
        *extra,
    ]
    return pdf(path, objects)
