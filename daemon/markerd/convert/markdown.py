"""Marker's Markdown, with what it lacks: text that looks like Markdown is shown as it stands, in cells too; pictures in
a line, alternative texts with brackets, code with its language. Importing this imports marker.
"""

from __future__ import annotations

import re
from typing import Any

from bs4 import Tag
from bs4.element import NavigableString
from markdownify import MarkdownConverter
from marker.renderers.markdown import Markdownify

from markerd.convert.structured.tables import cells_of, rows_of, span

_LIKE_BLOCK = re.compile(r"^(\s{0,3})(#{1,6}(?=\s|$)|[-+](?=\s|$)|>|={3,}\s*$|~{3,})", re.MULTILINE)
_LIKE_NUMBER = re.compile(r"^(\s{0,3}\d{1,9})([.)])(?=\s|$)", re.MULTILINE)
_LIKE_LINK = re.compile(r"\[(?=[^\[\]]*\](?:[(\[]|:\s))")
_LIKE_TAG = re.compile(r"<(?=[a-zA-Z/!?])")
_LIKE_ENTITY = re.compile(r"&(?=#?\w+;)")
_BLOCKS = ["ul", "ol", "table", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"]

_plain_link: Any = vars(MarkdownConverter)["convert_a"]  # Marker's escapes the text a second time, and pictures in it


class MarkdownWriter(Markdownify):  # type: ignore[misc]  # marker is untyped
    """One conversion's converter: it holds the texts of cells between a cell and its table."""

    @classmethod
    def like(cls, other: Any) -> MarkdownWriter:
        """With the options of Marker's own."""
        own = ("paginate_output", "page_separator", "inline_math_delimiters", "block_math_delimiters")
        made = cls(*(getattr(other, name) for name in (*own, "html_tables_in_markdown")), **other.options)
        made._cells = {}
        return made

    def escape(self, text: str, parent_tags: Any = None) -> str:
        escaped = super().escape(text.replace("\\", "\\\\"), parent_tags)
        escaped = _LIKE_ENTITY.sub("&amp;", _LIKE_TAG.sub(r"\\<", escaped))
        return _LIKE_LINK.sub(r"\\[", str(escaped.replace("`", "\\`")))

    def convert_p(self, el: Tag, text: str, parent_tags: Any) -> str:
        inside = text.strip(" \n")
        if el.find(_BLOCKS) is None:  # Marker puts lists into paragraphs
            inside = _as_text(inside)
        if "has-continuation" in el.get_attribute_list("class"):
            return str(super().convert_p(el, inside, parent_tags))  # what follows is of the same paragraph
        return f"\n\n{inside}\n\n" if inside else ""

    def convert_dd(self, el: Tag, text: str, parent_tags: Any) -> str:
        """A line of its own for each of the meanings that a term has."""
        return f"\n{super().convert_dd(el, text, parent_tags)}"

    def convert_li(self, el: Tag, text: str, parent_tags: Any) -> str:
        first = el.contents[0] if el.contents else None
        if isinstance(first, NavigableString):
            line, newline, rest = text.strip().partition("\n")
            text = f"{_as_text(line)}{newline}{rest}"
        return str(super().convert_li(el, text, parent_tags))

    def convert_a(self, el: Tag, text: str, parent_tags: Any) -> str:
        if el.find("img") is None:
            text = re.sub(r"(?<!\\)([\[\]])", r"\\\1", text)
        return str(_plain_link(self, el, " ".join(text.split(" ")).replace("\n", " "), parent_tags))

    def convert_img(self, el: Tag, *_: Any, **__: Any) -> str:
        # Round brackets: many that look for pictures in Markdown do not know escaped ones.
        alt = " ".join(str(el.get("alt") or "").split()).translate(str.maketrans("[]\\", "()/"))
        return f"![{alt}]({el.get('src')})"

    def convert_math(self, el: Tag, text: str, parent_tags: Any) -> str:
        if el.get("display") == "block":
            return str(super().convert_math(el, text, parent_tags))
        opening, closing = self.inline_math_delimiters
        return f"{opening}{text.strip()}{closing}"

    def convert_pre(self, el: Tag, text: str, *_: Any, **__: Any) -> str:
        if el.find_parent(["td", "th"]):
            return "<br>".join(_code_span(line) for line in text.split("\n") if line.strip())
        found = [name for name in el.get_attribute_list("class") if name and name.startswith("language-")]
        longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
        fence = "`" * (longest + 1)
        return f"\n\n{fence}{found[0].removeprefix('language-') if found else ''}\n{text}\n{fence}\n\n" if text else ""

    def convert_br(self, el: Tag, text: str, parent_tags: Any) -> str:
        return "<br>" if el.find_parent(["td", "th"]) else str(super().convert_br(el, text, parent_tags))

    def convert_td(self, el: Tag, text: str, *_: Any, **__: Any) -> str:
        lines = [" ".join(line.split()) for line in text.split("\n")]
        joined = "<br>".join(line for line in lines if line).replace("|", r"\|")
        self._cells[id(el)] = re.sub(r"(\s*<br>\s*)+$", "", re.sub(r"^(\s*<br>\s*)+", "", joined))
        return ""

    convert_th = convert_td

    def convert_tr(self, *_: Any, **__: Any) -> str:
        return ""

    def convert_table(self, el: Tag, *_: Any, **__: Any) -> str:
        if self.html_tables_in_markdown:
            return f"\n\n{el}\n\n"
        grid = self._grid(rows_of(el))
        lines = [f"| {' | '.join(row)} |" for row in grid]
        if not lines:
            return ""
        rule = f"|{'|'.join('---' for _ in grid[0])}|"
        return "\n\n" + "\n".join([lines[0], rule, *lines[1:]]) + "\n\n"

    def _grid(self, rows: list[Tag]) -> list[list[str]]:
        """The texts of cells in rows of one length; a cell over several rows or columns is in each of them."""
        taken: dict[tuple[int, int], str] = {}
        for number, row in enumerate(rows):
            column = 0
            for cell in cells_of(row):
                while (number, column) in taken:
                    column += 1
                wide, tall = span(cell, "colspan"), span(cell, "rowspan")
                text = self._cells.pop(id(cell), "")
                taken.update({(number + y, column + x): text for y in range(tall) for x in range(wide)})
                column += wide
        width = 1 + max((column for _, column in taken), default=-1)
        return [[taken.get((number, column), "") for column in range(width)] for number in range(len(rows))]


def _code_span(line: str) -> str:
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", line)), default=0))
    space = " " if "`" in line else ""
    return f"{fence}{space}{line.strip()}{space}{fence}"


def _as_text(text: str) -> str:
    """A line that begins like a heading, a list, a quotation or a rule, and is a paragraph."""
    return _LIKE_NUMBER.sub(r"\1\\\2", _LIKE_BLOCK.sub(r"\1\\\2", text))
