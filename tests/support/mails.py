"""Mails with real documents attached to them, and jobs of the engine for these."""

from __future__ import annotations

from collections.abc import Iterable
from email.message import EmailMessage
from pathlib import Path

import documents
from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest, ConversionResult

FORMATS = ("markdown", "html", "json", "chunks")
BODY = "See the files."
HEAD = f"# Files\n\n**From:** a@e.org  \n**To:** b@e.org\n\n{BODY}\n\n"


def mail(attachments: Iterable[tuple[str, bytes | EmailMessage]], subject: str = "Files") -> EmailMessage:
    """A message with these files attached; a message is attached as one, without a name."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@e.org", "b@e.org", subject
    message.set_content(BODY)
    for name, content in attachments:
        if isinstance(content, EmailMessage):
            message.add_attachment(content)
        else:
            message.add_attachment(content, "application", "octet-stream", filename=name)
    return message


def encrypted_pdf() -> bytes:
    """A PDF that asks for a password: the hash of the empty one is not that which it names."""
    lock = b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >> /ID [<00> <00>] /Root" % (
        b"11" * 32,
        b"22" * 32,
    )
    return documents.letter_pdf("Locked").replace(b"/Root", lock)


def linked_pdf() -> bytes:
    """Two pages, the first with a link to the second."""
    objects = documents.pdf_objects(documents.page_of("To the end\n\nof it"), documents.page_of("The end"))
    page = documents.page_object(0)
    top = documents.baseline(0)
    link = (
        f"/Annots [<< /Type /Annot /Subtype /Link /Border [0 0 0] /Rect [72 {top - 4} 300 {top + 12}] "
        f"/Dest [{1 + documents.page_object(1)} 0 R /XYZ 72 {top + 12} 0] >>] /Contents"
    )
    objects[page] = objects[page].replace(b"/Contents", link.encode())
    return documents.assembled(objects)


def build_request(folder: Path, name: str, content: bytes, part_pages: int = 0, **options: object) -> ConversionRequest:
    """A job of its own for the document, in a new folder."""
    for each in ("output", "scratch", "kept"):
        (folder / each).mkdir(parents=True)
    source = folder / f"document{Path(name).suffix}"
    source.write_bytes(content)
    return ConversionRequest(
        document=name,
        source=str(source),
        output_dir=str(folder / "output"),
        scratch_dir=str(folder / "scratch"),
        formats=FORMATS,
        options=options,
        part_pages=part_pages,
        kept_dir=str(folder / "kept"),
    )


def convert(engine: Engine, request: ConversionRequest) -> tuple[ConversionResult, dict[str, str]]:
    """Convert the document; returns the result, and the text of each format."""
    result = engine.convert(request, lambda _: None)
    files = {artifact.role: Path(request.output_dir, artifact.file_name) for artifact in result.artifacts}
    return result, {name: files[name].read_text("utf-8") for name in FORMATS}
