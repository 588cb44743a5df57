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
from markerd.convert.office.canonical_html.hiding import drop_unseen
from markerd.convert.office.canonical_html.parsing import parse_html
from markerd.convert.office.canonical_html.pictures import Pictures, clean_alt
from markerd.convert.office.canonical_html.targets import (
    clean_address,
    clean_name,
    guess_file_name,
    is_elsewhere,
    is_external,
)
from markerd.convert.office.math import mathml
from markerd.convert.rendering import html_tables

BLOCKS = frozenset({
    "h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "thead",
    "tbody", "tfoot", "tr", "td", "th", "pre", "blockquote", "figure", "figcaption", "div", "hr",
})  # fmt: skip
_INLINE = frozenset({
    "a", "b", "i", "u", "code", "del", "sub", "sup", "q", "br", "img", "math", "span",
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
    "td": ("colspan", "rowspan"), "th": ("colspan", "rowspan"), "ol": ("start",), "li": ("value",),
    "div": ("data-markerd",),
}  # fmt: skip
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\ufeff\ufffe\uffff\ufff9-\ufffb]")
_LANGUAGE = re.compile(r"(?:language|lang|brush)[-:]([\w+#.-]+)")
_DEEPEST = 100  # levels of elements


def clean_page(markup: str, pictures: Pictures, targets: frozenset[str], base: str = "") -> Tag:
    """Return the `body` of a page in canonical HTML. `targets` has the names that links of the document lead to."""
    soup = parse_html(markup)
    for sheet in soup.find_all("link", rel="stylesheet", href=is_elsewhere):
        blocked_fetches.refused.add(str(sheet["href"]))
    drop_unseen(soup)
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
        _replace_picture(element, pictures, base)
    elif name in ("input", "select", "textarea", "progress", "meter"):
        _show_form_control(element)
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


def _replace_picture(element: Tag, pictures: Pictures, base: str) -> None:
    source = str(
        element.get("src") or element.get("data-src") or element.get("xlink:href") or element.get("href") or ""
    )
    alt = clean_alt(str(element.get("alt") or element.get("title") or ""))
    if pictures.get(source) is not None:
        element.name, element.attrs = "img", {"src": source, "alt": alt}
        element.clear(decompose=True)
        return
    if is_elsewhere(source):
        blocked_fetches.refused.add(source)
    if is_external(address := (clean_address(source, base) or "")) and not _is_pixel(element):
        _link_to_picture(element, address, alt)
    else:
        element.replace_with(alt)


def _is_pixel(element: Tag) -> bool:
    """Whether a picture is one that counts visitors."""
    return any(str(element.get(side, "")).strip().removesuffix("px") in ("0", "1", "2") for side in ("width", "height"))


def _link_to_picture(element: Tag, address: str, alt: str) -> None:
    """Replace a picture that lies elsewhere, and is not fetched, by a link to it; within a link only its text is
    left.
    """
    if element.find_parent("a"):
        element.replace_with(alt)
        return
    element.name, element.attrs = "a", {"href": address}
    element.clear(decompose=True)
    element.append(alt or guess_file_name(address))


def _show_form_control(element: Tag) -> None:
    kind = str(element.get("type", "text")).lower()
    if element.name == "input" and kind in ("checkbox", "radio"):
        shown = "\u2611" if element.has_attr("checked") else "\u2610"
    elif element.name == "input":
        shown = "" if kind in ("password", "file", "image") else str(element.get("value") or "")
    elif element.name == "select":
        options = element.find_all("option")
        chosen = [option for option in options if option.has_attr("selected")] or options[:1]
        shown = ", ".join(option.get_text() for option in chosen)
    else:
        shown = element.get_text()
    element.clear(decompose=True)
    element.replace_with(f" {shown} " if shown else "")


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
            tidied = tidied.rstrip(" ") if _is_line_break(text.next_sibling) else tidied
        if tidied != str(text):
            text.replace_with(tidied)


def _is_line_break(node: object) -> bool:
    return isinstance(node, Tag) and node.name == "br"


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
