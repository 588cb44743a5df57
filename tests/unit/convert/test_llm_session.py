"""What one document may ask of an LLM service, and what is told of it."""

from __future__ import annotations

import logging

import pytest
from pydantic import BaseModel

from markerd.convert.marker_bridge.llm.session import Budget, LlmSession, find_problem, listen_to_marker
from markerd.convert.protocol import LlmSpec, TimeLimits
from markerd.values import LlmUse

SPEC = LlmSpec("claude", "http://127.0.0.1:7/token")


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Form(BaseModel):
    text: str


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def session(clock: Clock) -> LlmSession:
    return LlmSession(SPEC, TimeLimits(600.0, 30.0), clock)


def test_requests_are_bounded_by_half_of_the_time(session: LlmSession, clock: Clock) -> None:
    """All attempts of a request fit into what is left of it; then none is made."""
    assert session.find_budget(3, 60) == Budget(3, 60)
    clock.now_s += 315 - 30
    assert session.find_budget(3, 60) == Budget(3, 10)
    clock.now_s += 29.5
    assert session.find_budget(3, 60) is None
    session.extend(pages=11, part_pages=0)
    assert session.find_budget(3, 60) == Budget(3, 50)


def test_document_without_a_limit_is_asked_at_leisure(clock: Clock) -> None:
    """As in the daemon's own process, where no limit can be kept."""
    session = LlmSession(SPEC, None, clock)
    clock.now_s += 1e6
    assert session.find_budget(3, 60) == Budget(3, 60)


def test_service_that_fails_three_times_in_a_row_is_left_alone(session: LlmSession) -> None:
    """A success in between counts anew; another document begins anew."""
    for problem in ("", "", None, "it is away", ""):
        assert session.find_budget(1, 60) is not None
        session.record("m", problem)
    session.record("m", "")
    assert session.find_budget(1, 60) is None
    assert session.use == LlmUse("claude", "m", 6, 5, "it is away")
    session.begin()
    assert session.find_budget(1, 60) is not None
    assert session.use is None


def test_reason_is_one_short_line_without_address_and_answer(session: LlmSession) -> None:
    """The address is as secret as a key, and an answer may be a part of the document."""
    session.record(
        "m", "for url: http://127.0.0.1:7/token/v1:\n Invalid JSON [type=json_invalid, input_value='so to s'"
    )
    assert session.use is not None
    assert session.use.reason == "for url: the service/v1: Invalid JSON"
    session.begin()
    session.record("m", "x" * 10_000)
    assert len(session.use.reason) == 300


def test_last_words_of_marker_are_those_of_the_thread() -> None:
    """They have no address; debugging is not meant."""
    words = listen_to_marker(SPEC.url)
    assert listen_to_marker(SPEC.url) is words
    words.forget()
    logger = logging.getLogger("marker")
    logger.debug("asked")
    assert words.read() == ""
    logger.warning("%s failed", f"{SPEC.url}/v1")
    assert words.read() == "the service/v1 failed"


@pytest.mark.parametrize("answer", [{}, None, [], "text", {"other": 1}, [{"text": "a"}], {"text": 1}])
def test_answer_of_another_form_is_a_problem(answer: object) -> None:
    assert find_problem(answer, Form) is not None


def test_answer_of_the_form_is_none() -> None:
    assert find_problem({"text": "a", "more": 1}, Form) is None
