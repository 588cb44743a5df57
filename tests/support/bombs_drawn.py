"""PDFs and pictures that are small and would be much work, made by the tests in moments, and never kept."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import bombs

_GREY = "/Type /XObject /Subtype /Image /BitsPerComponent 8 /ColorSpace /DeviceGray"
_DRAWN = bombs.stream(bombs.TEXT + b"q 500 0 0 500 50 50 cm /I Do Q", "")


def indirect_picture(path: Path, side: int = 100_000) -> Path:
    """A picture whose size is told by other objects."""
    picture = bombs.stream(
        bombs.packed(bytes(bombs.MB), 10), f"{_GREY} /Width 7 0 R /Height 7 0 R /Filter /FlateDecode"
    )
    return bombs.page_pdf(path, _DRAWN, extra=[picture, str(side).encode()])


def written_otherwise(path: Path, side: int = 100_000) -> Path:
    """A picture whose words are written with numbers for letters."""
    said = f"/Subt#79pe /Im#61ge /Wid#74h {side} /Hei#67ht {side} /BitsPerComponent 8 /ColorSpace /DeviceGray"
    return bombs.page_pdf(path, _DRAWN, extra=[bombs.stream(b"", said)])


def packed_size(path: Path, side: int = 100_000) -> Path:
    """A picture whose size is told by an object that lies, packed, in a stream of objects."""
    picture = bombs.stream(
        bombs.packed(bytes(bombs.MB), 10), f"{_GREY} /Width 7 0 R /Height 7 0 R /Filter /FlateDecode"
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> "
        b"/XObject << /I 6 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        _DRAWN,
        picture,
    ]
    return with_packed_objects(path, objects, {7: str(side).encode()})


def with_packed_objects(path: Path, objects: Sequence[bytes], packed: dict[int, bytes]) -> Path:
    """A PDF of these objects, numbered from 1, and of `packed` ones, which follow them in number."""
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    inside = b" ".join(packed.values())
    places, at = [], 0
    for number, body in packed.items():
        places.append(f"{number} {at}")
        at += len(body) + 1
    head = " ".join(places).encode() + b" "
    holder = max(packed) + 1
    content = zlib.compress(head + inside)
    held = bombs.stream(content, f"/Type /ObjStm /N {len(packed)} /First {len(head)} /Filter /FlateDecode")
    for number, body in [*enumerate(objects, start=1), (holder, held)]:
        offsets.append((number, len(out)))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    entries = {0: (0, 0, 65535), **{number: (1, offset, 0) for number, offset in offsets}}
    entries |= {number: (2, holder, index) for index, number in enumerate(packed)}
    entries[holder + 1] = (1, len(out), 0)
    table = b"".join(struct.pack(">BIH", *entries[number]) for number in range(holder + 2))
    said = f"/Type /XRef /Size {holder + 2} /W [1 4 2] /Root 1 0 R"
    start = len(out)
    out += f"{holder + 1} 0 obj\n".encode() + bombs.stream(table, said) + b"\nendobj\n"
    out += f"startxref\n{start}\n%%EOF\n".encode()
    path.write_bytes(out)
    return path


def forms(path: Path, levels: int = 30, *, is_shared: bool = False) -> Path:
    """Each form draws the next one twice: the last is drawn 2 to the power of `levels` times.

    With `is_shared` all have the same resources, an object of their own.
    """
    if is_shared:
        return _forms_by_reference(path, levels)
    form = "/Type /XObject /Subtype /Form /BBox [0 0 595 842]"
    extra = [
        bombs.stream(b"/I Do /I Do", f"{form} /Resources << /XObject << /I {7 + level} 0 R >> >>")
        for level in range(levels)
    ]
    extra.append(bombs.stream(b"0 0 1 1 re f", form))
    return bombs.page_pdf(path, bombs.stream(bombs.TEXT + b"/I Do", ""), extra=extra)


def _forms_by_reference(path: Path, levels: int) -> Path:
    form = f"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources {7 + levels} 0 R"
    names = " ".join(f"/I{level} {6 + level} 0 R" for level in range(levels + 1))
    extra = [bombs.stream(f"/I{level + 1} Do /I{level + 1} Do".encode(), form) for level in range(levels)]
    extra += [bombs.stream(b"0 0 1 1 re f", form), f"<< /XObject << {names} >> >>".encode()]
    return bombs.page_pdf(path, bombs.stream(bombs.TEXT + b"/I Do", ""), extra=extra)


def form_in_itself(path: Path) -> Path:
    form = "/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /I 6 0 R >> >>"
    return bombs.page_pdf(path, bombs.stream(bombs.TEXT + b"/I Do", ""), extra=[bombs.stream(b"/I Do /I Do", form)])


def patterns(path: Path, levels: int = 12) -> Path:
    """Patterns of tiny tiles, each painted with the next pattern."""
    said = "/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 1 /YStep 1"
    extra = [
        bombs.stream(
            b"/Pattern cs /P scn 0 0 9 9 re f",
            f"{said} /Resources << /Pattern << /P {7 + min(level, levels - 2)} 0 R >> >>",
        )
        for level in range(levels)
    ]
    content = bombs.stream(bombs.TEXT + b"/Pattern cs /P scn 0 0 595 842 re f", "")
    objects = _page(content, "/Pattern << /P 6 0 R >>", extra)
    return bombs.pdf(path, objects)


def masks(path: Path, levels: int = 12) -> Path:
    """Soft masks within soft masks, each drawn through the next."""
    form = "/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Group << /S /Transparency /CS /DeviceGray >>"
    extra = []
    for level in range(levels):
        state = f"<< /Type /ExtGState /SMask << /S /Luminosity /G {7 + min(level, levels - 2)} 0 R >> >>"
        extra.append(
            bombs.stream(b"/G gs 0 0 595 842 re f " * 4, f"{form} /Resources << /ExtGState << /G {state} >> >>")
        )
    content = bombs.stream(bombs.TEXT + b"/G gs 0 0 595 842 re f", "")
    state = "/ExtGState << /G << /Type /ExtGState /SMask << /S /Luminosity /G 6 0 R >> >> >>"
    return bombs.pdf(path, _page(content, state, extra))


def _page(
    content: bytes, resources: str, extra: Sequence[bytes], box: str = "0 0 595 842", more: str = ""
) -> list[bytes]:
    return [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] {more} /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> "
        f"{resources} >> >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        content,
        *extra,
    ]


def drawn_with(piece: str, times: int, box: str = "0 0 595 842", more: str = "") -> Callable[[Path], Path]:
    """A page of one thing, drawn again and again; `{x}` and `{y}` spread it over the page."""

    def make(path: Path) -> Path:
        drawn = "".join(piece.format(x=n % 550, y=n // 550 % 800) for n in range(times)).encode()
        content = bombs.stream(zlib.compress(bombs.TEXT + drawn))
        return bombs.pdf(path, _page(content, "", [], box, more))

    return make


def grid(path: Path, rows: int = 195, columns: int = 195, side: int = 3000, *, words: bool = True) -> Path:
    """A page with a drawn grid and a word in each cell."""
    high, wide = side / rows, side / columns
    lines = [f"0 {n * high:.1f} m {side} {n * high:.1f} l S" for n in range(rows + 1)]
    lines += [f"{n * wide:.1f} 0 m {n * wide:.1f} {side} l S" for n in range(columns + 1)]
    if words:
        lines += [
            f"BT /F1 5 Tf {c * wide + 2:.1f} {r * high + 3:.1f} Td (a{r % 100}) Tj ET"
            for r in range(rows)
            for c in range(columns)
        ]
    content = bombs.stream(zlib.compress("\n".join(lines).encode()))
    return bombs.pdf(path, _page(content, "", [], f"0 0 {side} {side}"))


def links(path: Path, count: int = 100_000) -> Path:
    """Annotations, all of them links of the one page."""
    annotation = "<< /Type /Annot /Subtype /Link /Rect [72 690 300 720] /A << /S /URI /URI (http://e.org/{0}) >> >>"
    names = " ".join(f"{6 + n} 0 R" for n in range(count))
    extra = [annotation.format(n).encode() for n in range(count)]
    content = bombs.stream(bombs.TEXT, "")
    return bombs.pdf(path, _page(content, "", extra, more=f"/Annots [{names}]"))


def type3(path: Path) -> Path:
    """A letter that is drawn with the letters of its own font."""
    glyph = bombs.stream(b"1000 0 d0 BT /F 1 Tf (aaaaaaaaaa) Tj ET 0 0 500 500 re f", "")
    font = (
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1000 1000] /FontMatrix [0.001 0 0 0.001 0 0] /FirstChar 97 "
        b"/LastChar 97 /Widths [1000] /Encoding << /Differences [97 /a] >> /CharProcs << /a 6 0 R >> "
        b"/Resources << /Font << /F 7 0 R >> >> >>"
    )
    content = bombs.stream(bombs.TEXT + b"BT /T 20 Tf 72 600 Td (aaaaaaaaaaaaaaaaaaaa) Tj ET", "")
    objects = _page(content, "", [glyph, font])
    objects[2] = objects[2].replace(b"/F1 4 0 R", b"/F1 4 0 R /T 7 0 R")
    return bombs.pdf(path, objects)


def claimed(name: str, head: bytes, side: int = 60_000) -> Callable[[Path], Path]:
    """A picture in a packing of its own, JBIG2 or JPEG 2000, which claims to be large."""
    said = f"/Type /XObject /Subtype /Image /Width {side} /Height {side} /BitsPerComponent 1 /ColorSpace /DeviceGray"
    return lambda path: bombs.page_pdf(path, _DRAWN, extra=[bombs.stream(head, f"{said} /Filter /{name}")])


def jpx(path: Path, side: int = 60_000) -> Path:
    """A JPEG 2000 codestream whose own head is large while the PDF says 10 x 10."""
    size = struct.pack(">HHHIIIIIIIIH", 0xFF51, 41, 0, side, side, 0, 0, side, side, 0, 0, 1) + bytes([7, 1, 1])
    code = b"\xff\x52\x00\x0c\x00\x00\x00\x01\x00\x05\x04\x04\x00\x01"
    quant = b"\xff\x5c\x00\x13\x40" + bytes([0x40] * 16)
    tile = b"\xff\x90\x00\x0a\x00\x00\x00\x00\x00\x0e\x00\x01\xff\x93\xff\xd9"
    said = "/Type /XObject /Subtype /Image /Width 10 /Height 10 /Filter /JPXDecode"
    return bombs.page_pdf(path, _DRAWN, extra=[bombs.stream(b"\xff\x4f" + size + code + quant + tile, said)])


def jbig2(path: Path, side: int = 60_000) -> Path:
    """A JBIG2 page whose own head is large."""
    head = struct.pack(">IBBBI", 0, 48, 0, 1, 19) + struct.pack(">IIIIBH", side, side, 0, 0, 0, 0)
    said = "/Type /XObject /Subtype /Image /Width 10 /Height 10 /BitsPerComponent 1 /ColorSpace /DeviceGray"
    return bombs.page_pdf(path, _DRAWN, extra=[bombs.stream(head, f"{said} /Filter /JBIG2Decode")])


def many_pages_of(path: Path, pages: int = 300) -> Path:
    """Pages that all draw one large picture."""
    picture = bombs.stream(
        bombs.packed(bytes(bombs.MB), 120), f"{_GREY} /Width 12000 /Height 10000 /Filter /FlateDecode"
    )
    kids = " ".join(["3 0 R"] * pages)
    objects = _page(_DRAWN, "/XObject << /I 6 0 R >>", [picture])
    objects[1] = f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode()
    return bombs.pdf(path, objects)


# --- pictures ---------------------------------------------------------------------------------------------------------


def printed(path: Path, width: int, height: int, mode: str = "L", size: int = 40) -> Path:
    """A picture with a line of words here and there, as its ending says."""
    from PIL import Image, ImageDraw, ImageFont

    import documents

    image = Image.new(mode, (width, height), 1 if mode == "1" else "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(documents.FONT), size)
    for number in range(12):
        y = 40 + number * (height - 80) // 12
        draw.text(
            (min(60, width // 20), y),
            f"Line {number} of the picture",
            fill=0 if mode in ("1", "L") else "black",
            font=font,
        )
    image.save(path, compress_level=1) if path.suffix == ".png" else image.save(path)
    return path


def animated(path: Path, frames: int = 3_000) -> Path:
    """Frames of one colour each, for what a viewer would show as a film."""
    from PIL import Image

    shown = [Image.new("P", (600, 400), n % 250) for n in range(2)]
    shown[0].save(path, save_all=True, append_images=[shown[n % 2] for n in range(frames)], duration=10)
    return path
