"""The converter of mails: the messages and what is attached, one after the other, become one output.

Each of them is rendered into a piece of its own before the next is converted, so that one is held at a time, and what
one of them meets costs none of the others. The pieces are joined at the end. Importing this module imports marker.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Protocol

from markerd.convert.checks.quality import merge_quality
from markerd.convert.marker_bridge.document_converter import write_artifacts
from markerd.convert.marker_bridge.placing import TITLE_LEVEL
from markerd.convert.office.canonical_html.cleaning import clean_page, find_link_targets
from markerd.convert.office.canonical_html.pictures import Pictures
from markerd.convert.office.converter import choose_pages, render_document, translate_damage
from markerd.convert.office.foreign_formats import READ
from markerd.convert.office.mail_pieces import join_pieces
from markerd.convert.office.marker_document import build_document
from markerd.convert.office.readers.mail import COUNTS_FOR_ALL, REFUSED, MailPart, MailReader, describe_refusal
from markerd.convert.office.time_budget import TimeBudget
from markerd.convert.protocol import (
    ArtifactRole,
    ConversionRequest,
    ConversionResult,
    DocumentLimits,
    Quality,
    TimeLimits,
    count_images,
)
from markerd.errors import DocumentError
from markerd.values import Attachment

_NO_TIME = "the rest of the mail has used up its time: raise converter.timeout_s or timeout_per_page_s"


class Attached(Protocol):
    """An attachment that has pages to look at, a PDF or a picture, and could be opened."""

    @property
    def pages(self) -> int:
        """The number of its pages."""

    @property
    def folder(self) -> Path:
        """Where its artifacts are put."""

    def convert(self, name: str, first_page: int, pages: Sequence[int]) -> ConversionResult | DocumentError:
        """Convert these of its pages, counted from 0, as those of a file of its own, below its name.

        Its page 0 is number `first_page` of the mail. Returns the error that it met.
        """


class OpenAttachment(Protocol):
    """How the engine opens the file of an attachment with the converter that any file gets."""

    def __call__(self, file: Path, request: ConversionRequest) -> Attached | DocumentError:
        """Open the file, attached to the mail of `request`, in whose folder others may lie; or return why not."""


@dataclass(frozen=True)
class _Placed:
    """A part of the mail and the numbers, from 0, of its pages in the output; `attached` where it has a file."""

    part: MailPart
    numbers: range
    attached: Attached | None = None


class MailConverter:
    """Converts one mail, that of `request`. `on_pages` gets the number of all its pages before any is converted."""

    def __init__(
        self,
        reader: MailReader,
        open_attachment: OpenAttachment,
        limits: DocumentLimits,
        time_limits: TimeLimits | None,
        request: ConversionRequest,
        on_pages: Callable[[int], None],
    ) -> None:
        self._reader = reader
        self._open_attachment = open_attachment
        self._limits = limits
        self._time_limits = time_limits
        self._request = request
        self._on_pages = on_pages
        self._roles = [ArtifactRole(name) for name in request.formats]
        self._folder = Path(tempfile.mkdtemp(dir=request.scratch_dir))
        self._pictures = Pictures()
        self._pieces: list[Path] = []
        self._qualities: list[Quality] = []
        self._attachments: list[Attachment] = []

    def convert(self) -> ConversionResult:
        """Convert the mail into artifacts in the request's folder.

        Raises DocumentError for a message that cannot be read; an attachment is named with the reason instead.
        """
        started = time.monotonic()
        with translate_damage():
            source = Path(self._request.source)
            parts = self._reader.read(source, self._pictures, self._limits, self._folder)
            self._targets = frozenset().union(*(find_link_targets(page) for part in parts for page in part.pages))
        placed = list(self._place(parts))
        wanted = choose_pages(placed[-1].numbers.stop, self._request.options)
        self._on_pages(len(wanted))
        self._budget = TimeBudget(started, self._find_time_limit(len(wanted)))
        pages = sum(self._convert_part(each, frozenset(wanted)) for each in placed)
        rendered = time.monotonic()
        artifacts = join_pieces(self._pieces, self._roles, Path(self._request.output_dir))
        seconds = {"marker": rendered - started, "write": time.monotonic() - rendered}
        quality, attachments = merge_quality(self._qualities), tuple(self._attachments)
        images = count_images(artifacts)
        return ConversionResult(pages, artifacts, seconds, images, quality=quality, attachments=attachments)

    def _find_time_limit(self, pages: int) -> float:
        return math.inf if self._time_limits is None else self._time_limits.limit_s(pages, self._request.part_pages)

    def _place(self, parts: list[MailPart]) -> Iterator[_Placed]:
        """Number the pages of all parts. One that would exceed the most pages of a document is refused for itself."""
        first, others = 0, sum(max(len(part.pages), 1) for part in parts)
        for part in parts:
            placed = (
                _Placed(part, _count(first, len(part.pages)))
                if part.file is None
                else self._open(part, part.file, first, others)
            )
            yield placed
            first = placed.numbers.stop
            others += len(placed.numbers) - max(len(part.pages), 1)

    def _open(self, part: MailPart, file: Path, first: int, others: int) -> _Placed:
        opened = self._open_attachment(file, self._request)
        try:
            if isinstance(opened, DocumentError):
                raise opened
            self._limits.check_pages(others - 1 + opened.pages)
        except DocumentError as error:
            return _Placed(MailPart(part.name, failed=str(error)), _count(first, 1))
        return _Placed(part, _count(first, opened.pages), opened)

    def _convert_part(self, placed: _Placed, wanted: frozenset[int]) -> int:
        """Convert those of the part's pages that are wanted; return how many pages of the output they are."""
        numbers = [number for number in placed.numbers if number in wanted]
        if not numbers:
            return 0
        name = placed.part.name
        reason = (placed.part.failed or self._try_to_convert(placed, numbers)).removesuffix(f". {READ}")
        if reason:
            numbers = numbers[:1]
            note = f"<p>{escape(f'(not converted: {reason})')}</p>"
            self._render([(numbers[0], _write_title(name) + note)])
        if name:
            self._attachments.append(Attachment(name, numbers[0] + 1, len(numbers), reason))
        return len(numbers)

    def _try_to_convert(self, placed: _Placed, numbers: list[int]) -> str:
        """Convert pages into a piece. Return why an attachment cannot be converted, else an empty text."""
        if placed.attached is not None:
            return self._convert_attached(placed, placed.attached, numbers)
        name, first = placed.part.name, placed.numbers.start
        pages = [(number, placed.part.pages[number - first]) for number in numbers]
        if not name:
            self._render(pages)
            return ""
        try:
            self._render([(numbers[0], _write_title(name) + pages[0][1]), *pages[1:]])
        except REFUSED as error:
            if isinstance(error, DocumentError) and error.kind in COUNTS_FOR_ALL:
                raise
            return describe_refusal(error)
        return ""

    def _convert_attached(self, placed: _Placed, attached: Attached, numbers: list[int]) -> str:
        first, started = placed.numbers.start, time.monotonic()
        if not self._budget.suffices(len(numbers), started):
            return _NO_TIME
        converted = attached.convert(placed.part.name, first, [number - first for number in numbers])
        self._budget.spend(len(numbers), time.monotonic() - started)
        if isinstance(converted, DocumentError):
            return str(converted)
        self._pieces.append(attached.folder)
        self._qualities.append(converted.quality)
        return ""

    def _render(self, pages: Sequence[tuple[int, str]]) -> None:
        """Render numbered pages as a piece. Raises DocumentError for what cannot be read."""
        with translate_damage():
            bodies = ((number, clean_page(page, self._pictures, self._targets)) for number, page in pages)
            document = build_document(bodies, self._pictures, Path(self._request.source))
        piece = Path(tempfile.mkdtemp(dir=self._folder))
        write_artifacts(render_document(document, self._request.options, self._roles), piece)
        self._pieces.append(piece)


def _count(first: int, pages: int) -> range:
    return range(first, first + max(pages, 1))


def _write_title(name: str) -> str:
    return f"<h{TITLE_LEVEL}>{escape(name)}</h{TITLE_LEVEL}>"
