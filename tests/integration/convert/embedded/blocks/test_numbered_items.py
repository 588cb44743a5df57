"""Numbered items in Markdown, from what Marker's renderer gets: a list without numbers, the number in the text."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

pytestmark = pytest.mark.filterwarnings("ignore")  # marker's and its libraries' own warnings


def render_markdown(html: str) -> str:
    from markerd.convert.sandbox import environment

    environment.apply_environment(1)  # before marker is imported
    from markerd.convert.rendering.renderers import MarkdownRenderer

    return str(MarkdownRenderer().md_cls.convert(html)).strip()


@pytest.mark.parametrize(
    ("item", "shown"), [("1. one", "1. one"), ("12) one", "12) one"), ("a) one", "- a) one"), ("one", "- one")]
)
def test_number_becomes_the_marker_of_its_item(item: str, shown: str) -> None:
    """It replaces the bullet; a label that Markdown does not know stays after a bullet."""
    assert render_markdown(f"<ul><li>{item}</li></ul>") == shown


def test_a_list_in_a_numbered_item_stays_in_it() -> None:
    """Its lines are indented by the width of the number."""
    text = render_markdown("<ul><li>10. ten<ul><li>within</li></ul></li><li>11. eleven</li></ul>")
    tokens = [token.type for token in MarkdownIt().parse(text) if token.type.endswith("list_open")]
    assert tokens == ["ordered_list_open", "bullet_list_open"]


def test_a_number_after_a_bullet_is_text() -> None:
    """A date is an example; Markdown would take it for a list in the list."""
    assert render_markdown("<ul><li data-bulleted=''>12. December</li></ul>") == "- 12\\. December"
