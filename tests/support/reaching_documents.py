"""Documents that name what is not theirs: files of the machine, and addresses of the network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import documents

WORDS = "Words of its own that everybody may read."


def picture(root: Path) -> Path:
    from PIL import Image

    path = root / "secret.png"
    Image.radial_gradient("L").resize((600, 600)).save(path)
    return path


def head(urls: list[str]) -> str:
    return "".join(f"<link rel='stylesheet' href='{url}'/>" for url in urls)


def page(inside: str, urls: list[str]) -> bytes:
    text = f"<html><head>{head(urls)}</head><body><h1>Innocent page</h1><p>{WORDS}</p>{inside}</body></html>"
    return text.encode()


def html(path: Path, urls: list[str], images: list[str]) -> None:
    path.write_bytes(page("".join(f"<img src='{url}'/>" for url in images), urls))


def svg(path: Path, urls: list[str], images: list[str]) -> None:
    drawn = "".join(f"<image href='{url}' width='600' height='600'/>" for url in images)
    # A path that draws nothing: an SVG that only holds pictures is not drawn at all.
    drawing = f"<svg xmlns='http://www.w3.org/2000/svg' width='600' height='600'><path d='M0 0'/>{drawn}</svg>"
    path.write_bytes(page(drawing, urls))


def epub(path: Path, urls: list[str], images: list[str]) -> None:
    named = "".join(f"<img src='{url}'/>" for url in images)
    documents.epub(path, "Innocent book", f"{WORDS}</p>{head(urls)}{named}<p>The end of it.")


def docx(path: Path, urls: list[str], images: list[str]) -> None:
    """A picture that is linked and not held, as Word links one."""
    import docx as python_docx
    from docx.opc.constants import RELATIONSHIP_TYPE

    document = python_docx.Document()
    document.add_heading("Innocent letter", level=1)
    document.add_paragraph(WORDS)
    for url in images:
        document.add_picture(str(picture(path.parent)))
        (blip,) = document.element.body.xpath(".//a:blip[@r:embed]")
        relations = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
        del blip.attrib[f"{relations}embed"]
        blip.set(f"{relations}link", document.part.relate_to(url, RELATIONSHIP_TYPE.IMAGE, is_external=True))
    document.save(str(path))


MAKERS: dict[str, Callable[[Path, list[str], list[str]], None]] = {
    "page.html": html,
    "drawing.html": svg,
    "book.epub": epub,
    "letter.docx": docx,
}
