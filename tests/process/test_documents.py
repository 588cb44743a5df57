"""Every kind of document that is dropped comes out as Markdown with the words that are on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from PIL import Image

import documents
import open_documents
from harness import RunningDaemon, run_markerd, words_of
from markerd.convert.marker_bridge import photo_formats

pytestmark = pytest.mark.models

HEADING, PARAGRAPH = "Quarterly harvest", "Seventeen barrels of cider were stored beneath the northern barn."
WANTED = words_of(f"{HEADING} {PARAGRAPH}")


def _write_mail(path: Path) -> None:
    """A mail whose words are in a document that is attached to it."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@e.org", "b@e.org", "Attached"
    documents.docx(path.with_suffix(".docx"), HEADING, PARAGRAPH)
    message.add_attachment(path.with_suffix(".docx").read_bytes(), "application", "octet-stream", filename="a.docx")
    path.write_bytes(message.as_bytes())


def _write_photograph(path: Path) -> None:
    photo_formats.register()
    documents.scan_png(path.with_suffix(".png"), f"{HEADING}\n\n{PARAGRAPH[:32]}\n{PARAGRAPH[32:]}")
    with Image.open(path.with_suffix(".png")) as picture:
        picture.convert("RGB").save(path)


MAKERS: dict[str, Callable[[Path], object]] = {
    "letter.pdf": lambda path: path.write_bytes(documents.pdf_bytes(documents.page_of(f"{HEADING}\n{PARAGRAPH}"))),
    "scanned.pdf": lambda path: documents.scan_pdf(path, f"{HEADING}\n\n{PARAGRAPH[:32]}\n{PARAGRAPH[32:]}"),
    "photo.png": lambda path: documents.scan_png(path, f"{HEADING}\n\n{PARAGRAPH[:32]}\n{PARAGRAPH[32:]}"),
    "report.docx": lambda path: documents.docx(path, HEADING, PARAGRAPH),
    "slides.pptx": lambda path: documents.pptx(path, HEADING, PARAGRAPH),
    "table.xlsx": lambda path: documents.xlsx(path, [HEADING.split(), PARAGRAPH.split()[:5], PARAGRAPH.split()[5:]]),
    "site.html": lambda path: documents.html(path, HEADING, PARAGRAPH),
    "book.epub": lambda path: documents.epub(path, HEADING, PARAGRAPH),
    "text.odt": lambda path: open_documents.write(
        path, "text", f"<text:h>{HEADING}</text:h><text:p>{PARAGRAPH}</text:p>"
    ),
    "typed.rtf": lambda path: path.write_text(rf"{{\rtf1 {HEADING}\par {PARAGRAPH}\par}}"),
    "notes.txt": lambda path: path.write_text(f"{HEADING}\n\n{PARAGRAPH}\n"),
    "readme.md": lambda path: path.write_text(f"# {HEADING}\n\n{PARAGRAPH}\n"),
    "data.csv": lambda path: path.write_text(f"{HEADING};Text\nx;{PARAGRAPH}\n"),
    "mail.eml": _write_mail,
    "telephone.avif": _write_photograph,
}


@pytest.mark.parametrize("name", MAKERS)
def test_words_of_the_document_come_out(daemon: RunningDaemon, tmp_path: Path, name: str) -> None:
    """All words of a small document of that kind are in its Markdown."""
    source = tmp_path / name
    MAKERS[name](source)
    daemon.drop(name, source.read_bytes())
    daemon.wait_for("document.published", document=name)
    assert words_of(daemon.markdown(source.stem)) >= WANTED


CORPUS_WORDS = {
    "pdf/multi_page.pdf": "evolution word processor typewriter invention",
    "pdf/2305.03393v1-pg9.pdf": "inference timing hyper parameter optimization tables",
    "scan/linn.pdf": "sequencer recording professional musician tracks",
    "scan/ocr_test.pdf": "docling bundles document conversion",
    "image/linn.png": "sequencer recording professional musician tracks",
    "office/unit_test_formatting.docx": "italic bold underline hyperlink",
    "office/powerpoint_sample.pptx": "table slide",
    "office/xlsx_05_table_with_title.xlsx": "freshwater ducks year observations",
    "office/wiki_duck.html": "duck waterfowl species birds feathers",
    "office/epub_purvis_poetry.epub": "slave freedom sister",
}


@pytest.mark.parametrize("name", CORPUS_WORDS)
def test_words_of_a_real_document_come_out(daemon: RunningDaemon, corpus: Path, name: str) -> None:
    """Words that a reader sees on a published document are in its Markdown."""
    source = corpus / name
    dropped = "real-" + source.name
    daemon.drop(dropped, source.read_bytes())
    daemon.wait_for("document.published", document=dropped, timeout_s=240)
    found = words_of(daemon.markdown(Path(dropped).stem))
    wanted = words_of(CORPUS_WORDS[name])
    assert wanted <= found, f"missing: {wanted - found}"


def test_output_is_described_by_its_manifest(daemon: RunningDaemon, tmp_path: Path) -> None:
    """Every file of an output but the manifest is listed in it with its size and hash."""
    import hashlib

    content = documents.pdf_bytes(documents.page_of("Manifest of record"), documents.page_of("Second page"))
    daemon.drop("described.pdf", content)
    daemon.wait_for("document.published", document="described.pdf")
    folder = daemon.outbox / "described"
    manifest = json.loads((folder / "manifest.json").read_text())
    listed = {artifact["file"]: artifact for artifact in manifest["artifacts"]}
    there = {path.name for path in folder.iterdir()} - {"manifest.json"}
    assert there == set(listed)
    for name, artifact in listed.items():
        data = (folder / name).read_bytes()
        assert (artifact["size"], artifact["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert manifest["source"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert manifest["pages"] == 2
    assert manifest["model_set"] == "embedded"


def test_images_come_with_the_markdown(daemon: RunningDaemon, tmp_path: Path) -> None:
    """Each image that the Markdown names lies beside it, and each image beside it is named."""
    import re

    from PIL import Image

    drawing = tmp_path / "drawing.png"
    Image.radial_gradient("L").resize((600, 600)).save(drawing)
    page = tmp_path / "picture.html"
    import base64

    data = base64.b64encode(drawing.read_bytes()).decode()
    text = " ".join(["The picture below shows a sphere lit from one side."] * 3)
    page.write_text(f"<html><body><h1>Sphere</h1><p>{text}</p><img src='data:image/png;base64,{data}'/></body></html>")
    daemon.drop("picture.html", page.read_bytes())
    published = daemon.wait_for("document.published", document="picture.html")
    folder = daemon.outbox / "picture"
    named = set(re.findall(r"!\[[^\]]*\]\(([^)]+)\)", daemon.markdown("picture")))
    there = {path.name for path in folder.iterdir() if path.suffix in (".jpeg", ".png", ".jpg")}
    assert named == there
    assert published["images"] == len(there) == 1


def test_command_borrows_the_converters_of_the_daemon(daemon: RunningDaemon, tmp_path: Path) -> None:
    """Loaded models serve `markerd convert`; an option that Marker does not know is refused by the converter."""
    documents.docx(tmp_path / "memo.docx", HEADING, PARAGRAPH)
    (tmp_path / "letter.pdf").write_bytes(documents.letter_pdf(PARAGRAPH))
    asked = ("convert", "letter.pdf", "memo.docx", "--config", str(daemon.config), "--explain", "--json")
    refused = run_markerd(*asked, "--option", "force_orc=true", cwd=tmp_path)
    assert refused.returncode == 64
    assert "force_orc: Marker has no such option; did you mean force_ocr?" in refused.stderr
    done = run_markerd(*asked, "--option", "paginate_output=true", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    letter, memo = json.loads(done.stdout)
    assert words_of(PARAGRAPH) <= words_of((tmp_path / "letter" / "letter.md").read_text("utf-8"))
    assert words_of((tmp_path / "memo" / "memo.md").read_text("utf-8")) >= WANTED
    assert [check["layout"] for check in letter["page_checks"]] == ["model and rules"]
    assert memo["page_checks"] == []
    assert daemon.find("command.done", document="letter.pdf", outcome="converted")


def test_command_has_a_big_document_converted_in_parts(daemon: RunningDaemon, tmp_path: Path) -> None:
    """It stages and joins by itself: each part, and the joining, is a task for the converters of the daemon."""
    config = tmp_path / "markerd.toml"
    config.write_text(
        f'[daemon]\nstate_dir = "{daemon.state_dir}"\n[converter]\npart_pages = 5\n'
        '[[folders]]\npath = "in"\noutput = "out"\n'
    )
    pages = [documents.page_of(f"Page {number}", lines=8) for number in range(7)]
    (tmp_path / "big.pdf").write_bytes(documents.pdf_bytes(*pages))
    done = run_markerd("convert", "big.pdf", "--config", str(config), "--json", "--explain", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    (big,) = json.loads(done.stdout)
    assert [check["page"] for check in big["page_checks"]] == [1, 2, 3, 4, 5, 6, 7]
    outcomes = [event["outcome"] for event in daemon.find("command.done", document="big.pdf")]
    assert outcomes == ["part", "part", "converted"]
