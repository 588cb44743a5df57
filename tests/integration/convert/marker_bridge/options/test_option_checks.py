"""Options of `[folders.marker]`: each is refused with its name, what is wrong and what to write, or reaches Marker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.marker_bridge.llm.services import SERVICES
from markerd.convert.marker_bridge.options.llm_services import list_services
from markerd.convert.marker_bridge.options.marker_options import list_marker_options
from markerd.convert.marker_bridge.options.substitutes import SUBSTITUTES
from markerd.convert.sandbox import environment

environment.apply_environment(1)
pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

OPTIONS = st.deferred(lambda: st.sampled_from(sorted(list_marker_options())))
GEMINI = {"use_llm": True, "llm": "gemini"}
ACCEPTED: list[Mapping[str, Any]] = [
    {},
    {"force_ocr": True, "paginate_output": False},
    {"page_range": "0,5-10,20"},
    {"page_range": [3, 0]},
    {"PdfProvider_page_range": " 0 - 1 , 4"},
    {"mode": "balanced"},
    {"LayoutBuilder_mode": "fast"},
    {"header_zone": 1},
    {"header_zone": 0.5},
    {"highres_block_types": ["Table", "Figure"]},
    {"image_extraction_mode": "lowres"},
    {"block_math_delimiters": ["$$", "$$"]},
    {"force_layout_block": "Table"},
    {"block_relabel_str": "Table:Picture:0.85, Form:Picture:0.9"},
    {**GEMINI, "redo_inline_math": True, "thinking_budget": -1},
    {"use_llm": True, "llm": "claude", "ClaudeService_claude_model_name": "claude-opus-4-8", "max_claude_tokens": 100},
    {"use_llm": True, "llm": "azure_openai", "deployment_name": "mine"},
    {"use_llm": False, "llm": "none"},
    {"converter": "table", "TableConverter_converter_block_types": ["Table"]},
    {"converter": "ocr", "ocr_equations": False},
]
REFUSED: list[tuple[Mapping[str, Any], str, str]] = [
    ({"force_orc": True}, "force_orc", "did you mean force_ocr?"),
    ({"LayoutBuilder_mod": "fast"}, "LayoutBuilder_mod", "did you mean LayoutBuilder_mode?"),
    ({"pdftext_workers": 4}, "pdftext_workers", "fixed by markerd at 1"),
    ({"LayoutBuilder_disable_tqdm": False}, "LayoutBuilder_disable_tqdm", "fixed by markerd at true"),
    ({"force_ocr": 1}, "force_ocr", "1 is not true or false"),
    ({"force_ocr": "yes"}, "force_ocr", "is not true or false"),
    ({"max_chars": 1.5}, "max_chars", "is not a whole number"),
    ({"max_chars": True}, "max_chars", "is not a whole number"),
    ({"header_zone": "0.5"}, "header_zone", "is not a number"),
    ({"page_separator": ["-"]}, "page_separator", "is not a text"),
    ({"highres_block_types": "Table"}, "highres_block_types", "is not a list of types of blocks"),
    ({"highres_block_types": ["Tablet"]}, "highres_block_types", "did you mean Table?"),
    ({"image_extraction_mode": "high"}, "image_extraction_mode", 'is not "lowres" or "highres"'),
    ({"block_math_delimiters": ["$"]}, "block_math_delimiters", "is not a list of two texts"),
    ({"lowres_image_dpi": 0}, "lowres_image_dpi", "is not a whole number above 0"),
    ({"mode": "fats"}, "mode", 'is not "fast" or "balanced"'),
    ({"LayoutBuilder_mode": "x"}, "LayoutBuilder_mode", 'is not "fast" or "balanced"'),
    ({"force_layout_block": "Tablet"}, "force_layout_block", "did you mean Table?"),
    ({"block_relabel_str": "Table:Picture"}, "block_relabel_str", "does not name two types"),
    ({"block_relabel_str": "Table:Picture:much"}, "block_relabel_str", "does not end in a number"),
    ({"override_map": {}}, "override_map", "which no configuration can hold"),
    ({"page_range": "9-3"}, "page_range", "9-3 runs backwards"),
    ({"page_range": [-1]}, "page_range", "counted from 0"),
    ({"page_range": []}, "page_range", "names no page"),
    ({"page_range": 3}, "page_range", 'is not a range of pages such as "0,5-10,20"'),
    ({"DocumentProvider_page_range": "0"}, "DocumentProvider_page_range", "write page_range"),
    ({"debug_json": True}, "debug_json", 'confine = "off"'),
    ({"DebugProcessor_debug_pdf_images": True}, "DebugProcessor_debug_pdf_images", 'confine = "off"'),
    ({"include_slide_number": True}, "include_slide_number", "PowerPointProvider"),
    ({"disable_image_extraction": True}, "disable_image_extraction", "extract_images = false"),
    ({"output_format": "json"}, "output_format", "`formats`"),
    ({"use_llm": "true", "llm": "gemini"}, "use_llm", "is not true or false"),
    ({**GEMINI, "llm_service": "openai"}, "llm_service", "`service` in [llm]"),
    ({"vertex_location": "here"}, "vertex_location", 'write service = "gemini"'),
    ({**GEMINI, "gemini_api_key": "k"}, "gemini_api_key", "`key_file` in [llm], or set $MARKERD_LLM_KEY"),
    ({**GEMINI, "ClaudeService_claude_api_key": "k"}, "ClaudeService_claude_api_key", "`key_file` in [llm]"),
    ({**GEMINI, "openai_base_url": "http://192.0.2.1"}, "openai_base_url", "`url` in [llm]"),
    ({**GEMINI, "azure_api_version": "1"}, "azure_api_version", "`api_version` in [llm]"),
    ({"timeout": 60}, "timeout", "`timeout_s` in [llm]"),
    ({"use_llm": True, "thinking_budget": 1}, "thinking_budget", '"gemini", "vertex", and `service` in [llm] is none'),
    ({"redo_inline_math": True}, "redo_inline_math", "without use_llm = true"),
    ({**GEMINI, "openai_model": "m"}, "openai_model", 'service "openai", and `service` in [llm] is "gemini"'),
    ({"TableConverter_converter_block_types": ["Table"]}, "TableConverter_converter_block_types", 'converter = "pdf"'),
    ({"converter": "ocr", "level_count": 4}, "level_count", 'converter = "ocr"'),
]


def find_option_problems(options: Mapping[str, Any]) -> list[str]:
    """Ask as the converter does; Marker is imported here."""
    from markerd.convert.marker_bridge.options import checks

    return checks.find_option_problems(options)


@pytest.mark.parametrize("options", ACCEPTED, ids=str)
def test_right_options_are_accepted(options: Mapping[str, Any]) -> None:
    """An option of the type that Marker declares, of a class that runs, is no problem."""
    assert find_option_problems(options) == []


@pytest.mark.parametrize(("options", "name", "reason"), REFUSED, ids=str)
def test_wrong_options_are_refused_with_a_reason(options: Mapping[str, Any], name: str, reason: str) -> None:
    """The line begins with the name as it is written, and says what is wrong or what to write."""
    lines = [line for line in find_option_problems(options) if line.startswith(f"{name}: ")]
    assert any(reason in line for line in lines), find_option_problems(options)


@pytest.mark.parametrize("name", SUBSTITUTES)
def test_names_of_the_command_line_say_what_to_write(name: str) -> None:
    """What Marker's command line takes under another name is refused with the name that is taken here."""
    (line,) = find_option_problems({name: True})
    assert line == f"{name}: markerd does not take this from Marker: {SUBSTITUTES[name]}"


def test_every_option_of_the_command_line_is_known() -> None:
    """What Marker's command line takes is an option here, or has a substitute."""
    from marker.scripts.convert import convert_cli
    from marker.scripts.convert_single import convert_single_cli

    names = {parameter.name for command in (convert_cli, convert_single_cli) for parameter in command.params}
    places = {"in_folder", "fpath"}
    known = set(list_marker_options()) | set(SUBSTITUTES) | {"llm_service"}
    assert names - places - known == set()


@pytest.mark.parametrize(
    ("options", "is_right"),
    [
        ({"debug_json": True}, False),
        ({"debug_json": True, "debug_data_folder": "debug"}, False),
        ({"debug_json": True, "debug_data_folder": "/srv/debug"}, True),
        ({"debug_json": False}, True),
    ],
)
def test_debug_files_need_a_place(options: dict[str, Any], is_right: bool) -> None:
    """Below a converter's own folder they would be gone with the document."""
    from markerd.convert.marker_bridge.options import checks

    assert (checks.find_option_problems(options, is_confined=False) == []) is is_right


def test_secrets_are_not_shown() -> None:
    """A key is refused without its value."""
    for key in ("s3cret", ["s3cret"]):
        (line, *_) = find_option_problems({**GEMINI, "gemini_api_key": key})
        assert "s3cret" not in line


def test_every_service_of_marker_is_in_the_table() -> None:
    """With its class, and with the options that Marker demands: those get what they need, or are refused."""
    services = list_services()
    assert set(services) == set(SERVICES)
    for name, service in SERVICES.items():
        if not service.refused:
            kind = services[name]
            assert service.class_path == f"{kind.__module__}.{kind.__name__}"
            options = (service.url_option, service.key_option, service.version_option, service.model_option)
            kind({option: "given" for option in options if option})


def test_marker_defaults_are_of_their_own_type() -> None:
    """Each default of Marker's that a configuration can hold is of the type that is read for it."""
    from markerd.convert.marker_bridge.options.checks import NARROWER
    from markerd.convert.marker_bridge.options.value_types import build_value_type

    tried = 0
    for option, owners in list_marker_options().items():
        for owner in owners:
            value_type = NARROWER.get(option) or build_value_type(owner.annotation)
            default = _read_default(owner.class_name, option)
            if value_type is not None and default not in (None, [], ""):
                read = value_type.read(default)
                assert _write(read) == default
                tried += 1
    assert tried > 100


@given(
    OPTIONS,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    ),
)
def test_any_value_is_accepted_or_refused(name: str, value: Any) -> None:
    """No value makes the check fail, and each problem is one line that names the option."""
    for line in find_option_problems({name: value}):
        assert line.splitlines()[0] == line
        assert line.startswith((f"{name}: ", "use_llm: "))


def _write(value: Any) -> Any:
    return [getattr(item, "name", item) for item in value] if isinstance(value, (list, tuple)) else value


def _read_default(class_name: str, option: str) -> Any:
    """Return the default as a configuration would hold it: types of blocks by name."""
    from marker.config.crawler import crawler
    from marker.schema import BlockTypes

    found = next(group[class_name] for group in crawler.class_config_map.values() if class_name in group)
    default = found["config"][option][2]
    if isinstance(default, (list, tuple)):
        default = [item.name if isinstance(item, BlockTypes) else item for item in default]
    try:
        return json.loads(json.dumps(default))
    except TypeError:
        return None
