"""The alternative text of a picture, on its way from the block's HTML to the attribute of the `<img>`. Pure.

Marker writes what a picture's block holds before the picture, and has no place for such a text.
"""

from __future__ import annotations

import re
from html import escape

_OPENING = '<p class="alt">'
_BEFORE_PICTURE = re.compile(r"<p class=\"alt\">([^<]*)</p>\s*<img src='([^']*)'>")


def write_alt_html(text: str) -> str:
    """Write the text as a block's HTML; where no picture is wanted it stays a paragraph."""
    return f"{_OPENING}{escape(text)}</p>"


def is_alt_html(html: str) -> bool:
    """Whether a block's HTML is an alternative text."""
    return html.startswith(_OPENING)


def move_alt_texts(html: str) -> str:
    """Move each alternative text in rendered HTML into the picture it belongs to."""
    return _BEFORE_PICTURE.sub(r"""<img src='\2' alt="\1">""", html)
