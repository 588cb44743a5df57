"""What is attached to a mail is read whatever its name is, and its name is shown as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import documents
from mails import build_request, convert, mail
from markerd.convert.engine import Engine
from markerd.convert.protocol import DocumentLimits
from word_documents import paragraph, write

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Grüße 1.pdf", "Grüße 1.pdf"),
        ("請求書.pdf", "請求書.pdf"),
        ("<b>*a* [b](http://e.org) \u202e\x07\n# 1.pdf", r"\<b>\*a\* [b\](http://e.org) \\u202e\\x07 # 1.pdf"),
        ("x" * 300 + ".pdf", "x" * 300 + ".pdf"),
        ("a." + "b" * 300, "a." + "b" * 300),
        ("../../etc/passwd.pdf", "../../etc/passwd.pdf"),
        (".pdf", ".pdf"),
        ("", "application/pdf"),
    ],
)
def test_attachment_of_any_name_is_converted(tmp_path: Path, engine: Engine, name: str, shown: str) -> None:
    """Whether it is read with the models or without. A line of the output is not forged by a name."""
    message = mail([])
    letter = write(tmp_path / "letter.docx", paragraph("Second")).read_bytes()
    for content, kind in ((documents.letter_pdf("First"), "pdf"), (letter, "msword")):
        message.add_attachment(content, "application", kind, filename=name or None)
    result, texts = convert(engine, build_request(tmp_path / "mail", "a.eml", message.as_bytes()))
    assert [each.failed for each in result.attachments] == ["", ""]
    headings = re.findall("^## (.*)$", texts["markdown"], re.MULTILINE)
    assert headings == [shown, shown if name else "application/msword"]
    assert re.findall("First|Second", texts["markdown"]) == ["First", "Second"]


def test_pdf_is_known_by_its_content(tmp_path: Path) -> None:
    """The readers of tables go by the name of the file that they are given."""
    from markerd.convert.office.canonical_html.pictures import Pictures
    from markerd.convert.office.format_detection import choose_reader
    from markerd.convert.office.readers.mail import MailReader

    path = tmp_path / "a.eml"
    path.write_bytes(mail([("scan", documents.letter_pdf("a")), ("b.bin", documents.letter_pdf("b"))]).as_bytes())
    reader = choose_reader(path)
    assert isinstance(reader, MailReader)
    parts = reader.read(path, Pictures(), DocumentLimits(), tmp_path)
    assert [part.file.suffix for part in parts if part.file] == [".pdf", ".pdf"]
