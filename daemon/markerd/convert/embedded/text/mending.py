"""Mends text that was decoded wrongly, with ftfy. Pure."""

from __future__ import annotations

from functools import lru_cache

from ftfy import TextFixerConfig, fix_text

from markerd.convert.embedded.text.patterns import PLAIN

_AS_WRITTEN = TextFixerConfig(fix_character_width=False)  # East Asian commas and digits are as wide as the letters
_MOST_REMEMBERED = 4096  # words, of which one page has a few hundred different ones


def mend_text(text: str) -> str:
    """Mend the text as ftfy does, but keep the width of its characters."""
    return text if is_plain(text) else _mend_strange(text)


def is_plain(text: str) -> bool:
    """Whether ftfy leaves the text as it is, whatever it is configured to do."""
    return PLAIN.fullmatch(text) is not None


@lru_cache(_MOST_REMEMBERED)
def _mend_strange(text: str) -> str:
    return fix_text(text, _AS_WRITTEN)
