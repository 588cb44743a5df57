"""Plain values that pass between the parts: no I/O here."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

_LARGEST = (1 << 63) - 1
_NAME_MAX_BYTES = 255
_SUFFIX_MAX_BYTES = 64


class State(str, Enum):
    """Where a document stands in the journal."""

    SEEN = "seen"
    SETTLING = "settling"
    QUEUED = "queued"
    CONVERTING = "converting"
    PUBLISHED = "published"
    FAILED = "failed"
    DEAD = "dead"
    SKIPPED = "skipped"


UNFINISHED = (State.SEEN, State.SETTLING, State.QUEUED, State.CONVERTING, State.FAILED)


class Format(str, Enum):
    """What a document can be rendered to."""

    MARKDOWN = "markdown"
    JSON = "json"
    HTML = "html"
    CHUNKS = "chunks"


class After(str, Enum):
    """What becomes of a source once its output is published."""

    ARCHIVE = "archive"
    KEEP = "keep"
    DELETE = "delete"


@dataclass(frozen=True)
class Fingerprint:
    """What tells one content of a path from another without reading it."""

    size: int
    mtime_ns: int
    inode: int
    ctime_ns: int | None = None
    """When the kernel last noted a change; no program can set it. None: written down by a version that did not ask."""

    @classmethod
    def of(cls, stat: os.stat_result) -> Fingerprint:
        """Each number fits the journal's 64 bits: a time after 2262 is the last one, an inode with the top bit set is
        negative."""
        inode = stat.st_ino if stat.st_ino <= _LARGEST else stat.st_ino - (1 << 64)
        return cls(stat.st_size, _clamp(stat.st_mtime_ns), inode, _clamp(stat.st_ctime_ns))

    def matches(self, other: Fingerprint) -> bool:
        """Whether both may stand for the same content; a change time that is not known rules nothing out."""
        is_known = self.ctime_ns is not None and other.ctime_ns is not None
        return self.is_same_but_for_ctime(other) and (not is_known or self.ctime_ns == other.ctime_ns)

    def is_same_but_for_ctime(self, other: Fingerprint) -> bool:
        """As `matches`, for a file that markerd itself has renamed since: that changes nothing but this time."""
        return (self.size, self.mtime_ns, self.inode) == (other.size, other.mtime_ns, other.inode)


def _clamp(time_ns: int) -> int:
    return min(max(time_ns, -_LARGEST), _LARGEST)


def make_printable(name: str | bytes) -> str:
    r"""A file name as text that cannot forge a log line: `\` doubled, control and undecodable bytes as `\xNN`.

    The mapping is one to one, so two names never look alike.
    """
    text = os.fsdecode(name) if isinstance(name, bytes) else name
    return "".join(_escape(character) for character in text)


def make_harmless(text: str, *, keep_lines: bool = False) -> str:
    """A text for people with what could forge or break a line escaped: control characters, terminal sequences, lone
    surrogates. Unlike `make_printable` it leaves backslashes alone, so it does not keep two texts apart."""
    return "".join(c if c.isprintable() or (keep_lines and c == "\n") else _short_escape(c) for c in text)


def _short_escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _escape(character: str) -> str:
    code = ord(character)
    if character == "\\":
        return "\\\\"
    if 0xDC80 <= code <= 0xDCFF:  # surrogateescape: a byte that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if character.isprintable():
        return character
    if code < 0x100:
        return f"\\u{code:04x}" if code >= 0x80 else f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@dataclass(frozen=True)
class DegradedPage:
    """A page, counted from 1, that lost structure: why, where in the code a fault was met, and who read it instead."""

    page: int
    reason: str
    where: str
    reader: str


def count_with_noun(count: float | None, noun: str, form: str = ".0f") -> str:
    """`1 page`, `2 pages`: a whole number, written by its format `form`, with its noun, which is given as for one.

    None is what the system could not tell, or not yet.
    """
    if count is None:
        return f"an unknown number of {make_plural(noun)}"
    return f"{count:{form}} {noun if count == 1 else make_plural(noun)}"


def make_plural(noun: str) -> str:
    """The noun for more than one."""
    return _IRREGULAR.get(noun, f"{noun}s")


_IRREGULAR = {"child": "children", "fetch": "fetches"}


def demand_plain_name(name: object) -> str:
    """The name of a file in a folder itself. Raises ValueError for what leads elsewhere, or is none."""
    if not isinstance(name, str) or name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ValueError(f"no name of a file: {name!r}")
    return name


def number_names(name: str) -> Iterator[str]:
    """Yield `a.pdf`, `a-2.pdf`, `a-3.pdf`, … each short enough for a file system."""
    yield name
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - Path drops a trailing dot
    if len(os.fsencode(suffix)) > _SUFFIX_MAX_BYTES:  # this names no kind of file and leaves the number no room
        stem, suffix = name, ""
    for number in range(2, 1_000_000):
        yield shorten_name(stem, f"-{number}{suffix}")


def shorten_name(stem: str, ending: str) -> str:
    """Return `stem + ending`; a stem that is too long for 255 bytes is cut between two characters.

    A hash of the whole stem keeps names that were cut apart from each other.
    """
    if len(os.fsencode(stem + ending)) <= _NAME_MAX_BYTES:
        return stem + ending
    mark = "~" + hashlib.sha256(os.fsencode(stem)).hexdigest()[:8]
    room = _NAME_MAX_BYTES - len(os.fsencode(mark + ending))
    while len(os.fsencode(stem)) > room:
        stem = stem[:-1]
    return stem + mark + ending
