"""Elements of WordprocessingML, built for the paragraphs, tables and runs that replace what mammoth does not know."""

from __future__ import annotations

import copy
from typing import Any

from lxml import etree

from markerd.convert.office.ooxml.packages import NAMESPACES, q, xpath


def build_drawing(picture: Any) -> Any:
    """Build a drawing of its own for a picture of a group."""
    names = xpath(picture, "./pic:nvPicPr/pic:cNvPr")
    drawing = etree.Element(q("w:drawing"))
    inline = etree.SubElement(drawing, q("wp:inline"))
    etree.SubElement(inline, q("wp:docPr"), attrib={"descr": names[0].get("descr", "") if names else ""})
    graphic = etree.SubElement(etree.SubElement(inline, q("a:graphic")), q("a:graphicData"))
    graphic.append(copy.deepcopy(picture))
    return drawing


def build_table(title: str, rows: list[list[str]]) -> list[Any]:
    blocks = [build_paragraph(title, "markerd-caption")] if title else []
    if rows:
        table = etree.Element(q("w:tbl"))
        for number, row in enumerate(rows):
            line = etree.SubElement(table, q("w:tr"))
            if number == 0:
                etree.SubElement(etree.SubElement(line, q("w:trPr")), q("w:tblHeader"))
            for cell in row:
                etree.SubElement(line, q("w:tc")).append(build_paragraph(cell))
        blocks.append(table)
    return blocks


def build_paragraph(text: str, style: str = "") -> Any:
    paragraph = etree.Element(q("w:p"))
    if style:
        etree.SubElement(paragraph, q("w:pPr")).append(build_element("w:pStyle", style))
    paragraph.append(build_run(text))
    return paragraph


def build_run(text: str, style: str = "") -> Any:
    run = etree.Element(q("w:r"))
    if style:
        etree.SubElement(run, q("w:rPr")).append(build_element("w:rStyle", style))
    run.append(build_text(text))
    return run


def build_text(text: str) -> Any:
    element = etree.Element(q("w:t"), nsmap={"w": NAMESPACES["w"]})
    element.text = text
    return element


def build_bookmark(name: str) -> Any:
    bookmark = etree.Element(q("w:bookmarkStart"))
    bookmark.set(q("w:name"), name)
    return bookmark


def build_element(name: str, val: str) -> Any:
    element = etree.Element(q(name))
    element.set(q("w:val"), val)
    return element


def replace_element(element: Any, others: list[Any]) -> None:
    for other in others:
        element.addprevious(other)
    remove_element(element)


def remove_element(element: Any) -> None:
    if element.getparent() is not None:
        element.getparent().remove(element)
