"""What a value may be, by the type that Marker declares for an option: how it is read, and how it is described."""

from __future__ import annotations

import difflib
import functools
import json
import types
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from marker.schema import BlockTypes
from pydantic import PlainValidator, TypeAdapter, ValidationError

_PLAIN: dict[Any, tuple[str, str]] = {
    bool: ("true or false", "true or false each"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    str: ("a text", "texts"),
    BlockTypes: ("a type of block, such as Table", "types of blocks, such as Table"),
    Any: ("any value", "values"),
}
_SEQUENCES = (list, tuple, Sequence, set, frozenset)


@dataclass(frozen=True)
class ValueType:
    """`read` returns a value in Marker's form, and raises ValueError for one of another type; its text, if any, is the
    reason.

    `wanted` says in words what may be written.
    """

    read: Callable[[Any], Any]
    wanted: str


@functools.cache
def build_value_type(annotation: Any) -> ValueType | None:
    """Return the type of a declared option; None for what no configuration can hold: classes, and tables of them."""
    kind = _translate(annotation)
    if kind is None:
        return None
    return narrow(kind, describe(annotation))


def narrow(kind: Any, wanted: str) -> ValueType:
    """Return what pydantic reads as `kind`, with other words for it."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    return ValueType(lambda value: _read(adapter, value), wanted)


def describe(annotation: Any, *, is_plural: bool = False) -> str:
    """Say in words what may be written for a type that `build_value_type` knows."""
    if annotation in _PLAIN:
        return _PLAIN[annotation][is_plural]
    origin, members = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return " or ".join(json.dumps(member) for member in members)
    if origin is Annotated:
        return describe(members[0], is_plural=is_plural)
    if _is_union(origin):
        return " or ".join(describe(member) for member in members if member is not type(None))
    items = [member for member in members if member is not ...]
    inner = describe(items[0], is_plural=True) if items else "values"
    return f"lists of {inner}" if is_plural else f"a list of {inner}"


def read_block_type(value: Any) -> BlockTypes:
    """Return the type of block that is named. Raises ValueError, with a similar name if there is one."""
    if isinstance(value, BlockTypes):
        return value
    names = [member.name for member in BlockTypes]
    if isinstance(value, str) and value in names:
        return BlockTypes[value]
    close = difflib.get_close_matches(str(value), names, n=1, cutoff=0.5)
    raise ValueError(f"did you mean {close[0]}?" if close else "")


def _read(adapter: TypeAdapter[Any], value: Any) -> Any:
    """Read as JSON, whose strict types are those of TOML: a list for a tuple, a whole number for a number.

    Raises ValueError.
    """
    try:
        return adapter.validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        raise ValueError(_find_reason(error)) from None


def _find_reason(error: ValidationError) -> str:
    causes = [details.get("ctx", {}).get("error") for details in error.errors()]
    return next((str(cause) for cause in causes if isinstance(cause, ValueError)), "")


def _translate(annotation: Any) -> Any:
    """Return the annotation for pydantic. Marker writes a tuple of one type and means any number of that type."""
    if annotation is BlockTypes:
        return Annotated[Any, PlainValidator(read_block_type)]
    if annotation in _PLAIN or typing.get_origin(annotation) is Literal:
        return annotation
    origin, members = typing.get_origin(annotation) or annotation, typing.get_args(annotation)
    if origin is Annotated:
        return _translate(members[0])
    inner = [_translate(member) for member in members if member not in (..., type(None))]
    return None if None in inner else _put_together(origin, members, inner)


def _put_together(origin: Any, members: Sequence[Any], inner: Sequence[Any]) -> Any:
    if _is_union(origin):
        return typing.Union[tuple([*inner, None] if type(None) in members else inner)]  # noqa: UP007 - made at run time
    if origin not in _SEQUENCES or len(inner) > 1:
        return None
    item = inner[0] if inner else Any
    return tuple[item, ...] if origin is tuple else list[item]  # type: ignore[valid-type]


def _is_union(origin: Any) -> bool:
    return origin in (typing.Union, types.UnionType)
