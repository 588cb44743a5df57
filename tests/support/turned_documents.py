"""PDFs of one page that can be written turned: as a whole, or the letters alone, word by word, kerned, in columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

from documents import FONT, assembled

WIDTH, HEIGHT = 595.0, 842.0  # points, of the page as it is read
MARGIN = 60.0
# Helvetica's advances from the space to the tilde, in thousandths of the size: Adobe's font metrics.
_METRICS = """
    278 278 355 556 556 889 667 222 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584
    584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667
    611 278 278 278 469 556 222 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500
    722 500 500 500 334 260 334 584
"""
_ADVANCES = [int(advance) for advance in _METRICS.split()]
PROSE = (
    "The committee met on Tuesday in the large hall and heard three reports from the",
    "members who had travelled to the north during the long summer months. After a",
    "short debate it was agreed that the work should go on as before and that a further",
    "report would be given when the first results were at hand in the coming spring.",
)
COLUMNS = (
    (
        "The river runs through the valley and",
        "turns the wheels of seven mills before",
        "it meets the sea beside the old town.",
    ),
    (
        "Those who live there have counted its",
        "floods in stone since their ancestors",
        "built the bridge over the upper ford.",
    ),
)
ROWS = ("Region Visits Calls", "North 120 44", "South 98 51", "West 77 20")
ADDRESS = (
    "PUBLISHER:",
    "Federal Ministry of the Interior",
    "11014 Berlin (postal address)",
    "Phone: 0 18 88/6 81-0",
    "Fax: 0 18 88/6 81-29 26",
)


class Setting(Enum):
    """How a line's words are put on the page."""

    PLAIN = "each line is shown at once"
    WORDS = "each word is placed by itself"
    KERNED = "letters are moved by some thousandths"
    OBJECTS = "each word is a text object of its own"


class Turn(Enum):
    """What is turned."""

    SHOWN = "the content, and the page back by /Rotate: it is read upright"
    WRITTEN = "the content alone: it is seen on its side, or its head"


@dataclass(frozen=True)
class Line:
    """A line of Helvetica that begins at a place, in points from the page's lower left corner."""

    x: float
    y: float
    text: str
    size: float = 11.0
    degrees: int = 0
    """Counter-clockwise, in quarters: of a line that runs otherwise than its page."""


def prose_page() -> list[Line]:
    """A heading, and two paragraphs."""
    lines = [Line(MARGIN, HEIGHT - 90, "Report on the summer months", 18.0)]
    for number in (0, 1):
        top = HEIGHT - 130 - 90 * number
        lines += [Line(MARGIN, top - 14 * row, text) for row, text in enumerate(PROSE)]
    return lines


def column_page() -> list[Line]:
    """A heading over two columns."""
    lines = [Line(MARGIN, HEIGHT - 90, "Report on the seven mills", 18.0)]
    for x, column in zip((MARGIN, 310.0), COLUMNS, strict=True):
        lines += [Line(x, HEIGHT - 130 - 13 * row, text, 10.0) for row, text in enumerate(column * 4)]
    return lines


def table_page() -> list[Line]:
    """A paragraph, and a table without rules: each cell is placed by itself."""
    lines = [Line(MARGIN, HEIGHT - 90 - 14 * row, text) for row, text in enumerate(PROSE)]
    for row, cells in enumerate(ROWS):
        lines += [
            Line(MARGIN + 120 * column, HEIGHT - 180 - 18 * row, cell) for column, cell in enumerate(cells.split())
        ]
    return lines


def address_page() -> list[Line]:
    """Small lines, each of which says something by itself."""
    return [Line(MARGIN, HEIGHT / 2 - 9 * row, text, 7.0) for row, text in enumerate(ADDRESS)]


def turned_pdf(
    path: Path,
    lines: Sequence[Line],
    degrees: int = 0,
    turn: Turn = Turn.SHOWN,
    setting: Setting = Setting.PLAIN,
    offset: tuple[float, float] = (0.0, 0.0),
) -> Path:
    """A page of these lines, its content turned by so many degrees counter-clockwise; `offset` is where its crop box
    begins in its media box."""
    across, up = (WIDTH, HEIGHT) if degrees % 180 == 0 else (HEIGHT, WIDTH)
    turning = {
        0: (1, 0, 0, 1, 0, 0),
        90: (0, 1, -1, 0, HEIGHT, 0),
        180: (-1, 0, 0, -1, WIDTH, HEIGHT),
        270: (0, -1, 1, 0, 0, WIDTH),
    }[degrees % 360]
    a, b, c, d, x, y = turning
    content = f"{a} {b} {c} {d} {x + offset[0]:g} {y + offset[1]:g} cm\n" + "\n".join(_shown(lines, setting))
    box = f"{offset[0]:g} {offset[1]:g} {across + offset[0]:g} {up + offset[1]:g}"
    rotate = f"/Rotate {degrees % 360}" if turn is Turn.SHOWN else ""
    media = f"0 0 {across + 2 * offset[0]:g} {up + 2 * offset[1]:g}"
    page = f"/MediaBox [{media}] /CropBox [{box}] {rotate}"
    path.write_bytes(_document(page, content, ["<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]))
    return path


def _document(page: str, content: str, fonts: Sequence[str | bytes]) -> bytes:
    """The first font is `/F1`; the others are objects that it names, from number 6 on."""
    stream = content.encode("latin-1")
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R {page} /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>",
        b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream",
        *fonts,
    ]
    return assembled([part.encode("latin-1") if isinstance(part, str) else part for part in objects])


def _shown(lines: Sequence[Line], setting: Setting) -> Iterator[str]:
    for line in lines:
        cos, sin = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[line.degrees % 360]
        matrix = f"{cos} {sin} {-sin} {cos}"
        if setting is Setting.PLAIN:
            yield f"BT /F1 {line.size:g} Tf {matrix} {line.x:g} {line.y:g} Tm ({_escaped(line.text)}) Tj ET"
        elif setting is Setting.KERNED:
            yield f"BT /F1 {line.size:g} Tf {matrix} {line.x:g} {line.y:g} Tm {_kerned(line.text)} TJ ET"
        else:
            words = [
                f"{matrix} {line.x + along * cos:.2f} {line.y + along * sin:.2f} Tm ({_escaped(word)}) Tj"
                for along, word in _placed(line)
            ]
            apart = " ET BT " if setting is Setting.OBJECTS else " "
            yield (
                f"BT /F1 {line.size:g} Tf {words[0]}"
                + "".join(f"{apart}/F1 {line.size:g} Tf {word}" for word in words[1:])
                + " ET"
            )


def _placed(line: Line) -> Iterator[tuple[float, str]]:
    """Each word, and how far along the line it begins."""
    along = 0.0
    for word in line.text.split():
        yield along, word
        along += advance(f"{word} ", line.size)


def advance(text: str, size: float) -> float:
    """How wide the text is set, in points."""
    return sum(_ADVANCES[ord(character) - 32] for character in text) * size / 1000


def _kerned(text: str) -> str:
    shifts = (12, -8, 25, 0, -15)
    letters = "".join(f"({_escaped(letter)}) {shifts[i % len(shifts)]} " for i, letter in enumerate(text))
    return f"[{letters}]"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


# Fonts that a document names and does not have: the encoding, the ordering of its characters, a name.
NOT_EMBEDDED = {
    "zh": ("UniGB-UTF16-H", "GB1", "STSong-Light"),
    "ja": ("UniJIS-UTF16-H", "Japan1", "Ryumin-Light"),
    "ja vertical": ("UniJIS-UTF16-V", "Japan1", "Ryumin-Light"),
    "ko": ("UniKS-UTF16-H", "Korea1", "HYSMyeongJo-Medium"),
}


def not_embedded_pdf(path: Path, script: str, places: Mapping[tuple[float, float], str], size: float = 14.0) -> Path:
    """A page of text in a font of East Asia that is not in the document; each text begins at its place."""
    encoding, ordering, name = NOT_EMBEDDED[script]
    shown = "\n".join(
        f"1 0 0 1 {x:g} {y:g} Tm <{text.encode('utf-16-be').hex()}> Tj" for (x, y), text in places.items()
    )
    fonts = [
        f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /{encoding} /DescendantFonts [6 0 R] >>",
        f"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /{name} /DW 1000 /FontDescriptor 7 0 R "
        f"/CIDSystemInfo << /Registry (Adobe) /Ordering ({ordering}) /Supplement 4 >> >>",
        f"<< /Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [-170 -330 1024 900] /ItalicAngle 0 "
        "/Ascent 720 /Descent -240 /CapHeight 700 /StemV 60 >>",
    ]
    path.write_bytes(_document(f"/MediaBox [0 0 {WIDTH:g} {HEIGHT:g}]", f"BT /F1 {size:g} Tf {shown} ET", fonts))
    return path


def unmapped_pdf(path: Path, places: Mapping[tuple[float, float], str], size: float = 12.0, also: str = "") -> Path:
    """A page of text whose codes are the font's own numbers for its glyphs, of which nothing says what they show.

    `also`: more of the page's content, in Helvetica as `/F2`.
    """
    glyphs, advances, data = _glyph_numbers()
    shown = "\n".join(
        f"1 0 0 1 {x:g} {y:g} Tm <{''.join(f'{glyphs[ord(c)]:04x}' for c in text)}> Tj"
        for (x, y), text in places.items()
    )
    widths = " ".join(f"{glyphs[code]} [{advances[code]}]" for code in range(32, 127))
    fonts: list[str | bytes] = [
        "<< /Type /Font /Subtype /Type0 /BaseFont /AAAAAA+DejaVuSans /Encoding /Identity-H /DescendantFonts [6 0 R] >>",
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /AAAAAA+DejaVuSans /CIDToGIDMap /Identity "
        f"/FontDescriptor 7 0 R /W [{widths}] "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
        "<< /Type /FontDescriptor /FontName /AAAAAA+DejaVuSans /Flags 4 /FontBBox [-1021 -463 1793 1232] "
        "/ItalicAngle 0 /Ascent 928 /Descent -236 /CapHeight 729 /StemV 80 /FontFile2 8 0 R >>",
        b"<< /Length %d >>\nstream\n" % len(data) + data + b"\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    content = f"BT /F1 {size:g} Tf {shown} ET\n{also}"
    pdf = _document(f"/MediaBox [0 0 {WIDTH:g} {HEIGHT:g}]", content, fonts)
    path.write_bytes(pdf.replace(b"/F1 5 0 R", b"/F1 5 0 R /F2 9 0 R"))
    return path


@cache
def _glyph_numbers() -> tuple[dict[int, int], dict[int, int], bytes]:
    """Of DejaVu Sans: glyph and advance by character, in thousandths, and the file."""
    from fontTools.ttLib import TTFont

    font = TTFont(FONT)
    names, units = font.getBestCmap(), font["head"].unitsPerEm
    glyphs = {code: font.getGlyphID(name) for code, name in names.items()}
    advances = {code: round(font["hmtx"][name][0] * 1000 / units) for code, name in names.items()}
    return glyphs, advances, FONT.read_bytes()
