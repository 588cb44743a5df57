"""Environment variables that override values of the configuration file.

A name is `MARKERD__SECTION__KEY`, as in `MARKERD__CONVERTER__THREADS=2`. `MARKERD__FOLDERS__0__OUTPUT` names the first
`[[folders]]`; the number after the last one adds an entry. `MARKERD__FOLDERS__0__MARKER__PAGE_RANGE` names an option of
Marker. Upper case stands for lower case; only an option that is written in mixed case keeps it.

A value is read as TOML if the key takes such a value (`2`, `true`, `["markdown", "json"]`), otherwise as plain text.
Text for a key that takes several values is one entry. Relative paths start at the folder of the configuration file, as
they do in the file, and never at the working directory.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_origin

from pydantic.fields import FieldInfo

from markerd.config.hints import find_field, list_types
from markerd.config.model import SECTIONS
from markerd.config.problems import Location, Problem, find_near_word
from markerd.config.renamed_keys import RENAMED_KEYS, RenamedKey, find_new_location

PREFIX = "MARKERD__"
_NUMBERS = (bool, int, float)
_INDEX = re.compile(r"[0-9]{1,4}")


class OverrideValueError(ValueError):
    """The text of a variable is not a value for its key."""


@dataclass
class Overridden:
    """The document with the overrides in it, and the variable that each of them comes from."""

    document: dict[str, Any]
    origins: dict[Location, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    renamed_keys: list[RenamedKey] = field(default_factory=list)


def apply_overrides(document: Mapping[str, Any], environ: Mapping[str, str]) -> Overridden:
    """Return a copy of the document with every override set. Variables that fit nowhere become problems."""
    result = Overridden(copy.deepcopy(dict(document)))
    known: list[tuple[Location, str]] = []
    for variable in sorted(name for name in environ if name.startswith(PREFIX)):
        location = find_location(variable)
        if location is None:
            result.problems.append(Problem((variable,), _explain_unknown_variable(variable)))
        elif new := find_new_location(location):
            _take_old_name(result, known, variable, new, environ)
        else:
            known.append((location, variable))
    # The order by location adds entries to [[folders]] by their numbers: 2, then 10.
    for location, variable in sorted(known, key=lambda pair: [(isinstance(part, str), part) for part in pair[0]]):
        if problem := _apply(result, location, variable, environ[variable]):
            result.problems.append(Problem((variable,), problem))
    return result


def _take_old_name(
    result: Overridden, known: list[tuple[Location, str]], variable: str, new: Location, environ: Mapping[str, str]
) -> None:
    new_variable = f"{PREFIX}{'__'.join(map(str, new))}".upper()
    if new_variable in environ:
        message = f"is the old name of {new_variable}, which is set as well: unset one of them"
        result.problems.append(Problem((variable,), message))
        return
    known.append((new, variable))
    result.renamed_keys.append(RenamedKey(variable, new_variable, new))


def find_location(variable: str) -> Location | None:
    """Return the place that a variable names, also under an old name. None means that there is no such place."""
    section, *keys = variable.removeprefix(PREFIX).split("__")
    section = section.lower()
    if section == "folders":
        return _find_location_in_folders(keys)
    if section not in SECTIONS or len(keys) != 1:
        return None
    location = (section, keys[0].lower())
    is_known = location[1] in SECTIONS[section].model_fields or location in RENAMED_KEYS
    return location if is_known else None


def _find_location_in_folders(keys: list[str]) -> Location | None:
    if len(keys) < 2 or not _INDEX.fullmatch(keys[0]):
        return None
    index, key, options = int(keys[0]), keys[1].lower(), keys[2:]
    if key not in SECTIONS["folders"].model_fields:
        return None
    if key != "marker":
        return None if options else ("folders", index, key)
    if len(options) != 1 or not options[0]:
        return None
    return ("folders", index, key, options[0].lower() if options[0].isupper() else options[0])


def _explain_unknown_variable(variable: str) -> str:
    known = list(_list_known_variables(variable))
    longer = (name for name in known if name.startswith(f"{variable.upper()}__"))
    # The prefix is left out, because it would make all names alike.
    near = find_near_word(variable.removeprefix(PREFIX), (name.removeprefix(PREFIX) for name in known))
    meant = next(longer, None) or (PREFIX + near if near else None)
    hint = f"did you mean {meant}?" if meant else "unset it, or write MARKERD__SECTION__KEY with known keys"
    return f"there is no such key to override: {hint}"


def _list_known_variables(variable: str) -> Iterator[str]:
    numbers = [part for part in variable.split("__") if part.isdigit()]
    for section, model in SECTIONS.items():
        middle = f"{section}__{(numbers or ['0'])[0]}" if section == "folders" else section
        for key in model.model_fields:
            yield f"{PREFIX}{middle}__{key}{'__OPTION' if key == 'marker' else ''}".upper()


def _apply(result: Overridden, location: Location, variable: str, text: str) -> str | None:
    """Set one value. Return what is wrong with it, if anything."""
    try:
        value = read_value(find_field(location), text)
    except OverrideValueError as error:
        return str(error)
    table = _find_table(result.document, location)
    if table is None:
        return _explain_missing_table(result.document, location)
    table[str(location[-1])] = value
    result.origins[location] = f"is from {variable}"
    return None


def read_value(described: FieldInfo, text: str) -> Any:
    """Read the text as a value for the key that is described. Raises OverrideValueError."""
    if not text.strip():
        raise OverrideValueError("is empty: give it a value, or unset it")
    parsed = _parse_toml_value(text)
    value = text if parsed is None else parsed
    shape = get_origin(described.annotation)
    if shape is dict:  # an option of Marker may have any type
        return value
    if shape is tuple:
        return value if isinstance(value, list) else [_demand_single(value)]
    takes_numbers = any(kind in _NUMBERS for kind in list_types(described))
    return value if takes_numbers or isinstance(value, str) else text


def _demand_single(value: Any) -> Any:
    if isinstance(value, str) and "," in value:
        raise OverrideValueError('is not a list: write several values as ["a", "b"]')
    return value


def _parse_toml_value(text: str) -> Any:
    """Parse the text as one TOML value. None means that it is not one, since TOML itself has no null."""
    import tomli

    try:
        document = tomli.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return None
    return document["value"] if set(document) == {"value"} else None


def _find_table(document: dict[str, Any], location: Location) -> dict[str, Any] | None:
    """Return the table that holds the key, and make it if it is missing. None means that something else is in its
    place."""
    section = location[0]
    if section != "folders":
        return _check_table(document.setdefault(str(section), {}))
    folders, index = document.setdefault("folders", []), location[1]
    if not isinstance(folders, list) or not isinstance(index, int) or index > len(folders):
        return None
    if index == len(folders):
        folders.append({})
    folder = _check_table(folders[index])
    is_option = len(location) == 4
    return _check_table(folder.setdefault("marker", {})) if is_option and folder is not None else folder


def _check_table(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _explain_missing_table(document: Mapping[str, Any], location: Location) -> str | None:
    folders, index = document.get("folders"), location[1]
    if isinstance(folders, list) and isinstance(index, int) and index > len(folders):
        return f"there are only {len(folders)} [[folders]], counted from 0: the next one has the number {len(folders)}"
    return None  # pydantic reports that the file has no table here
