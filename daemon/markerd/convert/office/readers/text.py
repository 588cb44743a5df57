"""Plain text, Markdown and tables of separated values, which their names tell apart: their bytes are all text."""

from __future__ import annotations

import csv
import html
import io
import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from markerd.convert.office.canonical_html.pictures import Pictures
from markerd.convert.office.readers.text_encoding import decode
from markerd.convert.protocol import DocumentLimits
from markerd.convert.rendering.links import clean_destination
from markerd.convert.rendering.safe_html import is_safe
from markerd.errors import DocumentError

PLAIN, MARKDOWN, TABLES = (".txt", ".text"), (".md", ".markdown"), (".csv", ".tsv")
_DELIMITERS = ",;\t|"
_DEEPEST = 100
"""Levels of blocks within one another; what lies deeper the parser leaves out, from 20 on where nothing is said."""
_MOST_BRACKETS = 5_000
"""Opening brackets of one block: the parser takes the square of their number, 0.1 s here."""
_LOOKED_AT = 200
"""Rows by which the separator of a table is told."""
_MOST_CELLS = 1_000_000
"""Most cells of a table, as of a sheet."""
_PAGE = re.compile(r"\s*(?:<!doctype\s+html|<html|<svg|<\?xml)[\s>]", re.IGNORECASE)
_OTHERS = (b"%PDF-", b"%!PS", b"{\\rtf")
"""What begins files of other kinds that are text, too."""
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b\x08"))
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LIKE_MARKUP = (
    (re.compile(r"<(?=[a-zA-Z/?!]|[^\s<>@]+@[^\s<>]*>)"), r"\\<"),
    (re.compile(r"&(?=#?\w+;)"), "&amp;"),
    (re.compile(r"\](?=[(\[:])"), r"\\]"),
    (re.compile(r"\A(\s*)(?=(?:-{3,}|\+{3,})[ \t]*$)", re.MULTILINE), r"\1\\"),
)
"""What a program would take for a tag, an entity, a link or front matter, where the author wrote plain text."""

Read = Callable[[Path, Pictures, DocumentLimits], list[str]]


def choose(path: Path) -> Read | None:
    """Return the reader of a text by its name; None for other names, and for a web page whatever it is called."""
    suffix = path.suffix.lower()
    kinds = {**dict.fromkeys(PLAIN, read_plain), **dict.fromkeys(MARKDOWN, read_markdown)}
    found = {**kinds, **dict.fromkeys(TABLES, read_table)}.get(suffix)
    if found is None:
        return None
    with path.open("rb") as file:
        head = file.read(4096)
    is_other = any(magic in head[:1024] for magic in _OTHERS)
    return None if is_other or not is_text(head) or _PAGE.match(decode(head)) else found


def is_text(head: bytes) -> bool:
    """Whether a file's first bytes are characters and nothing else."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return bool(head.strip()) and head.translate(None, _CONTROLS) == head


def read_plain(path: Path, _: Pictures, __: DocumentLimits) -> list[str]:
    """Read paragraphs, whose lines stay lines."""
    blocks = re.split(r"\n[ \t]*\n", _read_text(path).strip("\n"))
    lines = ["<br>".join(html.escape(line.rstrip()) for line in block.split("\n")) for block in blocks if block.strip()]
    return ["".join(f"<p>{block}</p>" for block in lines)]


def read_markdown(path: Path, pictures: Pictures, limits: DocumentLimits) -> list[str]:
    """Read Markdown as a program shows it, with tables and struck text; as plain text where that takes too long."""
    if _is_laborious(_read_text(path)):
        return read_plain(path, pictures, limits)
    return [_show(_FRONT_MATTER.sub("", _read_text(path)))]


def read_table(path: Path, _: Pictures, __: DocumentLimits) -> list[str]:
    """Read a table whose first row is its head. Raises DocumentError for one with too many cells."""
    text = _read_text(path)
    csv.field_size_limit(max(len(text), 131_072))
    delimiter = "\t" if path.suffix.lower() == ".tsv" else guess_delimiter(text)
    rows, cells = [], 0
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True):
        cells += len(row)
        if cells > _MOST_CELLS:
            raise DocumentError(f"more than {_MOST_CELLS:,} cells", kind="too_many_parts", is_permanent=True)
        if any(cell.strip() for cell in row):
            rows.append(row)
    lines = [_write_row(row, "td" if number else "th") for number, row in enumerate(rows)]
    return [f"<table>{''.join(lines)}</table>" if rows else ""]


def read_as_it_is(path: Path) -> str | None:
    """Return the Markdown for a text that is shown as it is; None where it has to be made safe, and for other files.

    Of plain text only what a program would take for markup is escaped.
    """
    suffix = path.suffix.lower()
    if suffix not in (*PLAIN, *MARKDOWN) or choose(path) is None:
        return None
    text = _read_text(path)
    if suffix in MARKDOWN and _is_laborious(text):
        return None
    if suffix in MARKDOWN:
        return text.rstrip() if _is_safe_markdown(text) else None
    for pattern, escaped in _LIKE_MARKUP:
        text = pattern.sub(escaped, text)
    return text.rstrip()


def guess_delimiter(text: str) -> str:
    """Guess the sign between values: that which gives the most rows the same number of values, at least two."""

    def rate(delimiter: str) -> tuple[int, int]:
        rows = csv.reader(itertools.islice(io.StringIO(text), _LOOKED_AT), delimiter=delimiter)
        widths = [len(row) for row in rows if row]
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) if usual > 1 else 0, usual)

    return max(_DELIMITERS, key=rate)


def _read_text(path: Path) -> str:
    return decode(path.read_bytes()).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _write_row(row: list[str], tag: str) -> str:
    cells = (html.escape(cell.strip()).replace("\n", "<br>") for cell in row)
    return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"


def _build_parser() -> Any:
    """Build a parser that reads every link, so that none passes for text."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    setattr(parser, "validateLink", lambda _: True)  # noqa: B010  # a method that the library has one replace
    return parser


def _is_laborious(text: str) -> bool:
    return any(block.count("[") > _MOST_BRACKETS for block in re.split(r"\n[ \t]*\n", text))


def _show(text: str) -> str:
    return str(_build_parser().render(text))


def _is_safe_markdown(text: str) -> bool:
    """Whether a program that shows the text would run nothing and fetch nothing."""
    tokens = [inner for token in _build_parser().parse(text) for inner in (token, *(token.children or ()))]
    for token in tokens:
        if token.type in ("html_block", "html_inline") and not is_safe(_COMMENT.sub("", token.content)):
            return False
        address = str(token.attrs.get("href") or token.attrs.get("src") or "")
        if address and (clean_destination(address) is None or ("src" in token.attrs and ":" in address)):
            return False
    return True
