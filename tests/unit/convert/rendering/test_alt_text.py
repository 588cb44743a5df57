"""The text that stands for a picture."""

from __future__ import annotations

from markerd.convert.rendering.alt_text import move_alt_texts, write_alt_html


def test_the_text_becomes_the_pictures_own() -> None:
    """Escaped, and of this picture only."""
    text = write_alt_html('a < "b"')
    html = f"<p>{text}<img src='one.jpeg'></p><p><p>words</p><img src='two.jpeg'></p>"
    assert move_alt_texts(html) == (
        "<p><img src='one.jpeg' alt=\"a &lt; &quot;b&quot;\"></p><p><p>words</p><img src='two.jpeg'></p>"
    )


def test_without_a_picture_the_text_is_shown() -> None:
    """Where pictures are not extracted."""
    assert move_alt_texts(write_alt_html("E = mc")) == '<p class="alt">E = mc</p>'
