"""A document of Marker's within a larger output."""

from __future__ import annotations

from typing import Any

import pytest

from markerd.convert.sandbox import environment

environment.apply_environment(1)
pytestmark = pytest.mark.filterwarnings("ignore")  # marker's and its libraries' own warnings


def build_document(pages: int) -> Any:
    """Marker's own document, as its own models make it, with a link on each page to the one after it."""
    from marker.schema.blocks import Reference, Text
    from marker.schema.document import Document
    from marker.schema.groups.page import PageGroup
    from marker.schema.polygon import PolygonBox

    box = PolygonBox.from_bbox([0.0, 0.0, 100.0, 100.0])
    built = []
    for number in range(pages):
        page = PageGroup(page_id=number, polygon=box, children=[], structure=[], refs=[])
        markup = f"<p><a href='#page-{number + 1}-0'>words</a> of page-{number}-0</p>"
        text = page.add_full_block(Text(polygon=box, page_id=number, html=markup))
        place = page.add_full_block(Reference(polygon=box, page_id=number, ref=f"page-{number}-0"))
        for block_id in (text or page.children[0]).id, (place or page.children[1]).id:
            page.structure.append(block_id)
        page._highres_loader = lambda wanted: f"picture of {wanted}"
        built.append(page)
    document = Document(filepath="a.pdf", pages=built)
    document.table_of_contents = [{"title": "t", "heading_level": 1, "page_id": 1, "polygon": box.polygon}]
    return document


@pytest.mark.parametrize("first_page", [0, 1, 7])
def test_pages_blocks_and_links_have_the_numbers_of_the_output(first_page: int) -> None:
    """Also where the old and the new numbers overlap; text that looks like a link stays."""
    from markerd.convert.marker_bridge.placing import Place

    document = build_document(3)
    assert document.get_page(1).page_id == 1  # Marker has an index of the pages now
    Place(first_page, "a <b>", 0).put(document)
    numbers = [first_page + number for number in range(3)]
    assert [page.page_id for page in document.pages] == numbers
    for number, page in zip(numbers, document.pages, strict=True):
        assert document.get_page(number) is page
        held = [document.get_block(block_id) for block_id in page.structure]
        assert {block.page_id for block in held} == {number}
        old = number - first_page
        assert held[-2].html == f"<p><a href='#page-{number + 1}-0'>words</a> of page-{old}-0</p>"
        assert held[-1].ref == f"page-{number}-0"
        assert page._highres_loader(number) == f"picture of {old}"
    assert "<h2>a &lt;b&gt;</h2>" in document.get_block(document.pages[0].structure[0]).html
    contents = [(entry["title"], entry["page_id"]) for entry in document.table_of_contents]
    assert contents == [("a <b>", first_page), ("t", first_page + 1)]
