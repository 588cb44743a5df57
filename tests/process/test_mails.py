"""A mail with what is attached to it, through the whole daemon and its confined converter."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import documents
from conftest import StartDaemon
from harness import words_of
from mails import BODY, encrypted_pdf, mail

pytestmark = pytest.mark.models

FORMATS = ["markdown", "html", "json", "chunks"]
SCANNED = "Seventeen barrels of cider"


def test_mail_is_published_with_its_attachments(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """In every format; the manifest names each, with its pages, or why it is not converted."""
    documents.scan_pdf(tmp_path / "scan.pdf", SCANNED)
    documents.scan_png(tmp_path / "photo.png", "Photographed harvest")
    digital = documents.pdf_bytes(documents.page_of("Digital beginning"), documents.page_of("Digital end"))
    nested = mail([("nested.pdf", documents.letter_pdf("Nested letter"))], "Within")
    message = mail(
        [
            *(("a.pdf", digital), ("scan.pdf", (tmp_path / "scan.pdf").read_bytes())),
            *(("photo.png", (tmp_path / "photo.png").read_bytes()), ("locked.pdf", encrypted_pdf())),
            *(("drawing.pdf", documents.drawing_pdf()), ("a.pdf", digital), ("", nested)),
        ]
    )
    daemon = daemon_at(tmp_path, ("--once",), folders={"path": "inbox", "output": "outbox", "formats": FORMATS})
    daemon.inbox.mkdir()
    daemon.drop("post.eml", message.as_bytes())
    assert daemon.start(is_waiting=False).wait(240) == 0
    folder = daemon.outbox / "post"
    manifest = json.loads((folder / "manifest.json").read_text())
    listed = [(each["name"], each["page"], each["pages"], bool(each["failed"])) for each in manifest["attachments"]]
    assert listed == [
        *(("a.pdf", 2, 2, False), ("scan.pdf", 4, 1, False), ("photo.png", 5, 1, False)),
        *(("locked.pdf", 6, 1, True), ("drawing.pdf", 7, 1, False), ("a.pdf", 8, 2, False)),
        *(("message.eml", 10, 1, False), ("nested.pdf", 11, 1, False)),
    ]
    assert (manifest["pages"], manifest["coverage"]["mean"], manifest["pages_unread"]) == (11, 1.0, [7])
    for name in ("post.md", "post.html", "post.json", "post_chunks.json"):
        found = words_of((folder / name).read_text())
        assert words_of(f"{BODY} Digital beginning end {SCANNED} Photographed Nested letter password") <= found, name
    (picture,) = folder.glob("_page_*")
    assert picture.name.startswith("_page_6_")
    assert picture.name in daemon.markdown("post")
    assert daemon.find("document.attachment_failed", attachment="locked.pdf")
    assert not daemon.find("document.dead")
