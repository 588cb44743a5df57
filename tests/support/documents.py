"""Small documents of every kind, made by the tests themselves."""

from __future__ import annotations

import base64
import io
import random
import zipfile
from collections.abc import Sequence
from pathlib import Path

FONT = Path(__file__).resolve().parents[2] / "daemon" / "markerd" / "data" / "fonts" / "DejaVuSans.ttf"


LEADING_PT = 18


def pdf_bytes(*pages: str) -> bytes:
    """A PDF with a text layer; each page's lines in Helvetica, 14 points, ASCII only."""
    return assembled(pdf_objects(*pages))


def letter_pdf(words: str) -> bytes:
    """One page with these words: a digital PDF that is converted in a fraction of a second."""
    return pdf_bytes(page_of(words))


def pdf_objects(*pages: str) -> list[bytes]:
    """The objects of such a PDF."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{1 + page_object(number)} 0 R" for number in range(len(pages)))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode())
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for number, text in enumerate(pages):
        content = _content(text.splitlines())
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            + f"/Contents {2 + page_object(number)} 0 R >>".encode()
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream")
    return objects


def page_object(number: int) -> int:
    """Where a page, counted from 0, stands among the objects."""
    return 3 + 2 * number


def baseline(line: int) -> int:
    """Of a line, counted from 0, in points from the page's bottom."""
    return 760 - LEADING_PT * line


def _content(lines: Sequence[str]) -> bytes:
    shown = "".join(f"({_escaped(line)}) Tj T*\n" for line in lines)
    return f"BT /F1 14 Tf {LEADING_PT} TL 72 {baseline(0)} Td\n{shown}ET".encode("ascii")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def assembled(objects: Sequence[bytes]) -> bytes:
    """A PDF of these objects, numbered from 1; the first is its catalog."""
    out = io.BytesIO(b"%PDF-1.7\n")
    out.seek(0, io.SEEK_END)
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + body + b"\nendobj\n")
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    out.write(b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets))
    out.write(f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode())
    return out.getvalue()


def page_of(words: str, lines: int = 6) -> str:
    """A page's text that begins with `words` and goes on with plain prose."""
    prose = "The quick brown fox jumps over the lazy dog while the river runs."
    return "\n".join([words, *([prose] * lines)])


def scan_png(path: Path, text: str) -> Path:
    """An image of printed text at about 150 dpi, without a text layer."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("L", (1240, 900), 255)
    font = ImageFont.truetype(str(FONT), 30)
    ImageDraw.Draw(image).multiline_text((120, 120), text, font=font, fill=0, spacing=18)
    image.save(path, dpi=(150, 150))
    return path


def scan_pdf(path: Path, text: str) -> Path:
    """The same as a PDF that holds nothing but the image."""
    from PIL import Image

    image = scan_png(path.with_suffix(".scan.png"), text)
    Image.open(image).save(path, "PDF", resolution=150)
    image.unlink()
    return path


def docx(path: Path, heading: str, paragraph: str) -> Path:
    import docx as python_docx

    document = python_docx.Document()
    document.add_heading(heading, level=1)
    document.add_paragraph(paragraph)
    document.save(str(path))
    return path


def pptx(path: Path, title: str, text: str) -> Path:
    from pptx import Presentation

    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = title
    slide.placeholders[1].text = text
    presentation.save(str(path))
    return path


def xlsx(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    book.save(path)
    return path


def html(path: Path, heading: str, paragraph: str) -> Path:
    path.write_bytes(html_bytes(heading, paragraph))
    return path


def html_bytes(heading: str, paragraph: str) -> bytes:
    head = "<!DOCTYPE html><html><head><title>x</title></head>"
    return f"{head}<body><h1>{heading}</h1><p>{paragraph}</p></body></html>".encode()


def epub(path: Path, heading: str, paragraph: str) -> Path:
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        book.writestr(
            "META-INF/container.xml",
            '<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
            '<rootfiles><rootfile full-path="content.opf" media-type="application/oebps-package+xml"/></rootfiles>'
            "</container>",
        )
        book.writestr(
            "content.opf",
            '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="2.0" unique-identifier="id">'
            '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Book</dc:title><dc:language>en'
            '</dc:language><dc:identifier id="id">book-1</dc:identifier></metadata><manifest><item id="c1" '
            'href="c1.xhtml" media-type="application/xhtml+xml"/><item id="ncx" href="toc.ncx" '
            'media-type="application/x-dtbncx+xml"/></manifest><spine toc="ncx"><itemref idref="c1"/></spine>'
            "</package>",
        )
        book.writestr(
            "toc.ncx",
            '<?xml version="1.0"?><ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1"><head/>'
            "<docTitle><text>Book</text></docTitle><navMap><navPoint id='n1' playOrder='1'><navLabel><text>One</text>"
            "</navLabel><content src='c1.xhtml'/></navPoint></navMap></ncx>",
        )
        book.writestr(
            "c1.xhtml",
            f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>One</title></head><body><h1>{heading}</h1>'
            f"<p>{paragraph}</p></body></html>",
        )
    return path


_BOOK_STYLE = (
    "@page { size: A5; margin: 1.5cm } h1 { font-size: 24pt } h2 { font-size: 17pt } h3 { font-size: 13pt } "
    "p, li { font-size: 10pt; text-align: justify } td { border: 1px solid; padding: 4pt } img { width: 9cm }"
)

_WORDS = ("river", "miller", "sack", "flour", "stone", "bridge", "winter", "harvest", "merchant", "letter", "silent")


def book(path: Path, chapters: int = 3) -> Path:
    """A PDF that runs over four pages a chapter: headings of three sizes, paragraphs and lists that run on from page to
    page, links there and back, a picture and a table."""
    chance = random.Random(3)
    body = "".join(_chapter(number, chapters, chance) for number in range(chapters))
    from weasyprint import HTML

    page = f"<!DOCTYPE html><html><head><style>{_BOOK_STYLE}</style></head><body>{body}</body></html>"
    HTML(string=page).write_pdf(path)
    return path


def _chapter(number: int, chapters: int, chance: random.Random) -> str:
    def prose(sentences: int) -> str:
        return " ".join(" ".join(chance.choices(_WORDS, k=12)).capitalize() + "." for _ in range(sentences))

    def link(to: int) -> str:
        return f'<a href="#c{to % chapters}">chapter {to % chapters}</a>'

    items = "".join(f"<li>{prose(1)}</li>" for _ in range(8))
    rows = "".join(f"<tr><td>Name {row}</td><td>{row * 17 + number}</td><td>Value</td></tr>" for row in range(8))
    return (
        f'<h1 id="c{number}">Chapter {number}</h1><p>See {link(number + 1)}, {link(number + 2)}. {prose(20)}</p>'
        f"<h2>Of rivers {number}</h2><p>{prose(34)}</p><ul>{items}</ul><p>{prose(10)}</p>"
        f"<h2>Of letters {number}</h2><p>{prose(8)}</p><h3>Of orchards {number}</h3><p>{prose(12)}</p>"
        f"<h3>Of mills {number}</h3><p>{prose(4)}</p><p><img src='{_drawing(chance)}'></p>"
        f"<p>{prose(26)}</p><table>{rows}</table>"
    )


def _drawing(chance: random.Random) -> str:
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (500, 260), "white")
    for _ in range(40):
        x, y = chance.randrange(460), chance.randrange(220)
        ImageDraw.Draw(image).ellipse((x, y, x + 40, y + 40), fill=tuple(chance.choices(range(256), k=3)))
    file = io.BytesIO()
    image.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def drawing_pdf() -> bytes:
    """A PDF of one picture, of crossing lines and no text."""
    from PIL import Image, ImageDraw

    picture = Image.new("L", (800, 1100), 255)
    pen = ImageDraw.Draw(picture)
    for step in range(100, 700, 60):
        pen.line((step, 150, 800 - step, 950), fill=0, width=4)
    out = io.BytesIO()
    picture.save(out, "PDF", resolution=100)
    return out.getvalue()


def letter_scan_pdf() -> bytes:
    """A picture of a page: the sender near the top edge, and the letter below it."""
    from PIL import Image, ImageDraw, ImageFont

    page = Image.new("L", (1240, 1754), 255)
    pen = ImageDraw.Draw(page)
    small, body = (ImageFont.truetype(str(FONT), size) for size in (22, 28))
    pen.text((140, 60), "Smith and Sons, 4 Mill Lane, Leeds", font=small, fill=0)
    for row in range(12):
        pen.text((140, 500 + 44 * row), "The mill will be closed until the repair is done.", font=body, fill=0)
    out = io.BytesIO()
    page.save(out, "PDF", resolution=150)
    return out.getvalue()
