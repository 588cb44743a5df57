"""Where the Markdown is cut into chunks. Pure.

A chunk never reaches over a heading, except over headings that follow each other, nor from one page into the next,
except for a block that does so itself. So a change on one page leaves the chunks of the others as they are. A block
is cut only where it is longer than a chunk may be: tables between rows, code between lines, other text between list
items, sentences or words; a word only where it is longer than a chunk.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from markerd.convert.rendering.retrieval.markdown_blocks import Block, Kind, list_blocks
from markerd.convert.rendering.retrieval.tokens import TokenIndex

_LINES = re.compile(r"\n+")
_SPACE = re.compile(r"\s+")
_SENTENCES = re.compile(r"[.!?\u2026][\"')\]\u201d\u2019\u00bb]*\s+|[\u3002\uff01\uff1f]\s*")
_ITEMS = re.compile(r"\n\s*(?=(?:[-*+]|\d{1,9}[.)])\s)")
_HTML_ROWS = re.compile(r"</tr>\s*", re.IGNORECASE)
_CUTS = {
    Kind.TABLE: (_LINES, _HTML_ROWS, _SPACE),
    Kind.CODE: (_LINES, _SPACE),
    Kind.TEXT: (_ITEMS, _SENTENCES, _LINES, _SPACE),
    Kind.HEADING: (_SPACE,),
    Kind.PAGE_MARK: (_SPACE,),
}
"""After what a block may be cut, the best first."""


@dataclass(frozen=True)
class Size:
    """How long chunks may be, and how much of the one before each may begin with, in tokens."""

    max_tokens: int
    overlap_tokens: int = 0

    @property
    def own_tokens(self) -> int:
        return max(self.max_tokens - self.overlap_tokens, 1)


@dataclass(frozen=True)
class Chunk:
    """`markdown[start:end]`. What stands before `own_start` is the end of the chunk before."""

    start: int
    own_start: int
    end: int
    heading_path: tuple[str, ...]


@dataclass(frozen=True)
class _Piece:
    """A block, or a part of one that is too long. `is_first` says that the block begins here."""

    block: Block
    start: int
    end: int
    is_first: bool


FindPage = Callable[[int, int], "int | None"]
"""Tells the page on which a part of the Markdown begins, by its start and end; None where that is not known."""


def cut_chunks(markdown: str, size: Size, find_page: FindPage) -> Iterator[Chunk]:
    """Yield the chunks in order. All text is in one, but for front matter and marks between pages."""
    tokens = TokenIndex(markdown)
    pieces = (piece for block in list_blocks(markdown) for piece in _split(markdown, block, size, tokens))
    before: Chunk | None = None
    path: list[tuple[int, str]] = []
    for group in _pack(pieces, size, tokens, find_page):
        for block in (piece.block for piece in group if piece.is_first and piece.block.kind is Kind.HEADING):
            path = [(level, title) for level, title in path if level < block.level] + [(block.level, block.title)]
        start, end = group[0].start, group[-1].end
        chunk = Chunk(start, start, end, tuple(title for _, title in path if title))
        is_continued = before is not None and not _begins_section(group[0])
        own = chunk
        if before is not None and is_continued:
            chunk = _overlap(markdown, before, chunk, size, tokens)
        yield chunk
        before = own


def _begins_section(piece: _Piece) -> bool:
    return piece.block.kind is Kind.HEADING and piece.is_first


def _pack(pieces: Iterator[_Piece], size: Size, tokens: TokenIndex, find_page: FindPage) -> Iterator[list[_Piece]]:
    """Put pieces together as long as they fit and belong together."""
    group: list[_Piece] = []
    page: int | None = None
    for piece in pieces:
        here = find_page(piece.start, piece.end)
        is_mark = piece.block.kind is Kind.PAGE_MARK
        if group and (is_mark or not _belongs(group, piece, page, here, size, tokens)):
            yield group
            group = []
        if not is_mark:
            page = here if here is not None else page
            group.append(piece)
    if group:
        yield group


def _belongs(
    group: list[_Piece], piece: _Piece, page: int | None, here: int | None, size: Size, tokens: TokenIndex
) -> bool:
    only_headings = all(each.block.kind is Kind.HEADING for each in group)
    if _begins_section(piece) and not (only_headings and piece.block.level > group[-1].block.level):
        return False
    if here != page and here is not None and page is not None and not only_headings:
        return False
    return tokens.count(group[0].start, piece.end) <= (size.max_tokens if only_headings else size.own_tokens)


def _split(markdown: str, block: Block, size: Size, tokens: TokenIndex) -> Iterator[_Piece]:
    """Yield the block as it is where a chunk can hold it, else its parts."""
    start = block.start
    if tokens.count(start, block.end) > size.max_tokens:
        while tokens.count(start, block.end) > size.own_tokens:
            cut = _find_cut(markdown, start, tokens.skip(start, size.own_tokens), block.kind)
            yield _Piece(block, start, _find_text_end(markdown, start, cut), is_first=start == block.start)
            start = _find_text_start(markdown, cut)
    if start < block.end:
        yield _Piece(block, start, block.end, is_first=start == block.start)


def _find_cut(markdown: str, start: int, limit: int, kind: Kind) -> int:
    """Return the best place in the second half of what fits; its end where there is no good one."""
    half = start + (limit - start + 1) // 2
    for pattern in _CUTS[kind]:
        cuts = [found.end() for found in pattern.finditer(markdown, half, limit) if found.end() > start]
        if cuts:
            return cuts[-1]
    return limit


def _find_text_end(markdown: str, start: int, end: int) -> int:
    while end > start and markdown[end - 1].isspace():
        end -= 1
    return end


def _find_text_start(markdown: str, start: int) -> int:
    while start < len(markdown) and markdown[start].isspace():
        start += 1
    return start


def _overlap(markdown: str, before: Chunk, chunk: Chunk, size: Size, tokens: TokenIndex) -> Chunk:
    """Let the chunk begin with the last sentences or lines of the one before, as many as are wanted and fit."""
    if size.overlap_tokens == 0:
        return chunk
    least = max(tokens.go_back(before.end, size.overlap_tokens), before.start)
    start = _find_overlap(markdown, before, least)
    is_too_long = start is None or tokens.count(start, chunk.end) > size.max_tokens
    return chunk if start is None or is_too_long else replace(chunk, start=start)


def _find_overlap(markdown: str, before: Chunk, least: int) -> int | None:
    """Return where a sentence or a line begins in the end of a chunk; None in code and tables, which stay whole."""
    tail = markdown[least : before.end]
    if "```" in tail or "~~~" in tail or "|" in tail or "<t" in tail:
        return None
    for pattern in (_SENTENCES, _LINES, _SPACE):
        if (found := pattern.search(markdown, least, before.end)) and found.end() < before.end:
            return _find_text_start(markdown, found.end())
    return None
