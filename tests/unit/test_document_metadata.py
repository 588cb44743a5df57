"""What a document says of itself: cleaned, bounded, and the same when it is cleaned again."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.document_metadata import MAX_CHARACTERS, MAX_ENTRIES, DocumentMetadata, clean_text

_anything = (
    st.text() | st.none() | st.integers() | st.lists(st.text() | st.none()) | st.dictionaries(st.text(), st.text())
)
_said = st.fixed_dictionaries(dict.fromkeys(asdict(DocumentMetadata()), _anything))


@given(_said)
def test_whatever_a_document_says_is_typed_and_bounded(said: dict[str, object]) -> None:
    """Each text is one printable line, but for joiners, and each list has so many entries at most."""
    found = DocumentMetadata.of(**said)
    texts = [found.title, found.subject, found.language, found.created, found.modified, *found.authors, *found.keywords]
    for text in texts:
        assert isinstance(text, str)
        assert len(text) <= MAX_CHARACTERS
        assert text.replace("\u200c", "").replace("\u200d", "").isprintable()
        assert text == text.strip()
    assert max(len(found.authors), len(found.keywords)) <= MAX_ENTRIES


@given(_said)
def test_cleaning_again_changes_nothing(said: dict[str, object]) -> None:
    """The daemon cleans what a converter has cleaned."""
    found = DocumentMetadata.of(**said)
    assert DocumentMetadata.of(**asdict(found)) == found


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("A  title\non two\tlines", "A title on two lines"),
        ("\u202eevil\u202c\x1b[31m", "evil [31m"),
        ("soft\u00adware", "software"),
        ("\u0646\u0645\u06cc\u200c\u0634\u0648\u062f", "\u0646\u0645\u06cc\u200c\u0634\u0648\u062f"),
        ("half \ud800 pair", "half pair"),
        ("x" * 5000, "x" * MAX_CHARACTERS),
    ],
)
def test_text_is_cleaned_of_what_nobody_sees(written: str, read: str) -> None:
    """Marks of direction, terminal sequences and halves of characters go; joiners are part of words."""
    assert clean_text(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024", "2024"), ("2024-05", "2024-05"), ("2024-13", ""), ("2024-05-06", "2024-05-06"),
        ("2024-05-06T07:08:09Z", "2024-05-06T07:08:09+00:00"),
        ("2024-05-06T07:08:09.123+02:00", "2024-05-06T07:08:09+02:00"),
        ("yesterday", ""), ("2024-02-30", ""),
    ],
)  # fmt: skip
def test_date_has_the_form_of_iso_8601(written: str, read: str) -> None:
    """What is no date is dropped."""
    assert DocumentMetadata.of(created=written).created == read


@pytest.mark.parametrize(
    ("written", "read"), [("en", "en"), ("de_AT", "de-AT"), ("zh-Hant-TW", "zh-Hant-TW"), ("English!", ""), ("und", "")]
)
def test_language_is_a_tag(written: str, read: str) -> None:
    """Whatever is none is dropped, and so is the tag of a language that is not known."""
    assert DocumentMetadata.of(language=written).language == read
