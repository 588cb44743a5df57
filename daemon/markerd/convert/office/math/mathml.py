"""MathML as LaTeX: its own TeX annotation where it has one, else what its elements say."""

from __future__ import annotations

from collections.abc import Callable

from bs4 import Tag

from markerd.convert.office.math import latex


def to_latex(math: Tag) -> str:
    """The formula of a `<math>` element. Elements that are not known give what they hold."""
    annotation = math.find(
        "annotation", attrs={"encoding": ["application/x-tex", "TeX", "LaTeX", "application/x-latex"]}
    )
    if annotation is not None and annotation.get_text().strip():
        return _bare(annotation.get_text().strip())
    if not math.find(True):
        return " ".join(math.get_text().split())
    return " ".join(_all(math).split())


def _bare(tex: str) -> str:
    """Without the `{\\displaystyle …}` that MediaWiki puts around."""
    if tex.startswith(r"{\displaystyle") and tex.endswith("}"):
        return tex[len(r"{\displaystyle") : -1].strip()
    return tex


def _children(element: Tag) -> list[Tag]:
    return [child for child in element.children if isinstance(child, Tag)]


def _all(element: Tag) -> str:
    return "".join(_of(child) for child in _children(element))


def _of(element: Tag) -> str:
    if element.name in ("annotation", "annotation-xml"):
        return ""
    convert = _CONVERT.get(element.name)
    if convert is not None:
        return convert(element)
    return _all(element) if element.find(True) else latex.of_text(element.get_text().strip())


def _part(element: Tag, number: int) -> str:
    children = _children(element)
    return _of(children[number]).strip() if number < len(children) else ""


def _identifier(element: Tag) -> str:
    text = element.get_text().strip()
    return latex.name(text) if len(text) > 1 and text.isalpha() and text.isascii() else latex.of_text(text)


def _under_over(element: Tag, below: int | None, above: int | None) -> str:
    base = _part(element, 0)
    children = _children(element)
    if below is None and above is not None and above < len(children) and children[above].name == "mo":
        return latex.accented(base, children[above].get_text(), is_over=True)
    return latex.scripts(base, _part(element, below) if below else "", _part(element, above) if above else "")


def _table(element: Tag) -> str:
    rows = [child for child in _children(element) if child.name in ("mtr", "mlabeledtr")]
    return latex.matrix([[_all(cell).strip() for cell in _children(row) if cell.name == "mtd"] for row in rows])


def _fenced(element: Tag) -> str:
    separator = str(element.get("separators", ","))[:1]
    inside = separator.join(_of(child) for child in _children(element))
    return latex.fenced(str(element.get("open", "(")), inside, str(element.get("close", ")")))


_CONVERT: dict[str, Callable[[Tag], str]] = {
    "mi": _identifier,
    "mtext": lambda e: latex.words(e.get_text()),
    "ms": lambda e: latex.words(e.get_text()),
    "mspace": lambda _: " ",
    "mphantom": lambda _: "",
    "mfrac": lambda e: latex.fraction(_part(e, 0), _part(e, 1)),
    "msqrt": lambda e: latex.root(_all(e).strip()),
    "mroot": lambda e: latex.root(_part(e, 0), _part(e, 1)),
    "msub": lambda e: latex.scripts(_part(e, 0), below=_part(e, 1)),
    "msup": lambda e: latex.scripts(_part(e, 0), above=_part(e, 1)),
    "msubsup": lambda e: latex.scripts(_part(e, 0), _part(e, 1), _part(e, 2)),
    "munder": lambda e: _under_over(e, 1, None),
    "mover": lambda e: _under_over(e, None, 1),
    "munderover": lambda e: _under_over(e, 1, 2),
    "mtable": _table,
    "mfenced": _fenced,
}
