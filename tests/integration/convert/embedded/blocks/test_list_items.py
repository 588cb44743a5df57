"""List items of PDFs keep the text behind their bullet."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from markerd.convert.sandbox import environment

environment.apply_environment(1)
pytestmark = pytest.mark.filterwarnings("ignore")  # marker's and its libraries' own warnings


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("• Open 9 am \u2013 5 pm, Berlin - Hamburg", " Open 9 am \u2013 5 pm, Berlin - Hamburg"),
        ("<b>- Bold</b> - and more", "<b> Bold</b> - and more"),
        ("1. from 3 \u2013 4", "1. from 3 \u2013 4"),
    ],
)
def test_an_item_loses_its_bullet_and_nothing_else(line: str, shown: str) -> None:
    """A dash later in the item stays."""
    from marker.schema import BlockTypes
    from marker.schema.polygon import PolygonBox

    from markerd.convert.embedded.marker_hooks.list_item import WholeItem

    child = SimpleNamespace(id=SimpleNamespace(block_type=BlockTypes.Line), html=line, children=[])
    item = WholeItem(polygon=PolygonBox.from_bbox([0, 0, 9, 9]), page_id=0, block_id=0)
    assert item.assemble_html(None, [child], None).startswith("<li block-type='ListItem'>")
    assert child.html == shown
