"""Lists that Word saves to HTML as paragraphs, with their bullets and numbers as text, made lists again."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag

from markerd.convert.office.canonical_html.sheets import Sheets

_LEVEL = re.compile(r"\blevel([1-9])\b")
_NUMBER = re.compile(r"(\d{1,9})[.)]?")
_LETTERS = re.compile(r"[^\W_]")
_BULLETS = ("o",)
"""The letter that Word takes from a font of its own as a hollow bullet."""


def restore_lists(soup: BeautifulSoup, sheets: Sheets) -> None:
    """Put paragraphs with `mso-list` into lists, nested by their level, in place."""
    open_lists: list[Tag] = []
    last: Tag | None = None
    for paragraph in soup.find_all(["p", "li"]):
        found = _LEVEL.search(sheets.read(paragraph, "mso-list"))
        if found is None or paragraph.name == "li" or paragraph.find_parent("li"):
            continue
        if last is None or not _follows(paragraph, last):
            open_lists = []
        last = _add_item(paragraph, int(found[1]), _take_label(paragraph, sheets), open_lists)


def _follows(paragraph: Tag, last: Tag) -> bool:
    """Whether nothing but white space lies between a paragraph and the list that it may go on with."""
    before = paragraph.previous_sibling
    while before is not None and not isinstance(before, Tag) and not str(before).strip():
        before = before.previous_sibling
    return before is last


def _take_label(paragraph: Tag, sheets: Sheets) -> str:
    """Take out the bullet or the number, which Word marks to be ignored, and return it."""
    label = ""
    for element in paragraph.find_all(["span", "b", "i"]):
        if not element.decomposed and "ignore" in sheets.read(element, "mso-list"):
            label += element.get_text()
            element.decompose()
    return " ".join(label.split())


def _add_item(paragraph: Tag, level: int, label: str, open_lists: list[Tag]) -> Tag:
    """Put a paragraph into the list of its level, and return the outermost list."""
    number = _NUMBER.fullmatch(label)
    name = "ol" if number else "ul"
    outermost = open_lists[0] if open_lists else None
    del open_lists[level:]
    if len(open_lists) == level and open_lists[-1].name != name:
        open_lists.pop()
    item = Tag(name="li")
    if not open_lists:
        outermost = Tag(name=name)
        paragraph.insert_before(outermost)
        open_lists.append(outermost)
    elif len(open_lists) < level:
        holder = open_lists[-1].find_all("li", recursive=False)[-1]
        inner = Tag(name=name)
        holder.append(inner)
        open_lists.append(inner)
    open_lists[-1].append(item)
    if number:
        item["value"] = number[1]
    elif label not in _BULLETS and _LETTERS.search(label):
        item.append(f"{label} ")
    for child in list(paragraph.children):
        item.append(child.extract())
    paragraph.decompose()
    return outermost or open_lists[0]
