"""The manifest as bytes and back."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.pipeline.manifest import Manifest, PublishedFile, Source, parse

_names = st.binary(max_size=40).map(os.fsdecode)
_sources = st.builds(Source.of, _names, _names, st.integers(0), st.text("0123456789abcdef"), st.integers(0, 1 << 61))
_file_names = _names.filter(lambda name: name not in ("", ".", "..") and not {"/", "\0"} & set(name))
_files = st.lists(st.builds(PublishedFile, _file_names, st.text(), st.integers(0), st.text())).map(tuple)
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
def test_manifest_is_read_as_it_was_written(manifest: Manifest) -> None:
    """Undecodable bytes in the names of artifacts among it."""
    assert parse(manifest.to_json()) == manifest


@given(_names, _names)
def test_documents_are_told_apart_by_folder_and_path(first: str, second: str) -> None:
    """Size, hash and time belong to a content, not to the document."""
    one, other = Source.of("/in", first, 1, "aa", 0), Source.of("/in", second, 2, "bb", 5)
    assert one.is_same_document(other) is (first == second)
    assert not one.is_same_document(Source.of("/elsewhere", first, 1, "aa", 0))


def test_manifest_is_readable_text() -> None:
    """Indented, its umlauts unescaped, ended by a line feed."""
    text = Manifest(Source.of("/in", "Grüße.pdf", 1, "aa", 0), 1, (), "", "", {}, {}, "").to_json().decode("utf-8")
    assert '"name": "Grüße.pdf"' in text
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[" * 200_000,
        b'{"source": ' * 100_000,
        b"\xff\xfe\0",
        b"null",
        b'"text"',
        b"{}",
        json.dumps({"source": {"folder": ["/in"]}}).encode(),
    ],
    ids=["empty", "brackets", "braces", "binary", "null", "string", "without fields", "list for a string"],
)
def test_bytes_of_no_manifest_raise_value_error(content: bytes) -> None:
    """Whatever lies under its name: a ValueError, and nothing that could end the daemon."""
    with pytest.raises(ValueError, match=r".*"):
        parse(content)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "nul\0name", 7, ["a.md"]])
def test_manifest_names_files_of_its_own_folder_alone(name: object) -> None:
    """A forged one leads to no file elsewhere."""
    content = json.loads(_manifest_of("a.md").to_json())
    content["artifacts"][0]["file"] = name
    with pytest.raises(ValueError, match="artifacts"):
        parse(json.dumps(content).encode())


def test_manifest_of_an_earlier_version_is_read() -> None:
    """It says nothing of coverage."""
    content = json.loads(_manifest_of("a.md").to_json())
    for name in ("coverage", "pages_degraded", "pages_text_missing", "pages_unread", "is_first_picture_only"):
        del content[name]
    assert parse(json.dumps(content).encode()).coverage is None


def _manifest_of(name: str) -> Manifest:
    source, file = Source.of("/in", "a.pdf", 1, "aa", 0), PublishedFile(name, "markdown", 1, "bb")
    return Manifest(source, 1, ("markdown",), "embedded", "", {}, {}, "", artifacts=(file,))
