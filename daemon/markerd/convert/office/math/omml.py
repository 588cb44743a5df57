"""Word's and PowerPoint's formulas (OMML, ECMA-376 part 1, 22.1) as LaTeX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markerd.convert.office.math import latex

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"


def to_latex(formula: Any) -> str:
    """The formula of an `m:oMath` element. Elements that are not known give what they hold."""
    return " ".join(_all(formula).split())


def _all(element: Any) -> str:
    return "".join(_of(child) for child in element) if element is not None else ""


def _of(element: Any) -> str:
    tag = str(element.tag)
    convert = _CONVERT.get(tag[len(M) :]) if tag.startswith(M) else None
    if convert is not None:
        return convert(element)
    return "" if tag.endswith("Pr") else _all(element)


def _child(element: Any, name: str) -> str:
    return _all(element.find(M + name)).strip()


def _property(element: Any, kind: str, name: str, default: str) -> str:
    """The `m:val` of a property; an empty one counts, for a fence may have no opening."""
    found = element.find(f"{M}{kind}/{M}{name}")
    return default if found is None else str(found.get(f"{M}val", ""))


def _run(element: Any) -> str:
    text = "".join(t.text or "" for t in element.iter(f"{M}t"))
    is_prose = element.find(f"{M}rPr/{M}nor") is not None
    if not is_prose:
        return latex.of_text(text)
    return latex.name(text) if text.strip() in latex.FUNCTIONS else latex.words(text)


def _function(element: Any) -> str:
    plain = "".join(t.text or "" for t in element.iterfind(f"{M}fName//{M}t")).strip()
    name = latex.name(plain) if plain in latex.FUNCTIONS else _child(element, "fName")
    return f"{name} {_child(element, 'e')}"


def _fence(element: Any) -> str:
    inside = _property(element, "dPr", "sepChr", "|").join(_all(e).strip() for e in element.findall(f"{M}e"))
    opening, closing = (
        _property(element, "dPr", name, default) for name, default in (("begChr", "("), ("endChr", ")"))
    )
    return latex.fenced(opening, inside, closing)


def _n_ary(element: Any) -> str:
    sign = latex.of_text(_property(element, "naryPr", "chr", "∫")).strip()
    return f"{latex.scripts(sign, _child(element, 'sub'), _child(element, 'sup'))} {_child(element, 'e')}"


def _accent(element: Any) -> str:
    return latex.accented(_child(element, "e"), _property(element, "accPr", "chr", "\u0302"), is_over=True)


def _bar(element: Any) -> str:
    is_over = _property(element, "barPr", "pos", "bot") == "top"
    return rf"\{'overline' if is_over else 'underline'}{{{_child(element, 'e')}}}"


def _brace(element: Any) -> str:
    is_over = _property(element, "groupChrPr", "pos", "bot") == "top"
    return latex.accented(_child(element, "e"), _property(element, "groupChrPr", "chr", "⏟"), is_over)


def _matrix(element: Any) -> str:
    return latex.matrix([[_all(cell).strip() for cell in row.findall(f"{M}e")] for row in element.findall(f"{M}mr")])


def _lines(element: Any) -> str:
    return latex.matrix([[_all(line).strip()] for line in element.findall(f"{M}e")])


def _fraction(element: Any) -> str:
    if _property(element, "fPr", "type", "bar") == "noBar":
        return rf"\genfrac{{}}{{}}{{0pt}}{{}}{{{_child(element, 'num')}}}{{{_child(element, 'den')}}}"
    return latex.fraction(_child(element, "num"), _child(element, "den"))


_CONVERT: dict[str, Callable[[Any], str]] = {
    "r": _run,
    "f": _fraction,
    "rad": lambda e: latex.root(_child(e, "e"), _child(e, "deg")),
    "sSub": lambda e: latex.scripts(_child(e, "e"), below=_child(e, "sub")),
    "sSup": lambda e: latex.scripts(_child(e, "e"), above=_child(e, "sup")),
    "sSubSup": lambda e: latex.scripts(_child(e, "e"), _child(e, "sub"), _child(e, "sup")),
    "sPre": lambda e: f"{latex.scripts('{}', _child(e, 'sub'), _child(e, 'sup'))}{_child(e, 'e')}",
    "limLow": lambda e: latex.scripts(_child(e, "e"), below=_child(e, "lim")),
    "limUpp": lambda e: latex.scripts(_child(e, "e"), above=_child(e, "lim")),
    "func": _function,
    "d": _fence,
    "nary": _n_ary,
    "acc": _accent,
    "bar": _bar,
    "groupChr": _brace,
    "m": _matrix,
    "eqArr": _lines,
}
