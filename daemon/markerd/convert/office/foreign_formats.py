"""What a file is that no reader here reads, by its bytes: a reason that the file's owner understands."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from markerd.convert.marker_bridge import photo_formats

READ = "PDF, pictures, DOCX, PPTX, XLSX, ODT, ODS, ODP, RTF, HTML, EPUB, e-mail, text, Markdown and CSV are read"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOOKED_AT = 65_536
_MOST_JSON_BYTES = 16 << 20
_LONGEST_BEGINNING = 1_000
"""Bytes within which a kind of text says what it is, after white space."""
_TEXT_MAGICS = (
    (b"%!PS", "PostScript: save it as PDF"),
    (b"0\nSECTION", "an AutoCAD drawing (DXF): plot it to PDF"),
    (b"-----BEGIN PGP MESSAGE", "a message encrypted with PGP: decrypt it"),
    (b"[InternetShortcut]", "a link to a page, not the page itself: save the page as HTML or PDF"),
)
_MAGICS = (
    (0, b"\xc5\xd0\xd3\xc6", "PostScript with a preview (EPS): save it as PDF"),
    (0, b"AT&TFORM", "a DjVu document: save it as PDF"),
    (60, b"BOOKMOBI", "a Kindle book (MOBI): convert it to EPUB"),
    (0, b"ITSF", "Windows help (CHM): save it as PDF"),
    (0, b"\xff\x0a", "a JPEG XL picture: save it as PNG or JPEG"),
    (0, b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture: save it as PNG or JPEG"),
    (40, b" EMF", "a Windows drawing (EMF): save it as PDF or PNG"),
    (0, b"\xd7\xcd\xc6\x9a", "a Windows drawing (WMF): save it as PDF or PNG"),
    (0, b"AC10", "an AutoCAD drawing (DWG): plot it to PDF"),
    (0, b"\xffWPC", "a WordPerfect document: save it as DOCX or PDF"),
    (0, b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "a OneNote section: export it as PDF"),
    (0, b"SQLite format 3\0", "an SQLite database"),
    (4, b"Standard Jet DB", "an Access database"),
    (4, b"Standard ACE DB", "an Access database"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it"),
    (0, b"Rar!\x1a\x07", "a RAR archive: unpack it"),
    (0, b"\x1f\x8b", "a gzip file: unpack it"),
    (0, b"BZh", "a bzip2 file: unpack it"),
    (0, b"\xfd7zXZ\0", "an xz file: unpack it"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd file: unpack it"),
    (257, b"ustar", "a tar archive: unpack it"),
    (32_769, b"CD001", "an image of a disc (ISO): unpack it"),
    (0, b"8BPS\0\2", "a large Photoshop picture (PSB): save it as PNG or PDF"),
    (0, b"gimp xcf ", "a GIMP picture (XCF): export it as PNG or PDF"),
    (0, b"\x06\x06\xed\xf5\xd8\x1d\x46\xe5", "an InDesign document: export it as PDF"),
    (0, b"IIRO", "an Olympus raw picture (ORF): save it as PNG or JPEG"),
    (0, b"FUJIFILMCCD-RAW", "a Fujifilm raw picture (RAF): save it as PNG or JPEG"),
    (128, b"DICM", "a medical picture (DICOM): export it as PNG"),
    (0, b"1\xbe\0\0", "a Windows Write document (WRI): save it as DOCX or PDF"),
    (0, b"ITOLITLS", "a Microsoft Reader book (LIT): convert it to EPUB"),
    (0, b"!BDN", "a mailbox of Outlook (PST): save its messages as EML"),
    (0, b"\x78\x9f\x3e\x22", "an attachment that only Outlook reads (winmail.dat): have the message sent as HTML"),
    (0, b"L\0\0\0\x01\x14\x02\0", "a shortcut of Windows, not the document itself"),
    (0, b"PAR1", "a Parquet table, which is data and no document"),
    (0, b"\0\1\0\0\0", "a font"),
    (0, b"OTTO", "a font"),
    (0, b"wOFF", "a font"),
    (0, b"wOF2", "a font"),
    (0, b"MZ", "a Windows program"),
    (0, b"\x7fELF", "a program"),
    (0, b"ID3", "a sound recording (MP3)"),
    (0, b"\xff\xfb", "a sound recording (MP3)"),
    (0, b"\xff\xf3", "a sound recording (MP3)"),
    (0, b"\xff\xf1", "a sound recording (AAC)"),
    (0, b"\xff\xf9", "a sound recording (AAC)"),
    (0, b"#!AMR", "a sound recording (AMR)"),
    (0, b"MThd", "music (MIDI)"),
    (8, b"AIFF", "a sound recording (AIFF)"),
    (8, b"AIFC", "a sound recording (AIFF)"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a film or a sound recording (WMV, WMA)"),
    (0, b"\0\0\1\xba", "a film (MPEG)"),
    (0, b"\0\0\1\xb3", "a film (MPEG)"),
    (0, b"FLV\x01", "a film (Flash)"),
    (4, b"moov", "a film (QuickTime)"),
    (4, b"mdat", "a film (QuickTime)"),
    (4, b"wide", "a film (QuickTime)"),
    (0, b"OggS", "a sound or film recording (Ogg)"),
    (0, b"fLaC", "a sound recording (FLAC)"),
    (8, b"WAVE", "a sound recording (WAV)"),
    (8, b"AVI ", "a film (AVI)"),
    (0, b"\x1aE\xdf\xa3", "a film (Matroska or WebM)"),
)
_BRANDS = (
    ((b"crx ",), "a Canon raw picture (CR3): save it as PNG or JPEG"),
    ((b"hevc", b"msf1"), "a HEIC film: save a picture of it as PNG or JPEG"),
)
_STREAMS = {
    "EncryptedPackage": "",
    "__properties_version1.0": "an Outlook message (MSG): save it as PDF or HTML",
    "WordDocument": "a Word document in the format from before 2007 (DOC): save it as DOCX or PDF",
    "Workbook": "an Excel workbook in the format from before 2007 (XLS): save it as XLSX or PDF",
    "Book": "an Excel workbook in the format from before 1997 (XLS): save it as XLSX or PDF",
    "PowerPoint Document": "a PowerPoint presentation in the format from before 2007 (PPT): save it as PPTX or PDF",
    "VisioDocument": "a Visio drawing (VSD): save it as PDF",
    "MatOST": "a Works document (WPS): save it as DOCX or PDF",
    "HwpSummaryInformation": "a Hangul document (HWP): save it as DOCX or PDF",
    "\x05HwpSummaryInformation": "a Hangul document (HWP): save it as DOCX or PDF",
    "   114": "a Project plan (MPP): save it as PDF",
    "StarWriterDocument": "a StarOffice document: save it as ODT or PDF",
    "StarCalcDocument": "a StarOffice sheet: save it as ODS or PDF",
    "StarDrawDocument3": "a StarOffice presentation: save it as ODP or PDF",
    "Quill": "a Publisher document: save it as PDF",
    "PerfectOffice_MAIN": "a WordPerfect document: save it as DOCX or PDF",
    "Catalog": "a store of thumbnails (Thumbs.db)",
}
"""What a stream at the root of a compound file says of it ([MS-CFB]); empty where a password protects it."""
_COMPOUND = "a compound file of a program that is not known here (an old Office format, an installer …): save it as PDF"
_OPEN_DOCUMENTS = {
    b"opendocument.graphics": "an OpenDocument drawing (ODG): save it as PDF",
    b"opendocument.formula": "an OpenDocument formula (ODF): save it as PDF",
    b"opendocument.chart": "an OpenDocument chart (ODC): save it as PDF",
    b"opendocument.base": "an OpenDocument database (ODB): save its tables as ODS",
    b"vnd.sun.xml": "a document of OpenOffice 1: save it as ODT, ODS, ODP or PDF",
    b"hwp+zip": "a Hangul document (HWPX): save it as DOCX or PDF",
}
"""What the member `mimetype` of a package says of it."""
_MEMBERS = (
    ("xl/workbook.bin", "a binary Excel workbook (XLSB): save it as XLSX or PDF"),
    ("visio/document.xml", "a Visio drawing (VSDX): save it as PDF"),
    ("fixeddocumentsequence.fdseq", "an XPS document: save it as PDF"),
    ("fixeddocseq.fdseq", "an XPS document: save it as PDF"),
    ("index/document.iwa", "a document of Pages, Numbers or Keynote: export it as PDF or for Office"),
    ("index/presentation.iwa", "a document of Pages, Numbers or Keynote: export it as PDF or for Office"),
    ("index.apxl", "a document of Pages, Numbers or Keynote: export it as PDF or for Office"),
    ("quicklook/thumbnail.jpg", "a document of Pages, Numbers or Keynote: export it as PDF or for Office"),
    ("contents/section0.xml", "a Hangul document (HWPX): save it as DOCX or PDF"),
    ("androidmanifest.xml", "an Android program"),
    ("index.zip", "a document of Pages, Numbers or Keynote: export it as PDF or for Office"),
    ("word/document.xml", "a DOCX whose table of contents ([Content_Types].xml) is missing: save it anew"),
    ("xl/workbook.xml", "an XLSX whose table of contents ([Content_Types].xml) is missing: save it anew"),
    ("ppt/presentation.xml", "a PPTX whose table of contents ([Content_Types].xml) is missing: save it anew"),
    ("meta-inf/manifest.mf", "a Java archive"),
)
_TEXT = "plain text: name it .txt, .md or .csv to have it as it is"
_JSON = "JSON, which is data and no document"
_BEFORE_TEXT = b"\xef\xbb\xbf\xff\xfe \t\r\n\0"  # byte order marks, white space, and zeros of UTF-16
_FREE_SECTOR = 0xFFFFFFF0  # from here on the numbers of sectors have special meanings
_MOST_ENTRIES = 100_000


def describe_file(path: Path) -> str | None:
    """Say what a file is that is no PDF, ZIP or compound file; None for what may be read, or is not known."""
    from markerd.convert.office.readers import recognition, text

    with path.open("rb") as file:
        head = file.read(_LOOKED_AT)
    if head.startswith(recognition.RTF_MAGIC) or recognition.is_mail(head) or text.choose(path) is not None:
        return None
    beginning = head[:_LONGEST_BEGINNING].replace(b"\r\n", b"\n").lstrip()
    for magic, name in _TEXT_MAGICS:
        if beginning.startswith(magic):
            return name
    if text.is_text(head):
        return _JSON if _is_json(path, head) else None if recognition.is_markup(path) else _TEXT
    for offset, magic, name in _MAGICS:
        if head.startswith(magic, offset):
            return name
    brands = photo_formats.list_brands(head)
    if brands and not photo_formats.is_photo(path):
        return next((name for known, name in _BRANDS if brands & set(known)), "a film or a sound recording (MP4)")
    return None


def describe_package(archive: zipfile.ZipFile, names: dict[str, str]) -> str:
    """Say what a ZIP file is. `names` has its members by their names in lower case."""
    if "mimetype" in names:
        kind = archive.read(names["mimetype"])[:200]
        for name, description in _OPEN_DOCUMENTS.items():
            if name in kind:
                return description
    found = next((description for member, description in _MEMBERS if member in names), None)
    return found or "a ZIP archive: unpack it"


def describe_compound(path: Path) -> str | None:
    """Say what a compound file (OLE) is; None where it is a document that is protected by a password."""
    data = path.read_bytes()
    try:
        streams = set(_list_root_names(data))
    except (struct.error, IndexError, ValueError):
        streams = set()
    known = next((name for name in _STREAMS if name in streams), None)
    if known is None and "EncryptedPackage".encode("utf-16-le") in data and not streams:
        return None
    return (_STREAMS[known] or None) if known else _COMPOUND


def _is_json(path: Path, head: bytes) -> bool:
    """Whether the file is a whole object or list; text in it may look like elements of HTML."""
    if not head.lstrip(_BEFORE_TEXT).startswith((b"{", b"[")) or path.stat().st_size > _MOST_JSON_BYTES:
        return False
    try:
        json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return False
    return True


def _list_root_names(data: bytes) -> Iterator[str]:
    """Yield the names of the entries at the root of a compound file."""
    size = 1 << struct.unpack_from("<H", data, 30)[0]
    if not 128 <= size <= 1 << 16:
        raise ValueError("a size of sectors that no compound file has")
    entries = list(_read_entries(data, size))
    waiting = [struct.unpack_from("<I", entries[0], 76)[0]]
    seen = set()
    while waiting:
        number = waiting.pop()
        if number in seen or number >= len(entries):
            continue
        seen.add(number)
        entry = entries[number]
        length = struct.unpack_from("<H", entry, 64)[0]
        yield entry[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
        waiting += struct.unpack_from("<II", entry, 68)


def _read_entries(data: bytes, size: int) -> Iterator[bytes]:
    """Yield the entries of the directory, sector by sector, as the allocation table chains them."""
    sector: int = struct.unpack_from("<I", data, 48)[0]
    tables = struct.unpack_from("<109I", data, 76)
    for _ in range(_MOST_ENTRIES // (size // 128)):
        if sector >= _FREE_SECTOR:
            return
        at = (sector + 1) * size
        yield from (data[entry : entry + 128] for entry in range(at, at + size, 128))
        table = tables[sector // (size // 4)]
        sector = struct.unpack_from("<I", data, (table + 1) * size + 4 * (sector % (size // 4)))[0]
