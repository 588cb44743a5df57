"""Items of a list that begin with a box are tasks: the box becomes a form's check box, which Markdown writes as [x]."""

from __future__ import annotations

import re

from bs4 import Tag
from bs4.element import NavigableString

_BOX = re.compile(r"^\s*([☐☑☒])(?:\s+|$)")


def mark_tasks(body: Tag) -> None:
    """Replace the boxes at the beginning of items, in place."""
    for item in body.find_all("li"):
        text = item.find(string=True)
        found = _BOX.match(str(text)) if text is not None else None
        if text is None or found is None or text.find_parent("li") is not item or text.find_parent(["pre", "table"]):
            continue
        box = Tag(name="input", attrs={"type": "checkbox"})
        if found[1] != "☐":
            box["checked"] = ""
        text.insert_before(box)
        text.replace_with(NavigableString(f" {str(text)[found.end() :]}"))
