"""The content of charts and SmartArt, wherever they stand: the numbers of a chart as a table, the texts of a
diagram.
"""

from __future__ import annotations

import html
from typing import Any

from markerd.convert.office.ooxml.packages import parse_xml, q, xpath


def write_chart(data: bytes) -> str:
    """Write a chart's title and its table, with the values that were stored with the chart."""
    return write_table(*read_chart(data))


def write_table(title: str, rows: list[list[str]]) -> str:
    heading = f"<p>{html.escape(title)}</p>" if title else ""
    if not rows:
        return heading
    lines = [[f"<th>{html.escape(cell)}</th>" for cell in rows[0]]]
    lines += [[f"<td>{html.escape(cell)}</td>" for cell in row] for row in rows[1:]]
    return f"{heading}<table>{''.join(f'<tr>{chr(32).join(line)}</tr>' for line in lines)}</table>"


def read_chart(data: bytes) -> tuple[str, list[list[str]]]:
    """Return the title, and a row for each category with a column for each series; the first row holds the series'
    names.
    """
    root = parse_xml(data)
    title = _read_title(xpath(root, "./c:chart/c:title"))
    series = xpath(root, ".//c:ser")
    categories: dict[int, str] = {}
    for one in series:
        for index, text in _read_points(one, ("cat", "xVal")).items():
            categories.setdefault(index, text)
    columns = [_read_points(one, ("val", "yVal")) for one in series]
    indices = sorted({*categories, *(index for column in columns for index in column)})
    if not indices:
        return title, []
    names = [_read_title(xpath(one, "./c:tx")) or f"Series {number}" for number, one in enumerate(series, start=1)]
    rows = [[categories.get(i, str(i + 1)), *(column.get(i, "") for column in columns)] for i in indices]
    return title, [["", *names], *rows]


def read_diagram(data: bytes) -> list[str]:
    """Return the texts of a SmartArt diagram, in the order of its points."""
    texts = ["".join(t.text or "" for t in paragraph.iter(q("a:t"))) for paragraph in parse_xml(data).iter(q("a:p"))]
    return [text for text in texts if text.strip()]


def _read_points(series: Any, names: tuple[str, ...]) -> dict[int, str]:
    """Return values by their index. The levels of a category are joined, the widest first."""
    for name in names:
        caches = "self::c:strCache or self::c:numCache or self::c:strLit or self::c:numLit"
        levels = xpath(series, f"./c:{name}//c:lvl") or xpath(series, f"./c:{name}//*[{caches}]")
        found: dict[int, str] = {}
        for level in levels:
            for point in xpath(level, "./c:pt[c:v]"):
                index, text = int(point.get("idx", "0")), _round_value(point.find(q("c:v")).text or "")
                found[index] = f"{text} {found[index]}" if index in found else text
        if found:
            return found
    return {}


def _round_value(text: str) -> str:
    """Remove the digits of a number that only binary arithmetic put there."""
    try:
        return f"{float(text):.12g}" if len(text) > 12 else text
    except ValueError:
        return text


def _read_title(elements: list[Any]) -> str:
    """Return a title's rich text, or the cached text of the cell that it is taken from."""
    texts = [t for e in elements for t in xpath(e, ".//a:t/text() | .//c:strCache/c:pt/c:v/text() | ./c:v/text()")]
    return " ".join("".join(texts).split())
