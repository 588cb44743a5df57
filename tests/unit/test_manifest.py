"""The manifest as bytes and back."""

from __future__ import annotations

import json
import os

from hypothesis import given
from hypothesis import strategies as st

from markerd.manifest import Manifest, PublishedFile, Source, _parsed

_names = st.binary(max_size=40).map(os.fsdecode)
_sources = st.builds(Source.of, _names, _names, st.integers(0), st.text("0123456789abcdef"), st.integers(0, 1 << 61))
_files = st.lists(st.builds(PublishedFile, _names, st.text(), st.integers(0), st.text())).map(tuple)
_manifests = st.builds(
    Manifest,
    source=_sources,
    pages=st.integers(0),
    formats=st.lists(st.text()).map(tuple),
    model_set=st.text(),
    model_set_reason=st.text(),
    versions=st.dictionaries(st.text(), st.text()),
    seconds=st.dictionaries(st.text(), st.floats(0, 1e6)),
    published_at=st.text(),
    artifacts=_files,
)


@given(_manifests)
def test_it_comes_back_as_it_was(manifest: Manifest) -> None:
    """Undecodable bytes in the names of artifacts among it."""
    assert _parsed(json.loads(manifest.to_json())) == manifest


@given(_names, _names)
def test_documents_are_told_apart_by_folder_and_path(first: str, second: str) -> None:
    """Size, hash and time belong to a content, not to the document."""
    one, other = Source.of("/in", first, 1, "aa", 0), Source.of("/in", second, 2, "bb", 5)
    assert one.is_same_document(other) is (first == second)
    assert not one.is_same_document(Source.of("/elsewhere", first, 1, "aa", 0))


def test_it_is_text_that_people_can_read() -> None:
    """Indented, its umlauts unescaped, ended by a line feed."""
    text = Manifest(Source.of("/in", "Grüße.pdf", 1, "aa", 0), 1, (), "", "", {}, {}, "").to_json().decode("utf-8")
    assert '"name": "Grüße.pdf"' in text
    assert text.endswith("}\n")
