"""Numbered lists of PDFs in HTML, made of the blocks that Marker renders."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.filterwarnings("ignore")  # marker's and its libraries' own warnings


def render_items(*texts: str) -> str:
    """Render the list of items with these texts as the HTML and JSON renderers do."""
    from markerd.convert.sandbox import environment

    environment.apply_environment(1)  # before marker is imported
    from marker.schema import BlockTypes
    from marker.schema.polygon import PolygonBox

    from markerd.convert.embedded.marker_hooks.list_group import NumberedList

    def block(kind: BlockTypes, html: str, *children: SimpleNamespace) -> SimpleNamespace:
        identity = SimpleNamespace(block_type=kind)
        return SimpleNamespace(id=identity, html=html, children=list(children))

    items = [block(BlockTypes.ListItem, "<li>{}</li>", block(BlockTypes.Line, text)) for text in texts]
    group = NumberedList(polygon=PolygonBox.from_bbox([0, 0, 9, 9]), page_id=0, block_id=0)
    html = group.assemble_html(None, items, None, None)
    lines = [item.html.format(item.children[0].html) for item in items]
    return html.split("<", 2)[2].split(">", 1)[0] + "|" + "|".join(lines)


def test_items_whose_numbers_follow_each_other_are_numbered_by_the_list() -> None:
    """The list begins with the number of the first item."""
    assert render_items("1. one", "2. two") == "ol|<li>one</li>|<li>two</li>"
    assert render_items("<b>4. four</b>", "5. five") == 'ol start="4"|<li><b>four</b></li>|<li>five</li>'


@pytest.mark.parametrize("items", [("1. one", "3. three"), ("1) one", "2) two"), ("a", "b")])
def test_other_labels_stay_in_the_text(items: tuple[str, str]) -> None:
    """HTML would number them again."""
    assert render_items(*items) == "ul|" + "|".join(f"<li>{item}</li>" for item in items)


def test_number_after_a_removed_bullet_is_marked() -> None:
    """Marker has removed the bullet by then."""
    assert render_items(" 12. December", " 13. December") == (
        "ul|<li data-bulleted=''> 12. December</li>|<li data-bulleted=''> 13. December</li>"
    )
