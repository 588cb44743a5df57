"""Addresses and names of targets, made safe."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

_SCHEME = re.compile(r"[\x00-\x20]*([a-z][a-z0-9+.\-]*)\s*:", re.IGNORECASE)
_ACTIVE = frozenset({"javascript", "vbscript", "data", "livescript", "mocha", "blob"})


def safe_address(href: str, base: str = "") -> str | None:
    """The address of a link, as it stands but without control characters; None where following it would run code."""
    bare = re.sub(r"[\x00-\x1f\x7f]", "", href).strip()
    scheme = _SCHEME.match(bare)
    if not bare or (scheme and scheme[1].lower() in _ACTIVE):
        return None
    if bare.startswith("#"):
        return f"#{target_name(unquote(bare[1:]))}" if bare != "#" else None
    if base and not scheme:
        bare = urljoin(base, bare)
    return _written(bare)


def target_name(text: str) -> str:
    """The name of a place in the document, with characters that need no quotes anywhere."""
    return re.sub(r"[^\w.:\-]", "_", text)


def is_external(source: str) -> bool:
    return source.lower().startswith(("http://", "https://", "//"))


def names_elsewhere(source: str | None) -> bool:
    """Whether an address is one of the network or of the disk, not of what comes with the document."""
    return bool(source) and str(source).lower().startswith(("http://", "https://", "//", "file:", "ftp:"))


def file_of(address: str) -> str:
    """What a picture at an address is called, where nobody says what it shows."""
    return unquote(PurePosixPath(urlsplit(address).path).name) or "image"


def _written(address: str) -> str:
    """What would end a link in Markdown, encoded."""
    encoded = address.replace(" ", "%20").replace("<", "%3C").replace(">", "%3E").replace('"', "%22")
    if encoded.count("(") != encoded.count(")"):
        encoded = encoded.replace("(", "%28").replace(")", "%29")
    return encoded
