"""Pydantic's errors as problems, each of which names the key and says what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, get_args

from pydantic.fields import FieldInfo

from markerd.config.model import SECTIONS, SUBSECTIONS, Config, FolderConfig
from markerd.config.problems import Location, Problem, find_near_word, join_words, show_value
from markerd.config.section import Section

Fault = Mapping[str, Any]
"""One entry of pydantic's `ValidationError.errors()`."""

_EXPECTED = {
    "int_type": "a whole number, without quotes",
    "float_type": "a number, without quotes",
    "bool_type": "true or false, without quotes",
    "string_type": 'a string in double quotes, like "..."',
    "path_type": 'a path in double quotes, like "~/markerd/inbox"',
    "tuple_type": 'an array, like ["..."]',
    "dict_type": "a table",
}
_BOUNDS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}
_REQUIRED = {
    "folders": "write a [[folders]] section with path and output, or start from `markerd init`",
    "path": "name the hot folder",
    "output": "name the folder for the outputs",
    "name": "give the hook a name",
}


def explain(faults: Sequence[Fault]) -> Iterator[Problem]:
    """Yield one problem for each fault, in pydantic's order."""
    wrong = {fault["loc"] for fault in faults}
    for fault in faults:
        # Pydantic also calls an array with wrong items too short. The problems of its items say it better.
        is_echo = fault["type"] == "too_short" and any(
            loc != fault["loc"] and loc[: len(fault["loc"])] == fault["loc"] for loc in wrong
        )
        if not is_echo:
            yield Problem(fault["loc"], _word_fault(fault))


def explain_unknown_key(location: Location) -> str:
    """Say why the key does not exist at its place, and which key may have been meant."""
    *parents, name = location
    known = list_known_keys(tuple(parents))
    if near := find_near_word(str(name), known):
        return f"there is no such key: did you mean {near}?"
    if elsewhere := [section for section in SECTIONS if name in list_known_keys((section,))]:
        return f"there is no such key here: it belongs in {join_words(map(_write_header, elsewhere))}"
    return f"there is no such key: remove it; known here are {join_words(known, 'and')}"


def list_known_keys(parent: Location) -> tuple[str, ...]:
    """List the keys that are allowed in the table at `parent`. `()` is the whole file."""
    model = _find_model(parent)[0] if parent else Config
    return tuple(model.model_fields)


def _find_model(location: Location) -> tuple[type[Section], Location]:
    """Find the model of the innermost table that the location leads into, and the rest of the way, in it."""
    section, *rest = location
    keys = [number for number, part in enumerate(rest) if isinstance(part, str)]
    inner = SUBSECTIONS.get((str(section), str(rest[keys[0]]))) if keys else None
    if inner is not None and len(rest) > keys[0] + 1:
        return inner, tuple(rest[keys[0] + 1 :])
    return SECTIONS[str(section)], tuple(rest)


def find_field(location: Location) -> FieldInfo:
    """Return the field of the model that holds the value, or the values, at this place inside a section."""
    model, rest = _find_model(location)
    return model.model_fields[next(part for part in rest if isinstance(part, str))]


def list_types(field: FieldInfo) -> tuple[Any, ...]:
    """List the types that a field takes, without the None of an optional field."""
    arguments = get_args(field.annotation)
    return tuple(kind for kind in arguments or (field.annotation,) if kind is not type(None))


def _word_fault(fault: Fault) -> str:
    kind: str = fault["type"]
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return f"{show_value(fault['input'])} is out of range: it must be {words} {fault['ctx'][bound]:g}"
    if kind in _EXPECTED and not _is_section(fault["loc"]):
        return f"{show_value(fault['input'])} has the wrong type: it must be {_EXPECTED[kind]}"
    explained: Callable[[Fault], str] = _SPECIAL.get(kind, _word_other_fault)
    return explained(fault)


def _is_section(location: Location) -> bool:
    return len(location) == 1


def _word_wrong_choice(fault: Fault) -> str:
    location: Location = fault["loc"]
    allowed = _list_allowed_values(location)
    near = find_near_word(fault["input"], allowed) if isinstance(fault["input"], str) else None
    hint = f"did you mean {near}? " if near else ""
    return f"{show_value(fault['input'])} is not allowed: {hint}it must be {join_words(allowed)}"


def _list_allowed_values(location: Location) -> tuple[str, ...]:
    for kind in list_types(find_field(location)):
        # Pydantic annotates the items of an array of enums once more.
        allowed = (get_args(kind) or (kind,))[0]
        if isinstance(allowed, type) and issubclass(allowed, Enum):
            return tuple(str(member.value) for member in allowed)
    return ()


def _word_missing_key(fault: Fault) -> str:
    return f"is missing: {_REQUIRED[fault['loc'][-1]]}"


def _word_wrong_section(fault: Fault) -> str:
    names = [str(part) for part in fault["loc"] if isinstance(part, str)]
    name = f"[[{'.'.join(names)}]]" if len(names) > 1 else _write_header(names[0])
    return f"{show_value(fault['input'])} is not a section: write {name} on a line of its own and its keys below"


def _write_header(section: str) -> str:
    return "[[folders]]" if SECTIONS[section] is FolderConfig else f"[{section}]"


def _word_other_fault(fault: Fault) -> str:
    return f"{show_value(fault['input'])} is not allowed: {fault['msg']}"


_SPECIAL: Mapping[str, Callable[[Fault], str]] = {
    "extra_forbidden": lambda fault: explain_unknown_key(fault["loc"]),
    "enum": _word_wrong_choice,
    "missing": _word_missing_key,
    "finite_number": lambda fault: f"{show_value(fault['input'])} is not a finite number: write one",
    "string_too_short": lambda _: "is empty: write a pattern, or remove the entry",
    "too_short": lambda fault: (
        f"is missing: {_REQUIRED['folders']}" if _is_section(fault["loc"]) else "is empty: name at least one"
    ),
    "tuple_type": _word_wrong_section,
    "model_type": _word_wrong_section,
}
