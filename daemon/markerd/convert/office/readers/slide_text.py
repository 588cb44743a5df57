"""The text of shapes (DrawingML): paragraphs and nested lists, with emphasis, links and formulas.

Whether a paragraph has a bullet is decided by itself, by its shape, by the placeholder of the layout and of the master
that the shape follows, or by the master's styles, in this order.
"""

from __future__ import annotations

import html
from typing import Any

from markerd.convert.office.math import omml
from markerd.convert.office.ooxml.packages import q, xpath

_MARKS = ("a:buNone", "a:buChar", "a:buAutoNum", "a:buBlip")
_BODY_KINDS = ("body", "obj", "subTitle", "tbl", "chart", "dgm", "media", "clipArt", "pic")
_MONOSPACED = ("courier", "consolas", "menlo", "monaco", "mono", "code")


def find_inherited_styles(shape: Any, kind: str, slide: Any) -> list[Any]:
    """Return the list styles that a shape follows, the nearest first. `kind` is its placeholder's type, or empty."""
    styles = xpath(shape, "./p:txBody/a:lstStyle")
    if not kind:
        return styles
    index = str(xpath(shape, "./*/p:nvPr/p:ph")[0].get("idx", "0"))
    layout, master = slide.slide_layout, slide.slide_layout.slide_master
    in_layout = _find_followed(layout, f"@idx='{index}'") if index != "0" else _find_followed(layout, f"@type='{kind}'")
    kinds = {str(found.get("type", "obj")) for found in find_in_each(in_layout, "./*/p:nvPr/p:ph")} or {kind}
    in_master = _find_followed(master, "@type='body'") if kinds & set(_BODY_KINDS) else []
    styles += find_in_each([*in_layout, *in_master], "./p:txBody/a:lstStyle")
    name = "bodyStyle" if kind in _BODY_KINDS and kind != "subTitle" else "otherStyle"
    return [*styles, *xpath(master._element, f"./p:txStyles/p:{name}")]


def _find_followed(holder: Any, condition: str) -> list[Any]:
    return xpath(holder._element, f".//p:sp[p:nvSpPr/p:nvPr/p:ph[{condition}]]")[:1]


def find_in_each(elements: list[Any], path: str) -> list[Any]:
    return [found for element in elements for found in xpath(element, path)]


def read_plain_text(body: Any) -> str:
    return " ".join(" ".join("".join(xpath(p, ".//a:t/text()")) for p in body.findall(q("a:p"))).split())


def write_title(body: Any, part: Any) -> str:
    """Write a title in one line."""
    lines = [_write_inline(paragraph, part, is_title=True) for paragraph in body.findall(q("a:p"))]
    return " ".join(line for line in lines if line)


def write_flow(body: Any, part: Any, styles: list[Any]) -> str:
    """Write paragraphs, and lists nested by their level."""
    writer = _ListWriter()
    for paragraph in body.findall(q("a:p")):
        inside = _write_inline(paragraph, part)
        if not inside.strip():
            continue
        properties = paragraph.find(q("a:pPr"))
        level = int(properties.get("lvl", "0")) if properties is not None else 0
        mark = _find_mark(properties, level, styles)
        if mark is None:
            writer.add_paragraph(inside)
        else:
            numbered = mark.tag == q("a:buAutoNum")
            writer.add_item(inside, level, "ol" if numbered else "ul", int(mark.get("startAt", "1")) if numbered else 1)
    return writer.finish()


def _find_mark(properties: Any | None, level: int, styles: list[Any]) -> Any | None:
    """Return the bullet or the numbering of a paragraph; None where it has none."""
    of_levels = [found for style in styles for found in style.findall(q(f"a:lvl{level + 1}pPr"))]
    for told in [properties, *of_levels]:
        found = [child for child in (told if told is not None else []) if child.tag in [q(name) for name in _MARKS]]
        if found:
            return None if found[0].tag == q("a:buNone") else found[0]
    return None


class _ListWriter:
    """Writes the HTML of paragraphs and items as they come."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._open: list[tuple[int, str]] = []  # level and element of the lists that stand open

    def add_paragraph(self, inside: str) -> None:
        self._close_deeper_than(-1)
        self._out.append(f"<p>{inside}</p>")

    def add_item(self, inside: str, level: int, element: str, start: int) -> None:
        self._close_deeper_than(level)
        if self._open and self._open[-1][0] == level and self._open[-1][1] != element:
            self._close_deeper_than(level - 1)
        if self._open and self._open[-1][0] == level:
            self._out.append("</li>")
        else:
            self._out.append(f'<ol start="{start}">' if element == "ol" else "<ul>")
            self._open.append((level, element))
        self._out.append(f"<li>{inside}")

    def finish(self) -> str:
        self._close_deeper_than(-1)
        return "".join(self._out)

    def _close_deeper_than(self, level: int) -> None:
        """Close the lists that are deeper than `level`."""
        while self._open and self._open[-1][0] > level:
            self._out.append(f"</li></{self._open.pop()[1]}>")


def _write_inline(paragraph: Any, part: Any, is_title: bool = False) -> str:
    return "".join(_write_piece(child, part, is_title) for child in paragraph)


def _write_piece(element: Any, part: Any, is_title: bool) -> str:
    if element.tag == q("a:br"):
        return " " if is_title else "<br>"
    if element.tag in (q("a:r"), q("a:fld")):
        return _write_run(element, part, is_title)
    if element.tag == q("mc:AlternateContent"):
        chosen = element.find(q("mc:Choice"))
        return "".join(_write_piece(child, part, is_title) for child in chosen) if chosen is not None else ""
    formulas = xpath(element, ".//m:oMath")
    kind = "block" if xpath(element, ".//m:oMathPara") and not is_title else "inline"
    return "".join(
        f'<math display="{kind}">{html.escape(omml.convert_to_latex(formula))}</math>' for formula in formulas
    )


def _write_run(run: Any, part: Any, is_title: bool) -> str:
    text = html.escape("".join(xpath(run, "./a:t/text()")).replace("\v", "\n")).replace("\n", "<br>")
    properties = run.find(q("a:rPr"))
    if properties is None or not text.strip():
        return text
    baseline = str(properties.get("baseline", "0")).removesuffix("%")  # thousandths of a percent, or percent
    raised = int(baseline) if baseline.removeprefix("-").isdecimal() else 0
    typefaces = " ".join(xpath(properties, "./a:latin/@typeface")).lower()
    wraps = (
        ("code", not is_title and any(name in typefaces for name in _MONOSPACED)),
        ("sup", raised > 0),
        ("sub", raised < 0),
        ("i", properties.get("i") in ("1", "true")),
        ("b", properties.get("b") in ("1", "true") and not is_title),
        ("del", properties.get("strike", "noStrike") != "noStrike"),
    )
    for name, applies in wraps:
        text = f"<{name}>{text}</{name}>" if applies else text
    link = find_link(properties, part)
    return f'<a href="{html.escape(link)}">{text}</a>' if link else text


def find_link(element: Any, part: Any) -> str | None:
    """Return the address outside that a run or a shape leads to."""
    for relation in xpath(element, "./a:hlinkClick/@r:id"):
        try:
            return str(part.target_ref(relation)) if part.rels[relation].is_external else None
        except KeyError:
            return None
    return None
