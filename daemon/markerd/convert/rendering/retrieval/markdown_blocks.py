"""The blocks of a Markdown text: headings, tables, code and other text, each with its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")
_FENCE = re.compile(r"\s*(`{3,}(?=[^`\n]*$)|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)")
_UNDERLINE = re.compile(r" {0,3}(={2,}|-{2,})[ \t]*$")
_ROW = re.compile(r"\s*\|")
_TABLE_START, _TABLE_END = re.compile(r"\s*<table\b", re.IGNORECASE), re.compile(r"</table>[^\n]*\n?", re.IGNORECASE)
_PAGE_MARK = re.compile(r"\{\d+\}-{8,}$")
"""What Marker puts between pages with `paginate_output`."""
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_MARKS = re.compile(r"<[^<>]*>|\*\*|(?<!\\)[*`]|\\(?=[!-/:-@\[-`{-~])")
_LONGEST_TITLE = 300
"""Characters of a heading in a path. A paragraph that passes for a heading does not stand in every chunk whole."""


class Kind(Enum):
    """What a block is, as far as it matters where it may be cut."""

    HEADING = "heading"
    TABLE = "table"
    CODE = "code"
    TEXT = "text"
    PAGE_MARK = "page_mark"


@dataclass(frozen=True)
class Block:
    """`markdown[start:end]`, without white space at its ends. `level` and `title` are those of a heading."""

    kind: Kind
    start: int
    end: int
    level: int = 0
    title: str = ""


def list_blocks(markdown: str) -> Iterator[Block]:
    """Yield the blocks in order; front matter is none. All that is no white space is in exactly one of them."""
    last_table = max((found.end() for found in _TABLE_END.finditer(markdown)), default=0)
    front_matter = _FRONT_MATTER.match(markdown)
    position = front_matter.end() if front_matter else 0
    text: Block | None = None
    while line := _LINE.match(markdown, position):
        block = _read_block(markdown, line, last_table)
        if block is None and line[0].strip():
            is_heading = text is not None and (underline := _UNDERLINE.match(line[0].rstrip("\n")))
            text = replace(text or Block(Kind.TEXT, line.start(), 0), end=line.end())
            if is_heading and underline:
                yield _trim(markdown, _read_underlined(markdown, text, line.start(), underline[1]))
                text = None
            position = line.end()
            continue
        if text is not None:
            yield _trim(markdown, text)
            text = None
        if block is not None:
            yield _trim(markdown, block)
        position = line.end() if block is None else block.end
    if text is not None:
        yield _trim(markdown, text)


def _read_block(markdown: str, line: re.Match[str], last_table: int) -> Block | None:
    """Return the block that begins with the line; None for text. At `last_table` the last `</table>` ends."""
    content, start = line[0].rstrip("\n"), line.start()
    if fence := _FENCE.match(content):
        return Block(Kind.CODE, start, _find_fence_end(markdown, line.end(), fence[1]))
    if heading := _HEADING.match(content):
        return Block(Kind.HEADING, start, line.end(), len(heading[1]), _read_heading(content[heading.end() :]))
    if _PAGE_MARK.match(content):
        return Block(Kind.PAGE_MARK, start, line.end())
    if start < last_table and _TABLE_START.match(content) and (end := _TABLE_END.search(markdown, start)):
        return Block(Kind.TABLE, start, end.end())
    if _ROW.match(content):
        return Block(Kind.TABLE, start, _find_rows_end(markdown, line.end()))
    return None


def _read_heading(text: str) -> str:
    """Return the title without the number signs that may close it."""
    title = text.rstrip().rstrip("#")
    return read_title(title if not title or title[-1].isspace() else text)


def _find_fence_end(markdown: str, position: int, fence: str) -> int:
    closing = re.compile(rf"^[ \t]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*(?:\n|\Z)", re.MULTILINE)
    found = closing.search(markdown, position)
    return found.end() if found else len(markdown)


def _find_rows_end(markdown: str, position: int) -> int:
    while (line := _LINE.match(markdown, position)) and _ROW.match(line[0]):
        position = line.end()
    return position


def _read_underlined(markdown: str, text: Block, underline_start: int, underline: str) -> Block:
    title = read_title(markdown[text.start : underline_start])
    return replace(text, kind=Kind.HEADING, level=1 if underline.startswith("=") else 2, title=title)


def read_title(text: str) -> str:
    """Return a heading in one line, without the marks of Markdown and the elements of HTML."""
    return " ".join(_MARKS.sub("", text).split())[:_LONGEST_TITLE]


def _trim(markdown: str, block: Block) -> Block:
    start, end = block.start, block.end
    while end > start and markdown[end - 1].isspace():
        end -= 1
    while start < end and markdown[start].isspace():
        start += 1
    return replace(block, start=start, end=end)
