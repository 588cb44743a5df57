"""Addresses and names of link targets, made safe."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from markerd.convert.rendering.links import clean_destination

_SCHEME = re.compile(r"[a-z][a-z0-9+.\-]*\s*:", re.IGNORECASE)


def clean_address(href: str, base: str = "") -> str | None:
    """Clean the address of a link, see `clean_destination`; one within the document leads to the name of its place."""
    bare = re.sub(r"[\x00-\x1f\x7f]", "", href).strip()
    if bare.startswith("#"):
        return f"#{clean_name(unquote(bare[1:]))}" if bare != "#" else None
    if base and not _SCHEME.match(bare):
        bare = urljoin(base, bare)
    return clean_destination(bare)


def clean_name(text: str) -> str:
    """Return the name of a place in the document, in characters that need no quotes anywhere."""
    return re.sub(r"[^\w.:\-]", "_", text)


def is_external(source: str) -> bool:
    return source.lower().startswith(("http://", "https://", "//"))


def is_elsewhere(source: str | None) -> bool:
    """Whether an address leads to the network or the disk, not to what comes with the document."""
    return bool(source) and str(source).lower().startswith(("http://", "https://", "//", "file:", "ftp:"))


def guess_file_name(address: str) -> str:
    """Return what a picture at an address is called, where nobody says what it shows."""
    return unquote(PurePosixPath(urlsplit(address).path).name) or "image"
