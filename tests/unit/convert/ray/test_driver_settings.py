"""What the driver and the actors are told arrives as it was sent, whatever it is."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.config.keys import Secret
from markerd.convert.model_sets.servers.plan import SuryaSettings
from markerd.convert.process.priority import Priority
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.protocol import ConverterSpec
from markerd.convert.ray.node_models import SuryaOnNodes
from markerd.convert.ray.settings import DriverSettings, RaySettings, encode_settings, parse_settings
from markerd.values import Ionice

surya = st.none() | st.builds(
    SuryaOnNodes, st.builds(SuryaSettings, vlm_url=st.text(), slots=st.integers(1, 64), vlm_key=st.none()), st.none()
)
rays = st.builds(
    RaySettings,
    address=st.text(min_size=1),
    resources=st.dictionaries(st.text(min_size=1), st.floats(0.1, 9.0)),
    temp_dir=st.none() | st.just(Path("/srv/ray \udce9")),
)


processes = st.builds(
    ProcessSettings,
    st.just(ConverterSpec(models="embedded")),
    st.just(5.0),
    st.just(0.5),
    st.just(Path("/w")),
    st.none() | st.integers(1),
    priority=st.builds(Priority, st.integers(0, 19), st.sampled_from(Ionice)),
)


@given(ray=rays, own=surya, process=processes)
def test_settings_survive_the_way(ray: RaySettings, own: SuryaOnNodes | None, process: ProcessSettings) -> None:
    settings = DriverSettings(ray, process, own)
    encoded = encode_settings(settings)
    assert encoded.isascii()
    parsed = parse_settings(encoded, Path("/w"))
    assert parsed == settings
    assert parsed.process.priority.ionice is process.priority.ionice


def test_every_setting_of_a_converter_is_sent() -> None:
    """But for the folder, which is the actor's own: a new setting must be added to what is sent."""
    process = ProcessSettings(ConverterSpec(), 1.0, 1.0, Path("/one"), priority=Priority(7))
    parsed = parse_settings(encode_settings(DriverSettings(RaySettings(), process)), Path("/other")).process
    names = [each.name for each in dataclasses.fields(process)]
    assert [name for name in names if getattr(process, name) != getattr(parsed, name)] == ["working_dir"]


def test_key_is_never_sent() -> None:
    """Arguments of a process can be seen by all users of its machine."""
    own = SuryaOnNodes(SuryaSettings(vlm_key=Secret("secret-words")))
    process = ProcessSettings(ConverterSpec(), 1.0, 1.0, Path("/w"))
    with pytest.raises(TypeError, match="SecretStr"):
        encode_settings(DriverSettings(RaySettings(), process, own))
