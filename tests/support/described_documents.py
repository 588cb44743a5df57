"""Documents of every kind that say the same of themselves."""

from __future__ import annotations

import zipfile
from datetime import datetime, timezone
from pathlib import Path

import documents
import open_documents

TITLE, AUTHORS = "Über Mühlen & <Wasser>", ("Ada Müller", "Bo Lee")
_DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
_XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description {_DC}><dc:title><rdf:Alt><rdf:li xml:lang="x-default">TITLE</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>Ada Müller</rdf:li><rdf:li>Bo Lee</rdf:li></rdf:Seq></dc:creator>
<dc:subject><rdf:Bag><rdf:li>mills</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def pdf(title: str = TITLE, *, pages: int = 1, language: str = "de-AT") -> bytes:
    """With an information dictionary and a language."""
    objects = documents.pdf_objects(*[documents.page_of(f"page {number}") for number in range(pages)])
    objects[0] = f"<< /Type /Catalog /Pages 2 0 R /Lang ({language}) >>".encode()
    told = {
        "Title": title,
        "Author": "; ".join(AUTHORS),
        "Keywords": "mills, water",
        "CreationDate": "D:20240506070809+02'00'",
    }
    objects.append(b"<< " + b" ".join(f"/{name} <{_utf16(text)}>".encode() for name, text in told.items()) + b" >>")
    return documents.assembled(objects).replace(b"/Root 1 0 R", f"/Root 1 0 R /Info {len(objects)} 0 R".encode())


def pdf_with_packet() -> bytes:
    """With XMP and no information dictionary, as PDF 2.0 wants it."""
    packet = _XMP.replace("TITLE", escape(TITLE)).encode()
    objects = documents.pdf_objects(documents.page_of("page"))
    objects[0] = f"<< /Type /Catalog /Pages 2 0 R /Metadata {len(objects) + 1} 0 R >>".encode()
    head = f"<< /Type /Metadata /Subtype /XML /Length {len(packet)} >>\nstream\n".encode()
    objects.append(head + packet + b"\nendstream")
    return documents.assembled(objects)


def _utf16(text: str) -> str:
    return ("\ufeff" + text).encode("utf-16-be").hex()


def docx(path: Path, title: str = TITLE) -> Path:
    import docx as python_docx

    document = python_docx.Document()
    document.add_heading("Heading", level=1)
    document.add_paragraph("Text.")
    told = document.core_properties
    told.title, told.author, told.keywords, told.language = title, "; ".join(AUTHORS), "mills, water", "de-AT"
    told.created = datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone.utc)
    document.save(str(path))
    return path


def odt(path: Path, title: str = TITLE) -> Path:
    head = '<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    meta = 'xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0"'
    told = (
        f"{head}{_DC} {meta}><office:meta><dc:title>{escape(title)}</dc:title><dc:creator>Last Editor</dc:creator>"
        f"<meta:initial-creator>{'; '.join(AUTHORS)}</meta:initial-creator><meta:keyword>mills</meta:keyword>"
        "<meta:keyword>water</meta:keyword><dc:language>de-AT</dc:language>"
        "<meta:creation-date>2024-05-06T07:08:09.5</meta:creation-date><dc:date>2024-06-01T00:00:00</dc:date>"
        "</office:meta></office:document-meta>"
    )
    return open_documents.write(path, "text", "<text:p>Text.</text:p>", {"meta.xml": told.encode()})


def epub(path: Path, title: str = TITLE) -> Path:
    documents.epub(path, "Heading", "Text.")
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    authors = "".join(f"<dc:creator>{name}</dc:creator>" for name in AUTHORS)
    told = f"<dc:title>{escape(title)}</dc:title>{authors}<dc:subject>mills</dc:subject><dc:subject>water</dc:subject>"
    opf = parts["content.opf"].replace(b"<dc:title>Book</dc:title>", f"{told}<dc:date>2024-05-06</dc:date>".encode())
    parts["content.opf"] = opf.replace(b">en<", b">de-AT<")
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return path


def html(path: Path, title: str = TITLE) -> Path:
    authors = "".join(f'<meta name="author" content="{name}">' for name in AUTHORS)
    head = f'<title>{escape(title)}</title>{authors}<meta name="keywords" content="mills, water">'
    date = '<meta property="article:published_time" content="2024-05-06T07:08:09Z">'
    page = (
        f'<!doctype html><html lang="de-AT"><head>{head}{date}</head><body><h1>Heading</h1><p>Text.</p></body></html>'
    )
    path.write_text(page, encoding="utf-8")
    return path


def mail(path: Path, title: str = TITLE) -> Path:
    from email.message import EmailMessage

    message = EmailMessage()
    message["From"] = ", ".join(f"{name} <{name[0]}@example.org>" for name in AUTHORS)
    message["To"], message["Subject"], message["Date"] = "c@example.org", title, "Mon, 06 May 2024 07:08:09 +0200"
    message.set_content("Text.")  # which drops what was said of a content before
    message["Keywords"], message["Content-Language"] = "mills, water", "de-AT"
    path.write_bytes(bytes(message))
    return path


def rtf(path: Path, title: str = TITLE) -> Path:
    def write(text: str) -> str:
        signs = (c if c.isascii() and c not in "\\{}" else f"\\{c}" if c.isascii() else f"\\u{ord(c)}?" for c in text)
        return "".join(signs)

    told = f"{{\\title {write(title)}}}{{\\author {write('; '.join(AUTHORS))}}}{{\\keywords mills, water}}"
    times = "{\\creatim\\yr2024\\mo5\\dy6\\hr7\\min8}"
    path.write_text(f"{{\\rtf1\\ansi{{\\info{told}{times}}}\\pard Text.\\par}}", encoding="ascii")
    return path
