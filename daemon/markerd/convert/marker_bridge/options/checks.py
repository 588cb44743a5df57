"""Which options of `[folders.marker]` are refused, and why: by name, by type, and by whether they would do anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from marker.schema import BlockTypes
from pydantic import AfterValidator, Field

from markerd.config.options import MASK, is_secret
from markerd.config.problems import show_value
from markerd.convert.marker_bridge.llm.services import find_refused_option
from markerd.convert.marker_bridge.options.marker_form import FIXED, PAGE_RANGE
from markerd.convert.marker_bridge.options.marker_options import find_owners, find_similar_option, split_class_name
from markerd.convert.marker_bridge.options.running_classes import find_idle_reason
from markerd.convert.marker_bridge.options.substitutes import SUBSTITUTES
from markerd.convert.marker_bridge.options.value_types import ValueType, build_value_type, narrow, read_block_type
from markerd.convert.marker_bridge.page_ranges import read_page_range
from markerd.convert.protocol import CONVERTER, LLM


def _check_block_name(value: str) -> str:
    return str(read_block_type(value).name)


def _check_relabel_rules(value: str) -> str:
    """Marker only warns of a rule that it cannot read, in a log that nobody sees."""
    for rule in filter(None, (rule.strip() for rule in value.split(","))):
        labels, _, confidence = rule.rpartition(":")
        names = labels.split(":")
        if len(names) != 2 or not all(name in BlockTypes.__members__ for name in names):
            raise ValueError("a rule does not name two types of blocks")
        try:
            float(confidence)
        except ValueError:
            raise ValueError("a rule does not end in a number") from None
    return value


_DEBUG_FILES = frozenset({"debug_json", "debug_layout_images", "debug_pdf_images"})
_DEBUG_FOLDER = "debug_data_folder"
_Dpi = Annotated[int, Field(ge=1)]
_Pair = Annotated[list[str], Field(min_length=2, max_length=2)]
NARROWER: Mapping[str, ValueType] = {
    PAGE_RANGE: ValueType(
        read_page_range, 'a range of pages such as "0,5-10,20", or a list of their numbers, both counted from 0'
    ),
    "mode": narrow(Literal["fast", "balanced"], '"fast" or "balanced"'),
    "force_layout_block": narrow(Annotated[str, AfterValidator(_check_block_name)], "a type of block, such as Table"),
    "block_relabel_str": narrow(
        Annotated[str, AfterValidator(_check_relabel_rules)], 'a text of rules such as "Table:Picture:0.85"'
    ),
    "lowres_image_dpi": narrow(_Dpi, "a whole number above 0"),
    "highres_image_dpi": narrow(_Dpi, "a whole number above 0"),
    "inline_math_delimiters": narrow(_Pair, "a list of two texts"),
    "block_math_delimiters": narrow(_Pair, "a list of two texts"),
}
"""Options of which less can be written than the type says that Marker declares."""


def find_option_problems(options: Mapping[str, Any], *, is_confined: bool = True) -> list[str]:
    """Return one line, which begins with the name, for each option that is refused.

    `options` are those of `[folders.marker]`, with the folder's own converter under `CONVERTER` if it is not Marker's
    usual one, and the service of `[llm]` under `LLM`. A confined converter cannot write Marker's debug files.
    """
    given = {name: value for name, value in options.items() if name not in (CONVERTER, LLM)}
    checks: tuple[Callable[[str, Any], str | None], ...] = (
        _find_name_problem,
        _find_type_problem,
        lambda name, _: find_idle_reason(name, options),
        lambda name, value: _find_debug_problem(name, value, options, is_confined=is_confined),
    )
    problems = [next(filter(None, (check(name, value) for check in checks)), None) for name, value in given.items()]
    return [f"{name}: {problem}" for name, problem in zip(given, problems, strict=True) if problem is not None]


def _find_name_problem(name: str, _value: Any) -> str | None:
    option = split_class_name(name)[1]
    if option in FIXED:
        return f"fixed by markerd at {json.dumps(FIXED[option])}"
    if option in SUBSTITUTES:
        return f"markerd does not take this from Marker: {SUBSTITUTES[option]}"
    if refusal := find_refused_option(option):
        return refusal
    if find_owners(name):
        return None
    similar = find_similar_option(name)
    return "Marker has no such option" + (f"; did you mean {similar}?" if similar else "")


def _find_type_problem(name: str, value: Any) -> str | None:
    for value_type in _list_value_types(name):
        if value_type is None:
            return "this is a class of Marker's, which no configuration can hold"
        try:
            value_type.read(value)
        except ValueError as error:
            reason = f" ({error})" if str(error) and not is_secret(name) else ""
            shown = MASK if is_secret(name) else show_value(value)
            return f"{shown} is not {value_type.wanted}{reason}"
    return None


def _find_debug_problem(name: str, value: Any, options: Mapping[str, Any], *, is_confined: bool) -> str | None:
    """Find out whether Marker's debug files would be lost, with the temporary folder of the converter."""
    if value is not True or split_class_name(name)[1] not in _DEBUG_FILES:
        return None
    if is_confined:
        return 'a confined converter cannot write these files: write confine = "off" in [converter], for as long'
    folders = [folder for other, folder in options.items() if split_class_name(other)[1] == _DEBUG_FOLDER]
    return None if folders and Path(str(folders[0])).is_absolute() else f"write {_DEBUG_FOLDER} too, an absolute path"


def _list_value_types(name: str) -> Iterator[ValueType | None]:
    option = split_class_name(name)[1]
    if option in NARROWER:
        yield NARROWER[option]
        return
    for owner in find_owners(name):
        yield build_value_type(owner.annotation)
