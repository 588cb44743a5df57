"""PPTX: a page for each slide, its title first, then its shapes in the order in which they are seen."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from markerd.convert.checks import blocked_fetches
from markerd.convert.office.canonical_html.pictures import Pictures, clean_alt
from markerd.convert.office.canonical_html.targets import guess_file_name, is_external
from markerd.convert.office.ooxml import graphics
from markerd.convert.office.ooxml.packages import q, xpath
from markerd.convert.office.readers import slide_shapes, slide_text
from markerd.convert.protocol import DocumentLimits

_HEADINGS = {"title": "h2", "ctrTitle": "h1"}
_EDGES = {"ftr": "pagefooter", "dt": "pagefooter", "sldNum": "pagefooter", "hdr": "pageheader"}


def read(path: Path, pictures: Pictures, limits: DocumentLimits) -> list[str]:
    from pptx.package import Package

    # Presentation() refuses slide shows and templates, which are the same inside.
    presentation = Package.open(str(path)).main_document_part.presentation
    limits.check_pages(len(presentation.slides))
    return [_convert_slide(slide, pictures) for slide in presentation.slides]


def _convert_slide(slide: Any, pictures: Pictures) -> str:
    shapes = slide_shapes.list_in_order(slide.shapes._spTree, slide)
    return "".join(_convert_shape(shape, slide, pictures) for shape in shapes) + _convert_notes(slide)


def _convert_shape(shape: Any, slide: Any, pictures: Pictures) -> str:
    if shape.tag == q("p:pic"):
        return _convert_picture(shape, slide, pictures)
    if shape.tag == q("p:graphicFrame"):
        return _convert_frame(shape, slide, pictures)
    body = shape.find(q("p:txBody"))
    if body is None:
        return ""
    kind = slide_shapes.read_placeholder(shape)
    if kind in _EDGES:
        text = slide_text.read_plain_text(body)
        return f'<div data-markerd="{_EDGES[kind]}">{html.escape(text)}</div>' if text else ""
    if kind in _HEADINGS:
        inside = slide_text.write_title(body, slide.part)
        return f"<{_HEADINGS[kind]}>{inside}</{_HEADINGS[kind]}>" if inside else ""
    return slide_text.write_flow(body, slide.part, slide_text.find_inherited_styles(shape, kind, slide))


def _convert_picture(shape: Any, slide: Any, pictures: Pictures) -> str:
    """Convert a picture; one that is only linked, or that cannot be decoded, gives its alternative text."""
    names = xpath(shape, "./p:nvPicPr/p:cNvPr")
    alt = clean_alt(names[0].get("descr") or names[0].get("title")) if names else ""
    data = _read_embedded(shape, slide)
    if data is None and (address := _find_linked(shape, slide)):
        return f'<p><a href="{html.escape(address)}">{html.escape(alt or guess_file_name(address))}</a></p>'
    shown = pictures.tag(data, alt)
    links = slide_text.find_link(names[0], slide.part) if names else None
    return f'<p><a href="{html.escape(links)}">{shown}</a></p>' if links and shown else f"<p>{shown}</p>"


def _read_embedded(shape: Any, slide: Any) -> bytes | None:
    for relation in [*xpath(shape, ".//a:blip/@r:embed"), *xpath(shape, ".//*[local-name()='svgBlip']/@r:embed")]:
        try:
            data: bytes = slide.part.related_part(relation).blob
        except (KeyError, ValueError):
            continue
        return data
    return None


def _find_linked(shape: Any, slide: Any) -> str | None:
    """Return the address of a picture that lies elsewhere on the network."""
    for relation in xpath(shape, ".//a:blip/@r:link"):
        target = str(slide.part.rels[relation].target_ref) if relation in slide.part.rels else ""
        if target:
            blocked_fetches.refused.add(target)
        if is_external(target):
            return target
    return None


def _convert_frame(frame: Any, slide: Any, pictures: Pictures) -> str:
    """Convert a table, a chart or a diagram, or the picture that stands for an embedded object."""
    tables = xpath(frame, ".//a:tbl")
    if tables:
        return _convert_table(tables[0], slide)
    for relation in xpath(frame, ".//c:chart/@r:id"):
        return graphics.write_chart(slide.part.related_part(relation).blob)
    for relation in xpath(frame, ".//dgm:relIds/@r:dm"):
        texts = graphics.read_diagram(slide.part.related_part(relation).blob)
        return f"<ul>{''.join(f'<li>{html.escape(text)}</li>' for text in texts)}</ul>"
    return "".join(_convert_picture(picture, slide, pictures) for picture in xpath(frame, ".//p:pic")[:1])


def _convert_table(table: Any, slide: Any) -> str:
    has_header = table.find(q("a:tblPr")) is not None and table.find(q("a:tblPr")).get("firstRow") in ("1", "true")
    rows = []
    for number, row in enumerate(table.findall(q("a:tr"))):
        tag = "th" if has_header and number == 0 else "td"
        cells = [_convert_cell(cell, tag, slide) for cell in row.findall(q("a:tc")) if not _is_covered(cell)]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table>{''.join(rows)}</table>"


def _is_covered(cell: Any) -> bool:
    """Whether another cell reaches over this one."""
    return any(cell.get(name) in ("1", "true") for name in ("hMerge", "vMerge"))


def _convert_cell(cell: Any, tag: str, slide: Any) -> str:
    spans = "".join(
        f' {name}="{cell.get(key)}"' for name, key in (("colspan", "gridSpan"), ("rowspan", "rowSpan")) if cell.get(key)
    )
    body = cell.find(q("a:txBody"))
    inside = slide_text.write_flow(body, slide.part, []) if body is not None else ""
    return f"<{tag}{spans}>{inside}</{tag}>"


def _convert_notes(slide: Any) -> str:
    """Write the speaker's notes below the slide, as a quotation."""
    if not slide.has_notes_slide:
        return ""
    notes = slide.notes_slide
    bodies = [
        s.find(q("p:txBody"))
        for s in slide_shapes.iterate_shapes(notes.shapes._spTree)
        if slide_shapes.read_placeholder(s) == "body"
    ]
    said = "".join(slide_text.write_flow(body, notes.part, []) for body in bodies if body is not None)
    return f"<blockquote><p><b>Notes:</b></p>{said}</blockquote>" if said else ""
