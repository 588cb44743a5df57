"""The shapes of a slide, hidden ones apart: where they stand, and in which order they are seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from markerd.convert.office.ooxml.packages import q, xpath
from markerd.convert.office.readers.slide_order import Box, order_shapes

TITLES = ("title", "ctrTitle")
_AT_EDGES = ("ftr", "dt", "sldNum", "hdr")
_LEAST_SIDE = 9_144
"""The least longer side of a shape, a hundredth of an inch in EMU: programs that never draw leave sizes of nothing."""
_SHAPES = [q(f"p:{name}") for name in ("sp", "pic", "graphicFrame", "cxnSp")]


def iterate_shapes(tree: Any) -> Iterator[Any]:
    """Yield shapes in document order, those of a group in place of the group, and of alternatives the newer one."""
    for child in _iterate_children(tree):
        if child.tag == q("p:grpSp"):
            yield from iterate_shapes(child)
        else:
            yield child


def list_in_order(tree: Any, slide: Any) -> list[Any]:
    """List the shapes of a slide as they are seen: its title first, a group as one, heads and feet last."""
    children = list(_iterate_children(tree))
    kinds = [read_placeholder(child) for child in children]
    titles = [child for child, kind in zip(children, kinds, strict=True) if kind in TITLES]
    edges = [child for child, kind in zip(children, kinds, strict=True) if kind in _AT_EDGES]
    others = [child for child, kind in zip(children, kinds, strict=True) if kind not in (*TITLES, *_AT_EDGES)]
    ordered = []
    for child in _put_in_order([child for child in others if _has_content(child)], slide):
        ordered += list_in_order(child, slide) if child.tag == q("p:grpSp") else [child]
    return [*titles, *ordered, *edges]


def read_placeholder(shape: Any) -> str:
    """Return the type of a placeholder (`obj` where it names none); an empty string for other shapes."""
    found = xpath(shape, "./*/p:nvPr/p:ph")
    return str(found[0].get("type", "obj")) if found else ""


def _iterate_children(tree: Any) -> Iterator[Any]:
    """Yield the shapes and groups directly within a tree or a group, of alternatives those of the newer one."""
    for child in tree:
        if child.tag == q("mc:AlternateContent"):
            chosen = child.find(q("mc:Choice"))
            known = chosen is not None and (xpath(chosen, ".//a:t | .//m:t") or child.find(q("mc:Fallback")) is None)
            yield from _iterate_children(chosen if known else _or_empty(child.find(q("mc:Fallback"))))
        elif child.tag in (*_SHAPES, q("p:grpSp")) and not _is_hidden(child):
            yield child


def _or_empty(element: Any | None) -> Any:
    return [] if element is None else element


def _is_hidden(shape: Any) -> bool:
    return bool(xpath(shape, "./*/p:cNvPr[@hidden='1' or @hidden='true']"))


def _has_content(shape: Any) -> bool:
    """Whether a shape shows more than its outline: a frame would seem to hold together what only stands on it."""
    return bool(xpath(shape, "self::p:pic | self::p:graphicFrame | .//p:pic | .//p:graphicFrame | .//a:t | .//m:t"))


def _put_in_order(shapes: list[Any], slide: Any) -> list[Any]:
    """Put shapes in the order in which they are seen; one whose place is not known stays behind the one before it."""
    placed: list[tuple[Box, list[Any]]] = []
    leading: list[Any] = []
    for shape in shapes:
        box = _find_box(shape, slide)
        if box is not None:
            placed.append((box, [shape]))
        else:
            (placed[-1][1] if placed else leading).append(shape)
    return leading + [shape for number in order_shapes([box for box, _ in placed]) for shape in placed[number][1]]


def _find_box(shape: Any, slide: Any) -> Box | None:
    """Return where a shape stands; a placeholder without a place stands where its layout or its master puts it."""
    for holder in (shape, *_list_followed(shape, slide)):
        for frame in xpath(holder, "./p:spPr/a:xfrm | ./p:grpSpPr/a:xfrm | ./p:xfrm"):
            place, size = frame.find(q("a:off")), frame.find(q("a:ext"))
            if place is None or size is None:
                continue
            wide, tall = _read_number(size, "cx"), _read_number(size, "cy")
            return _build_box(shape, place, wide, tall) if max(wide, tall) >= _LEAST_SIDE else None
    return None


def _build_box(shape: Any, place: Any, wide: int, tall: int) -> Box:
    left, top = _read_number(place, "x"), _read_number(place, "y")
    is_picture = bool(xpath(shape, "self::p:pic | self::p:graphicFrame[.//c:chart]"))
    length = sum(len(str(text)) for text in xpath(shape, "./p:txBody//a:t/text()"))
    return Box(left, top, left + wide, top + tall, length, is_picture)


def _read_number(element: Any, name: str) -> int:
    digits = str(element.get(name, "0"))
    return int(digits) if digits.removeprefix("-").isdecimal() else 0


def _list_followed(shape: Any, slide: Any) -> list[Any]:
    """List the placeholders of the layout and of the master that a placeholder follows."""
    places = xpath(shape, "./*/p:nvPr/p:ph")
    if not places:
        return []
    index, kind = str(places[0].get("idx", "0")), str(places[0].get("type", "obj"))
    layout, master = slide.slide_layout, slide.slide_layout.slide_master
    wanted = f"@idx='{index}'" if index != "0" else f"@type='{kind}'"
    in_layout = xpath(layout._element, f".//*[*/p:nvPr/p:ph[{wanted}]]")[:1]
    return [*in_layout, *xpath(master._element, f".//*[*/p:nvPr/p:ph[@type='{kind}' or @type='body']]")[:1]]
