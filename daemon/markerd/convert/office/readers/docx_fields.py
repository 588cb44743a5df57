"""Fields: links and the choices of forms, written so that mammoth understands them, in place.

A field stands in several runs: its instruction lies between a mark of its beginning and a separator, its result
between the separator and a mark of its end. Fields lie within each other, and reach over paragraphs.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from markerd.convert.office.ooxml.packages import Relation, q, xpath
from markerd.convert.office.readers.docx_elements import build_run, replace_element

_ARGUMENT = re.compile(r'"((?:[^"\\]|\\.)*)"?|(\\[a-z*#@])|([^\s"]+)', re.IGNORECASE)
_TAKING_ARGUMENTS = ("\\l", "\\o", "\\t")
"""The switches of a link that an argument follows: a place in the document, a tip, a window."""


@dataclass
class _Field:
    """A field that stands open: its first mark, the elements of its instruction, and whether it shows a text."""

    start: Any
    instructions: list[Any] = field(default_factory=list)
    is_separated: bool = False
    has_result: bool = False

    @property
    def instruction(self) -> str:
        return "".join(element.text or "" for element in self.instructions)


def rewrite_fields(root: Any, relations: dict[str, Relation]) -> None:
    """Rewrite all fields of a part. Links that lead to no relation of the part lose their address."""
    for link in xpath(root, "//w:hyperlink[@r:id]"):
        if str(link.get(q("r:id"))) not in relations:
            del link.attrib[q("r:id")]
    for simple in xpath(root, "//w:fldSimple[contains(@w:instr, 'HYPERLINK')]"):
        _spread_simple_field(simple)
    for run in xpath(root, "//w:r[w:fldChar]"):
        _split_run(run)
    open_fields: list[_Field] = []
    for element in xpath(root, "//w:fldChar | //w:instrText | //w:t | //w:sym | //w:drawing"):
        _follow_field(element, open_fields)


def _spread_simple_field(simple: Any) -> None:
    """Replace `w:fldSimple` by the field in several runs."""
    before = etree.Element(q("w:r"))
    instruction = etree.SubElement(before, q("w:instrText"))
    instruction.text = simple.get(q("w:instr"))
    parts = []
    for kind in ("begin", "separate", "end"):
        run = etree.Element(q("w:r"))
        etree.SubElement(run, q("w:fldChar")).set(q("w:fldCharType"), kind)
        parts.append(run)
    replace_element(simple, [parts[0], before, parts[1], *simple, parts[2]])


def _split_run(run: Any) -> None:
    """Give each element of a run a run of its own: a link that ends in the run of its text would not be one."""
    properties = run.find(q("w:rPr"))
    content = [child for child in run if child is not properties]
    for child in content[:-1]:
        before = etree.Element(q("w:r"))
        if properties is not None:
            before.append(copy.deepcopy(properties))
        before.append(child)
        run.addprevious(before)


def _follow_field(element: Any, open_fields: list[_Field]) -> None:
    """Take note of one element, in the document's order; a field is rewritten where its instruction ends."""
    if element.tag == q("w:instrText"):
        if open_fields and not open_fields[-1].is_separated:
            open_fields[-1].instructions.append(element)
    elif element.tag != q("w:fldChar"):
        for around in open_fields:
            around.has_result = around.has_result or around.is_separated
    elif element.get(q("w:fldCharType")) == "begin":
        open_fields.append(_Field(element))
    elif open_fields and element.get(q("w:fldCharType")) == "separate":
        _rewrite_link(open_fields[-1])
        open_fields[-1].is_separated = True
    elif open_fields and element.get(q("w:fldCharType")) == "end":
        ended = open_fields.pop()
        chosen = "" if ended.has_result else _read_choice(ended.start)
        if chosen:
            element.getparent().addnext(build_run(chosen))


def _rewrite_link(link: _Field) -> None:
    """Write a link's instruction in the form that mammoth knows: an address with its place, or a place alone."""
    parsed = parse_link(link.instruction)
    if parsed is None:
        return
    address, place = (part.replace('"', "%22") for part in parsed)
    where = f'"{address}{"#" * bool(place)}{place}"' if address else f'\\l "{place}"'
    for element in link.instructions:
        element.text = ""
    link.instructions[0].text = f" HYPERLINK {where} "


def parse_link(instruction: str) -> tuple[str, str] | None:
    """Return the address and the place of a HYPERLINK field, either of them perhaps empty; None for other fields."""
    words = [(found[1], found[2] or "", found[3]) for found in _ARGUMENT.finditer(instruction)]
    if not words or (words[0][2] or "").upper() != "HYPERLINK":
        return None
    address = place = switch = ""
    for quoted, named, bare in words[1:]:
        if named:
            switch = named.lower()
            continue
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
        if switch == "\\l":
            place = value
        elif switch not in _TAKING_ARGUMENTS:
            address = address or value
        switch = ""
    return (address, place) if address or place else None


def _read_choice(start: Any) -> str:
    """Return what is chosen in a drop-down field: its result, else its default, counted from 0."""
    entries = [str(entry.get(q("w:val")) or "") for entry in xpath(start, "./w:ffData/w:ddList/w:listEntry")]
    for name in ("result", "default"):
        for number in xpath(start, f"./w:ffData/w:ddList/w:{name}/@w:val"):
            return entries[int(number)] if str(number).isdigit() and int(number) < len(entries) else ""
    return entries[0] if entries else ""
