"""What a document says of itself: its title, its authors and the like, cleaned and bounded. Pure.

All of it is untrusted text. Whatever becomes a `DocumentMetadata` goes through `of`, which changes nothing that went
through it before.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum

MAX_CHARACTERS = 1000
"""Of one text. Titles of papers have up to 300 characters, abstracts that stand as a subject more: these are cut."""
MAX_ENTRIES = 200
"""Authors, or keywords. The longest lists of authors go into the thousands; nobody reads them in front matter."""
_JOINERS = frozenset("\u200c\u200d")
"""They are invisible, and part of words in Persian, of syllables in Indian scripts, and of emojis."""
_LANGUAGE = re.compile(r"[a-z]{2,8}(?:-[a-z0-9]{1,8}){0,4}", re.IGNORECASE)
_NO_LANGUAGE = frozenset({"und", "zxx", "x-none"})
_MONTH = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2]))?")


class FrontMatterField(str, Enum):
    """What may stand at the top of the Markdown, in the order in which it stands there."""

    TITLE = "title"
    AUTHORS = "authors"
    SUBJECT = "subject"
    KEYWORDS = "keywords"
    LANGUAGE = "language"
    CREATED = "created"
    MODIFIED = "modified"
    SOURCE = "source"
    SHA256 = "sha256"
    PAGES = "pages"
    CONVERTED_AT = "converted_at"


@dataclass(frozen=True)
class DocumentMetadata:
    """What a document says of itself; empty where it says nothing.

    `language` is a tag as in `de-AT` (BCP 47). `created` and `modified` are dates of ISO 8601, with or without a time
    of day.
    """

    title: str = ""
    authors: tuple[str, ...] = ()
    subject: str = ""
    keywords: tuple[str, ...] = ()
    language: str = ""
    created: str = ""
    modified: str = ""

    @classmethod
    def of(
        cls,
        *,
        title: object = "",
        authors: object = (),
        subject: object = "",
        keywords: object = (),
        language: object = "",
        created: object = "",
        modified: object = "",
    ) -> DocumentMetadata:
        """Build it from whatever stands in a document. What has not the form of a language or a date is dropped."""
        return cls(
            title=clean_text(title),
            authors=_clean_entries(authors),
            subject=clean_text(subject),
            keywords=_clean_entries(keywords),
            language=_read_language(clean_text(language)),
            created=read_date(clean_text(created)),
            modified=read_date(clean_text(modified)),
        )


NOTHING_SAID = DocumentMetadata()
FIELD_NAMES = frozenset(field.name for field in fields(DocumentMetadata))


def clean_text(value: object) -> str:
    """Return the text in one line without control characters, marks of direction or other invisible signs."""
    if not isinstance(value, str):
        return ""
    text = "".join(map(_clean_character, value[: 4 * MAX_CHARACTERS]))
    return " ".join(text.split())[:MAX_CHARACTERS].strip()


def _clean_character(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    return "" if unicodedata.category(character) == "Cf" else " "


def _clean_entries(values: object) -> tuple[str, ...]:
    entries = values if isinstance(values, Iterable) and not isinstance(values, (str, bytes)) else ()
    cleaned = (clean_text(value) for value in entries)
    return tuple(dict.fromkeys(entry for entry in cleaned if entry))[:MAX_ENTRIES]


def _read_language(text: str) -> str:
    tag = text.replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) and tag.lower() not in _NO_LANGUAGE else ""


def read_date(text: str) -> str:
    """Return a date as ISO 8601 has it; an empty text for anything else."""
    if _MONTH.fullmatch(text):
        return text
    try:
        found = datetime.fromisoformat(re.sub(r"\.\d+", "", text).replace("Z", "+00:00"))
    except ValueError:
        return ""
    return found.isoformat(timespec="seconds") if len(text) > len("2000-01-01") else found.date().isoformat()
