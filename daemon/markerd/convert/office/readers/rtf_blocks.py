"""The blocks of a rich text as HTML, from its control words for paragraphs, items and cells. Pure."""

from __future__ import annotations

import html
import re

from markerd.convert.office.readers.rtf_tables import RowCell, RowShape, write_table

_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
_TITLE = "title"
_NUMBER = re.compile(r"(\d{1,9})[.)]?")
_LETTERS = re.compile(r"[^\W_]")
_CODE = re.compile(r"</?code>")
_ALL_CODE = re.compile(r"(?:<code>(?:[^<]|<br>)*</code>|<br>)+")
_BOLD = re.compile(r"</?b>")
_WRITTEN_LABEL = re.compile(r"([•◦▪·o–—-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxlcIVXLC]{1,6})[.)])\t+")
"""A bullet or a number that is part of the text, before a tab and with a hanging indent."""
_HOLLOW = "o"
"""The letter that Word takes for a hollow bullet."""
_DEEPEST_ITEM = 8
"""The deepest level of a list, counted from 0, as in Word."""
_MARKS = ("code", "sup", "sub", "i", "b", "del")


class Blocks:
    """Gathers the text of paragraphs, and writes each where it ends."""

    def __init__(self) -> None:
        self.label = ""  # the bullet or the number of the item that begins
        self._out: list[str] = []
        self._inline: list[tuple[str, str]] = []  # the address that markup leads to, or empty
        self._rows: list[list[RowCell]] = []
        self._cells: list[str] = []
        self._in_cell: list[str] = []  # the paragraphs of the cell that stands open
        self._lists: list[tuple[int, str]] = []  # depth and element of the lists that stand open
        self._texts: list[int] = []  # where the text of the open item of each of these begins
        self._row_shape, self._nested_shape = RowShape(), RowShape()
        self._nested_rows: list[list[RowCell]] = []
        self._nested_cells: list[str] = []
        self._outer: list[tuple[list[tuple[str, str]], list[str]]] = []
        self._notes: list[str] = []
        self._style = ""
        self._outline: int | None = None
        self._depth = 0
        self._indent = self._first = 0
        self._open_indents: list[int] = []  # of the items that stand open, where no depth is given
        self._characters = self._typed = 0  # all of the text, and those in a typewriter's font
        self._is_in_table = False

    def add_text(self, text: str, marks: frozenset[str], link: str) -> None:
        """Add escaped text with marks on it; `link` is the address that it leads to, or empty."""
        inside = text.replace("\n", "<br>")
        self._characters += len(text)
        self._typed += len(text) if "code" in marks else 0
        if text.strip():
            for mark in _MARKS:
                inside = f"<{mark}>{inside}</{mark}>" if mark in marks else inside
        self._inline.append((link, inside))

    def add_markup(self, markup: str, link: str) -> None:
        self._inline.append((link, markup))

    def add_place(self, name: str, link: str) -> None:
        self._inline.append((link, f'<span id="{html.escape(name)}"></span>'))

    def set_style(self, name: str) -> None:
        self._style = name

    def do_word(self, word: str, number: int | None, styles: dict[int, str]) -> None:
        """Do what a control word says of paragraphs and tables."""
        if word in ("par", "sect"):
            self._end_paragraph()
        elif word == "pard":
            self._style, self._outline, self._depth, self._is_in_table = styles.get(0, ""), None, 0, False
            self._indent = self._first = 0
        elif word == "outlinelevel":
            self._outline = number if number is not None and number < 9 else None
        elif word == "ilvl":
            self._depth = min(number or 0, 8)
        elif word in ("li", "lin"):
            self._indent = number or 0
        elif word == "fi":
            self._first = number or 0
        elif word == "intbl":
            self._is_in_table = True
        elif word == "cell":
            self._cells.append(self._end_cell())
        elif word == "nestcell":
            self._nested_cells.append(self._end_cell())
        elif word == "row":
            self._end_row()
        elif word == "nestrow":
            self._end_nested_row()
        else:
            (self._nested_shape if self._nested_cells else self._row_shape).do_word(word, number)

    def begin_note(self) -> None:
        self._outer.append((self._inline, self._in_cell))
        self._inline, self._in_cell = [], []

    def end_note(self) -> None:
        """Keep a note for the end, and put its number where it is referred to."""
        if not self._outer:
            return
        text = " ".join([*self._in_cell, self._take_inline()])
        self._inline, self._in_cell = self._outer.pop()
        number = len(self._notes) + 1
        self._notes.append(f'<div data-markerd="footnote" id="note-{number}"><sup>{number}</sup> {text}</div>')
        self._inline.append(("", f'<sup><a href="#note-{number}">{number}</a></sup>'))

    def finish(self) -> str:
        while self._outer:
            self.end_note()
        self._end_paragraph()
        self._end_nested_row()
        self._cells += [self._end_cell()] if self._nested_rows or (self._cells and self._in_cell) else []
        self._end_row()
        self._close_table()
        self._close_lists(-1)
        written = "".join([*self._out, *self._notes])
        return _CODE.sub("", written) if 2 * self._typed > self._characters else written  # a typewritten letter

    def _end_paragraph(self) -> None:
        inside = self._take_inline()
        label, self.label = self.label, ""
        if self._is_in_table or self._outer:
            if inside:
                self._in_cell.append(f"{label} {inside}".strip() if label else inside)
            return
        self._close_table()
        if not inside:
            return
        if not label and self._first < 0 and (written := _WRITTEN_LABEL.match(inside)):
            label, inside = written[1], inside[written.end() :]
            self._depth = self._find_depth()
        heading = _HEADING.search(self._style)
        level = int(heading[1]) if heading else self._outline + 1 if self._outline is not None else None
        level = 1 if self._style.strip().lower() == _TITLE else level
        if level is not None:
            self._close_lists(-1)
            inside = _BOLD.sub("", inside)  # headings are bold anyway
            self._out.append(f"<h{min(level, 6)}>{f'{label} ' * bool(label)}{inside}</h{min(level, 6)}>")
        elif label:
            self._add_item(label, inside)
        elif not self._continue_item(inside):
            self._close_lists(-1)
            code = _CODE.sub("", inside).replace("<br>", "\n") if _ALL_CODE.fullmatch(inside) else ""
            self._out.append(f"<pre><code>{code}</code></pre>" if "\n" in code else f"<p>{inside}</p>")

    def _continue_item(self, inside: str) -> bool:
        """Add a paragraph to the open item whose text begins where it does; returns whether there is one."""
        reached = [depth for (depth, _), at in zip(self._lists, self._texts, strict=True) if 0 < at <= self._indent]
        if not reached or self._first < 0:
            return False
        self._close_lists(reached[-1])
        self._out.append(f"<p>{inside}</p>")
        return True

    def _take_inline(self) -> str:
        """Return what stands in the line; neighbours with the same address are one link."""
        out: list[str] = []
        last = ""
        for link, markup in self._inline:
            if link != last:
                out.append("</a>" * bool(last) + (f'<a href="{html.escape(link)}">' if link else ""))
                last = link
            out.append(markup)
        self._inline = []
        return "".join([*out, "</a>" * bool(last)]).strip()

    def _find_depth(self) -> int:
        """Return how deep an item lies by its indentation, where the document does not say."""
        if not self._lists:
            self._open_indents = []
        self._open_indents = [indent for indent in self._open_indents if indent < self._indent]
        self._open_indents.append(self._indent)
        self._open_indents = self._open_indents[: _DEEPEST_ITEM + 1]
        return len(self._open_indents) - 1

    def _end_cell(self) -> str:
        is_in_table, self._is_in_table = self._is_in_table, True
        self._end_paragraph()
        self._is_in_table = is_in_table
        nested, self._nested_rows = self._nested_rows, []
        inside, self._in_cell = "<br>".join(self._in_cell), []
        return f"{write_table(nested) if nested else ''}{inside}"

    def _end_row(self) -> None:
        if self._cells:
            self._rows.append(self._row_shape.shape(self._cells))
        self._cells = []

    def _end_nested_row(self) -> None:
        """End a row of a table in a cell; the cells of tables in that one are cells of it."""
        if self._nested_cells:
            self._nested_rows.append(self._nested_shape.shape(self._nested_cells))
        self._nested_cells = []

    def _close_table(self) -> None:
        rows, self._rows = self._rows, []
        if rows:
            self._close_lists(-1)
            self._out.append(write_table(rows))
        if self._in_cell:  # a table without an end
            self._out.append(f"<p>{'<br>'.join(self._in_cell)}</p>")
            self._in_cell = []

    def _add_item(self, label: str, inside: str) -> None:
        number = _NUMBER.fullmatch(label)
        name = "ol" if number else "ul"
        self._close_lists(self._depth)
        if self._lists and self._lists[-1] != (self._depth, name) and self._lists[-1][0] == self._depth:
            self._close_lists(self._depth - 1)
        if self._lists and self._lists[-1][0] == self._depth:
            self._out.append("</li>")
        else:
            self._out.append(f"<{name}>")
            self._lists.append((self._depth, name))
            self._texts.append(0)
        self._texts[-1] = self._indent
        is_text = not number and label != _HOLLOW and bool(_LETTERS.search(label))
        value = f' value="{number[1]}"' if number else ""
        self._out.append(f"<li{value}>{f'{html.escape(label)} ' * is_text}{inside}")

    def _close_lists(self, depth: int) -> None:
        while self._lists and self._lists[-1][0] > depth:
            self._out.append(f"</li></{self._lists.pop()[1]}>")
            self._texts.pop()
