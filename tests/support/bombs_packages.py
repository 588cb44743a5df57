"""Letters, books and slides that are small and would be much work, made by the tests in moments, and never kept."""

from __future__ import annotations

import zipfile
from pathlib import Path

import bombs

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def long_word(path: Path, paragraphs: int = 300_000) -> Path:
    return bombs.docx(path, (f"Paragraph {n} of the letter" for n in range(paragraphs)))


def chunks_again(path: Path, marks: int = 20_000) -> Path:
    """One page within the document, to be taken in again and again."""
    mark = f'<w:altChunk xmlns:r="{_OFFICE}" r:id="c1"/>'
    body = f"</w:t></w:r></w:p>{mark * marks}<w:p><w:r><w:t>"
    return _with_chunk(bombs.docx(path, ["Words", body]), b"<html><p>chunk</p></html>" * 100, "html")


def chunk_bomb(path: Path) -> Path:
    """A package in the package, which is no other archive's business until it is taken into the text."""
    inner = bombs.with_part(bombs.docx(path.with_suffix(".inner"), ["Inner words"]), "word/media/a.bin", 600)
    mark = f'</w:t></w:r></w:p><w:altChunk xmlns:r="{_OFFICE}" r:id="c1"/><w:p><w:r><w:t>'
    made = _with_chunk(bombs.docx(path, ["Words", mark]), inner.read_bytes(), "docx")
    inner.unlink()
    return made


def _with_chunk(path: Path, data: bytes, extension: str) -> Path:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as package:
        package.writestr(
            "word/_rels/document.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="c1" '
            f'Type="{_OFFICE}/aFChunk" Target="chunk.{extension}"/></Relationships>',
        )
        package.writestr(f"word/chunk.{extension}", data)
    return path


def book(path: Path, files: int, times: int = 1, body: str = "<p>Words of the chapter</p>") -> Path:
    """An EPUB of so many chapters, each so many times in its spine."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        package.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="b.opf"/></rootfiles></container>',
        )
        items = "".join(f'<item id="c{n}" href="c{n}.xhtml" media-type="application/xhtml+xml"/>' for n in range(files))
        spine = "".join(f'<itemref idref="c{n}"/>' for n in range(files)) * times
        package.writestr(
            "b.opf",
            f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest><spine>{spine}</spine></package>',
        )
        for n in range(files):
            package.writestr(f"c{n}.xhtml", f"<html><body><h1>Chapter {n}</h1>{body}</body></html>")
    return path


def novel(path: Path) -> Path:
    """An ordinary book: 200 chapters of 25,000 letters."""
    return book(path, 200, body=f"<p>{'Words of the chapter, and more. ' * 16}</p>" * 50)


def spine(path: Path) -> Path:
    return book(path, 19_990)


def spine_again(path: Path) -> Path:
    return book(path, 1, 200_000)


def slides(path: Path, times: int = 20_000) -> Path:
    """One slide, as many times in the list of slides."""
    import re

    from pptx import Presentation

    presentation = Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[1]).placeholders[1].text_frame.text = "Words of the slide"
    presentation.save(str(path))
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    own = re.search(rb"<p:sldId [^>]*/>", parts["ppt/presentation.xml"])
    assert own is not None
    parts["ppt/presentation.xml"] = parts["ppt/presentation.xml"].replace(own[0], own[0] * times)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return path


def shapes(path: Path, count: int = 50_000) -> Path:
    """Titles, all on one slide."""
    import copy

    from pptx import Presentation

    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[0])
    title = slide.shapes.title
    title.text_frame.text = "Words of the title"
    tree = slide.shapes._spTree
    for _ in range(count):
        tree.append(copy.deepcopy(title._element))
    presentation.save(str(path))
    return path
