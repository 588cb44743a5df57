"""Front matter, read by a YAML parser: whatever a document says, the block says it, and nothing else."""

from __future__ import annotations

import re

import yaml
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.rendering.front_matter import Value, put_on_top, write_front_matter
from markerd.document_metadata import FrontMatterField

_NAMES = [field.value for field in FrontMatterField]
_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
_nasty = st.sampled_from(
    ["---", "...", "a: b", "\n---\n", '"', "\\", "# x", "{{ x }}", "*a", "&a", "!!python/object", "no", "1e3", "\x85",
     "\u2028", "\ufeff", "\U0001f600", "| ", "'", "%YAML 1.1"]
)  # fmt: skip
_values = (_text | _nasty) | st.integers(1, 10**12) | st.lists(_text | _nasty, min_size=1, max_size=4)
_facts = st.dictionaries(st.sampled_from(FrontMatterField), _values, min_size=1)
_BODY = "# Heading\n\nText.\n"


def _split(markdown: str) -> tuple[str, str]:
    """The block, and what is below it, as programs split them that look for a line of three dashes."""
    _, block, body = re.split(r"^---[ \t]*$\n?", markdown, maxsplit=2, flags=re.MULTILINE)
    return block, body.removeprefix("\n")


@given(_facts)
def test_block_reads_back_as_what_was_written(facts: dict[FrontMatterField, Value]) -> None:
    """Every value with its type; the body is untouched."""
    block, body = _split(put_on_top(write_front_matter(_NAMES, facts), _BODY))
    assert yaml.safe_load(block) == {field.value: value for field, value in facts.items()}
    assert body == _BODY
    assert block.count("\n") == len(facts)


@given(_facts)
def test_fields_stand_in_one_order(facts: dict[FrontMatterField, Value]) -> None:
    """That of the documentation, in whatever order they are wanted."""
    block, _ = _split(write_front_matter(_NAMES[::-1], facts) + _BODY)
    written = [line.partition(":")[0] for line in block.splitlines()]
    assert written == [name for name in _NAMES if name in {field.value for field in facts}]


def test_only_wanted_fields_with_a_value_are_written() -> None:
    """A document without a title has no title."""
    facts: dict[FrontMatterField, Value] = {
        FrontMatterField.TITLE: "",
        FrontMatterField.PAGES: 3,
        FrontMatterField.SOURCE: "a.pdf",
    }
    assert write_front_matter(["title", "pages"], facts) == "---\npages: 3\n---\n\n"
    assert write_front_matter(["title"], facts) == ""


def test_front_matter_of_the_document_becomes_code() -> None:
    """A second block would be read as rules and headings; nothing of it is lost."""
    own = "---\ntitle: Theirs\n```\n---\n# Heading\n"
    written = put_on_top("---\npages: 1\n---\n\n", own)
    assert written == "---\npages: 1\n---\n\n````yaml\ntitle: Theirs\n```\n````\n# Heading\n"


def test_markdown_without_front_matter_is_as_before() -> None:
    """That of documents which have some themselves, too."""
    assert put_on_top("", "---\na: 1\n---\nText") == "---\na: 1\n---\nText"
