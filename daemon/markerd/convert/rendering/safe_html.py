"""The last check of HTML before it leaves in any format: few elements, few attributes, no address that runs code.

Readers and Marker write HTML that is safe already, and this changes nothing in it. Text that a model read or wrote, and
whatever a library may add one day, is not trusted to be safe.
"""

from __future__ import annotations

import html
import re

from bs4 import BeautifulSoup, Tag
from bs4.element import Doctype, NavigableString, PreformattedString

from markerd.convert.rendering.links import clean_destination

_ELEMENTS = frozenset({
    "html", "head", "meta", "body", "div", "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd",
    "table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th", "pre", "blockquote", "figure", "figcaption", "hr",
    "a", "b", "i", "u", "strong", "em", "code", "del", "s", "sub", "sup", "q", "br", "img", "math", "chem", "span",
    "mark", "small", "input", "content-ref",
})  # fmt: skip
_ATTRIBUTES = frozenset({
    "href", "src", "alt", "id", "class", "colspan", "rowspan", "start", "value", "display", "block-type", "charset",
    "type", "checked", "role", "data-page-id", "data-block-id", "data-bulleted", "data-markerd-heading",
})  # fmt: skip
_ADDRESSES = frozenset({"href", "src"})
_DOCTYPE = "<!DOCTYPE html>"
_ATTRIBUTE = r"""\s+([a-z-]+)(?:=(?:"([^"<>]*)"|'([^'<>]*)'))?"""
_TAG = re.compile(rf"<(/?)([a-z][a-z0-9-]*)((?:{_ATTRIBUTE})*)\s*/?>")
_EACH_ATTRIBUTE = re.compile(_ATTRIBUTE)


def make_safe(markup: str) -> str:
    """Return the HTML itself where it is safe; else without what is not. The text of removed elements stays, as
    text.
    """
    if is_safe(markup):
        return markup
    soup = BeautifulSoup(markup, "html.parser")
    for element in soup.find_all(True):
        _restrict(element)
    for text in soup.find_all(string=True):
        if isinstance(text, PreformattedString) and not _is_our_doctype(text):
            text.extract()
        elif type(text) is not NavigableString and not isinstance(text, PreformattedString):
            text.replace_with(NavigableString(str(text)))  # the text of a script would be written unescaped
    return str(soup)


def is_safe(markup: str) -> bool:
    """Whether all tags are written as we write them, and have nothing but what they may have."""
    at = markup.find("<")
    while at >= 0:
        tag = _TAG.match(markup, at)
        if tag is not None and _is_allowed(tag):
            at = markup.find("<", tag.end())
        elif markup.startswith(_DOCTYPE, at):
            at = markup.find("<", at + len(_DOCTYPE))
        else:
            return False
    return True


def _is_allowed(tag: re.Match[str]) -> bool:
    return tag[2] in _ELEMENTS and all(
        name in _ATTRIBUTES and (name not in _ADDRESSES or _is_clean(name, html.unescape(double or single)))
        for name, double, single in _EACH_ATTRIBUTE.findall(tag[3])
    )


def _clean_address(name: str, written: str) -> str | None:
    """Clean an address. A picture lies beside its document: one elsewhere would be fetched by whoever looks at it."""
    address = clean_destination(written)
    return None if address and name == "src" and ":" in address else address


def _is_clean(name: str, address: str) -> bool:
    return bool(address) and _clean_address(name, address) == address


def _restrict(element: Tag) -> None:
    """Keep the allowed attributes. An element that is not allowed, or a link to nowhere, is replaced by its content."""
    addresses = {name: _clean_address(name, str(element[name])) for name in _ADDRESSES if element.has_attr(name)}
    kept = {name: value for name, value in element.attrs.items() if name in _ATTRIBUTES - _ADDRESSES}
    element.attrs = {**kept, **{name: address for name, address in addresses.items() if address}}
    if element.name not in _ELEMENTS or (element.name == "a" and not element.attrs):
        element.unwrap()
    elif element.name == "img" and not element.has_attr("src"):
        element.replace_with(str(element.get("alt") or ""))


def _is_our_doctype(text: PreformattedString) -> bool:
    return isinstance(text, Doctype) and str(text) == "html"
