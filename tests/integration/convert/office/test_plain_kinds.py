"""Plain text, Markdown, separated values and e-mails."""

from __future__ import annotations

import base64
import io
import time
import zipfile
from email.message import EmailMessage
from html import escape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from markerd.convert.protocol import ArtifactRole
from markerd.errors import DocumentError
from structured import markdown, picture, rendered
from word_documents import paragraph, write


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("a.txt", "Dear all,\nsecond * line\n\n  1. indented_word\n", "Dear all,\nsecond * line\n\n  1. indented_word"),
        ("a.txt", "x <b>y & [z](http://e.org) &amp;", r"x \<b>y & [z\](http://e.org) &amp;amp;"),
        ("a.txt", "---\ntitle: x\n---\n", "\\---\ntitle: x\n---"),
        ("a.txt", "größer".encode("utf-16"), "größer"),
        ("a.txt", "größer".encode("cp1252"), "größer"),
        (
            "a.md",
            "# A\n\n* one\n* two  \n\n<!-- note -->\n[x](http://e.org)\n",
            "# A\n\n* one\n* two  \n\n<!-- note -->\n[x](http://e.org)",
        ),
        ("a.md", "[x](javascript:alert(1)) y", "x y"),
        ("a.md", "<script>alert(1)</script>\n\ny", "y"),
        ("a.md", "![x](http://e.org/a.png)", "[x](http://e.org/a.png)"),
        ("a.markdown", "~~old~~ | new", "~~old~~ | new"),
        ("a.csv", 'Name;Sum\n"Roe; J.";1,5\n\n', "| Name | Sum |\n|---|---|\n| Roe; J. | 1,5 |"),
        ("a.csv", 'a,b\n"x\ny",<i>\n', "| a | b |\n|---|---|\n| x<br>y | \\<i> |"),
        ("a.tsv", "a\tb\n1,5\t2\n", "| a | b |\n|---|---|\n| 1,5 | 2 |"),
        ("a.txt", "<!DOCTYPE html><h1>Page</h1>", "# Page"),
    ],
)
def test_text_comes_as_it_is(tmp_path: Path, name: str, text: str | bytes, shown: str) -> None:
    """Made safe where a program would run, fetch or follow something."""
    assert markdown(written(tmp_path, name, text)) == shown


def test_text_has_paragraphs_in_every_format(tmp_path: Path) -> None:
    output = rendered(written(tmp_path, "a.txt", "one\ntwo\n\nthree <b>"))[ArtifactRole.HTML].html
    assert "one<br/>two" in output
    assert "three &lt;b&gt;" in output


@given(
    rows=st.lists(st.lists(st.integers(0, 999).map(str), min_size=3, max_size=3), min_size=2, max_size=9),
    delimiter=st.sampled_from(",;\t|"),
)
def test_delimiter_is_that_of_all_rows(rows: list[list[str]], delimiter: str) -> None:
    from markerd.convert.office.readers.text import guess_delimiter

    assert guess_delimiter("\n".join(delimiter.join(row) for row in rows)) == delimiter


def test_mail_has_headers_body_and_attachments(tmp_path: Path) -> None:
    """The body as a page where there is one, its pictures in place, and each attachment below its name."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Jané <j@e.org>", "b@e.org", "Über den Preis"
    message.set_content("plain")
    message.add_alternative("<p>See <b>this</b><img src='cid:pic'></p>", subtype="html")
    message.get_payload()[1].add_related(picture(), "image", "png", cid="<pic>")  # type: ignore[union-attr, index]
    inner = write(tmp_path / "inner.docx", paragraph("attached text")).read_bytes()
    message.add_attachment(inner, "application", "octet-stream", filename="inner.docx")
    message.add_attachment(b"a;b\n1;2\n", "text", "csv", filename="t.csv")
    message.add_attachment(b"%PDF-1.4", "application", "pdf", filename="x.pdf")
    shown = markdown(written(tmp_path, "a.eml", message.as_bytes()))
    top, _, rest = shown.partition("See **this**")
    assert top == "# Über den Preis\n\n**From:** Jané \\<j@e.org>  \n**To:** b@e.org\n\n"
    assert "_Picture_" in rest.partition("## inner.docx")[0]
    assert rest.endswith(
        "## inner.docx\n\nattached text\n\n## t.csv\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n## x.pdf\n\n"
        "(not converted: a.eml: no models for .pdf)"
    )


def test_plain_mail_has_quotations_and_messages_within(tmp_path: Path) -> None:
    inner = EmailMessage()
    inner["From"], inner["Date"], inner["Subject"] = "c@e.org", "Mon, 01 Jan 2024 10:00:00 +0000", "Within"
    inner.set_content("deep")
    message = EmailMessage()
    message["From"], message["Subject"] = "a@e.org", "Re: x"
    message["MIME-Version"] = "1.0"
    message.set_content("Yes.\n\n> was it?\n> really?\n")
    message.add_attachment(inner)
    shown = markdown(written(tmp_path, "a.eml", message.as_bytes()))
    assert "Yes.\n\n> was it?" in shown
    assert "# Within" in shown
    assert shown.endswith("deep")


_TO = b"From: a@e.org\nTo: b@e.org\nSubject: s\n"
_MIXED = _TO + b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n"
_HEAD = "# s\n\n**From:** a@e.org  \n**To:** b@e.org"


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (_TO + b"\nhi", "hi"),
        (
            _MIXED + b"--x\n\none\n--x\nContent-Type: text/html\n\n<p>two</p>\n--x\n\nthree\n--x--",
            "one\n\ntwo\n\nthree",
        ),
        (
            _MIXED + b"--x\nContent-Type: application/pdf\n\n%PDF\n--x\n\nbelow\n--x--",
            "below\n\n## application/pdf\n\n(not converted: a.eml: no models for )",
        ),
        (_TO + b"Content-Type: text/csv; name=t.csv\n\na,b\n1,2\n", "## t.csv\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
        (_TO + b"Content-Type: text/calendar; name=i.ics\n\nBEGIN:VCALENDAR\n", "## i.ics\n\nBEGIN:VCALENDAR"),
        (_MIXED + b"--x\nContent-Type: message/rfc822\n--x\n\nbelow", "below\n\n## message.eml"),
        (
            _TO + b"Content-Type: multipart/mixed\n\nno boundary",
            "## multipart/mixed\n\n(not converted: a.eml: no models for )",
        ),
    ],
)
def test_no_part_of_a_mail_is_lost(tmp_path: Path, message: bytes, shown: str) -> None:
    """Parts between attachments, a mail that is a file alone, and what is damaged."""
    assert markdown(written(tmp_path, "a.eml", message)) == f"{_HEAD}\n\n{shown}"


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "koi8-unknown"])
def test_headers_are_shown_however_they_are_written(tmp_path: Path, charset: str) -> None:
    codec = charset if charset != "koi8-unknown" else "utf-8"
    plain = "From: Jané <a@e.org>\nTo: b@e.org\n".encode(codec)
    shown = markdown(written(tmp_path, "a.eml", plain + f"Subject: =?{charset}?q?caf=C3=A9?=\n\nhi".encode()))
    assert "**From:** Jané" in shown
    assert shown.startswith("# caf")


def test_mails_within_mails_are_read_to_the_end(tmp_path: Path) -> None:
    inner = _TO + b"\ninnermost"
    for _ in range(10):
        inner = _TO + b"Content-Type: message/rfc822\n\n" + inner
    assert markdown(written(tmp_path, "a.eml", inner)).endswith("innermost")


def test_page_that_a_browser_archives_is_no_mail(tmp_path: Path) -> None:
    head = b"From: <Saved by Blink>\nSubject: s\nDate: Mon, 1 Jan 2024 10:00:00 -0000\nMIME-Version: 1.0\n"
    page = b"Content-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html\n\n<h1>Page</h1>\n--x--"
    assert markdown(written(tmp_path, "a.mhtml", head + page)) == "# Page"


_DEEP = "<html><body>" + "<div class=a>" * 6_000


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("page.eml", _TO + b"Content-Type: text/html\n\n" + _DEEP.encode(), "nested_too_deep"),
        (
            "coded.eml",
            _TO + b"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n" + base64.b64encode(_DEEP.encode()),
            "nested_too_deep",
        ),
        (
            "page.mhtml",
            b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html\n"
            b"Content-Transfer-Encoding: base64\n\n" + base64.b64encode(_DEEP.encode()) + b"\n--x--",
            "nested_too_deep",
        ),
        ("wide.html", _DEEP.encode("utf-16"), "nested_too_deep"),
        ("header.eml", _TO + b"Content-Type: a/b;" + b'a=";;' * 10_000 + b"\n\nx", "unreadable"),
        ("deep.rtf", b"{\\rtf1 " + b"{" * 5_000, "unreadable"),
    ],
)
def test_hostile_text_is_refused(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    """However it is coded, and within whatever it lies."""
    with pytest.raises(DocumentError) as refused:
        markdown(written(tmp_path, name, content))
    assert (refused.value.kind, refused.value.is_permanent) == (kind, True)


def test_attachments_are_counted_together(tmp_path: Path) -> None:
    """Each of them may unpack to less than is allowed, and all of them to more."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("a", bytes(15 << 20))
    message = EmailMessage()
    message["From"], message["To"] = "a@e.org", "b@e.org"
    for _ in range(40):
        message.add_attachment(packed.getvalue(), "application", "zip", filename="a.zip")
    with pytest.raises(DocumentError) as refused:
        markdown(written(tmp_path, "a.eml", message.as_bytes()))
    assert refused.value.kind == "unpacks_too_large"


def test_table_with_a_long_value_is_read(tmp_path: Path) -> None:
    assert markdown(written(tmp_path, "a.csv", f"a,b\n{'x' * 200_000},1\n")).count("x") == 200_000


def test_brackets_without_end_take_no_time(tmp_path: Path) -> None:
    """A parser of Markdown takes the square of their number."""
    begun = time.process_time()
    assert markdown(written(tmp_path, "a.md", "![" * 200_000)).count("[") == 200_000
    assert time.process_time() - begun < 20


_CELL = st.text(st.sampled_from("a1 *_|<&[]()!$`#\u00a0é\x01☐"), max_size=5).map(lambda text: f"k{text}")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(_CELL, min_size=2, max_size=2), min_size=25, max_size=40))
def test_rows_come_out_the_same_however_they_pass(rows: list[list[str]], tmp_path: Path) -> None:
    """Many plain rows pass as one text; a page with a style sheet has a cell for each element, all the way."""
    lines = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    table = f"<table>{''.join(f'<tr>{row}</tr>' for row in lines)}</table>"
    packed, apart = (rendered(written(tmp_path, "a.html", head + table)) for head in ("", "<style></style>"))
    for role in (ArtifactRole.MARKDOWN, ArtifactRole.HTML):
        assert getattr(packed[role], role.value) == getattr(apart[role], role.value)
    for role in (ArtifactRole.JSON, ArtifactRole.CHUNKS):
        assert packed[role].model_dump() == apart[role].model_dump()


def test_sheet_of_many_rows_takes_seconds(tmp_path: Path) -> None:
    """A cell for each element took a fifth of a millisecond: 20,000 rows 23 seconds."""
    lines = "".join(f"Item {row};{row / 7:.3f};Rome;note {row}\n" for row in range(20_000))
    path = written(tmp_path, "a.csv", f"Name;Amount;City;Note\n{lines}")
    begun = time.process_time()
    assert markdown(path).count("\n") == 20_001
    assert time.process_time() - begun < 8
