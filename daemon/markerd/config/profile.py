"""What a profile in a hot folder may set: only what concerns the form of an output, in closed and bounded types.

Whoever drops documents may write profiles. So a key is here because it can do no harm, and everything else is refused:
no place, no limit, no program, no service and no secret can be set or read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError

from markerd.config.choices import MOST_CHUNK_TOKENS, WebBoilerplate
from markerd.config.problems import join_words, show_value, write_key
from markerd.config.section import HookName, Section
from markerd.document_metadata import FrontMatterField
from markerd.errors import MarkerdError
from markerd.values import ConverterKind, Format, Spans, make_harmless

MAX_BYTES = 64 << 10
"""A larger file is no profile: one with every key takes 1 kB."""
_LONGEST_PROBLEM = 200
_MOST_PROBLEMS = 10
_RANGE = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?", re.ASCII)

_Format = Annotated[Format, Field(strict=False)]
_FrontMatter = Annotated[FrontMatterField, Field(strict=False)]


def _check_range(text: str) -> str:
    for part in text.split(","):
        found = _RANGE.fullmatch(part.strip())
        if found is None or int(found[1]) > int(found[2] or found[1]):
            raise ValueError('write page numbers, counted from 0, such as "0,5-10"')
    return text


PageRange = Annotated[str, Field(max_length=1000), AfterValidator(_check_range)]


class MarkerProfile(Section):
    """The options of Marker that a profile may set. None: it does not."""

    add_block_ids: bool | None = None
    disable_links: bool | None = None
    disable_ocr: bool | None = None
    extract_images: bool | None = None
    filter_blank_pages: bool | None = None
    force_ocr: bool | None = None
    html_tables_in_markdown: bool | None = None
    image_extraction_mode: Literal["lowres", "highres"] | None = None
    keep_pagefooter_in_output: bool | None = None
    keep_pageheader_in_output: bool | None = None
    page_separator: Annotated[str, Field(max_length=200)] | None = None
    paginate_output: bool | None = None
    strip_existing_ocr: bool | None = None


class Profile(Section):
    """A profile. None: the next one above decides, or the folder."""

    formats: Annotated[tuple[_Format, ...], Field(strict=False, min_length=1)] | None = None
    converter: Annotated[ConverterKind, Field(strict=False)] | None = None
    spans: Annotated[Spans, Field(strict=False)] | None = None
    web_boilerplate: Annotated[WebBoilerplate, Field(strict=False)] | None = None
    front_matter: Annotated[tuple[_FrontMatter, ...], Field(strict=False, max_length=64)] | None = None
    chunk_tokens: Annotated[int, Field(ge=0, le=MOST_CHUNK_TOKENS)] | None = None
    chunk_overlap_tokens: Annotated[int, Field(ge=0, le=MOST_CHUNK_TOKENS)] | None = None
    page_range: PageRange | None = None
    hooks: Annotated[tuple[HookName, ...], Field(strict=False, max_length=64)] | None = None
    marker: MarkerProfile = Field(default_factory=MarkerProfile)

    def list_values(self) -> dict[str, Any]:
        """List the values of the folder's own keys that are set, with the options of Marker in a table."""
        own = self.model_dump(mode="json", exclude={"marker", "page_range", "hooks"}, exclude_none=True)
        values: dict[str, Any] = dict(own)
        options = {name: value for name, value in self.marker.model_dump().items() if value is not None}
        if self.page_range is not None:
            options["page_range"] = self.page_range
        return {**values, "marker": options} if options else values


class ProfileError(MarkerdError):
    """A profile is broken, or sets what it may not. `is_broken` says that it is no TOML, or not whole yet."""

    def __init__(self, message: str, *, is_broken: bool = False) -> None:
        super().__init__(message)
        self.is_broken = is_broken


def parse_profile(content: bytes) -> Profile:
    """Parse the bytes of a profile, whoever wrote them. Raises ProfileError for all that is no profile."""
    import tomli

    try:
        document = tomli.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ProfileError("it is not UTF-8", is_broken=True) from error
    except (ValueError, RecursionError) as error:
        raise ProfileError(f"it is not valid TOML: {_shorten(str(error))}", is_broken=True) from error
    try:
        return Profile.model_validate(document)
    except ValidationError as error:
        problems = [_word(fault) for fault in error.errors(include_url=False)]
        raise ProfileError("; ".join(problems[:_MOST_PROBLEMS])) from error


def merge_profiles(profiles: Iterable[Profile]) -> Profile:
    """Merge profiles, the nearest to the document last: of each key and option the nearest one that sets it wins."""
    keys: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for profile in profiles:
        keys.update({key: getattr(profile, key) for key in profile.model_fields_set - {"marker"}})
        options.update({name: getattr(profile.marker, name) for name in profile.marker.model_fields_set})
    return Profile(**keys, marker=MarkerProfile(**options))


def _word(fault: Mapping[str, Any]) -> str:
    location = tuple(fault["loc"])
    key = _shorten(write_key(location))
    if fault["type"] == "extra_forbidden":
        model: type[Section] = MarkerProfile if location[:1] == ("marker",) else Profile
        return f"{key}: no profile may set this; it may set {join_words(model.model_fields, 'and')}"
    return f"{key}: {_shorten(show_value(fault['input']))} is not allowed: {_shorten(fault['msg'])}"


def _shorten(text: str) -> str:
    """Keys and values come from anyone, and stand in the log and in the letter."""
    harmless = make_harmless(text)
    return harmless if len(harmless) <= _LONGEST_PROBLEM else f"{harmless[:_LONGEST_PROBLEM]}..."
