"""Damaged documents, made from whole ones: each mutant follows from a seed and its number alone, so that what it finds
can be made again.

Its name is its recipe: `SEED-NUMBER-WAY-ORIGINAL`.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_KINDS = ("pdf", "scan", "image", "office", "hostile")
_ZIPPED = (".docx", ".xlsx", ".pptx", ".epub")
_MOST_BLOCK_BYTES = 64 << 10


@dataclass(frozen=True)
class Original:
    """A document of the corpus; `kind` is the folder it lies in."""

    kind: str
    path: Path

    def read(self) -> bytes:
        return self.path.read_bytes()


@dataclass(frozen=True)
class Mutant:
    """A file to drop."""

    name: str
    kind: str
    way: str
    content: bytes


def originals_of(corpus: Path) -> list[Original]:
    """All its documents, in an order of their own."""
    found = [Original(kind, path) for kind in _KINDS for path in sorted((corpus / kind).iterdir())]
    return [original for original in found if original.path.suffix != ".txt"]


def mutant(originals: Sequence[Original], seed: int, number: int) -> Mutant:
    """The `number`-th one of a seed; every run of `len(originals)` numbers takes each of them once."""
    rounds, place = divmod(number, len(originals))
    order = random.Random(f"order {seed} {rounds}").sample(range(len(originals)), len(originals))
    original = originals[order[place]]
    chance = random.Random(f"mutant {seed} {number}")
    way = chance.choice(_ways_for(original))
    content = _WAYS[way](chance, original, originals)
    return Mutant(f"{seed}-{number:03}-{way}-{original.path.name}", original.kind, way, content)


def _ways_for(original: Original) -> list[str]:
    """A ZIP is damaged inside more often than not: else few would be opened at all."""
    ways = [way for way in _WAYS if way != "inner"]
    return [*ways, *["inner"] * len(ways)] if original.path.suffix in _ZIPPED else ways


# --- the ways ------------------------------------------------------------------------------------------------------


def _flipped(chance: random.Random, original: Original, _: Sequence[Original]) -> bytes:
    """From a single bit to one in every hundred bytes."""
    return _with_flips(chance, original.read())


def _with_flips(chance: random.Random, content: bytes) -> bytes:
    damaged = bytearray(content)
    most = max(len(damaged) // 100, 1)
    for _ in range(min(2 ** chance.randrange(11), most)):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def _with_other_digits(chance: random.Random, original: Original, _: Sequence[Original]) -> bytes:
    """Other numbers where numbers are written: sizes, counts, offsets, references."""
    damaged = bytearray(original.read())
    digits = [place for place, byte in enumerate(damaged) if byte in b"0123456789"]
    for place in chance.sample(digits, min(2 ** chance.randrange(8), len(digits))):
        damaged[place] = chance.choice(b"0123456789-")
    return bytes(damaged)


def _cut(chance: random.Random, original: Original, _: Sequence[Original]) -> bytes:
    """As a copy that was broken off."""
    content = original.read()
    return content[: chance.randrange(1, len(content))]


def _gutted(chance: random.Random, original: Original, _: Sequence[Original]) -> bytes:
    """Begin and end are there, a piece between them is not."""
    content = original.read()
    begin, end = _block(chance, content)
    return content[:begin] + content[end:]


def _zeroed(chance: random.Random, original: Original, _: Sequence[Original]) -> bytes:
    """As after a disk's fault."""
    content = original.read()
    begin, end = _block(chance, content)
    return content[:begin] + bytes(end - begin) + content[end:]


def _doubled(chance: random.Random, original: Original, _: Sequence[Original]) -> bytes:
    content = original.read()
    begin, end = _block(chance, content)
    return content[:end] + content[begin:end] * chance.choice((1, 1, 2, 16)) + content[end:]


def _spliced(chance: random.Random, original: Original, originals: Sequence[Original]) -> bytes:
    """The begin of one document and the end of another of its kind."""
    return _joined(chance, original, [other for other in originals if other.path.suffix == original.path.suffix])


def _crossed(chance: random.Random, original: Original, originals: Sequence[Original]) -> bytes:
    """The begin of one document and the end of one of another kind."""
    return _joined(chance, original, [other for other in originals if other.path.suffix != original.path.suffix])


def _joined(chance: random.Random, original: Original, others: Sequence[Original]) -> bytes:
    content, other = original.read(), chance.choice(others).read()
    return content[: chance.randrange(len(content))] + other[chance.randrange(len(other)) :]


def _damaged_inside(chance: random.Random, original: Original, _: Sequence[Original]) -> bytes:
    """A ZIP in good order with a member that is not: flips in packed bytes fail at the checksum."""
    source, target = zipfile.ZipFile(io.BytesIO(original.read())), io.BytesIO()
    chosen = chance.choice([name for name in source.namelist() if source.getinfo(name).file_size])
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        for info in source.infolist():
            content = source.read(info)
            if info.filename == chosen:
                content = _with_flips(chance, content)
            book.writestr(zipfile.ZipInfo(info.filename, info.date_time), content, info.compress_type)
    return target.getvalue()


def _block(chance: random.Random, content: bytes) -> tuple[int, int]:
    begin = chance.randrange(len(content))
    return begin, min(begin + chance.randrange(1, _MOST_BLOCK_BYTES), len(content))


_Way = Callable[[random.Random, Original, Sequence[Original]], bytes]
_WAYS: dict[str, _Way] = {
    "flip": _flipped,
    "digits": _with_other_digits,
    "inner": _damaged_inside,
    "cut": _cut,
    "gut": _gutted,
    "zero": _zeroed,
    "double": _doubled,
    "splice": _spliced,
    "cross": _crossed,
}
