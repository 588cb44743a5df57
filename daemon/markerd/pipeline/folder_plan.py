"""What is done with the documents of one hot folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from markerd.journal import Document
from markerd.pipeline.disk_space import Anchor
from markerd.pipeline.output_slot import OutputSlot
from markerd.values import After, OnSourceRemoved


@dataclass(frozen=True)
class Places:
    """Where the sources of one hot folder go."""

    archive: Path
    failed: Path
    after: After


@dataclass(frozen=True)
class Keeping:
    """How long, and how much of it, what was put aside is kept: seconds and bytes, None for as long as there is room
    and for all."""

    max_age_s: float | None = None
    max_bytes: int | None = None

    @property
    def is_limited(self) -> bool:
        return self.max_age_s is not None or self.max_bytes is not None

    def join(self, other: Keeping) -> Keeping:
        """Return the limits that keep what either of the two keeps."""
        ages, sizes = (self.max_age_s, other.max_age_s), (self.max_bytes, other.max_bytes)
        return Keeping(
            None if None in ages else max(age for age in ages if age is not None),
            None if None in sizes else max(size for size in sizes if size is not None),
        )


KEEP_ALL = Keeping()


class Profiles(Protocol):
    """The profiles that lie in a hot folder, for its own documents."""

    def apply(self, plan: FolderPlan, document: Document) -> FolderPlan: ...


@dataclass(frozen=True)
class FolderPlan:
    """What is done with the documents of one hot folder: `options` are those for Marker.

    `marker` is the pattern of the files that say that a document is complete, which go with it.
    `on_source_removed` says what becomes of an output whose source has been away for `source_removed_grace_s`.

    Of the folder's hooks only `hooks` are told; None: all of them. With `is_always_converted` a document is converted
    although the same content is published already, and with `is_explained` its manifest says how each page was read.
    """

    output: Path
    places: Places
    formats: tuple[str, ...]
    options: Mapping[str, Any]
    marker: str | None = None
    on_source_removed: OnSourceRemoved = OnSourceRemoved.KEEP
    source_removed_grace_s: float = 0.0
    keep_archive: Keeping = KEEP_ALL
    keep_failed: Keeping = KEEP_ALL
    is_always_converted: bool = False
    is_explained: bool = False
    profiles: Profiles | None = None
    hooks: frozenset[str] | None = None

    def choose_for(self, document: Document) -> FolderPlan:
        """Return the plan of one document: this one, or what the profiles in the hot folder make of it.

        Raises DocumentError where a profile is refused, OSError where the folder cannot be read.
        """
        return self if self.profiles is None else self.profiles.apply(self, document)

    def build_slot(self, document: Document) -> OutputSlot:
        """Build the slot for the document's output."""
        return OutputSlot(self.output, document.folder, document.path)

    def may_hide_sources(self, hot: Path) -> bool:
        """Whether sources of the hot folder are removed where they lie, and not renamed away. Raises OSError."""
        places = (self.places.archive, self.places.failed)
        is_elsewhere = any(Anchor.of(place).device != Anchor.of(hot).device for place in places)
        return self.places.after is After.DELETE or is_elsewhere
