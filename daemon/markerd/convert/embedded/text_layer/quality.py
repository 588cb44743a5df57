"""Judges from its characters alone whether a text layer says what the page shows. Pure.

Fonts without a usable mapping to Unicode give text that looks like `+HOOR :RUOG`, `(cid:72)(cid:101)`, private-use or
control characters. The judge must be slow to reject: OCR reads a rejected page instead of its own text. So anything
natural in any script, numbers, tables and code count as good.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from markerd.convert.embedded.text.patterns import CASE_CHANGE, CID_CODE, CONSONANT_RUN, WORD
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS

VOWELS = frozenset("aeiouyAEIOUY")

# The commonest letter pairs of the languages written with Latin letters: English, French, German, Spanish,
# Italian, Portuguese, Dutch, Polish, Turkish, Finnish, Hungarian and Indonesian share most of them.
COMMON_PAIRS_TEXT = (
    "th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro ic "
    "ne ea ra ce li ch ll be ma si om ur la el ta un di os ec ad da do ie ei ge au sc us qu ue ai ui ci ca no po pr tr "
    "na ni ka ja ki sz cz ow wi yo ku ya ak ek et ee ij oo aa ss tt um im il ir ol op ul ia"
)
COMMON_PAIRS = frozenset(COMMON_PAIRS_TEXT.split())


def estimate_garbled(text: str) -> float:
    """Estimate the probability that the text is garbled, 0 to 1.

    Empty text is good: whether a page without text needs OCR does not depend on its letters.
    """
    characters = [c for c in text if not c.isspace()]
    if not characters:
        return 0.0
    return max(_estimate_by_codes(text, characters), _estimate_by_words(text))


def _estimate_by_codes(text: str, characters: Sequence[str]) -> float:
    """Estimate from the share of characters that nobody writes: 10 % of them make the text bad."""
    cids = sum(len(match) for match in CID_CODE.findall(text))
    strange = sum(1 for c in characters if _is_strange(c))
    return min(1.0, THRESHOLDS.strange_weight * (cids + strange) / len(characters))


def _is_strange(character: str) -> bool:
    return character == "\ufffd" or unicodedata.category(character) in ("Cc", "Co", "Cn", "Cs")


def _estimate_by_words(text: str) -> float:
    """Estimate from words of Latin letters: without vowels, with endless consonants, of pairs that no language has."""
    words = find_latin_words(text)
    letters = sum(len(w) for w in words)
    # Where Latin letters are a minority, the text is in another script or is numbers, which this rule cannot judge.
    if len(words) < THRESHOLDS.min_judged_words or letters < THRESHOLDS.min_latin * sum(not c.isspace() for c in text):
        return 0.0
    odd = sum(1 for w in words if _is_odd(w)) / len(words)
    return max(
        min(1.0, odd),
        THRESHOLDS.rare_pairs_probability if measure_common_pairs(words) < THRESHOLDS.min_language_pairs else 0.0,
    )


def find_latin_words(text: str) -> list[str]:
    """Find the words of three or more plain Latin letters."""
    return [w for w in WORD.findall(text) if w.isascii()]


def _is_odd(word: str) -> bool:
    if word.isupper() and len(word) <= THRESHOLDS.max_acronym:
        return False  # an acronym
    if not VOWELS.intersection(word) or CONSONANT_RUN.search(word):
        return True
    return len(CASE_CHANGE.findall(word)) > THRESHOLDS.max_case_changes


def measure_common_pairs(words: Sequence[str]) -> float:
    """Measure the share of letter pairs that are common in the languages with Latin letters, 0 to 1."""
    pairs = [word[i : i + 2].lower() for word in words for i in range(len(word) - 1)]
    return sum(1 for pair in pairs if pair in COMMON_PAIRS) / max(1, len(pairs))
