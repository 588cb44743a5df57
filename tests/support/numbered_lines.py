"""Pages with numbers beside their lines, in many looks, and pages on which such numbers are content."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from textwrap import wrap

from made_pages import SENTENCES

_FONT = "body { font: 11pt/1.5 'DejaVu Serif' } p { margin: 6pt 0 } .line { white-space: pre }"
_PAGE = "@page { size: A4; margin: 25mm } .page { break-after: page }"
TEXT = [*SENTENCES, *SENTENCES[::-1], *SENTENCES[2:], *SENTENCES[:4]]
"""The sentences of the pages, in order."""


def _break_lines(columns: int = 60) -> list[str]:
    return wrap(" ".join(TEXT), columns)


def _number(lines: Sequence[str], first: int = 1, step: int = 1) -> Iterable[tuple[str, str]]:
    """Return each line with its number, or with none."""
    return ((str(n) if n % step == 0 else "", line) for n, line in enumerate(lines, start=first))


def _show(pages: Iterable[Iterable[tuple[str, str]]], line: str, style: str = "") -> str:
    shown = "".join(
        f"<div class=page>{''.join(line.format(number=n, text=t) for n, t in page)}</div>" for page in pages
    )
    return f"<html lang=en><meta charset=utf-8><style>{_PAGE}{_FONT}{style}</style>{shown}</html>"


_APART = "<div class=line><span class=n>{number}</span><span>{text}</span></div>"
_AFTER = "<div class=line><span class=t>{text}</span><span class=n>{number}</span></div>"
_COLUMN = ".n { display: inline-block; width: 14mm } "
_RIGHT = ".t { display: inline-block; width: 135mm } "


def _halve(lines: Sequence[str], count: int = 25) -> list[Sequence[str]]:
    return [lines[:count], lines[count:]]


_EDGES = ".n { width: 8mm; text-align: right; margin-right: 5mm }"
_RULE = ".n { width: 10mm; border-right: 1pt solid; margin-right: 4mm }"
_LINES = _break_lines()
_TWICE = [*_LINES, *_LINES]
LOOKS = {
    "a column of numbers": _show([_number(_LINES)], _APART, _COLUMN),
    "numbers at right edges": _show([_number(_LINES)], _APART, _COLUMN + _EDGES),
    "in the same line of text": _show(
        [((f"{n:>2}  ", t) for n, t in _number(_LINES))],
        "<div class=line>{number}{text}</div>",
        "body { font: 10pt/1.5 'DejaVu Sans Mono' }",
    ),
    "right of the text": _show([_number(_LINES)], _AFTER, _RIGHT),
    "double spaced": _show(map(_number, _halve(_LINES)), _APART, _COLUMN + "body { line-height: 2.4 }"),
    "in small type": _show([_number(_LINES)], _APART, _COLUMN + ".n { font-size: 6.5pt }"),
    "beside a rule": _show([_number(_LINES)], _APART, _COLUMN + _RULE),
    "every fifth line": _show([_number(_LINES, step=5)], _APART, _COLUMN),
    "every fifth line, at right": _show([_number(_LINES, step=5)], _AFTER, _RIGHT),
    "anew on each page": _show(map(_number, _halve(_TWICE)), _APART, _COLUMN),
    "on over pages": _show([_number(_TWICE[:30]), _number(_TWICE[30:], first=31)], _APART, _COLUMN),
    "few on the last page": _show([_number(_LINES[:-2]), _number(_LINES[-2:])], _APART, _COLUMN),
}
"""Pages whose numbers are those of lines: to be left out."""


def _list_rows(rows: Sequence[Sequence[str]], style: str = "") -> str:
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    head = f"<meta charset=utf-8><style>{_PAGE}{_FONT} td {{ padding: 2pt 12pt }} {style}</style>"
    return f"<html lang=en>{head}<table>{body}</table></html>"


_NOUNS = ("apple", "bread", "candle", "drum", "engine", "fork", "grain", "hammer", "inkwell", "jar")
CONTENT = {
    "a table": _list_rows([(str(n), f"{noun} of the mill", str(n * 7)) for n, noun in enumerate(_NOUNS, start=1)]),
    "a ruled table": _list_rows(
        [(str(n), f"{noun} of the mill", f"{n * 7}.50") for n, noun in enumerate(_NOUNS, start=1)],
        "td { border: 1pt solid }",
    ),
    "a table of sentences": _list_rows(
        [(str(n), text) for n, text in enumerate(TEXT[:6], start=1)], "table { width: 90% }"
    ),
    "a list of words": _show([_number(_NOUNS)], _APART, _COLUMN),
    "a list of phrases": _show(
        [_number([f"{one} beside the {other} of the old mill by the river" for one, other in pairwise(_NOUNS)])],
        _APART,
        _COLUMN,
    ),
    "items of several lines": "<style>.n { float: left } .t { margin-left: 12mm }</style>"
    + "".join(f"<div class=n>{n}</div><p class=t>{' '.join(TEXT[n : n + 2])}</p>" for n in range(1, 7)),
    "numbered stanzas": "".join(
        f"<p>{n} {TEXT[n]}<br>{TEXT[n + 1]}<br>{TEXT[n + 2]}<br>{TEXT[n + 3]}</p>" for n in range(1, 6)
    ),
    "contents": _show(
        [((str(n), f"The {noun} and what it has to do with us") for n, noun in enumerate(_NOUNS, start=1))],
        _AFTER,
        _RIGHT,
    ),
}
"""Pages whose numbers, from 1, are content: to be kept."""
