"""The SHA-256 of files of any size."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from typing import BinaryIO

_CHUNK_BYTES = 1 << 20


def hash_in_steps(file: BinaryIO) -> Generator[None, None, str]:
    """Hash what is left to read, with a pause after each megabyte; the value of the generator is the hash, in hex.

    Raises OSError.
    """
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
        yield
    return digest.hexdigest()


def hash_file(file: BinaryIO) -> str:
    """Return the hash of what is left to read, in hex. Raises OSError."""
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()
