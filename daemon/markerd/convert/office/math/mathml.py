"""MathML as LaTeX: its own TeX annotation where it has one, else its converted elements."""

from __future__ import annotations

from collections.abc import Callable

from bs4 import Tag

from markerd.convert.office.math import latex


def convert_to_latex(math: Tag) -> str:
    """Convert a `<math>` element. An unknown element is replaced by its content."""
    annotation = math.find(
        "annotation", attrs={"encoding": ["application/x-tex", "TeX", "LaTeX", "application/x-latex"]}
    )
    if annotation is not None and annotation.get_text().strip():
        return _strip_display_style(annotation.get_text().strip())
    if not math.find(True):
        return " ".join(math.get_text().split())
    return " ".join(_convert_children(math).split())


def _strip_display_style(tex: str) -> str:
    """Without the `{\\displaystyle …}` that MediaWiki puts around."""
    if tex.startswith(r"{\displaystyle") and tex.endswith("}"):
        return tex[len(r"{\displaystyle") : -1].strip()
    return tex


def _list_children(element: Tag) -> list[Tag]:
    return [child for child in element.children if isinstance(child, Tag)]


def _convert_children(element: Tag) -> str:
    return "".join(_convert(child) for child in _list_children(element))


def _convert(element: Tag) -> str:
    if element.name in ("annotation", "annotation-xml"):
        return ""
    convert = _CONVERT.get(element.name)
    if convert is not None:
        return convert(element)
    return _convert_children(element) if element.find(True) else latex.write_text(element.get_text().strip())


def _convert_part(element: Tag, number: int) -> str:
    children = _list_children(element)
    return _convert(children[number]).strip() if number < len(children) else ""


def _convert_identifier(element: Tag) -> str:
    text = element.get_text().strip()
    return latex.write_name(text) if len(text) > 1 and text.isalpha() and text.isascii() else latex.write_text(text)


def _convert_under_over(element: Tag, below: int | None, above: int | None) -> str:
    base = _convert_part(element, 0)
    children = _list_children(element)
    if below is None and above is not None and above < len(children) and children[above].name == "mo":
        return latex.write_accent(base, children[above].get_text(), is_over=True)
    return latex.write_scripts(
        base, _convert_part(element, below) if below else "", _convert_part(element, above) if above else ""
    )


def _convert_table(element: Tag) -> str:
    rows = [child for child in _list_children(element) if child.name in ("mtr", "mlabeledtr")]
    return latex.write_matrix(
        [[_convert_children(cell).strip() for cell in _list_children(row) if cell.name == "mtd"] for row in rows]
    )


def _convert_fence(element: Tag) -> str:
    separator = str(element.get("separators", ","))[:1]
    inside = separator.join(_convert(child) for child in _list_children(element))
    return latex.write_fence(str(element.get("open", "(")), inside, str(element.get("close", ")")))


_CONVERT: dict[str, Callable[[Tag], str]] = {
    "mi": _convert_identifier,
    "mtext": lambda e: latex.write_words(e.get_text()),
    "ms": lambda e: latex.write_words(e.get_text()),
    "mspace": lambda _: " ",
    "mphantom": lambda _: "",
    "mfrac": lambda e: latex.write_fraction(_convert_part(e, 0), _convert_part(e, 1)),
    "msqrt": lambda e: latex.write_root(_convert_children(e).strip()),
    "mroot": lambda e: latex.write_root(_convert_part(e, 0), _convert_part(e, 1)),
    "msub": lambda e: latex.write_scripts(_convert_part(e, 0), below=_convert_part(e, 1)),
    "msup": lambda e: latex.write_scripts(_convert_part(e, 0), above=_convert_part(e, 1)),
    "msubsup": lambda e: latex.write_scripts(_convert_part(e, 0), _convert_part(e, 1), _convert_part(e, 2)),
    "munder": lambda e: _convert_under_over(e, 1, None),
    "mover": lambda e: _convert_under_over(e, None, 1),
    "munderover": lambda e: _convert_under_over(e, 1, 2),
    "mtable": _convert_table,
    "mfenced": _convert_fence,
}
