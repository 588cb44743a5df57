"""Formulas that pages carry as TeX, for the program that would draw them: once, and as formulas."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag

_DRAWN_BY_PROGRAM = re.compile(r"mathjax|katex|math/tex", re.IGNORECASE)
_SCRIPT = re.compile(r"<script\b[^>]*?type\s*=\s*[\"']?math/(?:tex|asciimath)\b([^>]*)>(.*?)</script\s*>", re.I | re.S)
_DELIMITED = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]|\$\$(.+?)\$\$", re.DOTALL)
_PICTURES = frozenset({
    "mwe-math-fallback-image-inline", "mwe-math-fallback-image-display", "tex", "latex", "math-tex",
})  # fmt: skip
_DISPLAYED = frozenset({"mwe-math-fallback-image-display", "katex-display"})
_DRAWN = frozenset({"katex-html", "MathJax_Preview", "MathJax", "MathJax_Display", "MathJax_SVG", "MathJax_CHTML"})
_CODE = ("code", "pre", "kbd", "samp", "math", "textarea", "script", "style")


def keep_scripts(script: str) -> str:
    """Return a formula for a script that holds one, and nothing for others; `script` is the whole element."""
    found = _SCRIPT.fullmatch(script)
    if found is None:
        return ""
    display = "block" if "display" in found[1].lower() else "inline"
    tex = found[2].replace("<![CDATA[", "").replace("]]>", "").strip()
    escaped = tex.replace("&", "&amp;").replace("<", "&lt;")
    return f'<math display="{display}" class="markerd-tex">{escaped}</math>'


def is_drawn_by_program(markup: str) -> bool:
    """Whether a page has its formulas drawn by a program, which reads them from the text."""
    return bool(_DRAWN_BY_PROGRAM.search(markup))


def find_formulas(soup: BeautifulSoup, has_program: bool) -> None:
    """Make formulas of pictures, and of delimited TeX where a program would read it; drop what one has drawn."""
    for picture in soup.find_all("img", alt=True):
        classes = _list_classes(picture)
        if classes & _PICTURES and str(picture["alt"]).strip():
            _replace_by_formula(picture, str(picture["alt"]), is_block=bool(classes & _DISPLAYED))
    for drawn in soup.find_all(lambda element: bool(_list_classes(element) & _DRAWN)):
        if not drawn.decomposed and _has_formula_beside(drawn):
            drawn.decompose()
    for container in soup.find_all(["mjx-container", "span"]):
        is_block = container.get("display") == "true" or bool(_list_classes(container) & _DISPLAYED)
        for formula in container.find_all("math") if is_block else []:
            formula["display"] = "block"
    if has_program:
        _read_delimited(soup)


def _list_classes(element: Tag) -> set[str]:
    return {name for name in element.get_attribute_list("class") if name}


def _has_formula_beside(drawn: Tag) -> bool:
    """Whether the formula itself stands beside what is drawn, within the same few elements."""
    siblings = [*drawn.find_previous_siblings(limit=2), *drawn.find_next_siblings(limit=3)]
    return any(each.name == "math" or each.find("math") is not None for each in siblings)


def _replace_by_formula(element: Tag, tex: str, *, is_block: bool) -> None:
    formula = Tag(name="math", attrs={"display": "block" if is_block else "inline"})
    bare = tex.strip()
    shown = bare[len(r"{\displaystyle") : -1] if bare.startswith(r"{\displaystyle") and bare.endswith("}") else bare
    formula.append(shown.strip())
    element.replace_with(formula)


def _read_delimited(soup: BeautifulSoup) -> None:
    for text in soup.find_all(string=_DELIMITED):
        if text.find_parent(_CODE) is not None:
            continue
        at, whole = 0, str(text)
        for found in _DELIMITED.finditer(whole):
            if found.start() > at:
                text.insert_before(whole[at : found.start()])
            place = Tag(name="span")
            text.insert_before(place)
            _replace_by_formula(place, found[1] or found[2] or found[3], is_block=found[1] is None)
            at = found.end()
        text.replace_with(whole[at:])
