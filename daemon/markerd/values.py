"""Plain values that pass between the parts. Nothing here does I/O."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import Enum

MANIFEST_NAME = "manifest.json"
"""The file in each output folder that says what it is; see `pipeline.manifest`."""

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


class Occasion(str, Enum):
    """What can happen to a document that other programs are told of."""

    PUBLISHED = "published"
    """Its output is in place."""
    DEAD = "dead"
    """markerd gave up on it."""
    SKIPPED = "skipped"
    """The same content is published already."""
    SOURCE_REMOVED = "source_removed"
    """Its source went away: before it was converted, or later, with the output that was made from it."""


class Format(str, Enum):
    """What a document can be rendered to."""

    MARKDOWN = "markdown"
    JSON = "json"
    HTML = "html"
    CHUNKS = "chunks"


class ConverterKind(str, Enum):
    """Which of Marker's converters a folder's PDFs and pictures go through."""

    PDF = "pdf"
    """The whole document."""
    TABLE = "table"
    """Its tables and forms, and nothing else."""
    OCR = "ocr"
    """Every page read by OCR, with the place of each block; only as JSON."""


class After(str, Enum):
    """What becomes of a source once its output is published."""

    ARCHIVE = "archive"
    KEEP = "keep"
    DELETE = "delete"


class Order(str, Enum):
    """Which of the documents that wait in a hot folder is taken first."""

    OLDEST = "oldest"
    NEWEST = "newest"
    SMALLEST = "smallest"
    NAME = "name"


class Ionice(str, Enum):
    """How far converters stand back at the disk."""

    NONE = "none"
    BEST_EFFORT = "best_effort"
    IDLE = "idle"


class CompleteWhen(str, Enum):
    """When a document in a hot folder is complete."""

    SETTLED = "settled"
    MARKER = "marker"


class OnSourceRemoved(str, Enum):
    """What becomes of an output whose source was kept, and then went away."""

    KEEP = "keep"
    ARCHIVE = "archive"
    DELETE = "delete"


class Spans(str, Enum):
    """How Markdown shows a cell that spans several rows or columns."""

    REPEAT = "repeat"
    """Its text is in each of its places, so that a row can be read by itself."""
    ONCE = "once"
    """Its text is in the first of its places; the others are empty."""
    HTML = "html"
    """A table that has such a cell is written as HTML."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells one content of a path from another without reading the file."""

    size: int
    mtime_ns: int
    inode: int
    ctime_ns: int | None = None
    """When the kernel last noted a change, which no program can set. None comes from a version that did not ask."""

    @classmethod
    def of(cls, stat: os.stat_result) -> Fingerprint:
        """Return the fingerprint, whose numbers fit the 64 bits of the journal.

        A time after 2262 becomes the last one that fits. An inode with the top bit set becomes negative.
        """
        inode = stat.st_ino if stat.st_ino <= _LARGEST else stat.st_ino - (1 << 64)
        return cls(stat.st_size, _clamp(stat.st_mtime_ns), inode, _clamp(stat.st_ctime_ns))

    def matches(self, other: Fingerprint) -> bool:
        """Whether both may stand for the same content. An unknown change time rules nothing out."""
        is_known = self.ctime_ns is not None and other.ctime_ns is not None
        return self.is_same_but_for_ctime(other) and (not is_known or self.ctime_ns == other.ctime_ns)

    def is_same_but_for_ctime(self, other: Fingerprint) -> bool:
        """Whether both match apart from the change time, which a rename by markerd itself changes."""
        return (self.size, self.mtime_ns, self.inode) == (other.size, other.mtime_ns, other.inode)


def _clamp(time_ns: int) -> int:
    return time_ns if -_LARGEST <= time_ns <= _LARGEST else min(max(time_ns, -_LARGEST), _LARGEST)


def make_printable(name: str | bytes) -> str:
    r"""Return a file name as text that cannot forge a log line.

    `\` is doubled, and control and undecodable bytes become `\xNN`. The mapping is one to one, so two names never
    look alike.
    """
    text = os.fsdecode(name) if isinstance(name, bytes) else name
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(_escape(character) for character in text)


def format_utc_now() -> str:
    """Format the time of day in UTC, to the millisecond."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def make_harmless(text: str, *, keep_lines: bool = False) -> str:
    """Return a text for people in which nothing can forge or break a line.

    Control characters, terminal sequences and lone surrogates are escaped. Backslashes stay as they are, so unlike
    `make_printable` it does not keep two texts apart.
    """
    if text.isprintable():
        return text
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
    """A page that lost structure.

    `page` is counted from 1, `reason` says why, `where` is the place in the code if a fault was met, and `reader` names
    who read the page instead.
    """

    page: int
    reason: str
    where: str
    reader: str


@dataclass(frozen=True)
class Attachment:
    """What came with a mail under the name `name`.

    Its heading stands on `page` of the output, counted from 1, with its `pages` from there on. `failed` says why it is
    not converted; then one page has its name and this reason.
    """

    name: str
    page: int
    pages: int
    failed: str


@dataclass(frozen=True)
class LlmUse:
    """What a document asked of an LLM service: `failed` of its `requests` brought nothing; `reason` says why.

    Where a request fails the text stays as it was read.
    """

    service: str
    model: str
    requests: int
    failed: int
    reason: str


@dataclass(frozen=True)
class ReadTable:
    """A table on `page`, counted from 1, and the name of the reader whose cells were kept."""

    page: int
    reader: str


def count_with_noun(count: float | None, noun: str, form: str = ".0f") -> str:
    """Return a whole number with its noun: `1 page`, `2 pages`.

    `noun` is given in the singular, and `form` is the format of the number. None stands for what the system could not
    tell, or not yet.
    """
    if count is None:
        return f"an unknown number of {make_plural(noun)}"
    return f"{count:{form}} {noun if count == 1 else make_plural(noun)}"


def make_plural(noun: str) -> str:
    """Return the plural of the noun."""
    return _IRREGULAR.get(noun, f"{noun}s")


_IRREGULAR = {"child": "children", "delivery": "deliveries", "fetch": "fetches"}


def demand_plain_name(name: object) -> str:
    """Return the name of a file in a folder itself. Raise ValueError if it leads elsewhere, or is not a name."""
    if not isinstance(name, str) or name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ValueError(f"no name of a file: {name!r}")
    return name


def number_names(name: str) -> Iterator[str]:
    """Yield `a.pdf`, `a-2.pdf`, `a-3.pdf`, … each short enough for a file system."""
    yield name
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - Path drops a trailing dot
    if len(os.fsencode(suffix)) > _SUFFIX_MAX_BYTES:  # not a kind of file, and no room is left for the number
        stem, suffix = name, ""
    for number in range(2, 1_000_000):
        yield shorten_name(stem, f"-{number}{suffix}")


def shorten_name(stem: str, ending: str) -> str:
    """Return `stem + ending`. A stem that is too long for 255 bytes is cut between two characters.

    A hash of the whole stem keeps names that were cut apart from each other.
    """
    if len(os.fsencode(stem + ending)) <= _NAME_MAX_BYTES:
        return stem + ending
    mark = "~" + hashlib.sha256(os.fsencode(stem)).hexdigest()[:8]
    room = _NAME_MAX_BYTES - len(os.fsencode(mark + ending))
    while len(os.fsencode(stem)) > room:
        stem = stem[:-1]
    return stem + mark + ending
