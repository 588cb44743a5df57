"""What a profile may set, whoever wrote it and whatever is in it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import event, given
from hypothesis import strategies as st

from markerd.config.folder_values import override_folder
from markerd.config.model import SECTIONS, FolderConfig
from markerd.config.profile import MarkerProfile, Profile, ProfileError, merge_profiles, parse_profile
from markerd.values import After, Format, Spans

KEYS = {
    "formats", "converter", "spans", "web_boilerplate", "front_matter", "chunk_tokens", "chunk_overlap_tokens", "marker"
}  # fmt: skip
"""The keys of a folder that may be another after a profile."""
OPTIONS = {*MarkerProfile.model_fields, "page_range"}
FOLDER = FolderConfig(
    path=Path("/in"), output=Path("/out"), archive=Path("/done"), failed=Path("/failed"), allow_profiles=True,
    marker={"force_ocr": True, "use_llm": False, "debug_data_folder": "/debug"}, after=After.KEEP,
)  # fmt: skip
_SCALARS = (
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=12) | st.dates() | st.times()
)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
_SENSIBLE: dict[str, Any] = {
    "formats": ["json"], "converter": "table", "spans": "html", "web_boilerplate": "keep", "page_range": "0-2",
    "hooks": ["index"], "front_matter": ["title", "pages"],
}  # fmt: skip
_OF_FOLDERS = sorted(set(FolderConfig.model_fields) | {"hooks", "nice", "workers", "secret_file", "run", "url"})
_OF_MARKER = (
    "use_llm", "llm_service", "openai_api_key", "openai_base_url", "ollama_base_url", "debug_json", "debug_pdf_images",
    "debug_data_folder", "highres_image_dpi", "pdftext_workers", "image_description_prompt", "cache_pdftext_pages",
    "PdfProvider_force_ocr", "output_dir", "timeout", "mode", "path", *MarkerProfile.model_fields,
)  # fmt: skip
_SAFE_MARKER: dict[str, Any] = {"force_ocr": True, "paginate_output": False, "page_separator": "---"}
_MARKER = st.fixed_dictionaries({}, optional={name: st.just(value) for name, value in _SAFE_MARKER.items()})
_UNSAFE_MARKER = st.dictionaries(st.sampled_from(_OF_MARKER) | st.text(max_size=8), _VALUES, min_size=1, max_size=2)
_SAFE = st.fixed_dictionaries(
    {}, optional={**{key: st.just(value) for key, value in _SENSIBLE.items()}, "marker": _MARKER}
)
_UNSAFE = (
    st.dictionaries(st.sampled_from([*_OF_FOLDERS, *SECTIONS]) | st.text(max_size=8), _VALUES, min_size=1, max_size=2)
    | st.dictionaries(st.sampled_from(sorted(_SENSIBLE)), _VALUES, min_size=1, max_size=2)
    | st.builds(lambda safe, unsafe: {"marker": {**safe, **unsafe}}, _MARKER, _UNSAFE_MARKER)
)
_DOCUMENTS = st.builds(lambda safe, unsafe: {**safe, **unsafe}, _SAFE, st.just({}) | _UNSAFE)


def judge(content: bytes) -> FolderConfig | None:
    """The folder that the profile makes, or None where it is refused."""
    try:
        changed, problems = override_folder(FOLDER, merge_profiles([parse_profile(content)]).list_values())
    except ProfileError:
        return None
    return None if problems else changed


def demand_safe(changed: FolderConfig) -> None:
    """Nothing but the form of the output is another one."""
    assert {key for key in FolderConfig.model_fields if getattr(changed, key) != getattr(FOLDER, key)} <= KEYS
    assert set(changed.formats) <= set(Format)
    others = {name: value for name, value in changed.marker.items() if name not in OPTIONS}
    assert others == {"use_llm": False, "debug_data_folder": "/debug"}
    for name, value in changed.marker.items():
        assert name not in MarkerProfile.model_fields or isinstance(value, (bool, str))


@given(_DOCUMENTS)
def test_no_profile_sets_what_is_unsafe(document: dict[str, Any]) -> None:
    """Whatever keys and values it has, it changes the form of the output, or it is refused as a whole."""
    changed = judge(tomli_w.dumps(document).encode("utf-8", "surrogatepass"))
    event("refused" if changed is None else "accepted")
    if changed is not None:
        demand_safe(changed)
        assert set(document) <= {*KEYS, "page_range", "hooks"}


@given(_SAFE)
def test_every_safe_profile_is_accepted(document: dict[str, Any]) -> None:
    """The test above does not pass because everything is refused."""
    changed = judge(tomli_w.dumps(document).encode())
    assert changed is not None
    assert {name: changed.marker[name] for name in document.get("marker", {})} == document.get("marker", {})


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_profile_or_refused(content: bytes) -> None:
    """Nothing else is raised, and the reason is one printable line of bounded length."""
    reason = ""
    try:
        demand_safe(override_folder(FOLDER, parse_profile(content).list_values())[0])
    except ProfileError as error:
        reason = str(error)
    assert reason.isprintable()
    assert len(reason) < 10_000


@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b"a = " + b"[" * 5000 + b"]" * 5000, b"a." * 5000 + b"b = 1", b"x = 1" + b"0" * 5000,
     b"\xef\xbb\xbfformats = 3", b"formats = []", b'formats = ["json", "json"]', b'page_range = "5-3"',
     b'page_range = "-1"', b'hooks = ["../x"]', b"[marker]\nforce_ocr = 1\n", b"[[marker]]\n", b"formats = ['pdf']"],
)  # fmt: skip
def test_hostile_and_wrong_profiles_are_refused(content: bytes) -> None:
    """Deep nesting and large numbers end as wrong values do."""
    assert judge(content) is None


def test_nearest_profile_wins_for_each_key_and_option() -> None:
    """What it does not set is left to the next one above, and at last to the folder."""
    far = parse_profile(b'formats = ["json"]\nspans = "html"\n[marker]\nforce_ocr = false\npaginate_output = true\n')
    near = parse_profile(b'formats = ["html", "markdown"]\npage_range = "3"\n[marker]\npaginate_output = false\n')
    changed, problems = override_folder(FOLDER, merge_profiles([far, near]).list_values())
    assert problems == []
    assert (changed.formats, changed.spans) == ((Format.HTML, Format.MARKDOWN), Spans.HTML)
    assert {name: changed.marker[name] for name in ("force_ocr", "paginate_output", "page_range")} == {
        "force_ocr": False, "paginate_output": False, "page_range": "3"
    }  # fmt: skip


def test_reason_names_the_key_and_what_may_be_set() -> None:
    """A person finds in the letter what to take out."""
    with pytest.raises(ProfileError, match=r"^output: no profile may set this; it may set formats, .* and marker$"):
        parse_profile(b'output = "/etc"')
    with pytest.raises(ProfileError, match=r"^marker\.use_llm: no profile may set this; it may set add_block_ids"):
        parse_profile(b"[marker]\nuse_llm = true\n")


def test_only_what_is_no_toml_counts_as_not_whole_yet() -> None:
    """A program may still be writing it; a key that is not allowed stays so."""
    broken = []
    for content in (b'formats = ["js', b"\xff", b"formats = 3"):
        with pytest.raises(ProfileError) as caught:
            parse_profile(content)
        broken.append(caught.value.is_broken)
    assert broken == [True, True, False]


def test_profile_is_frozen_and_closed() -> None:
    """A key that is added to the folder does not get into profiles by itself."""
    assert Profile.model_config["extra"] == MarkerProfile.model_config["extra"] == "forbid"
    assert not dataclasses.is_dataclass(Profile)
    assert set(Profile.model_fields) == {*KEYS, "page_range", "hooks"}
