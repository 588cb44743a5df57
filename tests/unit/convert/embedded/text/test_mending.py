"""Text that was decoded wrongly."""

from __future__ import annotations

from ftfy import fix_text
from hypothesis import example, given
from hypothesis import strategies as st

from markerd.convert.embedded.text.mending import is_plain, mend_text

ASCII = st.characters(max_codepoint=127)
MIXED = st.one_of(ASCII, st.sampled_from("éÃ©\ufb01\u201c\u201d\u00a0\u0130\x85\uff0c\uff11"))


@given(st.text(ASCII))
@example("a &amp; b &lt; c")
@example("a\r\nb\x1b[36mc\x00")
def test_ftfy_leaves_plain_text_as_it_is(text: str) -> None:
    """What is called plain is text in which ftfy changes nothing, and most ASCII is."""
    assert not is_plain(text) or fix_text(text) == text
    assert is_plain(text) == all(c == "\n" or (c.isprintable() and c != "&") for c in text)


@given(st.text(MIXED))
def test_text_is_mended_alike_each_time(text: str) -> None:
    """The mended text does not depend on what was mended before."""
    assert mend_text(text) == mend_text(text)


def test_wrongly_decoded_text_is_mended_and_keeps_its_width() -> None:
    """Mojibake is decoded again; full-width characters stay, because letters around them are as wide."""
    assert mend_text("cafÃ©") == "café"
    assert mend_text("\u4e00\uff0c\uff11") == "\u4e00\uff0c\uff11"
