"""Word's and PowerPoint's formulas (OMML, ECMA-376 part 1, 22.1) as LaTeX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markerd.convert.office.math import latex

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"


def convert_to_latex(formula: Any) -> str:
    """Convert an `m:oMath` element. An unknown element is replaced by its content."""
    return " ".join(_convert_children(formula).split())


def _convert_children(element: Any) -> str:
    return "".join(_convert(child) for child in element) if element is not None else ""


def _convert(element: Any) -> str:
    tag = str(element.tag)
    convert = _CONVERT.get(tag[len(M) :]) if tag.startswith(M) else None
    if convert is not None:
        return convert(element)
    return "" if tag.endswith("Pr") else _convert_children(element)


def _convert_child(element: Any, name: str) -> str:
    return _convert_children(element.find(M + name)).strip()


def _read_property(element: Any, kind: str, name: str, default: str) -> str:
    """Return the `m:val` of a property; an empty one counts, since a fence may have no opening."""
    found = element.find(f"{M}{kind}/{M}{name}")
    return default if found is None else str(found.get(f"{M}val", ""))


def _convert_run(element: Any) -> str:
    text = "".join(t.text or "" for t in element.iter(f"{M}t"))
    is_prose = element.find(f"{M}rPr/{M}nor") is not None
    if not is_prose:
        return latex.write_text(text)
    return latex.write_name(text) if text.strip() in latex.FUNCTIONS else latex.write_words(text)


def _convert_function(element: Any) -> str:
    plain = "".join(t.text or "" for t in element.iterfind(f"{M}fName//{M}t")).strip()
    name = latex.write_name(plain) if plain in latex.FUNCTIONS else _convert_child(element, "fName")
    return f"{name} {_convert_child(element, 'e')}"


def _convert_fence(element: Any) -> str:
    inside = _read_property(element, "dPr", "sepChr", "|").join(
        _convert_children(e).strip() for e in element.findall(f"{M}e")
    )
    opening, closing = (
        _read_property(element, "dPr", name, default) for name, default in (("begChr", "("), ("endChr", ")"))
    )
    return latex.write_fence(opening, inside, closing)


def _convert_n_ary(element: Any) -> str:
    sign = latex.write_text(_read_property(element, "naryPr", "chr", "∫")).strip()
    signed = latex.write_scripts(sign, _convert_child(element, "sub"), _convert_child(element, "sup"))
    return f"{signed} {_convert_child(element, 'e')}"


def _convert_accent(element: Any) -> str:
    return latex.write_accent(
        _convert_child(element, "e"), _read_property(element, "accPr", "chr", "\u0302"), is_over=True
    )


def _convert_bar(element: Any) -> str:
    is_over = _read_property(element, "barPr", "pos", "bot") == "top"
    return rf"\{'overline' if is_over else 'underline'}{{{_convert_child(element, 'e')}}}"


def _convert_brace(element: Any) -> str:
    is_over = _read_property(element, "groupChrPr", "pos", "bot") == "top"
    return latex.write_accent(_convert_child(element, "e"), _read_property(element, "groupChrPr", "chr", "⏟"), is_over)


def _convert_matrix(element: Any) -> str:
    return latex.write_matrix(
        [[_convert_children(cell).strip() for cell in row.findall(f"{M}e")] for row in element.findall(f"{M}mr")]
    )


def _convert_lines(element: Any) -> str:
    return latex.write_matrix([[_convert_children(line).strip()] for line in element.findall(f"{M}e")])


def _convert_fraction(element: Any) -> str:
    if _read_property(element, "fPr", "type", "bar") == "noBar":
        return rf"\genfrac{{}}{{}}{{0pt}}{{}}{{{_convert_child(element, 'num')}}}{{{_convert_child(element, 'den')}}}"
    return latex.write_fraction(_convert_child(element, "num"), _convert_child(element, "den"))


_CONVERT: dict[str, Callable[[Any], str]] = {
    "r": _convert_run,
    "f": _convert_fraction,
    "rad": lambda e: latex.write_root(_convert_child(e, "e"), _convert_child(e, "deg")),
    "sSub": lambda e: latex.write_scripts(_convert_child(e, "e"), below=_convert_child(e, "sub")),
    "sSup": lambda e: latex.write_scripts(_convert_child(e, "e"), above=_convert_child(e, "sup")),
    "sSubSup": lambda e: latex.write_scripts(
        _convert_child(e, "e"), _convert_child(e, "sub"), _convert_child(e, "sup")
    ),
    "sPre": lambda e: (
        f"{latex.write_scripts('{}', _convert_child(e, 'sub'), _convert_child(e, 'sup'))}{_convert_child(e, 'e')}"
    ),
    "limLow": lambda e: latex.write_scripts(_convert_child(e, "e"), below=_convert_child(e, "lim")),
    "limUpp": lambda e: latex.write_scripts(_convert_child(e, "e"), above=_convert_child(e, "lim")),
    "func": _convert_function,
    "d": _convert_fence,
    "nary": _convert_n_ary,
    "acc": _convert_accent,
    "bar": _convert_bar,
    "groupChr": _convert_brace,
    "m": _convert_matrix,
    "eqArr": _convert_lines,
}
