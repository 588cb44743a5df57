"""Tracked changes taken as accepted, in place: what is deleted is gone before anything counts or reads it."""

from __future__ import annotations

from typing import Any

from markerd.convert.office.ooxml.packages import q, xpath
from markerd.convert.office.readers.docx_elements import remove_element

_FORMER = (
    "w:pPrChange", "w:rPrChange", "w:tblPrChange", "w:tblPrExChange", "w:tcPrChange", "w:trPrChange", "w:sectPrChange",
    "w:tblGridChange", "w:numberingChange",
)  # fmt: skip
_DELETED_MARK = "./w:pPr/w:rPr/w:del | ./w:pPr/w:rPr/w:moveFrom"


def accept_revisions(root: Any) -> None:
    """Drop deleted text, rows and cells, and former properties; join paragraphs whose end is deleted with the next."""
    for name in _FORMER:
        for former in xpath(root, f"//{name}"):
            remove_element(former)
    for row in xpath(root, "//w:tr[w:trPr/w:del] | //w:tc[w:tcPr/w:cellDel]"):
        remove_element(row)
    for table in xpath(root, "//w:tbl[not(.//w:tr)]"):
        remove_element(table)
    for deleted in xpath(root, "//w:del[not(parent::w:rPr)] | //w:moveFrom[not(parent::w:rPr)]"):
        remove_element(deleted)
    for paragraph in xpath(root, "//w:p"):
        if xpath(paragraph, _DELETED_MARK):
            _join_with_next(paragraph)


def _join_with_next(paragraph: Any) -> None:
    """Put a paragraph's content at the beginning of the next one, whose properties hold for both.

    A paragraph that no other follows keeps its content; it goes where it has none.
    """
    following = paragraph.getnext()
    while following is not None and following.tag in (q("w:bookmarkStart"), q("w:bookmarkEnd")):
        following = following.getnext()
    content = [child for child in paragraph if child.tag != q("w:pPr")]
    if following is None or following.tag != q("w:p"):
        if not content and len(paragraph.getparent()) > 1:
            remove_element(paragraph)
        for mark in xpath(paragraph, _DELETED_MARK):
            remove_element(mark)
        return
    at = 1 if following.find(q("w:pPr")) is not None else 0
    for child in reversed(content):
        following.insert(at, child)
    remove_element(paragraph)
