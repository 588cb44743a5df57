"""What stands on a page for its site and not for its reader: navigation, banners, dialogs, buttons, cookie notices.

Only what a page says of itself is taken out: its landmarks (elements of HTML, roles of ARIA), and names that notices
have everywhere. Where it says which part is the main one, heads, feet and asides of the page around that go too.
"""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag

_HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
_NEVER = frozenset({"navigation", "search", "dialog", "alertdialog", "banner", "menubar", "toolbar", "tablist"})
_OUTSIDE_MAIN = frozenset({"contentinfo", "complementary"})
_ELEMENTS_OUTSIDE = frozenset({"header", "footer", "aside"})
_KEPT_NAVIGATION = frozenset({"doc-toc", "doc-index", "doc-pagelist"})
_SKIP = re.compile(r"(?:skip|jump) (?:to|over)\b.{0,30}", re.IGNORECASE)
"""The first link of a page, for those who listen to it."""
_CONSENT = re.compile(r"cookie|consent|gdpr|ccpa", re.IGNORECASE)
_NOTICE = re.compile(
    r"banner|notice|popup|pop-up|modal|overlay|dialog|message|window|bar\b|law|warning|accept|prompt|container|wrapper",
    re.IGNORECASE,
)
_VENDORS = re.compile(
    r"onetrust|cookiebot|cookieyes|didomi|usercentrics|qc-cmp|truste|cc-window|iubenda-cs|osano-cm|klaro|cmplz|"
    r"borlabs-cookie|sp_message_container|fc-consent|termly|cky-consent",
    re.IGNORECASE,
)
_NOT_PRINTED = frozenset({
    "noprint", "no-print", "d-print-none", "hidden-print", "print-hidden", "mw-editsection", "mw-jump-link",
    "skip-link", "skip-to-content", "skip-nav", "skip-to-main-content", "skiplink", "vector-dropdown",
})  # fmt: skip
_MOST_NOTICE_CHARACTERS = 6_000
"""The longest notice: with all its vendors and purposes one has had 5,400 characters; an article has more, or a
heading of the first level."""
_LEAST_MAIN_SHARE = 0.25
"""The least share of a page's text that its main part has: a page whose `<main>` is a shell says nothing by it."""


def drop_boilerplate(soup: BeautifulSoup) -> None:
    """Take out what is not for the reader, in place. A page of nothing else stays as it is."""
    body = soup.body or soup
    whole = _count_characters(body)
    unwanted = [element for element in body.find_all(True) if _is_boilerplate(element)]
    main = _find_main(body)
    if main is not None:
        unwanted += [element for element in body.find_all(True) if _is_outside(element, main)]
    unwanted = [element for element in unwanted if not element.decomposed]
    if whole and sum(_count_characters(each) for each in _list_outermost(unwanted)) >= whole:
        return
    for element in unwanted:
        if not element.decomposed:
            _remove(element)


def _count_characters(element: Tag) -> int:
    return len("".join(element.get_text().split()))


def _list_outermost(elements: list[Tag]) -> list[Tag]:
    """List those that lie in none of the others. They are known by identity: equal ones only look alike."""
    known = {id(element) for element in elements}
    return [element for element in elements if not any(id(parent) in known for parent in element.parents)]


def _list_roles(element: Tag) -> set[str]:
    return set(str(element.get("role") or "").lower().split())


def _is_boilerplate(element: Tag) -> bool:
    roles = _list_roles(element)
    if element.name == "nav" or roles & _NEVER or element.get("aria-modal") == "true":
        return not roles & _KEPT_NAVIGATION
    if element.name == "button" or "button" in roles or _is_button(element):
        return element.find_parent([*_HEADINGS, "dt", "summary", "p"]) is None or element.name == "input"
    if (
        element.name == "a"
        and str(element.get("href", "")).startswith("#")
        and _SKIP.fullmatch(element.get_text().strip())
    ):
        return True
    return bool(set(element.get_attribute_list("class")) & _NOT_PRINTED) or _is_notice(element)


def _is_button(element: Tag) -> bool:
    return element.name == "input" and str(element.get("type", "")).lower() in ("submit", "button", "reset")


def _is_notice(element: Tag) -> bool:
    """Whether an element is a notice about cookies: named so, short, and without an article."""
    if element.name not in ("div", "section", "aside", "form", "dialog", "footer", "p"):
        return False
    names = " ".join([str(element.get("id") or ""), *(name or "" for name in element.get_attribute_list("class"))])
    is_named = bool(_VENDORS.search(names)) or bool(_CONSENT.search(names) and _NOTICE.search(names))
    return (
        is_named
        and element.find(["main", "article", "h1"]) is None
        and _count_characters(element) <= _MOST_NOTICE_CHARACTERS
    )


def _find_main(body: Tag) -> Tag | None:
    """Return the part that the page calls its main one, where it holds a fair share of the text."""
    found = [each for each in body.find_all(True) if each.name == "main" or "main" in _list_roles(each)]
    if not found:
        found = body.find_all("article")
    outermost = _list_outermost(found)
    if len(outermost) != 1 or _count_characters(outermost[0]) < _LEAST_MAIN_SHARE * _count_characters(body):
        return None
    return outermost[0]


def _is_outside(element: Tag, main: Tag) -> bool:
    """Whether an element is a head, a foot or an aside of the page, around its main part."""
    if element.name not in _ELEMENTS_OUTSIDE and not _list_roles(element) & _OUTSIDE_MAIN:
        return False
    is_around = any(element is parent for parent in main.parents)
    return not is_around and not any(parent is main for parent in element.parents)


def _remove(element: Tag) -> None:
    """Take an element out; the page's only title, where it stands in its banner, stays in its place."""
    page = element.find_parent("body")
    titles = element.find_all("h1")
    if page is not None and titles and len(page.find_all("h1")) == len(titles):
        for title in titles:
            element.insert_before(title.extract())
    element.decompose()
