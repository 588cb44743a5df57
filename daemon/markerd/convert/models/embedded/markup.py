"""HTML of one block from its lines of text, as Marker's renderers expect it: pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from html import escape

from markerd.convert.models.embedded.geometry import Box, height
from markerd.convert.models.embedded.tables import Piece, rows_of, table_html

# Hyphen bullet, en and em dash are written as escapes, since they look like the hyphen that stands last.
BULLETS = "•●○◦▪■□☐☑☒✓➢➤►▶❖◆◇‣∙·\u2043\u2013\u2014*-"
BULLET = re.compile(rf"^\s*(?:[•●○◦▪■□‣]\s*|[{BULLETS}]\s+)(?=\S)")
NUMBER = re.compile(r"^\s*\(?(\d{1,3}|[a-z])[.)]\s+(?=\S)")

# Scripts that are written without spaces between words.
SPACELESS = ("CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC", "FULLWIDTH", "BOPOMOFO", "THAI", "LAO", "KHMER")


def block_html(label: str, pieces: Sequence[Piece]) -> str:
    """What a region with this label reads; empty for no text. A table that is no grid becomes paragraphs."""
    if label in ("Table", "TableOfContents", "Form"):
        return table_html(pieces) or text_html(pieces)
    if label == "SectionHeader":
        text = joined(line_texts(pieces))
        return f"<h2>{escape(text)}</h2>" if text else ""
    if label == "Code":
        code = "\n".join(line_texts(pieces))
        return f"<pre>{escape(code)}</pre>" if code else ""
    return text_html(pieces)


def text_html(pieces: Sequence[Piece]) -> str:
    """Paragraphs, and lists where lines begin with a bullet or with consecutive numbers."""
    rows = rows_of(pieces)
    texts = [" ".join(text for _, text in row) for row in rows]
    starts = _item_starts(texts)
    if not starts:
        return "".join(f"<p>{escape(joined(p))}</p>" for p in _split(rows, texts))
    head = joined(texts[: starts[0]])
    ends = [*starts[1:], len(texts)]
    items = [joined(texts[start:end]) for start, end in zip(starts, ends, strict=True)]
    return (f"<p>{escape(head)}</p>" if head else "") + _list_html(items)


def _list_html(items: Sequence[str]) -> str:
    if all(BULLET.match(item) for item in items):
        return "<ul>" + "".join(f"<li>{escape(BULLET.sub('', item))}</li>" for item in items) + "</ul>"
    # The number stays in the text: `<ol>` would number anew and lose "a)" or a list that starts at 4.
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def _item_starts(texts: Sequence[str]) -> list[int]:
    bullets = [i for i, text in enumerate(texts) if BULLET.match(text)]
    if bullets and (len(bullets) > 1 or bullets[0] == 0):
        return bullets
    numbers = [i for i, text in enumerate(texts) if NUMBER.match(text)]
    return numbers if len(numbers) > 1 else []


def _split(rows: Sequence[Sequence[Piece]], texts: Sequence[str]) -> list[list[str]]:
    """Break a region at gaps that are clearly wider than those between its lines."""
    groups: list[list[str]] = []
    last: Box | None = None
    for row, text in zip(rows, texts, strict=True):
        box = row[0][0]
        if last is None or box[1] - last[3] > 0.9 * min(height(box), height(last)):
            groups.append([])
        groups[-1].append(text)
        last = box
    return groups


def line_texts(pieces: Sequence[Piece]) -> list[str]:
    """One text for each row, its pieces from left to right."""
    return [" ".join(text for _, text in row) for row in rows_of(pieces)]


def joined(lines: Sequence[str]) -> str:
    """Lines as running text: words broken by a hyphen made whole, spaces only where the script has them."""
    text = ""
    for line in (line.strip() for line in lines):
        if not line:
            continue
        if not text:
            text = line
        elif text[-1] in "-\u2010\u00ad" and len(text) > 1 and text[-2].isalpha() and line[0].islower():
            text = text[:-1] + line
        elif is_spaceless(text[-1]) and is_spaceless(line[0]):
            text += line
        else:
            text += f" {line}"
    return text


def is_spaceless(character: str) -> bool:
    """Whether it is of a script that has no spaces between words."""
    return unicodedata.name(character, "").startswith(SPACELESS)
