"""How often a PDF's forms, patterns and soft masks are drawn within one another.

A form may draw the next one twice, and so on for thirty levels, or itself, in a file of 5 kB. This is decided by the
file's bytes: the dictionaries of streams are never packed or encrypted. Contents that are packed in other ways than by
deflate, and resources that lie in streams of objects, are not looked into.
"""

from __future__ import annotations

import mmap
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markerd.errors import DocumentError

MOST_DRAWN = 100_000
"""Forms drawn by a form, those within it included: PDFium takes a second and 200 MB for 20,000; maps have 1,000."""
_MOST_LEVELS = 40  # levels that PDFium follows: kMaxFormLevel in cpdf_streamcontentparser.cpp
_TILES = 16  # drawings that a pattern counts as: the real number depends on what is painted with it
_MOST_CONTENT_BYTES = 4 << 20  # of one form, inflated
_MOST_RESOURCES_BYTES = 1 << 16
_MOST_NUMBER_BYTES = 32
_DRAWABLE = re.compile(rb"/Subtype\s*/Form\b|/PatternType\b")
_NUMBER = re.compile(rb"(\d{1,9})\s+\d{1,5}\s*$")
_OBJECT = re.compile(rb"\b(\d{1,9})\s{1,9}\d{1,5}\s{1,9}obj\b")
_RESOURCES = re.compile(rb"/Resources\s+(\d{1,9})\s+\d{1,5}\s+R\b")
_USED = re.compile(rb"/([^\s/\[\]<>(){}%]{1,127})\s+(Do|scn|SCN|gs)\b")
_NAMED = re.compile(rb"/([^\s/\[\]<>(){}%]{1,127})\s+(\d{1,9})\s+\d{1,5}\s+R\b")
_MASKED = re.compile(rb"/([^\s/\[\]<>(){}%]{1,127})\s*<<[^>]*?/SMask\s*<<[^>]*?/G\s+(\d{1,9})\s+\d{1,5}\s+R\b")


Data = bytes | mmap.mmap
"""A whole file."""


@dataclass(frozen=True)
class Drawing:
    """What one form draws: how often each name of its resources, and the dictionary that holds these."""

    names: Mapping[bytes, int]
    dictionary: bytes


def is_drawable(dictionary: bytes) -> bool:
    """Whether a stream with this dictionary is a form or a pattern."""
    return _DRAWABLE.search(dictionary) is not None


def parse_drawing(before: bytes, dictionary: bytes, content: bytes) -> tuple[int, Drawing] | None:
    """Return the object's number and what it draws; None where the number is not found.

    `before` ends with the object's dictionary, `content` begins with its stream.
    """
    found = _NUMBER.search(before.rpartition(b" obj")[0][-_MOST_NUMBER_BYTES:])
    if found is None:
        return None
    names: Counter[bytes] = Counter()
    for name, operator in _USED.findall(_inflate(content)):
        names[name] += _TILES if operator.lower() == b"scn" else 1
    return int(found[1]), Drawing(names, dictionary)


def _inflate(content: bytes) -> bytes:
    """Inflate the content where it is deflated; else return it up to the stream's end."""
    try:
        return zlib.decompressobj().decompress(content, _MOST_CONTENT_BYTES)
    except zlib.error:
        return content[:_MOST_CONTENT_BYTES].partition(b"endstream")[0]


def check_drawings(drawings: Mapping[int, Drawing], data: Data) -> None:
    """Raise DocumentError where a form draws more than `MOST_DRAWN`, as far as PDFium follows. `data` is the file.

    A form that draws itself once is drawn forty times, which is harmless; one that does so twice is drawn without end.
    """
    has_shared = any(_RESOURCES.search(each.dictionary) for each in drawings.values())
    places = _locate_objects(data) if has_shared else {}
    edges = {number: list(_find_drawn(each, drawings, data, places)) for number, each in drawings.items()}
    totals = dict.fromkeys(edges, 1)
    for _ in range(_MOST_LEVELS):
        last, totals = (
            totals,
            {number: 1 + sum(times * totals[other] for other, times in others) for number, others in edges.items()},
        )
        if max(totals.values(), default=0) > MOST_DRAWN:
            raise DocumentError(
                f"forms of the PDF draw others, and these others, more than {MOST_DRAWN:,} times: the most that may be",
                kind="nested_too_deep",
                is_permanent=True,
            )
        if last == totals:
            return


def _find_drawn(
    each: Drawing, drawings: Mapping[int, Drawing], data: Data, places: Mapping[int, int]
) -> Iterator[tuple[int, int]]:
    """Yield which other forms it draws, and how often."""
    if not each.names:
        return
    resources = each.dictionary
    for number in map(int, _RESOURCES.findall(each.dictionary)):
        if number in places:
            resources += bytes(data[places[number] : places[number] + _MOST_RESOURCES_BYTES]).partition(b"endobj")[0]
    for name, target in {*_NAMED.findall(resources), *_MASKED.findall(resources)}:
        if each.names.get(name) and int(target) in drawings:
            yield int(target), each.names[name]


def _locate_objects(data: Data) -> dict[int, int]:
    """Return where each object begins; the last one of each number counts."""
    return {int(found[1]): found.end() for found in _OBJECT.finditer(data)}
