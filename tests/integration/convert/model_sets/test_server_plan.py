"""Which servers and relays a configuration means, and what its converters may reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from markerd.config.keys import Secret
from markerd.convert import model_sets
from markerd.convert.model_sets import devices
from markerd.convert.model_sets.servers.plan import LAYOUT, OCR_ERROR, VISION, SuryaSettings, plan_servers
from markerd.convert.protocol import ConverterSpec, LlmSpec
from markerd.errors import ModelsMissingError
from tiny_surya import TinySurya

PINNED = ("FAST_LAYOUT_SERVER_URL", "OCR_ERROR_SERVER_URL", "SURYA_INFERENCE_URL")
URL = "https://gpu.example/api/v1"


@pytest.fixture(autouse=True)
def caches(tiny_surya: TinySurya, monkeypatch: pytest.MonkeyPatch) -> None:
    """The weights are there, and no server is pinned."""
    for name in PINNED:
        monkeypatch.delenv(name, raising=False)
    for name, value in tiny_surya.environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("settings", "servers", "relays"),
    [
        (SuryaSettings(vlm="none"), [LAYOUT, OCR_ERROR], {}),
        (SuryaSettings(vlm="url", vlm_url=URL), [LAYOUT, OCR_ERROR], {VISION: URL}),
        (SuryaSettings(vlm_url=URL), [LAYOUT, OCR_ERROR], {VISION: URL}),
        (SuryaSettings(vlm="llamacpp"), [LAYOUT, OCR_ERROR, VISION], {VISION: ""}),
        (SuryaSettings(), [LAYOUT, OCR_ERROR, VISION], {VISION: ""}),
        (SuryaSettings(vlm="vllm"), [LAYOUT, OCR_ERROR, VISION], {VISION: ""}),
    ],
)
def test_each_choice_has_its_servers_and_relays(
    settings: SuryaSettings, servers: list[str], relays: dict[str, str]
) -> None:
    """The vision model is always behind a relay, and starts on demand."""
    plan = plan_servers(settings, 3)
    assert [spec.name for spec in plan.specs] == servers
    assert {relay.name: relay.url for relay in plan.relays} == relays
    assert [spec.name for spec in plan.specs if spec.is_on_demand] == [name for name in servers if name == VISION]
    assert {spec.variables.get("FAST_LAYOUT_NUM_THREADS") for spec in plan.specs[:2]} == {"3"}


@pytest.mark.parametrize(("variable", "name"), list(zip(PINNED, (LAYOUT, OCR_ERROR, VISION), strict=True)))
def test_server_of_somebody_else_is_relayed(variable: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And none of ours is started for it."""
    monkeypatch.setenv(variable, URL)
    plan = plan_servers(SuryaSettings(), 1)
    assert name not in [spec.name for spec in plan.specs]
    assert (name, URL, variable) in [(relay.name, relay.url, relay.variable) for relay in plan.relays]


def test_port_that_the_environment_names_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Surya's own settings have it."""
    monkeypatch.setenv("FAST_LAYOUT_SERVER_PORT", "4711")
    assert [spec.fixed_port for spec in plan_servers(SuryaSettings(vlm="none"), 1).specs] == [4711, 0]


def test_same_settings_mean_the_same_servers() -> None:
    """So that a reload leaves them running; another device means others."""
    assert plan_servers(SuryaSettings(), 1).specs == plan_servers(SuryaSettings(), 1).specs
    other = plan_servers(SuryaSettings(device="cpu"), 1).specs
    assert not set(map(repr, other[:2])) & set(map(repr, plan_servers(SuryaSettings(), 1).specs))
    assert other[0].variables["FAST_DETECTOR_DEVICE"] == "cpu"


def test_vision_model_that_is_not_here_is_named(tiny_surya: TinySurya, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SURYA_GGUF_MODEL_FILE", "another.gguf")
    with pytest.raises(ModelsMissingError, match=r"another\.gguf"):
        plan_servers(SuryaSettings(), 1)


def test_converter_reaches_the_ports_of_its_servers_alone(tmp_path: Path) -> None:
    """And no weights; with the embedded models no port at all."""
    variables = {"OCR_ERROR_SERVER_URL": "http://127.0.0.1:4001/v1", "SURYA_INFERENCE_URL": "http://127.0.0.1:4002/v1"}
    reach = model_sets.find_reach(tmp_path, ConverterSpec("surya", model_variables={**variables, "OTHER": "x"}))
    assert (reach.connects, reach.listens, reach.readable) == (frozenset({4001, 4002}), frozenset(), ())
    assert not reach.has_graphics
    assert not model_sets.find_reach(tmp_path, ConverterSpec()).has_sockets


def test_relay_to_a_service_is_one_port_more(tmp_path: Path) -> None:
    """With either model set, and only where a folder asks a service."""
    llm = LlmSpec("claude", "http://127.0.0.1:4003/token")
    servers = {"OCR_ERROR_SERVER_URL": "http://127.0.0.1:4001/v1"}
    assert model_sets.find_reach(tmp_path, ConverterSpec(llm=llm)).connects == {4003}
    spec = ConverterSpec("surya", model_variables=servers, llm=llm)
    assert model_sets.find_reach(tmp_path, spec).connects == {4001, 4003}


def test_key_goes_to_the_configured_vision_model_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not to a server that the environment names, which may be another; it is in nothing that is shown."""
    monkeypatch.setenv("SURYA_INFERENCE_URL", "http://192.0.2.1/v1")
    plan = plan_servers(SuryaSettings(vlm_url=URL, vlm_key=Secret("s3cret")), 1)
    assert [relay.build_headers() for relay in plan.relays] == [{"Authorization": "Bearer s3cret"}]
    assert "s3cret" not in repr(plan)
    plan = plan_servers(SuryaSettings(vlm_key=Secret("s3cret")), 1)
    assert [relay.build_headers() for relay in plan.relays] == [{}]


@pytest.mark.parametrize(
    ("device", "has_vision", "mode"),
    [("cpu", True, "fast"), ("cuda", True, "balanced"), ("cuda", False, "fast"), ("mps", True, "balanced")],
)
def test_mode_follows_the_device(device: str, has_vision: bool, mode: str) -> None:
    """Each page of a balanced conversion asks the vision model, which takes a GPU."""
    assert devices.choose_mode(device, has_vision=has_vision) == mode
