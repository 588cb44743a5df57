"""Marker's Markdown, with what it lacks.

Text that looks like Markdown is shown as it is, in cells too; pictures stand in a line, alternative texts may have
brackets, code has its language. Importing this module imports marker.

Whether a bracket, a `<` or a `&` of the text would be read as Markdown depends on what follows it, which may belong to
another element. So each is replaced by a placeholder (`_SIGNS`) until the whole is put together.
"""

from __future__ import annotations

import re
import textwrap
from typing import Any

from bs4 import Tag
from bs4.element import NavigableString
from marker.renderers.markdown import Markdownify

from markerd.convert.rendering.links import clean_destination, escape_for_markdown
from markerd.convert.rendering.markdown_tables import has_spans, write_grid, write_html
from markerd.convert.rendering.packed_rows import join_rows, split_rows
from markerd.values import Spans

_LIKE_BLOCK = re.compile(
    r"^(\s{0,3})(#{1,6}(?=\s|$)|[-+](?=\s|$)|>|={1,}\s*$|-{2,}\s*$|\+{3,}\s*$|~{3,})", re.MULTILINE
)
_LIKE_NUMBER = re.compile(r"^(\s{0,3}\d{1,9})([.)])(?=\s|$)", re.MULTILINE)
_LIKE_FRONT_MATTER = re.compile(r"\A(\s*)(?=(?:-{3,}|\+{3,})[ \t]*$)", re.MULTILINE)

# Noncharacters of Unicode, which no text holds.
_SIGNS = {"[": "\ufdd0", "]": "\ufdd1", "<": "\ufdd2", "&": "\ufdd3", "!": "\ufdd4"}
_EDGE = "\ufdd5"  # marks both ends of code
_OPENING, _CLOSING, _LESS, _AND, _BANG = _SIGNS.values()
_TO_SIGNS = str.maketrans(_SIGNS)
_FROM_SIGNS = str.maketrans({sign: character for character, sign in _SIGNS.items()})
_NO_SIGNS = dict.fromkeys(map(ord, [*_SIGNS.values(), _EDGE]))
# Round brackets are used, because many programs that look for pictures in Markdown do not know escaped square ones.
_IN_ALT = str.maketrans({"[": "(", "]": ")", "\\": "/", "`": "'", "<": _LESS, "&": _AND})
_IN_LINK = str.maketrans({_OPENING: r"\[", _CLOSING: r"\]"})

_LIKE_TAG = rf"(?=[a-zA-Z/?!{_BANG}]|[^\s<>]+@[^\s<>]*>)"
_READ_AS_MARKDOWN = (
    (re.compile(rf"{_LESS}{_LIKE_TAG}"), r"\\<"),
    (re.compile(rf"{_AND}(?=#?\w+;)"), "&amp;"),
    (re.compile(rf"{_CLOSING}(?=[(\[:{_OPENING}])"), r"\\]"),
    (re.compile(rf"{_BANG}(?=\[)"), r"\\!"),
)
"""A tag or an address in angle brackets; an entity; the end of a link's text; the sign that makes a link a picture."""
_CODE_BESIDE_CODE = (
    (re.compile(rf"(?<!`)`{_EDGE}{_EDGE}`(?!`)"), ""),
    (re.compile(rf"{_EDGE}{_EDGE}"), " "),
)
"""Two runs of backticks would be read as one: code right beside code becomes one code, or a space comes between."""
_NUMBER_OF_ITEM = re.compile(r"\s*(\d+)[.)] ")
_FORMULA_LIKE_LINK = re.compile(r"\](?=[(\[:])")
_BLANK_LINES = re.compile(r"\n\s*\n")
_ABSOLUTE = re.compile(r"(?:https?|ftp)://")
_FORMULA_LIKE_TAG = re.compile(rf"<{_LIKE_TAG}")
_SPACES = re.compile(r"[\t ]+")
_VERBATIM = frozenset({"pre", "code", "kbd", "samp", "math"})
_BLOCKS = ["ul", "ol", "table", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"]


class MarkdownWriter(Markdownify):  # type: ignore[misc]  # marker is untyped
    """Converts one document; it keeps the texts of cells until their table is written.

    It has more than 15 methods because it is a visitor: the library calls one method for each kind of element.
    """

    @classmethod
    def like(cls, other: Any, spans: str) -> MarkdownWriter:
        """Build one with the options of Marker's own; `spans` is a value of Spans."""
        own = ("paginate_output", "page_separator", "inline_math_delimiters", "block_math_delimiters")
        made = cls(*(getattr(other, name) for name in (*own, "html_tables_in_markdown")), **other.options)
        made._cells = {}
        made._spans = Spans(spans)
        return made

    def convert_soup(self, soup: Any) -> str:
        written = str(super().convert_soup(soup))
        for like_markdown, escaped in _READ_AS_MARKDOWN:
            written = like_markdown.sub(escaped, written)
        for between_codes, put in _CODE_BESIDE_CODE:
            written = between_codes.sub(put, written)
        return _LIKE_FRONT_MATTER.sub(r"\1\\", written.replace(_EDGE, "").translate(_FROM_SIGNS))

    def process_text(self, el: Any, parent_tags: Any = None) -> str:
        """Write a text as Marker does; its own way asks for the elements around each text three times."""
        around = parent_tags or set()
        text = str(el) if "pre" in around else _SPACES.sub(" ", str(el))
        if not around & _VERBATIM:
            text = self.escape(text)
        if el.parent is not None and el.parent.name == "li" and _ends_item(el):
            text = text.rstrip()
        return text.translate(_IN_LINK) if "a" in around else text

    def escape(self, text: str, parent_tags: Any = None) -> str:
        bare = text.translate(_NO_SIGNS).replace("\\", "\\\\").translate(_TO_SIGNS)
        return str(super().escape(bare, parent_tags)).replace("`", "\\`")

    def convert_p(self, el: Tag, text: str, parent_tags: Any) -> str:
        inside = text.strip(" \n")
        if el.find(_BLOCKS) is None:  # Marker puts lists into paragraphs
            inside = _escape_block_start(inside)
        if "has-continuation" in el.get_attribute_list("class"):
            return str(super().convert_p(el, inside, parent_tags))  # the paragraph continues in what follows
        return f"\n\n{inside}\n\n" if inside else ""

    def convert_dd(self, el: Tag, text: str, parent_tags: Any) -> str:
        """Start a line for each of the meanings that a term has."""
        listing = text.strip("\n")
        if listing.startswith("```"):  # after the colon, programs without definition lists would show it as a paragraph
            return "\n:\n\n" + textwrap.indent(listing, "    ") + "\n"
        return f"\n{super().convert_dd(el, text, parent_tags)}"

    def convert_list(self, el: Tag, text: str, parent_tags: Any) -> str:
        """Write a list; one that begins with another number than 1 would be text of the paragraph right before it."""
        written = str(super().convert_list(el, text, parent_tags))
        begun = _NUMBER_OF_ITEM.match(written)
        return f"\n{written}" if "li" in parent_tags and begun and begun[1] != "1" else written

    convert_ul = convert_ol = convert_list

    def convert_li(self, el: Tag, text: str, parent_tags: Any) -> str:
        first = el.contents[0] if el.contents else None
        if isinstance(first, NavigableString):
            line, newline, rest = text.strip().partition("\n")
            text = f"{_escape_block_start(line)}{newline}{rest}"
        return str(super().convert_li(el, text, parent_tags))

    def convert_a(self, el: Tag, text: str, parent_tags: Any) -> str:
        address = clean_destination(str(el.get("href") or ""))
        line = text.replace("\n", " ")
        inside = line.strip()
        if "_noformat" in parent_tags or not inside or not address:
            return text
        before, after = " " * line.startswith(" "), " " * line.endswith(" ")
        if _ABSOLUTE.match(address) and inside.translate(_FROM_SIGNS).replace(r"\_", "_") == address:
            return f"{before}<{address}>{after}"
        return f"{before}[{inside}]({escape_for_markdown(address)}){after}"

    def convert_code(self, _: Tag, text: str, parent_tags: Any) -> str:
        """Write code without the line breaks that would end it, or begin a block in its midst."""
        if "_noformat" in parent_tags or not text.strip():
            return text
        line = text.replace("\n", " ")
        return " " * line.startswith(" ") + _write_code_span(line) + " " * line.endswith(" ")

    def convert_img(self, el: Tag, *_: Any, **__: Any) -> str:
        alt = " ".join(str(el.get("alt") or "").split()).translate(_NO_SIGNS).translate(_IN_ALT)
        address = clean_destination(str(el.get("src") or ""))
        return f"![{alt}]({escape_for_markdown(address)})" if address else alt

    def convert_input(self, el: Tag, *_: Any, **__: Any) -> str:
        """Write the box of a task; other controls are text already."""
        return "[x]" if el.has_attr("checked") else "[ ]"

    def convert_math(self, el: Tag, text: str, parent_tags: Any) -> str:
        if el.get("display") == "block":
            return str(super().convert_math(el, _write_formula(text), parent_tags))
        return self._write_inline_formula(text)

    def _write_inline_formula(self, tex: str) -> str:
        opening, closing = self.inline_math_delimiters
        return f"{opening}{_write_formula(tex).strip()}{closing}"

    def convert_pre(self, el: Tag, text: str, *_: Any, **__: Any) -> str:
        if el.find_parent(["td", "th"]):
            return "<br>".join(_write_code_span(line) for line in text.split("\n") if line.strip())
        found = [name for name in el.get_attribute_list("class") if name and name.startswith("language-")]
        longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
        fence = "`" * (longest + 1)
        return f"\n\n{fence}{found[0].removeprefix('language-') if found else ''}\n{text}\n{fence}\n\n" if text else ""

    def convert_br(self, el: Tag, text: str, parent_tags: Any) -> str:
        return "<br>" if el.find_parent(["td", "th"]) else str(super().convert_br(el, text, parent_tags))

    def convert_td(self, el: Tag, text: str, *_: Any, **__: Any) -> str:
        self._cells[id(el)] = join_rows([_tidy_cell(cell) for cell in row] for row in split_rows(text))
        return ""

    convert_th = convert_td

    def convert_tr(self, *_: Any, **__: Any) -> str:
        return ""

    def convert_table(self, el: Tag, *_: Any, **__: Any) -> str:
        if self.html_tables_in_markdown or (self._spans is Spans.HTML and has_spans(el)):
            written = write_html(el, self._write_inline_formula).translate(_NO_SIGNS)
        else:
            written = write_grid(el, lambda cell: self._cells.pop(id(cell), ""), self._spans)
        return f"\n\n{written}\n\n" if written else ""


def _ends_item(text: NavigableString) -> bool:
    after = text.next_sibling
    return after is None or (isinstance(after, Tag) and after.name in ("ul", "ol"))


def _tidy_cell(text: str) -> str:
    """Return the text of a cell in one line, with a break where it has lines."""
    if "\n" not in text and "<br>" not in text:
        return " ".join(text.split()).replace("|", r"\|")
    lines = [" ".join(line.split()) for line in text.split("\n")]
    joined = "<br>".join(line for line in lines if line).replace("|", r"\|")
    return re.sub(r"(\s*<br>\s*)+$", "", re.sub(r"^(\s*<br>\s*)+", "", joined))


def _write_code_span(line: str) -> str:
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", line)), default=0))
    space = " " if "`" in line else ""
    return f"{_EDGE}{fence}{space}{line.strip()}{space}{fence}{_EDGE}"


def _write_formula(tex: str) -> str:
    """Write a formula in which a program without formulas sees neither a tag, nor a link, nor code.

    Spaces do not matter to TeX, and a backtick is a quotation mark there.
    """
    tex = tex.replace("`", "\u2018")
    return _BLANK_LINES.sub("\n", _FORMULA_LIKE_LINK.sub("] ", _FORMULA_LIKE_TAG.sub("< ", tex)))


def _escape_block_start(text: str) -> str:
    """Escape a paragraph's line that begins like a heading, a list, a quotation or a rule."""
    return _LIKE_NUMBER.sub(r"\1\\\2", _LIKE_BLOCK.sub(r"\1\\\2", text))
