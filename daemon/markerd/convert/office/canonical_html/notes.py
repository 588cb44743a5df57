"""Foot- and endnotes of books and pages, by what they say of themselves (EPUB 3 vocabulary, DPUB-ARIA)."""

from __future__ import annotations

from bs4 import BeautifulSoup, Tag

from markerd.convert.office.canonical_html.lists import list_numbers

_NOTES = frozenset({"footnote", "endnote", "rearnote", "doc-footnote", "doc-endnote"})
_GROUPS = frozenset({"footnotes", "endnotes", "rearnotes", "doc-endnotes"})
_BACK = frozenset({"doc-backlink", "backlink", "footnote-back", "footnote-backref", "reversefootnote"})


def is_note(element: Tag) -> bool:
    """Whether an element is a note. A reader of books shows it at its reference, so it may be hidden in its place."""
    return bool(_list_roles(element) & _NOTES)


def mark_notes(soup: BeautifulSoup) -> None:
    """Make notes blocks of their own, in place; those of a list get their number."""
    for group in soup.find_all("ol"):
        if _is_list_of_notes(group):
            _number_notes(group)
    for note in soup.find_all(is_note):
        if note.name != "li" and note.find_parent(is_note) is None:
            _make_note(note)


def _list_roles(element: Tag) -> set[str]:
    return {*str(element.get("epub:type") or "").split(), *str(element.get("role") or "").split()}


def _is_list_of_notes(group: Tag) -> bool:
    items = group.find_all("li", recursive=False)
    if items and all(is_note(item) for item in items):
        return True
    around = group.find_parent(["section", "div", "aside", "footer"])
    is_group = around is not None and bool((_list_roles(around) | set(_list_classes(around))) & _GROUPS)
    return is_group and all(item.get("id") for item in items)


def _list_classes(element: Tag) -> list[str]:
    return [name for name in element.get_attribute_list("class") if name]


def _number_notes(group: Tag) -> None:
    items = group.find_all("li", recursive=False)
    for item, number in zip(items, list_numbers(group, items), strict=True):
        mark = Tag(name="sup")
        mark.append(str(number))
        _make_note(item)
        item.insert(0, " ")
        item.insert(0, mark)
    group.name, group.attrs = "div", {}


def _make_note(note: Tag) -> None:
    for link in note.find_all("a"):
        if (_list_roles(link) | set(_list_classes(link))) & _BACK or link.get_text(strip=True) in ("↩", "↩︎", "↑"):
            link.decompose()
    for paragraph in note.find_all("p"):
        paragraph.append(" ")
        paragraph.unwrap()
    note.name = "div"
    note["data-markerd"] = "footnote"
