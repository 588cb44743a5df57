"""The text of an OpenDocument file as HTML: paragraphs, headings, lists, tables, frames, notes and formulas."""

from __future__ import annotations

import html
import posixpath
import re
import zipfile
from collections.abc import Callable
from typing import Any

from lxml import etree

from markerd.convert.office.canonical_html.pictures import Pictures, clean_alt
from markerd.convert.office.ooxml.packages import parse_xml
from markerd.convert.office.readers.odf_styles import Styles, q, xpath

_SKIPPED = ("text:tracked-changes", "office:annotation", "office:annotation-end", "text:sequence-decls", "office:forms")
_ROLES = {
    "title": ("<h1>", "</h1>"), "quotations": ("<blockquote><p>", "</p></blockquote>"),
    "quote": ("<blockquote><p>", "</p></blockquote>"), "preformatted text": ("<pre>", "</pre>"),
    "source code": ("<pre>", "</pre>"), "caption": ("<figcaption>", "</figcaption>"),
}  # fmt: skip
_TYPES = ("1", "a", "A", "i", "I")
_BOLD = re.compile(r"</?b>")
"""Cells of a head are bold anyway."""
_MOST_SPACES = 100
"""Spaces that one element may stand for; a line holds no more."""


def escape_text(text: str) -> str:
    return html.escape(text, quote=False)


class TextWriter:
    """Writes the blocks of one document; its notes are kept until they are taken."""

    def __init__(self, archive: zipfile.ZipFile, styles: Styles, pictures: Pictures) -> None:
        self._archive = archive
        self._styles = styles
        self._pictures = pictures
        self._notes: list[str] = []
        self._beside: list[str] = []  # blocks of frames within the paragraph that is being written
        self._blocks: dict[str, Callable[[Any], str]] = {
            q("text:p"): self._write_paragraph,
            q("text:h"): self._write_heading,
            q("text:list"): self.write_list,
            q("table:table"): self.write_table,
            q("draw:frame"): self.write_frame,
        }
        self._pieces: dict[str, Callable[[Any], str]] = {
            q("text:s"): _write_spaces,
            q("text:tab"): lambda _: "\t",
            q("text:line-break"): lambda _: "<br>",
            q("text:span"): self._write_span,
            q("text:a"): self._write_link,
            q("text:bookmark"): _write_place,
            q("text:bookmark-start"): _write_place,
            q("text:note"): self._write_note,
            q("text:ruby"): self._write_ruby,
            **dict.fromkeys(map(q, ("draw:frame", "draw:custom-shape", "draw:g")), self._write_frame_inline),
        }

    def write_blocks(self, holder: Any) -> str:
        """Write the blocks within an element, in order."""
        out = []
        for child in holder:
            if not isinstance(child.tag, str) or child.tag in map(q, _SKIPPED) or _is_hidden(child):
                continue
            write = self._blocks.get(child.tag)
            out.append(write(child) if write is not None else self.write_blocks(child))
        return _join_preformatted("".join(out))

    def take_notes(self) -> str:
        """Return the notes of the text written so far, as blocks."""
        notes, self._notes = self._notes, []
        return "".join(notes)

    def write_inline(self, element: Any) -> str:
        """Write the text of a paragraph or a span."""
        out = [escape_text(" ".join((element.text or "").split("\n")))]
        for child in element:
            if isinstance(child.tag, str):
                out.append(self._write_piece(child))
            out.append(escape_text(" ".join((child.tail or "").split("\n"))))
        return "".join(out)

    def _write_piece(self, element: Any) -> str:
        """Write an element within a line; of one that is not known, the text."""
        if element.tag in map(q, _SKIPPED):
            return ""
        write = self._pieces.get(element.tag, self.write_inline)
        return write(element)

    def _write_span(self, element: Any) -> str:
        return self._wrap(self.write_inline(element), "text", str(element.get(q("text:style-name")) or ""))

    def _write_link(self, element: Any) -> str:
        return f'<a href="{html.escape(str(element.get(q("xlink:href")) or ""))}">{self.write_inline(element)}</a>'

    def _write_ruby(self, ruby: Any) -> str:
        base, *reading = [self.write_inline(part) for part in ruby if isinstance(part.tag, str)] or [""]
        return f"{base}({reading[-1]})" if reading else base

    def _wrap(self, inside: str, family: str, style: str) -> str:
        marks = self._styles.list_marks(family, style) if style else []
        if "hidden" in marks:
            return ""
        for mark in marks if inside.strip() else []:
            inside = f"<{mark}>{inside}</{mark}>"
        return inside

    def _write_paragraph(self, element: Any) -> str:
        style = str(element.get(q("text:style-name")) or "")
        outline = self._styles.find_outline(style)
        roles = [_ROLES[name] for name in self._styles.list_names("paragraph", style) if name in _ROLES]
        inside = self.write_inline(element)
        if outline is not None:
            opening, closing = f"<h{min(outline, 6)}>", f"</h{min(outline, 6)}>"
        elif roles:
            opening, closing = roles[0]
        else:
            opening, closing = "<p>", "</p>"
            inside = self._wrap(inside, "paragraph", style)
        is_shown = bool(inside.strip()) or opening == "<pre>"  # an empty line of code is a line
        return (f"{opening}{inside}{closing}" if is_shown else "") + self.take_beside()

    def _write_heading(self, element: Any) -> str:
        level = str(element.get(q("text:outline-level")) or "1")
        depth = min(int(level), 6) if level.isdigit() and level != "0" else 1
        inside = self.write_inline(element)
        return (f"<h{depth}>{inside}</h{depth}>" if inside.strip() else "") + self.take_beside()

    def take_beside(self) -> str:
        """Return what was drawn beside the text written so far, as blocks."""
        beside, self._beside = self._beside, []
        return "".join(beside)

    def write_list(self, element: Any, outer_style: str = "", level: int = 1) -> str:
        """Write a list with the lists in it; a list without a style has that of the list around it."""
        style = str(element.get(q("text:style-name")) or outer_style)
        if not style:
            first = next(element.iter(q("text:p")), element)
            style = self._styles.find_list_style(str(first.get(q("text:style-name")) or ""))
        items = [child for child in element if child.tag in (q("text:list-item"), q("text:list-header"))]
        out = "".join(self._write_item(item, style, level) for item in items)
        defined = self._styles.find_level(style, level)
        if (
            defined is None
            or defined.tag != q("text:list-level-style-number")
            or not defined.get(q("style:num-format"))
        ):
            return f"<ul>{out}</ul>"
        kind = str(defined.get(q("style:num-format")))
        start = str(defined.get(q("text:start-value")) or "1")
        told = f' start="{start}"' * start.isdigit() + f' type="{kind}"' * (kind in _TYPES[1:])
        return f"<ol{told}>{out}</ol>"

    def _write_item(self, item: Any, style: str, level: int) -> str:
        number = str(item.get(q("text:start-value")) or "")
        out = ""
        for child in item:
            if child.tag == q("text:list"):
                out += self.write_list(child, style, level + 1)
            elif child.tag == q("text:p"):
                out += self._write_paragraph(child)
            elif isinstance(child.tag, str):
                out += self.write_inline(child) if child.tag == q("text:h") else self.write_blocks([child])
        return f"<li{f' value={chr(34)}{number}{chr(34)}' * number.isdigit()}>{out}</li>"

    def write_table(self, table: Any) -> str:
        rows = []
        for row in _list_rows(table):
            tag = "th" if etree.QName(row.getparent()).localname == "table-header-rows" else "td"
            cells = "".join(self._write_cell(cell, tag) for cell in row.findall(q("table:table-cell")))
            rows.append(f"<tr>{cells}</tr>")
        return f"<table>{''.join(rows)}</table>"

    def _write_cell(self, cell: Any, tag: str) -> str:
        spans = ""
        for name, key in (("colspan", "columns"), ("rowspan", "rows")):
            number = str(cell.get(q(f"table:number-{key}-spanned")) or "1")
            spans += f' {name}="{number}"' if number.isdigit() and number != "1" else ""
        inside = self.write_blocks(cell)
        return f"<{tag}{spans}>{_BOLD.sub('', inside) if tag == 'th' else inside}</{tag}>"

    def write_frame(self, frame: Any) -> str:
        """Write what a frame holds: text, a table, a picture, a formula; the first that can be shown."""
        for box in xpath(frame, "./draw:text-box | ./table:table"):
            return self.write_table(box) if box.tag == q("table:table") else self.write_blocks(box)
        for held in xpath(frame, "./draw:object/@xlink:href"):
            formula = self._read_formula(str(held))
            if formula:
                return f"<p>{formula}</p>"
        for image in xpath(frame, "./draw:image/@xlink:href"):
            shown = self._write_picture(str(image), frame)
            if shown:
                return f"<p>{shown}</p>"
        return self.write_blocks(frame) if frame.tag != q("draw:frame") else ""

    def _write_frame_inline(self, frame: Any) -> str:
        """Write a picture or a formula in its line; any other frame comes behind its paragraph."""
        for held in xpath(frame, "./draw:object/@xlink:href"):
            if formula := self._read_formula(str(held)):
                return formula
        for image in xpath(frame, "./draw:image/@xlink:href"):
            if shown := self._write_picture(str(image), frame):
                return shown
        self._beside.append(self.write_frame(frame))
        return ""

    def _write_picture(self, address: str, frame: Any) -> str:
        told = [*xpath(frame, "./svg:desc/text()"), *xpath(frame, "./svg:title/text()")]
        alt = clean_alt(str(told[0])) if told else ""
        name = posixpath.normpath(address)
        return self._pictures.tag(self._archive.read(name) if name in self._archive.namelist() else None, alt)

    def _read_formula(self, address: str) -> str:
        name = posixpath.join(posixpath.normpath(address), "content.xml")
        data = self._archive.read(name) if name in self._archive.namelist() else b""
        if b"MathML" not in data:
            return ""
        root = parse_xml(data)
        for element in root.iter():
            if isinstance(element.tag, str):
                element.tag = etree.QName(element).localname
        for annotation in root.iter("annotation"):
            annotation.text = ""  # it is in the language of the office program, not in TeX
        etree.cleanup_namespaces(root)
        return str(etree.tostring(root, encoding="unicode"))

    def _write_note(self, note: Any) -> str:
        citation = escape_text("".join(xpath(note, "./text:note-citation//text()")).strip())
        name = f"note-{html.escape(str(note.get(q('text:id')) or citation))}"
        bodies = "".join(self.write_inline(p) + " " for p in xpath(note, "./text:note-body//text:p"))
        self._notes.append(f'<div data-markerd="footnote" id="{name}"><sup>{citation}</sup> {bodies}</div>')
        return f'<sup><a href="#{name}">{citation}</a></sup>'


def _write_spaces(element: Any) -> str:
    count = str(element.get(q("text:c")) or "1")
    return "\u00a0" * min(int(count), _MOST_SPACES) if count.isdigit() and count != "1" else " "


def _is_hidden(element: Any) -> bool:
    """Whether a section is hidden, whatever the condition."""
    return element.tag == q("text:section") and element.get(q("text:display")) in ("none", "condition")


def _write_place(element: Any) -> str:
    return f'<span id="{html.escape(str(element.get(q("text:name")) or ""))}"></span>'


def _list_rows(table: Any) -> list[Any]:
    """List the rows of a table, without those of the tables in it."""
    rows = []
    for child in table:
        if child.tag == q("table:table-row"):
            rows.append(child)
        elif child.tag in (q("table:table-header-rows"), q("table:table-rows"), q("table:table-row-group")):
            rows += _list_rows(child)
    return rows


def _join_preformatted(markup: str) -> str:
    return markup.replace("</pre><pre>", "\n").replace("</blockquote><blockquote>", "")
