"""A page's HTML made canonical: few elements, few attributes, nothing hidden, nothing that runs or is fetched.

The result has no `div`, no `span` but those that name a place (`<span id=…>`), formulas as LaTeX in `<math>`, and
pictures that the document holds, as `<img src="picture:N">`. All formats pass through here, so none has to be trusted.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from bs4 import Tag
from bs4.element import NavigableString

from markerd.convert.checks import blocked_fetches
from markerd.convert.office.canonical_html import emphasis, lists, notes, tasks, word_lists
from markerd.convert.office.canonical_html.hiding import drop_unseen
from markerd.convert.office.canonical_html.parsing import parse_html
from markerd.convert.office.canonical_html.pictures import Pictures
from markerd.convert.office.canonical_html.replaced import replace_picture, show_form_control
from markerd.convert.office.canonical_html.sheets import Sheets
from markerd.convert.office.canonical_html.styling import write_emphasis
from markerd.convert.office.canonical_html.targets import (
    clean_address,
    clean_name,
    is_elsewhere,
)
from markerd.convert.office.math import mathml
from markerd.convert.rendering import html_tables
from markerd.convert.rendering.packed_rows import pack_rows

BLOCKS = frozenset({
    "h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "thead",
    "tbody", "tfoot", "tr", "td", "th", "pre", "blockquote", "figure", "figcaption", "div", "hr",
})  # fmt: skip
_INLINE = frozenset({
    "a", "b", "i", "u", "code", "del", "sub", "sup", "q", "br", "img", "math", "span", "not-b", "not-i",
})  # fmt: skip
_RENAMED = {
    "strong": "b", "em": "i", "cite": "i", "dfn": "i", "var": "i", "address": "div", "strike": "del", "s": "del",
    "ins": "u", "tt": "code", "kbd": "code", "samp": "code", "menu": "ul", "dir": "ul", "summary": "p", "legend": "p",
}  # fmt: skip
_CONTAINERS = frozenset({
    "section", "article", "main", "header", "footer", "nav", "aside", "form", "fieldset", "details", "center",
    "body", "html", "hgroup", "search", "dialog", "optgroup", "noembed", "multicol",
})  # fmt: skip
_KEPT_ATTRIBUTES = {
    "td": ("colspan", "rowspan"), "th": ("colspan", "rowspan"), "ol": ("start",),
    "div": ("data-markerd",),
}  # fmt: skip
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\ufeff\ufffe\uffff\ufff9-\ufffb]")
_LANGUAGE = re.compile(r"(?:language|lang|brush)[-:]([\w+#.-]+)")
_DEEPEST = 100  # levels of elements


def clean_page(markup: str, pictures: Pictures, targets: frozenset[str], base: str = "") -> Tag:
    """Return the `body` of a page in canonical HTML. `targets` has the names that links of the document lead to."""
    soup = parse_html(pack_rows(markup))
    for sheet in soup.find_all("link", rel="stylesheet", href=is_elsewhere):
        blocked_fetches.refused.add(str(sheet["href"]))
    sheets = Sheets(soup)
    drop_unseen(soup, sheets)
    write_emphasis(sheets)
    word_lists.restore_lists(soup, sheets)
    notes.mark_notes(soup)
    lists.write_labels(soup, sheets)
    body = soup.body or soup
    for definition in body.find_all("dd"):  # the parser nests them where the end tags are missing
        if definition.parent is not None and definition.parent.name == "dd":
            definition.parent.insert_after(definition)
    _flatten_deep(body)
    waiting = _list_children(body)
    while waiting:
        element = waiting.pop()
        inner = _list_children(element)
        if _make_canonical(element, pictures, targets, base):
            waiting += inner
    _tidy_texts(body)
    for table in body.find_all("table")[::-1]:
        html_tables.make_sound(table)
    _pull_blocks_out(body)
    emphasis.regroup_all(body)
    for code in body.find_all("code"):
        emphasis.split_code(code)
    tasks.mark_tasks(body)
    return body


def _list_children(element: Tag) -> list[Tag]:
    """List the elements directly within, the last first."""
    return [child for child in element.children if isinstance(child, Tag)][::-1]


def find_link_targets(markup: str) -> set[str]:
    """Find the names in a page that links lead to, as `clean_address` writes them."""
    return {clean_name(html.unescape(name)) for name in re.findall(r"href\s*=\s*[\"']?#([^\"'\s>]+)", markup)}


def _flatten_deep(body: Tag) -> None:
    """Replace elements that are nested too deep by their texts, each a paragraph, since readers of the tree recurse
    over it.
    """
    level = [body]
    for _ in range(_DEEPEST):
        level = [child for element in level for child in element.children if isinstance(child, Tag)]
    for element in level:
        texts = [str(text) for text in element.find_all(string=True) if text.strip()]
        element.clear(decompose=True)
        for text in texts:
            paragraph = Tag(name="p")
            paragraph.append(text)
            element.append(paragraph)


def _make_canonical(element: Tag, pictures: Pictures, targets: frozenset[str], base: str) -> bool:
    """Change an element in place; returns whether the elements within it are still to be changed."""
    name = element.name
    _mark_target(element, targets)
    if name == "math":
        _convert_formula(element)
    elif name in ("img", "image"):
        replace_picture(element, pictures, base)
    elif name in ("input", "select", "textarea", "progress", "meter"):
        show_form_control(element)
    elif name in ("pre", "listing", "xmp", "plaintext"):
        _clean_code_block(element)
    elif name == "a":
        _clean_link(element, base)
        return True
    else:
        _rename(element)
        return True
    return False


def _rename(element: Tag) -> None:
    if element.name == "button":  # a browser shows it with space around
        element.insert(0, " ")
        element.append(" ")
    if element.name == "rt":
        element.insert(0, "(")
        element.append(")")
    element.name = _RENAMED.get(element.name, "div" if element.name in _CONTAINERS else element.name)
    if element.name not in BLOCKS | _INLINE or element.name == "span":
        element.unwrap()
    else:
        kept = _KEPT_ATTRIBUTES.get(element.name, ())
        element.attrs = {key: value for key, value in element.attrs.items() if key in kept}


def _mark_target(element: Tag, targets: frozenset[str]) -> None:
    """Put a `<span id=…>`, as Marker names places, at an element that a link leads to; other elements lose their
    name.
    """
    name = clean_name(str(element.get("id") or (element.get("name") if element.name == "a" else "") or ""))
    if not name or name not in targets:
        return
    place = Tag(name="span", attrs={"id": name})
    if element.name in ("table", "thead", "tbody", "tr", "ul", "ol", "dl", "img", "math", "pre", "input", "br", "hr"):
        element.insert_before(place)
    else:
        element.insert(0, place)


def _convert_formula(element: Tag) -> None:
    tex = mathml.convert_to_latex(element)
    display = str(element.get("display", "")) == "block" or str(element.get("mode", "")) == "display"
    element.clear(decompose=True)
    if not tex:
        element.decompose()
        return
    element.append(tex)
    element.attrs = {"display": "block"} if display else {"display": "inline"}


def _clean_link(element: Tag, base: str) -> None:
    href = clean_address(str(element.get("href") or ""), base)
    if href is None or element.find_parent("a"):
        element.unwrap()
    else:
        element.attrs = {"href": href}


def _clean_code_block(element: Tag) -> None:
    """Keep line breaks as lines, and the language that highlighters look for."""
    for line_break in element.find_all("br"):
        line_break.replace_with("\n")
    code = element.find("code")
    classes = [*element.get_attribute_list("class"), *(code.get_attribute_list("class") if code else [])]
    languages = [
        found[1] for name in classes if (found := re.fullmatch(r"(?:language|lang|brush)[-:]([\w+#.-]+)", name or ""))
    ]
    text = element.get_text()
    element.clear(decompose=True)
    element.append(text.strip("\n"))
    element.name, element.attrs = "pre", {"class": languages[0]} if languages else {}


def _tidy_texts(body: Tag) -> None:
    body.smooth()
    in_code = {id(text) for code in body.find_all("pre") for text in code.find_all(string=True)}
    for text in body.find_all(string=True):
        tidied = _UNPRINTABLE.sub(_replace_unprintable, str(text))
        if id(text) not in in_code:
            tidied = re.sub(r"[ \t\r\n]+", " ", tidied)
            tidied = tidied.lstrip(" ") if _is_line_break(text.previous_sibling) else tidied
            tidied = tidied.rstrip(" ") if _ends_line(text.next_sibling) else tidied
        if tidied != str(text):
            text.replace_with(tidied)


def _is_line_break(node: object) -> bool:
    return isinstance(node, Tag) and node.name == "br"


def _ends_line(node: object) -> bool:
    return _is_line_break(node) or (isinstance(node, Tag) and node.name in BLOCKS)


def _replace_unprintable(match: re.Match[str]) -> str:
    """Replace C1 controls by the characters of Windows-1252 that they stand for, and drop other invisible
    characters.
    """
    code = ord(match[0])
    return bytes([code]).decode("cp1252", "ignore") if 0x80 <= code < 0xA0 else ""


def _pull_blocks_out(body: Tag) -> None:
    """Move a link or an emphasis that encloses whole blocks into each of them."""
    for element in body.find_all(list(_INLINE - {"img", "br", "math"})):
        if element.find(is_block):
            for run in list(_find_inline_runs(element)):
                wrapper = Tag(name=element.name, attrs=dict(element.attrs))
                run[0].insert_before(wrapper)
                for node in run:
                    wrapper.append(node.extract())
            element.unwrap()


def _find_inline_runs(element: Tag) -> Iterator[list[Tag | NavigableString]]:
    """Yield neighbours below an element that hold no block, in order; runs of blank ones do not count."""
    run: list[Tag | NavigableString] = []
    for child in list(element.children):
        if isinstance(child, Tag) and (is_block(child) or child.find(is_block)):
            if _is_run_filled(run):
                yield run
            run = []
            yield from _find_inline_runs(child)
        elif isinstance(child, Tag | NavigableString):
            run.append(child)
    if _is_run_filled(run) and element.name not in ("table", "thead", "tbody", "tr", "ul", "ol", "dl"):
        yield run


def _is_run_filled(run: list[Tag | NavigableString]) -> bool:
    return any(node.strip() if isinstance(node, NavigableString) else has_content(node) for node in run)


def has_content(element: Tag) -> bool:
    return bool(element.get_text(strip=True)) or element.name == "img" or element.find("img") is not None


def is_block(element: Tag) -> bool:
    return element.name in BLOCKS or (element.name == "math" and element.get("display") == "block")
