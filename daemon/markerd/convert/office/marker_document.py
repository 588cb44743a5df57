"""Marker's `Document` built from canonical HTML: pages with headings, texts, lists, tables, code, formulas and
pictures.

The blocks are Marker's own kinds with their HTML given, so that its renderers treat them like those of a PDF. None of
them has a place on a page: each has the box of the whole page.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bs4 import Tag
from bs4.element import NavigableString
from marker.schema.blocks import (
    Block,
    Caption,
    Code,
    Equation,
    Footnote,
    ListItem,
    PageFooter,
    PageHeader,
    Picture,
    SectionHeader,
    Table,
    Text,
)
from marker.schema.document import Document
from marker.schema.groups.list import ListGroup
from marker.schema.groups.page import PageGroup
from marker.schema.polygon import PolygonBox

from markerd.convert.office.canonical_html.cleaning import has_content, is_block
from markerd.convert.office.canonical_html.pictures import Pictures

_PAGE_BOX = [0.0, 0.0, 595.0, 842.0]  # A4 in points
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_MARKED = {"pageheader": PageHeader, "pagefooter": PageFooter, "footnote": Footnote}
_REFERENCE = re.compile(r'<content-ref src="([^"]*)"></content-ref>')


class _Item(ListItem):  # type: ignore[misc]  # marker is untyped
    """Keeps the lists within an item: Marker takes every `<li>` out of an item's HTML, also those of inner lists."""

    def assemble_html(self, *_: Any, **__: Any) -> str:
        return f"<li block-type='{self.block_type}'>{self.html}</li>"


class _PictureWithText(Picture):  # type: ignore[misc]  # marker is untyped
    """A picture whose HTML is its alternative text."""

    def assemble_html(self, *_: Any, **__: Any) -> str:
        return self.html or ""


class _Listed(ListGroup):  # type: ignore[misc]  # marker is untyped
    """A list that may have numbers: Marker makes every list one of bullets."""

    ordered_from: int | None = None

    def assemble_html(self, document: Any, child_blocks: Any, *_: Any, **__: Any) -> str:
        items = Block.assemble_html(self, document, child_blocks)
        if self.ordered_from is None:
            return f"<ul>{items}</ul>"
        start = "" if self.ordered_from == 1 else f" start='{self.ordered_from}'"
        return f"<ol{start}>{items}</ol>"


def build_document(pages: Iterable[tuple[int, Tag]], pictures: Pictures, source: Path) -> Any:
    """Build a document from numbered pages in canonical HTML. The trees are used up."""
    contents: list[dict[str, Any]] = []
    built = [_Page(number, pictures, contents).fill(body) for number, body in pages]
    document = Document(filepath=str(source), pages=built)
    document.table_of_contents = contents  # Marker keeps dictionaries, and writes its metadata from them
    return document


class _Page:
    """Builds one page. `contents` is the document's table of contents."""

    def __init__(self, number: int, pictures: Pictures, contents: list[dict[str, Any]]) -> None:
        self._box = PolygonBox.from_bbox(_PAGE_BOX)
        self._page = PageGroup(page_id=number, polygon=self._box, children=[], structure=[], refs=[])
        self._pictures = pictures
        self._contents = contents
        self._places = ""  # the marks of link targets, which the next block begins with

    def fill(self, body: Tag) -> Any:
        self._walk(body)
        if self._places:
            self._add_text([])
        return self._page

    def _walk(self, container: Tag) -> None:
        """Add the blocks of a container, and a paragraph for each run of text between them."""
        run: list[Tag | NavigableString] = []
        for child in list(container.children):
            if isinstance(child, Tag) and is_block(child):
                self._add_text(run)
                run = []
                self._add(child)
            elif isinstance(child, Tag | NavigableString):
                run.append(child)
        self._add_text(run)

    def _add(self, element: Tag) -> None:
        name = element.name
        marked = _MARKED.get(str(element.get("data-markerd", "")))
        if marked is not None:
            self._add_to_page(marked, element, "<p block-type='{kind}'>{inside}</p>")
        elif name in _HEADINGS:
            self._add_heading(element)
        elif name in ("ul", "ol"):
            self._add_list(element)
        elif name == "table":
            self._add_table(element)
        elif name == "pre":
            self._add_code(element)
        elif name == "blockquote":
            self._add_to_page(Text, element, "<blockquote>{inside}</blockquote>")
        elif name == "dl":
            self._add_to_page(Text, element, "<dl>{inside}</dl>")
        elif name == "math":
            self._add_to_page(Equation, element, "<p block-type='{kind}'><math display='block'>{inside}</math></p>")
        elif name in ("figcaption", "caption"):
            self._add_to_page(Caption, element, "<p block-type='{kind}'>{inside}</p>")
        else:
            self._walk(element)

    def _add_text(self, run: Sequence[Tag | NavigableString]) -> None:
        """Add a paragraph; pictures that stand alone in it are blocks of their own."""
        paragraph = Tag(name="p")
        for node in run:
            paragraph.append(node.extract())
        _strip(paragraph)
        for place in paragraph.find_all("span") if not has_content(paragraph) else []:
            self._places += str(place)
        images = paragraph.find_all("img")
        if images and not paragraph.get_text(strip=True) and not paragraph.find("a"):
            for image in images:
                self._add_picture(image, is_alone=True)
        elif has_content(paragraph) or (self._places and not run):
            self._add_to_page(Text, paragraph, "<p block-type='{kind}'>{inside}</p>")

    def _add_heading(self, element: Tag) -> None:
        title = " ".join(element.get_text().split())
        if not title:
            self._walk(element)
            return
        for line_break in element.find_all("br"):
            line_break.replace_with(" ")
        for place in element.find_all("span"):
            self._places += str(place.extract())
        _strip(element)
        level = _HEADINGS[element.name]
        block = self._add_to_page(SectionHeader, element, f"<h{level}>{{inside}}</h{level}>", heading_level=level)
        self._contents.append(
            {
                "title": title,
                "heading_level": level,
                "page_id": block.page_id,
                "polygon": block.polygon.polygon,
            }
        )

    def _add_list(self, element: Tag) -> None:
        _keep_only_items(element)
        items = [item for item in element.find_all("li", recursive=False) if has_content(item)]
        if not items:
            return
        start = element.get("start") or "1"
        number = int(str(start)) if str(start).isascii() and str(start).isdigit() else 1
        group = self._place_block(_Listed, [], ordered_from=number if element.name == "ol" else None)
        for item in items:
            block = self._build_block(_Item, *self._take_html(item))
            group.add_structure(block)

    def _add_table(self, element: Tag) -> None:
        for caption in element.find_all("caption"):
            self._add_to_page(Caption, caption.extract(), "<p block-type='{kind}'>{inside}</p>")
        self._add_to_page(Table, element, "<table>{inside}</table>")

    def _add_code(self, element: Tag) -> None:
        text = element.get_text().strip("\n")
        if not text.strip():
            return
        language = element.get_attribute_list("class")
        attribute = f" class='language-{html.escape(language[0])}'" if language and language[0] else ""
        self._add_to_page(Code, element, f"<pre{attribute}>{{inside}}</pre>", code=text)

    def _add_picture(self, image: Tag, is_alone: bool) -> Any:
        shown = self._pictures.get(str(image["src"]))
        alt = html.escape(str(image.get("alt") or "")) or None
        block = self._build_block(_PictureWithText, alt, [], highres_image=shown, lowres_image=shown)
        if is_alone:
            self._page.add_structure(block)
        return block

    def _add_to_page(self, kind: type[Any], element: Tag, frame: str, **fields: Any) -> Any:
        """Add a block to the page itself. `frame` is its HTML around `{inside}`."""
        inside, pictures = self._take_html(element)
        name = kind(polygon=self._box).block_type
        places, self._places = self._places, ""
        around, _, after = frame.replace("{kind}", str(name)).partition("{inside}")
        return self._place_block(kind, pictures, html=f"{places}{around}{inside}{after}", **fields)

    def _place_block(self, kind: type[Any], pictures: list[Any], **fields: Any) -> Any:
        markup = fields.pop("html", None)
        block = self._build_block(kind, markup, pictures, **fields)
        self._page.add_structure(block)
        return block

    def _build_block(self, kind: type[Any], markup: str | None, pictures: list[Any], **fields: Any) -> Any:
        block = kind(polygon=self._box, page_id=self._page.page_id, html=markup, **fields)
        self._page.add_full_block(block)
        for picture in pictures:
            block.add_structure(picture)
        return block

    def _take_html(self, element: Tag) -> tuple[str, list[Any]]:
        """Return the HTML within an element, with a reference for each picture, and the blocks of these pictures."""
        for inner in element.find_all(["ul", "ol"]):
            _keep_only_items(inner)
        pictures = []
        for image in element.find_all("img"):
            block = self._add_picture(image, is_alone=False)
            pictures.append(block)
            image.replace_with(Tag(name="content-ref", attrs={"src": str(block.id)}))
        markup = element.decode_contents(formatter="minimal")
        # Marker looks for its references with single quotes.
        return _REFERENCE.sub(r"<content-ref src='\1'></content-ref>", markup), pictures


def _strip(element: Tag) -> None:
    """Remove the white space and line breaks at both ends."""
    while element.contents and _is_blank(element.contents[0]):
        element.contents[0].extract()
    while element.contents and _is_blank(element.contents[-1]):
        element.contents[-1].extract()
    for end, strip in ((0, str.lstrip), (-1, str.rstrip)):
        text = element.contents[end] if element.contents else None
        if isinstance(text, NavigableString) and strip(str(text), " \n") != str(text):
            text.replace_with(strip(str(text), " \n"))


def _is_blank(node: Any) -> bool:
    return (isinstance(node, NavigableString) and not node.strip(" \n")) or getattr(node, "name", "") == "br"


def _keep_only_items(group: Tag) -> None:
    """Let a list hold only items: a list beside them belongs to the item before, other content becomes an item."""
    for child in list(group.children):
        if isinstance(child, Tag) and child.name == "li":
            _unwrap_only_paragraph(child)
        elif isinstance(child, NavigableString) and not child.strip():
            child.extract()
        elif isinstance(child, Tag | NavigableString):
            before = child.find_previous_sibling("li")
            if before is None or not isinstance(child, Tag) or child.name not in ("ul", "ol"):
                before = Tag(name="li")
                child.insert_before(before)
            before.append(child.extract())


def _unwrap_only_paragraph(item: Tag) -> None:
    """Make an item's only paragraph its text: with a paragraph Markdown would spread the list."""
    _strip(item)
    paragraphs = item.find_all(["p", "div"], recursive=False)
    if len(paragraphs) == 1 and item.contents[0] is paragraphs[0]:
        paragraphs[0].unwrap()
        _strip(item)
