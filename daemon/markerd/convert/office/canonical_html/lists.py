"""Numbered lists whose numbers Markdown cannot count: other signs, numbers that fall or leap.

Items that are counted in digits, one after the other, stay a numbered list; a leap begins a new one. Any other number
is written as the text of its item, as a reader sees it.
"""

from __future__ import annotations

import re

from bs4 import Tag
from bs4.element import NavigableString

from markerd.convert.office.canonical_html.number_formats import write_number
from markerd.convert.office.canonical_html.sheets import Sheets

_KINDS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_STYLES = {
    "lower-alpha": "lowerLetter", "lower-latin": "lowerLetter", "upper-alpha": "upperLetter",
    "upper-latin": "upperLetter", "lower-roman": "lowerRoman", "upper-roman": "upperRoman", "lower-greek": "",
    "decimal-leading-zero": "decimalZero", "cjk-ideographic": "chineseCounting", "hiragana": "aiueoFullWidth",
    "katakana": "aiueoFullWidth", "hebrew": "hebrew1",
}  # fmt: skip
_NUMBER = re.compile(r"-?\d{1,9}")


def write_labels(body: Tag, sheets: Sheets) -> None:
    """Give each list the numbers that are shown, in place; inner lists are part of their item."""
    for group in body.find_all("ol"):
        items = group.find_all("li", recursive=False)
        numbers = list_numbers(group, items)
        kind = _KINDS.get(str(group.get("type", "")), "") or _read_style(group, sheets)
        if kind or group.has_attr("reversed"):
            _label_items(group, items, [write_number(number, kind or "decimal") for number in numbers])
        else:
            _split_at_leaps(group, items, numbers)


def list_numbers(group: Tag, items: list[Tag]) -> list[int]:
    """List the number of each item: its own, else one more than that before, or one less in a reversed list."""
    step = -1 if group.has_attr("reversed") else 1
    number = _read_number(group, "start", len(items) if step < 0 else 1)
    numbers = []
    for item in items:
        number = _read_number(item, "value", number)
        numbers.append(number)
        number += step
    return numbers


def _read_number(element: Tag, name: str, other: int) -> int:
    found = _NUMBER.fullmatch(str(element.get(name, "")).strip())
    return int(found[0]) if found else other


def _read_style(group: Tag, sheets: Sheets) -> str:
    words = f"{sheets.read(group, 'list-style')} {sheets.read(group, 'list-style-type')}".split()
    return next((_STYLES[word] for word in reversed(words) if word in _STYLES), "")


def _label_items(group: Tag, items: list[Tag], labels: list[str]) -> None:
    group.name, group.attrs = "ul", {}
    for item, label in zip(items, labels, strict=True):
        first = next((child for child in item.children if isinstance(child, Tag) or str(child).strip()), None)
        holder = first if isinstance(first, Tag) and first.name in ("p", "div") else item
        holder.insert(0, NavigableString(f"{label}. "))


def _split_at_leaps(group: Tag, items: list[Tag], numbers: list[int]) -> None:
    into = group
    for place, (item, number) in enumerate(zip(items, numbers, strict=True)):
        if place == 0:
            group["start"] = str(number)
        elif number != numbers[place - 1] + 1:
            later = Tag(name="ol", attrs={"start": str(number)})
            into.insert_after(later)
            into = later
        if into is not group:
            into.append(item.extract())
        del item["value"]
