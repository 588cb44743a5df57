"""What is attached to a mail and has pages to look at comes out as a file of its own would, models and all."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ImageFile

import documents
from mails import HEAD, build_request, convert, encrypted_pdf, linked_pdf, mail
from markerd.convert.engine import Engine
from markerd.convert.protocol import ConverterSpec, DocumentLimits, TimeLimits
from markerd.errors import DocumentError
from structured import picture
from word_documents import paragraph, write

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

PAGES = [documents.page_of(f"{word} comes first on this page.") for word in ("Anna", "Berta", "Clara")]
BROKEN = b"%PDF-1.7\nbroken\n%%EOF\n"


def scan(folder: Path, kind: str) -> bytes:
    """A picture of printed words, as a file of this kind."""
    from PIL import Image

    documents.scan_png(folder / "scan.png", "Quarterly harvest\n\nSeventeen barrels of cider\nwere stored in the barn")
    with Image.open(folder / "scan.png") as page:
        out = io.BytesIO()
        more = {"save_all": True, "append_images": [page.copy()]} if kind == "TIFF" else {}
        page.convert("RGB").save(out, kind, resolution=150, **more)
    return out.getvalue()


def attached(folder: Path) -> dict[str, bytes]:
    """A document of each kind, by its name."""
    return {
        "digital.pdf": documents.pdf_bytes(*PAGES),
        "scan.pdf": scan(folder, "PDF"),
        "drawing.pdf": documents.drawing_pdf(),
        "photo.png": scan(folder, "PNG"),
        "photo.jpg": scan(folder, "JPEG"),
        "fax.tiff": scan(folder, "TIFF"),
        "letter.docx": write(folder / "letter.docx", paragraph("A letter")).read_bytes(),
        "small.png": picture(),
    }


KINDS = ("digital.pdf", "scan.pdf", "drawing.pdf", "photo.png", "photo.jpg", "fax.tiff", "letter.docx", "small.png")


@pytest.mark.parametrize("name", KINDS)
def test_attachment_comes_out_as_a_file_of_its_own(tmp_path: Path, engine: Engine, name: str) -> None:
    """Below its name, with its pictures; only its pages have other numbers."""
    content = attached(tmp_path)[name]
    alone, own = convert(engine, build_request(tmp_path / "alone", name, content))
    request = build_request(tmp_path / "mail", "a.eml", mail([(name, content)]).as_bytes())
    whole, texts = convert(engine, request)
    renumbered = re.sub(r"_page_(\d+)_", lambda found: f"_page_{int(found[1]) + 1}_", own["markdown"])
    numbers = re.compile(r"(_page_\d+_[A-Za-z]+_)\d+")  # the heading is a block of its page, too
    expected = f"{HEAD}## {name}\n\n{renumbered}".rstrip("\n")
    assert numbers.sub(r"\1", texts["markdown"].rstrip("\n")) == numbers.sub(r"\1", expected)
    assert whole.pages == 1 + alone.pages
    assert whole.images == alone.images
    assert whole.quality.coverage == alone.quality.coverage
    for finding in ("unread_pages", "missing_pages", "degraded_pages", "tables"):
        assert len(getattr(whole.quality, finding)) == len(getattr(alone.quality, finding))
    named = [(each.name, each.page, each.pages, each.failed) for each in whole.attachments]
    assert named == [(name, 2, alone.pages, "")]


def blocks_of(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for child in tree.get("children") or ():
        yield child
        yield from blocks_of(child)


def assert_is_whole(texts: dict[str, str], folder: Path, pages: int) -> None:
    """In every format each page is there once, and whatever is named is there."""
    tree, chunks = json.loads(texts["json"]), json.loads(texts["chunks"])
    ids = [block["id"] for block in blocks_of(tree)]
    assert len(ids) == len(set(ids))
    assert [child["id"].split("/")[2] for child in tree["children"]] == [str(number) for number in range(pages)]
    named = {found for block in blocks_of(tree) for found in re.findall(r"content-ref src='([^']+)'", block["html"])}
    assert named <= set(ids)
    assert list(chunks["page_info"]) == [str(number) for number in range(pages)]
    assert {block["id"] for block in chunks["blocks"]} <= set(ids)
    there = {path.name for path in folder.glob("_page_*")}
    for text in (texts["markdown"], texts["html"]):
        assert set(re.findall(r"_page_\d+_\w+\.jpeg", text)) == there
    assert texts["html"].count("<body>") == texts["html"].count("</body>") == 1


def test_every_format_has_every_attachment(tmp_path: Path, engine: Engine) -> None:
    """In order, also those of a mail within, and two of one name; what cannot be converted is named."""
    files = attached(tmp_path)
    within = mail([("nested.pdf", documents.letter_pdf("Nested letter"))], "Within")
    named: list[tuple[str, Any]] = [
        *(("digital.pdf", files["digital.pdf"]), ("scan.pdf", files["scan.pdf"]), ("photo.png", files["photo.png"])),
        *(("broken.pdf", BROKEN), ("locked.pdf", encrypted_pdf()), ("drawing.pdf", files["drawing.pdf"])),
        *(("", within), ("digital.pdf", files["digital.pdf"])),
    ]
    request = build_request(tmp_path / "mail", "a.eml", mail(named).as_bytes())
    result, texts = convert(engine, request)
    assert_is_whole(texts, Path(request.output_dir), result.pages)
    titles = ["digital.pdf", "scan.pdf", "photo.png", "broken.pdf", "locked.pdf", "drawing.pdf", "message.eml"]
    titles += ["nested.pdf", "digital.pdf"]
    assert [each.name for each in result.attachments] == titles
    assert [each.page for each in result.attachments] == [2, 5, 6, 7, 8, 9, 10, 11, 12]
    assert result.pages == 14
    shown = {name: re.findall(r"[\w-]+\.(?:pdf|png|eml)\b(?! )", text) for name, text in texts.items()}
    assert shown["markdown"] == titles
    assert shown["html"] == titles
    for text in texts.values():
        assert text.count("Anna comes first") == text.count("Clara comes first") == 2
        for words in ("Quarterly harvest", "Seventeen barrels", "Nested letter", "protected by a password"):
            assert words in text
    contents = json.loads((Path(request.output_dir) / "document_meta.json").read_text())
    assert [entry["title"] for entry in contents["table_of_contents"] if entry["title"] in titles] == titles
    assert [entry["page_id"] for entry in contents["page_stats"]] == list(range(14))


REFUSED = {
    "broken.pdf": (BROKEN, "too damaged to be opened"),
    "locked.pdf": (encrypted_pdf(), "the PDF is protected by a password"),
    "empty.pdf": (b"", "the file is empty"),
    "film.mp4": (b"\0\0\0\x18ftypisom" + bytes(64), "a film or a sound recording"),
    "old.doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1024), "a compound file"),
    "a.zip": (b"PK\x05\x06" + bytes(18), "a PDF that is too damaged"),
    "cut.png": (picture()[:60], "image"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_attachment_that_is_refused_is_named_with_the_reason(
    tmp_path: Path,
    engine: Engine,
    events: list[tuple[str, dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """In the text, in the manifest and in the log; the other attachments are converted."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", False)  # libraries that other tests import change it
    events.clear()
    content, reason = REFUSED[name]
    message = mail([(name, content), ("after.pdf", documents.letter_pdf("Still here"))])
    result, texts = convert(engine, build_request(tmp_path / "mail", "a.eml", message.as_bytes()))
    failed = result.attachments[0].failed
    assert reason in failed
    assert f"## {name}\n\n(not converted: {failed})\n\n## after.pdf\n\nStill here" in texts["markdown"]
    assert [(each.page, each.pages) for each in result.attachments] == [(2, 1), (3, 1)]
    told = {"document": "a.eml", "attachment": name, "reason": failed}
    assert ("warning document.attachment_failed", told) in events


@pytest.mark.parametrize("name", ["digital.pdf", "photo.png"])
def test_pages_that_are_told_apart_are_numbered_through(tmp_path: Path, engine: Engine, name: str) -> None:
    files = attached(tmp_path)
    message = mail([("letter.docx", files["letter.docx"]), (name, files[name]), ("letter.docx", files["letter.docx"])])
    request = build_request(tmp_path / "mail", "a.eml", message.as_bytes(), paginate_output=True)
    result, texts = convert(engine, request)
    assert re.findall(r"(?:^|\n)\n\{(\d+)\}-{48}\n\n", texts["markdown"]) == [str(page) for page in range(result.pages)]


def test_long_attachment_is_converted_in_parts(tmp_path: Path, engine: Engine) -> None:
    """With the same output, in every format."""
    content = mail([("a.pdf", documents.pdf_bytes(*PAGES)), ("b.pdf", linked_pdf())]).as_bytes()
    whole, texts = convert(engine, build_request(tmp_path / "whole", "a.eml", content))
    result, parts = convert(engine, build_request(tmp_path / "parts", "a.eml", content, part_pages=1))
    assert parts["markdown"] == texts["markdown"]
    assert (result.pages, result.quality, result.attachments) == (6, whole.quality, whole.attachments)
    for name in ("json", "chunks"):
        assert json.loads(parts[name]) == json.loads(texts[name])


def test_links_within_an_attachment_stay_within_it(tmp_path: Path, engine: Engine) -> None:
    """Two of one kind have the same places; each link leads to that of its own."""
    content = mail([("a.pdf", linked_pdf()), ("b.pdf", linked_pdf())]).as_bytes()
    _, texts = convert(engine, build_request(tmp_path / "mail", "a.eml", content))
    places = re.findall(r'<span id="(page-\d+-\d+)">', texts["markdown"])
    assert places == ["page-2-0", "page-4-0"]
    assert re.findall(r"\(#(page-\d+-\d+)\)", texts["markdown"]) == places


@pytest.mark.parametrize(("chosen", "shown"), [([0], ""), ([2], "Berta"), ([1, 3, 4], "Anna Clara Other")])
def test_page_range_counts_pages_of_attachments(tmp_path: Path, engine: Engine, chosen: list[int], shown: str) -> None:
    """After those of the message; an attachment without any of them is left out."""
    files = [("a.pdf", documents.pdf_bytes(*PAGES)), ("b.pdf", documents.letter_pdf("Other"))]
    request = build_request(tmp_path / "mail", "a.eml", mail(files).as_bytes(), page_range=chosen)
    result, texts = convert(engine, request)
    assert result.pages == len(chosen)
    assert re.findall("Anna|Berta|Clara|Other", texts["markdown"]) == shown.split()
    assert [each.name for each in result.attachments] == [
        name
        for name, words in (("a.pdf", "Anna Berta Clara"), ("b.pdf", "Other"))
        if set(words.split()) & {*shown.split()}
    ]


def test_attachment_beyond_the_most_pages_is_named(tmp_path: Path, engine: Engine) -> None:
    """The pages of all attachments count together; the one that exceeds them is left out, those after it are not."""
    limited = Engine(lambda *_, **__: None, ConverterSpec(threads=2, document_limits=DocumentLimits(max_pages=4)))
    limited.load()
    names = ("a.pdf", "b.pdf", "c.pdf")
    contents = (documents.letter_pdf("One"), documents.pdf_bytes(*PAGES), documents.letter_pdf("Three"))
    message = mail(zip(names, contents, strict=True))
    result, texts = convert(limited, build_request(tmp_path / "mail", "a.eml", message.as_bytes()))
    assert [each.failed for each in result.attachments] == ["", "more than converter.max_pages = 4 pages", ""]
    assert re.findall("One|Anna|Three", texts["markdown"]) == ["One", "Three"]


def test_attachment_for_which_no_time_is_left_is_named(tmp_path: Path, engine: Engine) -> None:
    """What needs no models is converted, and what began in time. At the limit itself the whole mail would be lost."""
    message = mail(
        [("a.pdf", documents.letter_pdf("One")), ("b.txt", b"Two"), ("c.pdf", documents.letter_pdf("Three"))]
    )
    shown = []
    for seconds in (0.0, 600.0):
        spec = ConverterSpec(threads=2, time_limits=TimeLimits(seconds, 0.0))
        limited = Engine(lambda *_, **__: None, spec)
        limited.load()
        request = build_request(tmp_path / str(seconds), "a.eml", message.as_bytes())
        result, texts = convert(limited, request)
        shown.append(re.findall("One|Two|Three", texts["markdown"]))
        assert ["used up its time" in each.failed for each in result.attachments] == [not seconds, False, not seconds]
    assert shown == [["Two"], ["One", "Two", "Three"]]


def test_fault_in_code_costs_one_attachment(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a lack of memory costs is the attempt: the next may have it."""
    from markerd.convert.marker_bridge.document_converter import DocumentConverter

    own = DocumentConverter.build_document
    error: Exception = ZeroDivisionError("no height")

    def build(self: Any, filepath: str, set_aside: Any = None) -> Any:
        if self.place is not None and self.place.title == "a.pdf":
            raise error
        return own(self, filepath, set_aside)

    monkeypatch.setattr(DocumentConverter, "build_document", build)
    message = mail([("a.pdf", documents.letter_pdf("One")), ("b.pdf", documents.letter_pdf("Two"))]).as_bytes()
    result, texts = convert(engine, build_request(tmp_path / "fault", "a.eml", message))
    assert "could not be converted" in result.attachments[0].failed
    assert "## b.pdf\n\nTwo" in texts["markdown"]
    error = MemoryError()
    with pytest.raises(DocumentError) as caught:
        convert(engine, build_request(tmp_path / "memory", "a.eml", message))
    assert (caught.value.kind, caught.value.is_permanent) == ("converter_died", False)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.lists(st.sampled_from(["letter.docx", "drawing.pdf", "digital.pdf", "broken.pdf", "mail"]), max_size=5))
def test_attachments_of_any_order_make_one_output(
    tmp_path_factory: pytest.TempPathFactory, engine: Engine, order: list[str]
) -> None:
    """Pages, blocks and pictures have names of their own, whatever comes before and after."""
    folder = tmp_path_factory.mktemp("mail")
    files: dict[str, Any] = {**attached(folder), "broken.pdf": BROKEN, "mail": mail([], "Within")}
    request = build_request(folder / "job", "a.eml", mail([(name, files[name]) for name in order]).as_bytes())
    result, texts = convert(engine, request)
    assert_is_whole(texts, Path(request.output_dir), result.pages)
    assert [each.name for each in result.attachments] == [name.replace("mail", "message.eml") for name in order]
