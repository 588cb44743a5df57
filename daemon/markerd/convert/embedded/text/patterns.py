"""Patterns of text that several modules look for, each defined once. Pure."""

from __future__ import annotations

import re

# Hyphen bullet, en and em dash are written as escapes, since they look like the hyphen that stands last.
BULLETS = "•●○◦▪■□☐☑☒✓➢➤►▶❖◆◇‣∙·\u2043\u2013\u2014*-"
ITEM = re.compile(rf"^\s*(?:[{BULLETS}]\s|\(?\d{{1,3}}[.)]\s|\(?(?:[a-z]|[ivx]{{1,5}})[.)]\s)")
"""The beginning of an item of a list: a bullet, or a number or letter with a bracket or a dot."""

CAPTION = re.compile(
    r"^\s*(?:fig(?:ure|\.)?|table|tab\.|abb(?:ildung|\.)?|tabelle|listing|algorithm|scheme|chart|exhibit|plate|figura"
    r"|tabla|tableau|tabella)\s*\d+(?:[.-]\d+)*\s*(?:[.:|\u2013\u2014-]|\s(?-i:[A-Z(])|$)",
    re.IGNORECASE,
)
"""The beginning of a caption in the languages of the West: `Figure 3:`, `Tab. 2.1`."""
