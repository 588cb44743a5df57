"""What is not read is called what it is: text is no damaged PDF, a message no Office document."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import documents
import open_documents
from markerd.convert.office.foreign_formats import OLE_MAGIC, describe_compound
from markerd.convert.preflight import examine
from markerd.convert.protocol import DocumentLimits
from markerd.convert.sandbox import environment
from markerd.errors import DocumentError

environment.apply_environment(1)
pytestmark = pytest.mark.filterwarnings("ignore")  # marker's and its libraries' own warnings

SECTOR = 512
FREE, END = 0xFFFFFFFF, 0xFFFFFFFE


def compound(names: Sequence[str], nested: Sequence[str] = ()) -> bytes:
    """A compound file ([MS-CFB]) with streams at its root, and others in a storage; only the directory is whole."""
    entries = ["Root Entry", *names, "Storage", *nested]
    storage = 1 + len(names)
    sectors = -(-len(entries) * 128 // SECTOR)
    header = OLE_MAGIC + bytes(16) + struct.pack("<HHHH", 62, 3, 0xFFFE, 9) + bytes(10)
    header += struct.pack("<III", 0, 1, 1) + bytes(8)
    header = header[:44].ljust(44, b"\0") + struct.pack("<II", 1, 1)
    header = header.ljust(76, b"\0") + struct.pack("<I", 0) + struct.pack("<I", FREE) * 108
    chain = [END, *range(2, sectors + 1), END]
    table = struct.pack("<I", 0xFFFFFFFD) + b"".join(struct.pack("<I", number) for number in chain[1:])
    directory = b""
    for number, name in enumerate(entries):
        is_last = number in (0, storage, len(entries) - 1)
        child = 1 if number == 0 else storage + 1 if number == storage and nested else FREE
        right = FREE if is_last else number + 1
        raw = name.encode("utf-16-le") + b"\0\0"
        entry = raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw), 2, 1, FREE, right, child)
        directory += entry.ljust(128, b"\0")
    return header + table.ljust(SECTOR, b"\xff") + directory.ljust(sectors * SECTOR, b"\0")


def package(members: dict[str, bytes]) -> bytes:
    import io

    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def brand(name: bytes) -> bytes:
    return struct.pack(">I", 24) + b"ftyp" + name + bytes(4) + b"mif1" + bytes(64)


FOREIGN = {
    "Outlook message": compound(
        ["__nameid_version1.0", "__properties_version1.0", "a", "b", "c", "d"], ["WordDocument"]
    ),
    "Word document in the format from before 2007": compound(["1Table", "WordDocument"]),
    "Excel workbook in the format from before 2007": compound(["Workbook"], ["WordDocument"]),
    "PowerPoint presentation in the format from before 2007": compound(["Current User", "PowerPoint Document"]),
    "compound file": OLE_MAGIC + bytes(1024),
    "Canon raw picture": brand(b"crx ").replace(b"mif1", b"isom"),
    "HEIC film": brand(b"hevc").replace(b"mif1", b"msf1"),
    "film": brand(b"isom").replace(b"mif1", b"mp41"),
    "OpenDocument drawing": package({"mimetype": b"application/vnd.oasis.opendocument.graphics"}),
    "binary Excel workbook": package({"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": b"1"}),
    "Pages, Numbers or Keynote": package({"Index/Document.iwa": b"1"}),
    "ZIP archive": package({"a.pdf": b"%PDF-"}),
    "PostScript": b"%!PS-Adobe-3.0\n",
    "plain text": b"This is a letter, not a PDF: 1 < 2, and 3 > 2.\n" * 40,
    "plain text: name it .txt": "Ein Brief, nicht größer als 16 Wörter.".encode("utf-16"),
    "JSON": json.dumps({"a": [1, 2, "<b>"]}).encode(),
    "AutoCAD drawing (DXF)": b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n",
    "AutoCAD drawing (DWG)": b"AC1027" + bytes(64),
    "encrypted with PGP": b"-----BEGIN PGP MESSAGE-----\n\nabc\n",
    "a link to a page": b"[InternetShortcut]\r\nURL=http://e.org\r\n",
    "DjVu document": b"AT&TFORM\0\0\0\x10DJVM" + bytes(64),
    "OneNote section": b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d" + bytes(64),
    "Visio drawing (VSD)": compound(["VisioDocument"]),
    "Works document": compound(["CONTENTS", "MatOST"]),
    "Hangul document (HWP)": compound(["FileHeader", "\x05HwpSummaryInformation"]),
    "Project plan": compound(["Props", "   114"]),
    "Hangul document (HWPX)": package({"Contents/section0.xml": b"1"}),
    "OpenOffice 1": package({"mimetype": b"application/vnd.sun.xml.writer", "content.xml": b"1"}),
    "OpenDocument formula": package({"mimetype": b"application/vnd.oasis.opendocument.formula"}),
    "Numbers or Keynote": package({"Index/Presentation.iwa": b"1"}),
    "or Keynote": package({"index.xml": b"1", "QuickLook/Thumbnail.jpg": b"1"}),
    "sound recording (MP3)": b"\xff\xfb\x90\x44" + bytes(64),
    "sound recording (WAV)": b"RIFF\x24\0\0\0WAVEfmt " + bytes(64),
    "film or a sound recording (MP4)": brand(b"M4A ").replace(b"mif1", b"mp42"),
    "film or a sound recording (WMV": b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + bytes(64),
    "film (QuickTime)": bytes(3) + b"\x08wide" + bytes(64),
    "film (MPEG)": b"\0\0\1\xba" + bytes(64),
    "mailbox of Outlook": b"!BDN" + bytes(64),
    "image of a disc": bytes(32_769) + b"CD001" + bytes(64),
    "font": b"\0\1\0\0\0\x0c" + bytes(64),
    "RAR archive": b"Rar!\x1a\x07\x01\x00" + bytes(64),
    "Windows program": b"MZ\x90\x00" + bytes(64),
}


@pytest.mark.parametrize("suffix", ["", ".pdf", ".docx", ".doc"])
@pytest.mark.parametrize("name", FOREIGN)
def test_unsupported_kind_is_refused_by_name(tmp_path: Path, name: str, suffix: str) -> None:
    """Whatever the file is called. It is permanent."""
    path = tmp_path / f"file{suffix}"
    path.write_bytes(FOREIGN[name])
    with pytest.raises(DocumentError) as caught:
        looked_at(path)
    assert name in str(caught.value)
    assert (caught.value.kind, caught.value.is_permanent) == ("unreadable", True)
    assert "damaged" not in str(caught.value)
    assert "before 2007" not in str(caught.value) or "before 2007" in name


def looked_at(path: Path) -> None:
    from markerd.convert.office.format_detection import choose_reader

    examine(path, DocumentLimits())
    choose_reader(path)


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.csv", "a.tsv"])
def test_text_passes_by_its_name(tmp_path: Path, name: str) -> None:
    """Data and other kinds of document do not, whatever they are called."""
    path = tmp_path / name
    path.write_bytes(FOREIGN["plain text"])
    looked_at(path)
    for kind in ("PostScript", "ZIP archive", "Windows program", "compound file"):
        path.write_bytes(FOREIGN[kind])
        with pytest.raises(DocumentError, match=kind):
            looked_at(path)


@pytest.mark.parametrize(
    "name",
    ["a.docx", "a.xlsx", "a.pptx", "a.odt", "a.rtf", "a.eml", "a.epub", "a.html", "a.pdf", "a.png", "a.svg"],
)
def test_supported_kind_passes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    makers: dict[str, Callable[[], object]] = {
        ".docx": lambda: documents.docx(path, "Heading", "Words"),
        ".xlsx": lambda: documents.xlsx(path, [["a", "b"]]),
        ".pptx": lambda: documents.pptx(path, "Title", "Words"),
        ".odt": lambda: open_documents.write(path, "text", "<text:p>a</text:p>"),
        ".rtf": lambda: path.write_bytes(b"{\\rtf1\\ansi Words <b and more}"),
        ".eml": lambda: path.write_bytes(b"Received: from a by b\nFrom: a@e.org\nMIME-Version: 1.0\n\nWords"),
        ".epub": lambda: documents.epub(path, "Heading", "Words"),
        ".html": lambda: documents.html(path, "Heading", "Words"),
        ".pdf": lambda: path.write_bytes(documents.pdf_bytes("Words")),
        ".png": lambda: documents.scan_png(path, "Words"),
        ".svg": lambda: path.write_text("<svg xmlns='http://www.w3.org/2000/svg'><text>a</text></svg>"),
    }
    makers[path.suffix]()
    for other in ("", ".txt", ".pdf", ".json"):
        looked_at(path.rename(path.with_suffix(other)))
        path.with_suffix(other).rename(path)


def test_protected_document_differs_from_message_with_one_attached(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.write_bytes(compound(["EncryptionInfo", "EncryptedPackage"]))
    assert describe_compound(locked) is None
    message = tmp_path / "message"
    message.write_bytes(compound(["__properties_version1.0"], ["EncryptedPackage"]))
    assert "Outlook message" in (describe_compound(message) or "")


@given(
    where=st.integers(8, 2000),
    values=st.binary(min_size=1, max_size=8),
    cut=st.integers(0, 2500),
    more=st.binary(max_size=99),
)
def test_damaged_compound_file_is_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, where: int, values: bytes, cut: int, more: bytes
) -> None:
    """Whatever its tables say, reading it ends."""
    data = bytearray(compound(["WordDocument", *map(str, range(9))], ["x"]))
    data[where : where + len(values)] = values
    path = tmp_path_factory.mktemp("damaged") / "file"
    path.write_bytes(bytes(data[: len(data) - cut]) + more)
    assert describe_compound(path)
