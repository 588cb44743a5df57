"""A DOCX package rewritten so that mammoth, which reads it, overlooks nothing.

mammoth does not know formulas, charts, diagrams, simple fields or text boxes without a fallback; it restarts numbering
in each list; and it recognises a style only by its own name. Here all of that becomes plain paragraphs, tables and
runs, with styles (`markerd-…`) that `docx` maps to HTML.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

from lxml import etree

from markerd.convert.checks import blocked_fetches
from markerd.convert.office.canonical_html.pictures import clean_alt
from markerd.convert.office.canonical_html.targets import guess_file_name, is_external
from markerd.convert.office.math import omml
from markerd.convert.office.ooxml import graphics
from markerd.convert.office.ooxml.packages import Relation, parse_xml, q, read_part, read_relations, xpath
from markerd.convert.office.readers.docx_chunks import CHUNK_MARK
from markerd.convert.office.readers.docx_elements import (
    build_bookmark,
    build_drawing,
    build_paragraph,
    build_run,
    build_table,
    build_text,
    remove_element,
    replace_element,
)
from markerd.convert.office.readers.docx_emphasis import Emphasis
from markerd.convert.office.readers.docx_fields import rewrite_fields
from markerd.convert.office.readers.docx_items import Items
from markerd.convert.office.readers.docx_layout import fill_grid, join_drop_caps
from markerd.convert.office.readers.docx_numbering import Numbering
from markerd.convert.office.readers.docx_revisions import accept_revisions
from markerd.convert.office.readers.docx_styles import Styles

_UNWRAPPED = ("w:dir", "w:bdo", "w:fldSimple", "w:smartTag", "w:rubyBase")
_LEFT_OUT = ("word/embeddings/", "word/fonts/", "word/activeX/", "customXml/")


def rewrite_package(archive: zipfile.ZipFile, parts: dict[str, str]) -> io.BytesIO:
    """Return the package, with the parts that hold text rewritten. `parts` has their names by their role."""
    styles = Styles.of(_parse_part(archive, parts.get("styles", "")))
    numbering = Numbering(_parse_part(archive, parts.get("numbering", "")), styles.find_numbering)
    texts = [parts[role] for role in ("document", "footnotes", "endnotes") if role in parts]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as out:
        for name in texts:
            root = _parse_part(archive, name)
            if root is not None:
                _Part(archive, name, root, styles, numbering).rewrite()
                out.writestr(name, etree.tostring(root, encoding="utf-8", xml_declaration=True))
        for name in dict.fromkeys(archive.namelist()):
            if name not in texts and not name.startswith(_LEFT_OUT) and not name.endswith("/"):
                out.writestr(name, archive.read(name))
    target.seek(0)
    return target


def _parse_part(archive: zipfile.ZipFile, name: str) -> Any | None:
    data = read_part(archive, name) if name else None
    return parse_xml(data) if data else None


class _Part:
    """Rewrites one part with text, in place."""

    def __init__(self, archive: zipfile.ZipFile, name: str, root: Any, styles: Styles, numbering: Numbering) -> None:
        self._archive = archive
        self._relations: dict[str, Relation] = read_relations(archive, name)
        self._root = root
        self._styles = styles
        self._numbering = numbering

    def rewrite(self) -> None:
        for choice in xpath(self._root, "//mc:AlternateContent"):
            _choose_alternative(choice)
        accept_revisions(self._root)
        Emphasis(self._styles).apply(self._root)
        join_drop_caps(self._root)
        fill_grid(self._root)
        self._rewrite_formulas()
        rewrite_fields(self._root, self._relations)
        self._unwrap_texts()
        self._rewrite_characters()
        self._rewrite_graphics()
        _lift_text_boxes(self._root)
        for chunk in xpath(self._root, "//w:altChunk"):
            paragraph = build_paragraph("")
            paragraph.insert(0, build_bookmark(f"{CHUNK_MARK}{chunk.get(q('r:id'))}"))
            replace_element(chunk, [paragraph])
        Items(self._styles, self._numbering).assign(self._root)
        for style in xpath(self._root, "//w:rPr/w:rStyle"):
            if self._styles.is_code(str(style.get(q("w:val")))):
                style.set(q("w:val"), "markerd-code")

    def _rewrite_formulas(self) -> None:
        for formula in xpath(self._root, "//m:oMath[not(ancestor::m:oMath)]"):
            is_block = formula.getparent().tag == q("m:oMathPara")
            tex = omml.convert_to_latex(formula)
            replace_element(
                formula, [build_run(tex, "markerd-formula-block" if is_block else "markerd-formula")] if tex else []
            )
        for paragraph in xpath(self._root, "//m:oMathPara"):
            replace_element(paragraph, list(paragraph))

    def _unwrap_texts(self) -> None:
        for ruby in xpath(self._root, "//w:ruby"):
            _spell_out_ruby(ruby)
        for name in _UNWRAPPED:
            for element in xpath(self._root, f"//{name}"):
                replace_element(element, [child for child in element if not str(child.tag).endswith("Pr")])

    def _rewrite_characters(self) -> None:
        for element in xpath(self._root, "//w:cr"):
            element.tag = q("w:br")
        for element in xpath(self._root, "//w:ptab"):
            element.tag = q("w:tab")
        for element in xpath(self._root, "//w:br[@w:type='page' or @w:type='column']"):
            replace_element(element, [build_text(" ")])
        for symbol in xpath(self._root, "//w:sym"):
            code = str(symbol.get(q("w:char"), ""))
            if code and not code.upper().startswith(("F0", "00")):  # mammoth knows the others by their font
                replace_element(symbol, [build_text(chr(int(code, 16)))])

    def _rewrite_graphics(self) -> None:
        for drawing in xpath(self._root, "//w:drawing"):
            self._replace_linked_picture(drawing)
            alone = "parent::a:graphicData[count(*)=1]/parent::a:graphic/parent::wp:*"
            for picture in xpath(drawing, f".//pic:pic[not({alone})]"):
                drawing.addnext(build_drawing(picture))
            for chart in xpath(drawing, ".//c:chart/@r:id"):
                self._insert_after(
                    drawing, build_table(*graphics.read_chart(data)) if (data := self._read_related(chart)) else []
                )
            for diagram in xpath(drawing, ".//dgm:relIds/@r:dm"):
                texts = graphics.read_diagram(data) if (data := self._read_related(diagram)) else []
                self._insert_after(drawing, [build_paragraph(text) for text in texts])

    def _replace_linked_picture(self, drawing: Any) -> None:
        """Replace a picture that lies elsewhere by a link to it."""
        for name in xpath(drawing, ".//a:blip/@r:link | .//a:blip/@r:embed"):
            relation = self._relations.get(str(name))
            run = drawing.getparent()
            if relation is not None and relation.is_external:
                blocked_fetches.refused.add(relation.target)
            if relation is not None and relation.is_external and is_external(relation.target) and run is not None:
                alt = clean_alt(next(iter(xpath(drawing, ".//wp:docPr/@descr")), ""))
                link = etree.Element(q("w:hyperlink"))
                link.set(q("r:id"), str(name))
                link.append(build_run(alt or guess_file_name(relation.target)))
                run.addnext(link)
                remove_element(drawing)

    def _read_related(self, relation_id: str) -> bytes | None:
        relation = self._relations.get(str(relation_id))
        return read_part(self._archive, relation.target) if relation and not relation.is_external else None

    @staticmethod
    def _insert_after(drawing: Any, blocks: list[Any]) -> None:
        holder = _find_outermost_paragraph(drawing)
        for block in reversed(blocks):
            holder.addnext(block)


def _choose_alternative(alternative: Any) -> None:
    """Keep the newer form where it holds what we know, else the older one."""
    newer = alternative.find(q("mc:Choice"))
    older = alternative.find(q("mc:Fallback"))
    known = ".//w:t | .//pic:pic | .//c:chart | .//dgm:relIds | .//m:t"
    is_newer = newer is not None and (older is None or xpath(newer, known))
    chosen = newer if is_newer else older
    replace_element(alternative, list(chosen) if chosen is not None else [])


def _spell_out_ruby(ruby: Any) -> None:
    """Put a reading above characters in brackets after them. It stands within a run, so its own runs' texts are
    taken.
    """
    base, reading = ("".join(xpath(ruby, f"./w:{part}//w:t/text()")) for part in ("rubyBase", "rt"))
    replace_element(ruby, [build_text(f"{base}({reading})" if reading else base)])


def _lift_text_boxes(root: Any) -> None:
    """Put the paragraphs of a text box after the paragraph that it is anchored in, the outermost box first."""
    for box in xpath(root, "//w:txbxContent"):
        holder = _find_outermost_paragraph(box)
        blocks = list(box)
        box.getparent().remove(box)
        for block in reversed(blocks):
            holder.addnext(block)


def _find_outermost_paragraph(element: Any) -> Any:
    """Return the paragraph that an element stands in; that of the body where boxes lie within boxes."""
    paragraphs = list(element.iterancestors(q("w:p")))
    return paragraphs[-1] if paragraphs else element
