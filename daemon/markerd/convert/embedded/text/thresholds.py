"""Every threshold of the rules for running text, with its meaning, its unit and what it was checked on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TextThresholds:
    """What the rules for running text compare with.

    *Compounds*: 23 English words broken at a hyphen of their own and 24 broken between syllables, in
    `tests/unit/convert/embedded/text/test_hyphens.py`.
    """

    #: How often the first part of a compound is used, in words of pyspellchecker's English corpus. Prefixes such as
    #: hyper (1,173) and micro lie below it. Compounds.
    min_first_uses: int = 15_000
    #: How often the second part is used, likewise. Compounds.
    min_second_uses: int = 500


THRESHOLDS = TextThresholds()
