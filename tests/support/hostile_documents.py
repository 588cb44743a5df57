"""Documents of every kind whose links and texts would like to become something else, made by the tests themselves."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from pathlib import Path

import documents

HOST = "http://e.org/"
FIRES = "document.documentElement.setAttribute(`data-fired`,1)"
"""What a script that runs leaves in the page."""
ADDRESSES = (
    f"javascript:{FIRES}",
    "JaVaScRiPt:alert(1)",
    "java&#115;cript:alert(1)",
    "javascript&colon;alert(1)",
    f"data:text/html,<script>{FIRES}</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "\\\\server\\share",
    f"{HOST})<script>{FIRES}</script>",
    f"{HOST}) [x](javascript:alert(1))",
    f"{HOST}\\) [y](http://second.org/)",
    f"{HOST}> <http://second.org/>",
    f"{HOST}' onclick='{FIRES}",
    f'{HOST}" onclick="{FIRES}',
    f"{HOST}'><img src=x onerror={FIRES}>",
    f'{HOST}"><img src=x onerror={FIRES}>',
    f"{HOST}`<b>`",
    f"{HOST}?a=1&copy;=2",
    f"{HOST}wiki/A_(b)",
)
TEXTS = (
    "---",
    "title: x",
    "---",
    f"<script>{FIRES}</script>",
    f"<img src=x onerror={FIRES}>",
    "[x](javascript:alert(1))",
    "[a [b](http://second.org/)",
    "![p](http://second.org/p.png)",
    "[r]: http://second.org/",
    "<http://second.org/>",
    "&lt;script&gt;",
)


def pdf(path: Path, more_pages: int = 0) -> Path:
    """A page of texts, and one with a line for each address and an annotation over it."""
    lines = [_line(number) for number in range(len(ADDRESSES))]
    path.write_bytes(_with_annotations([TEXTS, lines, *[[documents.page_of("More")]] * more_pages]))
    return path


def _line(number: int) -> str:
    return f"Link {number} of many"


def _with_annotations(pages: Sequence[Sequence[str]]) -> bytes:
    """The second page holds the links."""
    text = ["\n\n".join(lines) for lines in pages]
    objects = documents.pdf_objects(*text)
    first = len(objects) + 1
    names = " ".join(f"{first + number} 0 R" for number in range(len(ADDRESSES)))
    page = documents.page_object(1)
    objects[page] = objects[page].replace(b"/Contents", f"/Annots [{names}] /Contents".encode())
    for number, address in enumerate(ADDRESSES):
        top = documents.baseline(2 * number)
        objects.append(
            f"<< /Type /Annot /Subtype /Link /Border [0 0 0] /Rect [72 {top - 4} 300 {top + 12}] "
            f"/A << /S /URI /URI <{address.encode().hex()}> >> >>".encode()
        )
    return documents.assembled(objects)


def docx(path: Path) -> Path:
    import docx as python_docx
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    document = python_docx.Document()
    for text in TEXTS:
        document.add_paragraph(text)
    for number, address in enumerate(ADDRESSES):
        link = OxmlElement("w:hyperlink")
        link.set(qn("r:id"), document.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        paragraph = document.add_paragraph()
        link.append(paragraph.add_run(_line(number))._r)
        paragraph._p.append(link)
    document.save(str(path))
    return path


def pptx(path: Path) -> Path:
    from pptx import Presentation

    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    frame = slide.placeholders[1].text_frame
    for text in TEXTS:
        frame.add_paragraph().text = text
    for number, address in enumerate(ADDRESSES):
        run = frame.add_paragraph().add_run()
        run.text, run.hyperlink.address = _line(number), address
    presentation.save(str(path))
    return path


def xlsx(path: Path) -> Path:
    from openpyxl import Workbook
    from openpyxl.worksheet.hyperlink import Hyperlink

    book = Workbook()
    sheet = book.active
    for text in TEXTS:
        sheet.append([text, text])
    for number, address in enumerate(ADDRESSES):
        row = len(TEXTS) + 1 + number
        sheet.cell(row, 1, _line(number)).hyperlink = Hyperlink(ref=f"A{row}", target=address)
        formula = address.replace('"', "'")
        sheet.cell(row, 2, f'=HYPERLINK("{formula}","Formula {number}")')
    book.save(path)
    return path


def markup() -> str:
    texts = "".join(f"<p>{html.escape(text)}</p>" for text in TEXTS)
    links = "".join(
        f'<p><a href="{html.escape(address)}" onclick="{html.escape(FIRES)}">{_line(number)}</a></p>'
        for number, address in enumerate(ADDRESSES)
    )
    pictures = "".join(f'<p><img src="{html.escape(address)}" alt="[a](b)"/></p>' for address in ADDRESSES[:8])
    return f"{texts}{links}{pictures}<script>{FIRES}</script><svg onload='{FIRES}'></svg>"


def page(path: Path) -> Path:
    path.write_text(f"<!DOCTYPE html><html><body>{markup()}</body></html>", encoding="utf-8")
    return path


def epub(path: Path) -> Path:
    return documents.epub(path, "Chapter", f"first</p>{markup().replace(FIRES, 'alert(1)')}<p>last")


MAKERS: dict[str, Callable[[Path], Path]] = {
    "short.pdf": pdf,
    "long.pdf": lambda path: pdf(path, more_pages=8),
    "letter.docx": docx,
    "slides.pptx": pptx,
    "sheet.xlsx": xlsx,
    "page.html": page,
    "book.epub": epub,
}
