"""What each paragraph is: a heading, an item of a list with its number, a further paragraph of an item."""

from __future__ import annotations

from typing import Any

from lxml import etree

from markerd.convert.office.ooxml.packages import q, xpath
from markerd.convert.office.readers.docx_elements import build_bookmark, build_element, build_run
from markerd.convert.office.readers.docx_numbering import Item, Numbering
from markerd.convert.office.readers.docx_styles import Indent, Styles, read_indent, read_value

NUMBER_MARK = "markerd-number-"
"""The prefix of the bookmark that gives an item its number."""
_SAME_PLACE = 30
"""Twentieths of a point (0.5 mm) by which the paragraphs of one item may begin at different places; Word rounds
millimetres and inches differently."""
_DEEPEST = 9
_PLACED = "./w:pPr/w:jc[@w:val='center' or @w:val='right' or @w:val='end'] | ./w:pPr/w:framePr"
"""What shows that a paragraph begins where it does for another reason."""


class Items:
    """Gives the paragraphs of a part styles that say what they are, in place, and counts the items."""

    def __init__(self, styles: Styles, numbering: Numbering) -> None:
        self._styles = styles
        self._numbering = numbering
        self._open: list[tuple[int, int]] = []  # depth, and where the text begins, of the items that stand open
        self._last: Any = None  # the paragraph of the last item or its continuation
        self._last_numbering = ("", "")

    def assign(self, root: Any) -> None:
        for paragraph in xpath(root, "//w:p"):
            self._assign_style(paragraph)

    def _assign_style(self, paragraph: Any) -> None:
        properties = paragraph.find(q("w:pPr"))
        if properties is None:
            properties = etree.Element(q("w:pPr"))
            paragraph.insert(0, properties)
        style = read_value(properties, "./w:pStyle") or self._styles.default
        number, level = self._read_numbering(properties, style)
        item = self._numbering.next_item(number, level) if number else None
        role, outline = self._styles.find_role(style), _read_outline(properties)
        if item is not None and outline and not role and self._is_among_items(paragraph, (number, level)):
            outline = ""
        indent = read_indent(properties)
        if item is not None and item.is_blank:
            role = role or self._go_on(paragraph, item.level)
        elif item is not None and not role.startswith("heading") and not outline:
            depth = item.level or self._styles.find_list_depth(style)
            role = self._mark_item(properties, item, depth)
            self._note_item(paragraph, depth, indent or item.indent or self._styles.find_indent(style))
            self._last_numbering = (number, level)
        elif item is None and not role:
            role = self._continue_item(paragraph, indent, style)
        if outline and not role.startswith(("heading", "further")):
            role = outline
        if item is not None and item.label and (role.startswith("heading") or not item.is_plainly_numbered):
            properties.addnext(build_run(f"{item.label} "))
        for old in xpath(properties, "./w:pStyle | ./w:numPr"):
            properties.remove(old)
        if role:
            properties.insert(0, build_element("w:pStyle", f"markerd-{role}"))

    def _is_among_items(self, paragraph: Any, numbering: tuple[str, str]) -> bool:
        """Whether the item before or after a paragraph is of the same list and level, and no heading.

        Then it looks like these, whatever level its author gave it for a table of contents.
        """
        if self._follows(paragraph) and self._last_numbering == numbering:
            return True
        after = paragraph.getnext()
        properties = after.find(q("w:pPr")) if after is not None and after.tag == q("w:p") else None
        if properties is None or _read_outline(properties):
            return False
        style = read_value(properties, "./w:pStyle") or self._styles.default
        return not self._styles.find_role(style) and self._read_numbering(properties, style) == numbering

    @staticmethod
    def _mark_item(properties: Any, item: Item, depth: int) -> str:
        kind = "number" if item.is_plainly_numbered else "bullet"
        if kind == "number":
            properties.addnext(build_bookmark(f"{NUMBER_MARK}{item.number}"))
        return f"{kind}-{min(depth, _DEEPEST - 1) + 1}"

    def _note_item(self, paragraph: Any, depth: int, indent: Indent | None) -> None:
        self._open = [(deep, at) for deep, at in self._open if deep < depth] if self._follows(paragraph) else []
        self._open.append((depth, indent.lines if indent else 0))
        self._last = paragraph

    def _follows(self, paragraph: Any) -> bool:
        """Whether a paragraph comes right after the last item or its continuation."""
        before = paragraph.getprevious()
        while before is not None and before.tag in (q("w:bookmarkStart"), q("w:bookmarkEnd")):
            before = before.getprevious()
        return self._last is not None and before is self._last

    def _continue_item(self, paragraph: Any, indent: Indent | None, style: str) -> str:
        """Return the role of a paragraph that belongs to the item before it; nothing for others.

        It begins where the text of the item begins, or has a style for this; an empty one ends no item.
        """
        if not self._follows(paragraph):
            return ""
        at = indent or self._styles.find_indent(style)
        is_placed = bool(xpath(paragraph, _PLACED))
        reached = [] if at is None or is_placed else [d for d, text in self._open if 0 < text <= at.first + _SAME_PLACE]
        if not xpath(paragraph, ".//w:t | .//w:drawing | .//m:oMath"):
            self._last = paragraph
            return ""
        if not reached and not self._styles.continues_items(style):
            return ""
        return self._go_on(paragraph, reached[-1] if reached else self._open[-1][0])

    def _go_on(self, paragraph: Any, depth: int) -> str:
        """Return the role of a further paragraph of the item at a depth; nothing where no item stands open."""
        if not self._follows(paragraph):
            return ""
        self._last = paragraph
        return f"further-{min(depth, self._open[-1][0], _DEEPEST - 1) + 1}"

    def _read_numbering(self, properties: Any, style: str) -> tuple[str, str]:
        """Return the number's id, empty where there is none, and the level: a paragraph's own, else its style's."""
        inherited, level_of_style, named_by = self._styles.numbering(style) or ("", "", "")
        number = read_value(properties, "./w:numPr/w:numId") or inherited
        level = read_value(properties, "./w:numPr/w:ilvl")
        if not level and number == inherited:
            bound = self._numbering.find_level_of_style(number, named_by)
            level = str(bound) if bound is not None else level_of_style
        return number, level or "0"


def _read_outline(properties: Any) -> str:
    """Return the role that a paragraph's own level in the outline gives it, or nothing."""
    outline = read_value(properties, "./w:outlineLvl")
    return f"heading-{int(outline) + 1}" if outline.isdigit() and int(outline) < _DEEPEST else ""
