"""Front matter: facts about a document as YAML at the top of its Markdown. Pure.

Each value is one line: a number, or texts in double quotes, whose escapes YAML has in common with JSON. So whatever a
text holds, it can neither end its quotes nor the block.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from markerd.document_metadata import FrontMatterField

Value = str | int | Sequence[str]
_FENCE = "---"
_ESCAPED = {'"': '\\"', "\\": "\\\\"}
_OWN = re.compile(r"\A(---|\+\+\+)[ \t]*\n((?:.*?\n)??)\1[ \t]*(?:\n|\Z)", re.DOTALL)
_LANGUAGES = {"---": "yaml", "+++": "toml"}


def write_front_matter(wanted: Sequence[str], facts: Mapping[FrontMatterField, Value]) -> str:
    """Return the block with a blank line after it. Fields without a value are left out; with none, it is empty."""
    fields = [field for field in FrontMatterField if field.value in wanted]
    lines = [f"{field.value}: {_write(facts[field])}" for field in fields if facts.get(field)]
    if not lines:
        return ""
    return "\n".join([_FENCE, *lines, _FENCE, "", ""])


def _write(value: Value) -> str:
    if isinstance(value, int):
        return str(value)
    return _quote(value) if isinstance(value, str) else f"[{', '.join(map(_quote, value))}]"


def _quote(text: str) -> str:
    return f'"{"".join(map(_escape, text))}"'


def _escape(character: str) -> str:
    if character.isprintable():
        return _ESCAPED.get(character, character)
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def put_on_top(front_matter: str, markdown: str) -> str:
    """Return the Markdown below the block; front matter that it has already becomes a block of code."""
    if not front_matter:
        return markdown
    own = _OWN.match(markdown)
    if own is None:
        return front_matter + markdown
    longest = max((len(run) for run in re.findall(r"`{3,}", own[2])), default=2)
    fence = "`" * (longest + 1)
    return f"{front_matter}{fence}{_LANGUAGES[own[1]]}\n{own[2]}{fence}\n{markdown[own.end() :]}"
