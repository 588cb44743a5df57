"""Keys that had another name in an earlier version. They are read under both names, with a warning.

A key stays in this table for as long as files with its old name may exist, because the configuration is a public
interface.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from markerd.config.problems import Location, Problem, write_key

RENAMED_KEYS: Mapping[Location, str] = {
    # "chunks" is an output format, and these pages are the parts of a big document.
    ("converter", "chunk_pages"): "part_pages",
}
"""The old place of each key, and its present name in the same section."""


@dataclass(frozen=True)
class RenamedKey:
    """An old name that somebody used: a key of the file, or the name of an environment variable."""

    source: str
    key: str
    """The name to write instead of `source`."""
    new: Location

    def __str__(self) -> str:
        return f"{self.source} is the old name of {self.key}, and is read as that: write {self.key} instead"


def find_new_location(location: Location) -> Location | None:
    """Return the present place of an old key. None means that the key is not an old one."""
    new_name = RENAMED_KEYS.get(location)
    return None if new_name is None else (*location[:-1], new_name)


def rename_keys(document: Mapping[str, Any]) -> tuple[list[RenamedKey], list[Problem]]:
    """Give every old key of the document its new name, in place.

    Return the keys that were renamed, and a problem for each key that is present under both names.
    """
    renamed: list[RenamedKey] = []
    problems: list[Problem] = []
    for old, new_name in RENAMED_KEYS.items():
        section, old_name = document.get(str(old[0])), str(old[-1])
        if not isinstance(section, MutableMapping) or old_name not in section:
            continue
        location = (*old[:-1], new_name)
        new = write_key(location)
        if new_name in section:
            problems.append(Problem(old, f"is the old name of {new}, which is there as well: remove one of them"))
        else:
            section[new_name] = section[old_name]
            renamed.append(RenamedKey(write_key(old), new, location))
        del section[old_name]
    return renamed, problems
