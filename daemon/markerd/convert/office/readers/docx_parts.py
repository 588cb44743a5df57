"""A DOCX package rewritten so that mammoth, which reads it, overlooks nothing.

mammoth knows neither formulas, charts, diagrams, simple fields nor text boxes without a fallback; numbering starts
anew in each of its lists; and what a style is for it tells by the style's own name alone. Here all of that becomes
plain paragraphs, tables and runs, with styles (`markerd-…`) that `word` maps to HTML.
"""

from __future__ import annotations

import copy
import io
import zipfile
from typing import Any

from lxml import etree

from markerd.convert.checks import blocked_fetches
from markerd.convert.office.canonical_html.pictures import alt_of
from markerd.convert.office.canonical_html.targets import file_of, is_external
from markerd.convert.office.math import omml
from markerd.convert.office.ooxml import graphics
from markerd.convert.office.ooxml.packages import NAMESPACES, Relation, content, parse_xml, q, relations, xpath
from markerd.convert.office.readers.docx_chunks import CHUNK_MARK
from markerd.convert.office.readers.docx_numbering import Numbering
from markerd.convert.office.readers.docx_styles import Styles, value

NUMBER_MARK = "markerd-number-"
_UNWRAPPED = ("w:dir", "w:bdo", "w:fldSimple", "w:smartTag", "w:rubyBase")
_LEFT_OUT = ("word/embeddings/", "word/fonts/", "word/activeX/", "customXml/")


def rewritten(archive: zipfile.ZipFile, parts: dict[str, str]) -> io.BytesIO:
    """The package, with the parts that hold text rewritten. `parts`: their names by their role."""
    styles = Styles.of(_root(archive, parts.get("styles", "")))
    numbering = Numbering(_root(archive, parts.get("numbering", "")))
    texts = [parts[role] for role in ("document", "footnotes", "endnotes") if role in parts]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as out:
        for name in texts:
            root = _root(archive, name)
            if root is not None:
                _Part(archive, name, root, styles, numbering).rewrite()
                out.writestr(name, etree.tostring(root, encoding="utf-8", xml_declaration=True))
        for name in dict.fromkeys(archive.namelist()):
            if name not in texts and not name.startswith(_LEFT_OUT) and not name.endswith("/"):
                out.writestr(name, archive.read(name))
    target.seek(0)
    return target


def _root(archive: zipfile.ZipFile, name: str) -> Any | None:
    data = content(archive, name) if name else None
    return parse_xml(data) if data else None


class _Part:
    """One part with text while it is rewritten, in place."""

    def __init__(self, archive: zipfile.ZipFile, name: str, root: Any, styles: Styles, numbering: Numbering) -> None:
        self._archive = archive
        self._relations: dict[str, Relation] = relations(archive, name)
        self._root = root
        self._styles = styles
        self._numbering = numbering

    def rewrite(self) -> None:
        for choice in xpath(self._root, "//mc:AlternateContent"):
            _choose(choice)
        for run in xpath(self._root, "//w:r[w:rPr/w:vanish[not(@w:val='0' or @w:val='false')]]"):
            _remove(run)
        self._formulas()
        self._fields()
        self._characters()
        self._graphics()
        _lift_text_boxes(self._root)
        for chunk in xpath(self._root, "//w:altChunk"):
            paragraph = _paragraph("")
            paragraph.insert(0, _bookmark(f"{CHUNK_MARK}{chunk.get(q('r:id'))}"))
            _replace(chunk, [paragraph])
        for paragraph in xpath(self._root, "//w:p"):
            self._role(paragraph)
        for style in xpath(self._root, "//w:rPr/w:rStyle"):
            if self._styles.is_code(str(style.get(q("w:val")))):
                style.set(q("w:val"), "markerd-code")

    def _formulas(self) -> None:
        for formula in xpath(self._root, "//m:oMath[not(ancestor::m:oMath)]"):
            is_block = formula.getparent().tag == q("m:oMathPara")
            tex = omml.to_latex(formula)
            _replace(formula, [_run(tex, "markerd-formula-block" if is_block else "markerd-formula")] if tex else [])
        for paragraph in xpath(self._root, "//m:oMathPara"):
            _replace(paragraph, list(paragraph))

    def _fields(self) -> None:
        for field in xpath(self._root, "//w:fldSimple[contains(@w:instr, 'HYPERLINK')]"):
            _make_field_a_link(field)
        for ruby in xpath(self._root, "//w:ruby"):
            _spell_out(ruby)
        for name in _UNWRAPPED:
            for element in xpath(self._root, f"//{name}"):
                _replace(element, [child for child in element if not str(child.tag).endswith("Pr")])

    def _characters(self) -> None:
        for element in xpath(self._root, "//w:cr"):
            element.tag = q("w:br")
        for element in xpath(self._root, "//w:ptab"):
            element.tag = q("w:tab")
        for element in xpath(self._root, "//w:br[@w:type='page' or @w:type='column']"):
            _replace(element, [_text(" ")])
        for symbol in xpath(self._root, "//w:sym"):
            code = str(symbol.get(q("w:char"), ""))
            if code and not code.upper().startswith(("F0", "00")):  # the others mammoth knows by their font
                _replace(symbol, [_text(chr(int(code, 16)))])

    def _graphics(self) -> None:
        for drawing in xpath(self._root, "//w:drawing"):
            self._linked(drawing)
            alone = "parent::a:graphicData[count(*)=1]/parent::a:graphic/parent::wp:*"
            for picture in xpath(drawing, f".//pic:pic[not({alone})]"):
                drawing.addnext(_drawing_of(picture))
            for chart in xpath(drawing, ".//c:chart/@r:id"):
                self._after(drawing, _table_of(*graphics.chart(data)) if (data := self._named(chart)) else [])
            for diagram in xpath(drawing, ".//dgm:relIds/@r:dm"):
                texts = graphics.diagram_texts(data) if (data := self._named(diagram)) else []
                self._after(drawing, [_paragraph(text) for text in texts])

    def _linked(self, drawing: Any) -> None:
        """A picture that lies elsewhere becomes a link to it."""
        for name in xpath(drawing, ".//a:blip/@r:link | .//a:blip/@r:embed"):
            relation = self._relations.get(str(name))
            run = drawing.getparent()
            if relation is not None and relation.is_external:
                blocked_fetches.refused.add(relation.target)
            if relation is not None and relation.is_external and is_external(relation.target) and run is not None:
                alt = alt_of(next(iter(xpath(drawing, ".//wp:docPr/@descr")), ""))
                link = etree.Element(q("w:hyperlink"))
                link.set(q("r:id"), str(name))
                link.append(_run(alt or file_of(relation.target)))
                run.addnext(link)
                _remove(drawing)

    def _named(self, relation_id: str) -> bytes | None:
        relation = self._relations.get(str(relation_id))
        return content(self._archive, relation.target) if relation and not relation.is_external else None

    @staticmethod
    def _after(drawing: Any, blocks: list[Any]) -> None:
        holder = _outermost_paragraph(drawing)
        for block in reversed(blocks):
            holder.addnext(block)

    def _role(self, paragraph: Any) -> None:
        """Give a paragraph a style that says what it is, and its number where it is an item of a list."""
        properties = paragraph.find(q("w:pPr"))
        if properties is None:
            properties = etree.Element(q("w:pPr"))
            paragraph.insert(0, properties)
        style = value(properties, "./w:pStyle") or self._styles.default
        outline = value(properties, "./w:outlineLvl")
        role = self._styles.role(style)
        if outline.isdigit() and not role.startswith("heading"):
            role = f"heading-{int(outline) + 1}" if int(outline) < 9 else role
        inherited = self._styles.numbering(style) or ("", "0")
        number = value(properties, "./w:numPr/w:numId") or inherited[0]
        level = value(properties, "./w:numPr/w:ilvl") or (inherited[1] if number == inherited[0] else "0")
        for old in xpath(properties, "./w:pStyle | ./w:numPr"):
            properties.remove(old)
        item = self._numbering.next_item(number, level) if number else None
        if item is not None and not role.startswith("heading"):
            kind = "number" if item.is_plainly_numbered else "bullet"
            role = f"{kind}-{(item.level or self._styles.depth(style)) + 1}"
            if kind == "number":
                properties.addnext(_bookmark(f"{NUMBER_MARK}{item.number}"))
        if item is not None and item.label and (role.startswith("heading") or not item.is_plainly_numbered):
            properties.addnext(_run(f"{item.label} "))
        if role:
            properties.insert(0, _element("w:pStyle", f"markerd-{role}"))


def _choose(alternative: Any) -> None:
    """The newer form where it holds what we know, else the older one."""
    newer = alternative.find(q("mc:Choice"))
    older = alternative.find(q("mc:Fallback"))
    known = ".//w:t | .//pic:pic | .//c:chart | .//dgm:relIds | .//m:t"
    is_newer = newer is not None and (older is None or xpath(newer, known))
    chosen = newer if is_newer else older
    _replace(alternative, list(chosen) if chosen is not None else [])


def _make_field_a_link(field: Any) -> None:
    """`w:fldSimple` with HYPERLINK as the field in several parts that mammoth understands."""
    before = etree.Element(q("w:r"))
    instruction = etree.SubElement(before, q("w:instrText"))
    instruction.text = field.get(q("w:instr"))
    parts = []
    for kind in ("begin", "separate", "end"):
        run = etree.Element(q("w:r"))
        etree.SubElement(run, q("w:fldChar")).set(q("w:fldCharType"), kind)
        parts.append(run)
    _replace(field, [parts[0], before, parts[1], *field, parts[2]])


def _spell_out(ruby: Any) -> None:
    """A reading above characters, in brackets behind them. It stands within a run, so its own runs' texts are taken."""
    base, reading = ("".join(xpath(ruby, f"./w:{part}//w:t/text()")) for part in ("rubyBase", "rt"))
    _replace(ruby, [_text(f"{base}({reading})" if reading else base)])


def _lift_text_boxes(root: Any) -> None:
    """The paragraphs of a text box stand behind the paragraph it is anchored in, the outermost box first."""
    for box in xpath(root, "//w:txbxContent"):
        holder = _outermost_paragraph(box)
        blocks = list(box)
        box.getparent().remove(box)
        for block in reversed(blocks):
            holder.addnext(block)


def _outermost_paragraph(element: Any) -> Any:
    """The paragraph that an element stands in; that of the body where boxes lie within boxes."""
    paragraphs = list(element.iterancestors(q("w:p")))
    return paragraphs[-1] if paragraphs else element


def _drawing_of(picture: Any) -> Any:
    """A picture out of a group, as a drawing of its own."""
    names = xpath(picture, "./pic:nvPicPr/pic:cNvPr")
    drawing = etree.Element(q("w:drawing"))
    inline = etree.SubElement(drawing, q("wp:inline"))
    etree.SubElement(inline, q("wp:docPr"), attrib={"descr": names[0].get("descr", "") if names else ""})
    graphic = etree.SubElement(etree.SubElement(inline, q("a:graphic")), q("a:graphicData"))
    graphic.append(copy.deepcopy(picture))
    return drawing


def _table_of(title: str, rows: list[list[str]]) -> list[Any]:
    blocks = [_paragraph(title, "markerd-caption")] if title else []
    if rows:
        table = etree.Element(q("w:tbl"))
        for number, row in enumerate(rows):
            line = etree.SubElement(table, q("w:tr"))
            if number == 0:
                etree.SubElement(etree.SubElement(line, q("w:trPr")), q("w:tblHeader"))
            for cell in row:
                etree.SubElement(line, q("w:tc")).append(_paragraph(cell))
        blocks.append(table)
    return blocks


def _paragraph(text: str, style: str = "") -> Any:
    paragraph = etree.Element(q("w:p"))
    if style:
        etree.SubElement(paragraph, q("w:pPr")).append(_element("w:pStyle", style))
    paragraph.append(_run(text))
    return paragraph


def _run(text: str, style: str = "") -> Any:
    run = etree.Element(q("w:r"))
    if style:
        etree.SubElement(run, q("w:rPr")).append(_element("w:rStyle", style))
    run.append(_text(text))
    return run


def _text(text: str) -> Any:
    element = etree.Element(q("w:t"), nsmap={"w": NAMESPACES["w"]})
    element.text = text
    return element


def _bookmark(name: str) -> Any:
    bookmark = etree.Element(q("w:bookmarkStart"))
    bookmark.set(q("w:name"), name)
    return bookmark


def _element(name: str, val: str) -> Any:
    element = etree.Element(q(name))
    element.set(q("w:val"), val)
    return element


def _replace(element: Any, others: list[Any]) -> None:
    for other in others:
        element.addprevious(other)
    _remove(element)


def _remove(element: Any) -> None:
    if element.getparent() is not None:
        element.getparent().remove(element)
