"""Where a link or a picture leads: one function writes it, for every format and every kind of document."""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import quote, unquote

SCHEMES = frozenset({"http", "https", "ftp", "mailto", "tel"})
"""What a link may begin with. An address without a scheme is one within the document or beside it."""

_RUNS = frozenset({"javascript", "vbscript", "livescript", "mocha", "data", "blob", "file", "view-source", "jar"})
"""Schemes that are refused even where they are disguised by entities or percent signs."""

_SCHEME = re.compile(r"([a-z][a-z0-9+.\-]*):", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SHARE = re.compile(r"\\\\|\\/|/\\")
_HOST_IN_BRACKETS = re.compile(r"[a-z]+://(?:[\w.~%!$&*+,;=:-]*@)?\[[0-9a-f:.]+\]", re.IGNORECASE)
_FIRST_OF_PATH = re.compile(r"^[^/?#]*")
_KEPT = "-._~:/?#@!$&*+,;=%"
_MOST_DISGUISES = 4  # layers of entities and percent signs that are decoded
_LIKE_ENTITY = re.compile(r"&(?=#?\w+;)")


def clean_destination(written: str) -> str | None:
    """Return the address of a link as every format has it; None where it must not be followed, and only its text is
    left.

    The result holds no space, quote, backtick, backslash, angle bracket or bar, no square bracket but those of a host,
    and round brackets only in pairs: it ends neither an attribute of HTML nor a link of Markdown. Of HTML's special
    characters only `&` is left to be escaped. The function does not change its own result.
    """
    bare = _CONTROLS.sub("", written).strip()
    if not bare or _SHARE.match(bare) or _is_dangerous(bare):
        return None
    if bare.startswith("//"):
        bare = f"https:{bare}"  # in a file on the disk it would be a network share
    scheme = _SCHEME.match(bare)
    if scheme and scheme[1].lower() not in SCHEMES:
        return None
    return _encode(bare if scheme else _FIRST_OF_PATH.sub(lambda first: first[0].replace(":", "%3A"), bare))


def escape_for_markdown(address: str) -> str:
    """Escape a destination for the round brackets of Markdown, which reads entities there."""
    return _LIKE_ENTITY.sub("&amp;", address)


def escape_for_html(address: str) -> str:
    """Escape a destination for the quotes of an attribute."""
    return html.escape(address)


def _is_dangerous(address: str) -> bool:
    """Whether an address, or what a careless program makes of it, runs code or opens a file."""
    for _ in range(_MOST_DISGUISES):
        scheme = _SCHEME.match(re.sub(r"[\s\x00-\x1f\x7f-\x9f]", "", address))
        if scheme and scheme[1].lower() in _RUNS:
            return True
        address = unquote(html.unescape(address))
    return False


def _encode(address: str) -> str:
    host = _HOST_IN_BRACKETS.match(address)
    head = host[0] if host else ""
    kept = _KEPT + ("()" if _is_balanced(address) else "")
    return head + "".join(_encode_character(character, kept) for character in address[len(head) :])


def _encode_character(character: str, kept: str) -> str:
    """Keep letters of every script, and encode white space and invisible characters of Unicode."""
    if character.isascii():
        return character if character.isalnum() or character in kept else f"%{ord(character):02X}"
    if unicodedata.category(character)[0] in "CZ":
        return quote(character, errors="replace")
    return character


def _is_balanced(address: str) -> bool:
    """Whether each round bracket has its other half, in the order that Markdown wants."""
    depth = 0
    for character in address:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0
