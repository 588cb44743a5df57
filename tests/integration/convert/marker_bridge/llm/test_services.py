"""Each of Marker's own services through a real relay, before a server that speaks the service's interface."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import fake_llm
from fake_llm import HEADING, KEY, FakeLlm
from markerd.convert.engine import Engine
from markerd.convert.marker_bridge.llm.services import SERVICES
from markerd.convert.model_sets.servers.relay import Relay, Upstream
from markerd.convert.protocol import (
    ConversionRequest,
    ConversionResult,
    ConverterSpec,
    JoinRequest,
    LlmSpec,
    TimeLimits,
)
from markerd.values import LlmUse
from reports import make_report
from server_scene import Events, find_free_port

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

PATHS = {"openai": "/v1", "openrouter": "/api/v1", "azure_openai": "/mine"}
MODELS = {"azure_openai": "deployed", "gemini": "gemini-x", "claude": "claude-x"}
TIMEOUT_S = 1
ONCE = {"use_llm": True, "max_retries": 0}


@dataclass
class Scene:
    """A converter that asks one service, and what it said."""

    engine: Engine
    llm: FakeLlm
    events: list[tuple[str, dict[str, Any]]]
    root: Path

    def request(self, name: str, part_pages: int = 0, part: int = 0, **options: Any) -> ConversionRequest:
        job = self.root / name
        for folder in ("out", "scratch", "kept"):
            (job / folder).mkdir(parents=True, exist_ok=True)
        return ConversionRequest(
            document="report.pdf",
            source=str(self.root / "report.pdf"),
            output_dir=str(job / "out"),
            scratch_dir=str(job / "scratch"),
            formats=("markdown",),
            options={**ONCE, **options},
            part_pages=part_pages,
            part=part,
            kept_dir=str(job / "kept"),
        )

    def convert(self, name: str, **options: Any) -> tuple[ConversionResult, str]:
        self.llm.asked.clear()
        self.events.clear()
        request = self.request(name, **options)
        result = self.engine.convert(request, lambda _: None)
        return result, (Path(request.output_dir) / "document-markdown.md").read_text()

    def find_failures(self) -> list[dict[str, Any]]:
        return [fields for event, fields in self.events if event == "document.llm_failed"]


@pytest.fixture(scope="module")
def llm() -> Iterator[FakeLlm]:
    with fake_llm.running() as running:
        yield running


def open_scene(
    name: str, llm: FakeLlm, root: Path, limits: TimeLimits | None = None, origin: str = ""
) -> Iterator[Scene]:
    service, url = SERVICES[name], (origin or llm.url) + PATHS.get(name, "")
    upstream = Upstream(
        name, url, service.build_headers(KEY), endpoint=service.build_endpoint(url), answer_s=TIMEOUT_S + 1
    )
    relay = Relay(upstream, Events())
    version = "2024-10-21" if service.version_option else ""
    spec = LlmSpec(name, relay.url, MODELS.get(name, ""), version, TIMEOUT_S)
    events: list[tuple[str, dict[str, Any]]] = []

    def emit(level: str, event: str, **fields: Any) -> None:
        events.append((event, fields))

    engine = Engine(emit, ConverterSpec(llm=spec, time_limits=limits))
    engine.load()
    (root / "report.pdf").write_bytes(make_report())
    llm.habit = "ok"
    yield Scene(engine, llm, events, root)
    relay.stop()


@pytest.fixture
def scene(llm: FakeLlm, tmp_path: Path) -> Iterator[Scene]:
    yield from open_scene("claude", llm, tmp_path)


@pytest.mark.parametrize("name", [name for name, service in SERVICES.items() if not service.refused])
def test_service_improves_a_heading(llm: FakeLlm, tmp_path: Path, name: str) -> None:
    """Marker's own service asks in its own way; the key arrives at the service, and is nowhere else."""
    for scene in open_scene(name, llm, tmp_path):
        result, text = scene.convert("ok")
        assert f"# {HEADING}" in text
        assert scene.find_failures() == []
        model = MODELS.get(name) or result.llm.model if result.llm else ""
        assert result.llm == LlmUse(name, model, len(llm.asked), 0, "")
        for asked in llm.asked:
            assert asked.headers[SERVICES[name].header.lower()] == SERVICES[name].scheme + KEY
            assert asked.path.startswith(PATHS.get(name, ""))
            assert MODELS.get(name, "") in f"{asked.path} {asked.body.get('model')}"
        for habit in ("nonsense", "refuse", "error", "echo"):
            llm.habit = habit
            result, text = scene.convert(habit)
            assert "# Introduction" in text
            [told] = scene.find_failures()
            assert result.llm is not None
            assert (told["service"], told["failures"]) == (name, result.llm.failed)
            assert result.llm.failed == result.llm.requests > 0
            assert told["reason"] == result.llm.reason != ""
            assert KEY not in repr((scene.events, result))


def test_refusal_says_what_the_service_said(scene: Scene) -> None:
    """So that somebody sees that the key is wrong."""
    scene.llm.habit = "refuse"
    scene.convert("refused")
    assert "401" in scene.find_failures()[0]["reason"]
    assert "the key is wrong" in scene.find_failures()[0]["reason"]


@pytest.mark.parametrize("name", ["ollama", "openai", "gemini"])
def test_slow_service_costs_no_document(llm: FakeLlm, tmp_path: Path, name: str) -> None:
    """Of three kinds of clients, one has no time limit of its own: the relay has."""
    for scene in open_scene(name, llm, tmp_path):
        llm.habit = "slow"
        result, text = scene.convert("slow")
        assert "# Introduction" in text
        assert result.llm is not None
        assert result.llm.failed == result.llm.requests


def test_service_that_is_away_costs_no_document(llm: FakeLlm, tmp_path: Path) -> None:
    """The reason says what could not be reached."""
    for scene in open_scene("claude", llm, tmp_path, origin=f"http://127.0.0.1:{find_free_port()}"):
        result, text = scene.convert("away")
        assert "# Introduction" in text
        assert result.llm is not None
        assert "markerd's relay: ConnectError" in result.llm.reason


def test_service_is_not_asked_beyond_half_of_the_time(llm: FakeLlm, tmp_path: Path) -> None:
    """What follows needs the rest; the document says that no time was left."""
    for scene in open_scene("claude", llm, tmp_path, TimeLimits(1.0, 0.0)):
        result, text = scene.convert("late")
        assert llm.asked == []
        assert "# Introduction" in text
        assert result.llm is not None
        assert "no time is left for the service: raise converter.timeout_s" in result.llm.reason


def test_service_is_not_asked_without_use_llm(scene: Scene) -> None:
    result, _ = scene.convert("without", use_llm=False)
    assert (result.llm, scene.llm.asked) == (None, [])


def test_parts_are_counted_together(scene: Scene) -> None:
    """The document says once, when its parts are joined, what was asked for all of them."""
    scene.llm.habit = "refuse"
    (scene.root / "report.pdf").write_bytes(make_report(pages=6))
    parts, requests = scene.root / "parts", 0
    for part in range(2):
        request = scene.request(f"part{part}", part_pages=5, part=part)
        scene.request("part0")  # the later ones find what the first has kept
        result = scene.engine.convert(request, lambda _: None)
        assert result.is_part
        assert result.llm is not None
        requests += result.llm.requests
        (parts / str(part)).parent.mkdir(exist_ok=True)
        Path(request.output_dir).rename(parts / str(part))
        if part == 0:
            (scene.root / "part1").mkdir()
            Path(request.kept_dir).rename(scene.root / "part1" / "kept")
    assert scene.find_failures() == []
    joining = scene.request("joined")
    joined = scene.engine.join(
        JoinRequest("report.pdf", str(parts), joining.output_dir, joining.scratch_dir, ("markdown",), ONCE, 6)
    )
    [told] = scene.find_failures()
    assert (told["requests"], told["failures"]) == (requests, requests)
    assert joined.llm is not None
    assert joined.llm.reason == told["reason"]
