"""Plain text, Markdown, separated values and e-mails."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.protocol import ArtifactRole
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
        "## inner.docx\n\nattached text\n\n## t.csv\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n## x.pdf\n\n(not converted)"
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
