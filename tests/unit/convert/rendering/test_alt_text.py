"""The text that stands for a picture."""

from __future__ import annotations

from markerd.convert.rendering.alt_text import move_alt_texts, write_alt_html


def test_alternative_text_moves_into_its_picture() -> None:
    """Escaped, and only into this picture."""
    text = write_alt_html('a < "b"')
    html = f"<p>{text}<img src='one.jpeg'></p><p><p>words</p><img src='two.jpeg'></p>"
    assert move_alt_texts(html) == (
        "<p><img src='one.jpeg' alt=\"a &lt; &quot;b&quot;\"></p><p><p>words</p><img src='two.jpeg'></p>"
    )


def test_alternative_text_without_picture_stays_a_paragraph() -> None:
    """Where pictures are not extracted."""
    assert move_alt_texts(write_alt_html("E = mc")) == '<p class="alt">E = mc</p>'
