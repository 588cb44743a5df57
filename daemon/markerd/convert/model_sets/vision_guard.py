"""Asks the vision model, and tells its silence from a page without text.

Surya takes an answer that is an error, a loop or nothing for a page without text, and publishes that. Here the model is
asked who it is: one that is away, or another model, keeps the document waiting; one that is well and has no answer is
an error of the document. Importing this module imports surya.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
from surya.common.blank import is_blank_region
from surya.inference import SuryaInferenceManager
from surya.inference.backends.spawn import SpawnError
from surya.inference.prompts import PROMPT_TYPE_HIGH_ACCURACY_BBOX
from surya.inference.util import detect_repeat_token

from markerd.errors import DocumentError, ModelAwayError

NAME = "vision"
_PROBE_S = 10.0
"""So long the model may take to say who it is, which it does beside its work."""
_LOOP_TAIL = 50
"""Characters that Surya cuts from the end to find a loop whose last turn is not complete."""


class GuardedVision(SuryaInferenceManager):  # type: ignore[misc]  # surya is untyped
    """Marker's interface to the vision model at `url`, which serves `model`; without a URL there is none."""

    def __init__(self, url: str, model: str) -> None:
        super().__init__(method="llamacpp")  # with a URL this is a client of OpenAI's interface, whoever serves it
        self._url, self._model = url.rstrip("/"), model
        self.begin_document()

    def begin_document(self) -> None:
        """Count anew: `unanswered` are the requests for a document that had no answer, after Surya's own repeats."""
        self.answered = self.unanswered = 0

    def generate(self, batch: list[Any]) -> list[Any]:
        """Return one output for each item of the batch.

        Raises ModelAwayError where the model is away, and DocumentError where it has no answer although it is well. An
        answer that only repeats itself is replaced by none. A whole page without an answer is returned: Surya asks
        again for its parts, and they count.
        """
        if not batch:
            return []
        self._demand_model()
        try:
            outputs: list[Any] = super().generate(batch)
        except SpawnError as error:
            raise ModelAwayError(NAME, str(error), has_left=True) from error  # a moment ago it was there
        errors, unanswered = sum(output.error for output in outputs), _drop_loops(batch, outputs)
        if errors or unanswered:
            self._demand_model(was_there=True)
        if errors:
            raise DocumentError(f"the vision model failed at {errors} of {len(batch)} requests", kind="model_answer")
        is_asked_again = all(item.prompt_type == PROMPT_TYPE_HIGH_ACCURACY_BBOX for item in batch)
        self._count(sum(bool(output.raw) for output in outputs), 0 if is_asked_again else unanswered)
        return outputs

    def _count(self, answered: int, unanswered: int) -> None:
        """Raise DocumentError where nothing of the document has an answer so far."""
        self.answered += answered
        self.unanswered += unanswered
        if self.answered == 0 and self.unanswered > 0:
            raise DocumentError(
                f"the vision model had no answer to {self.unanswered} requests: nothing, or the same again and again",
                kind="model_answer",
            )

    def _demand_model(self, *, was_there: bool = False) -> None:
        if not self._url:
            raise DocumentError(
                "pages without a usable text layer need the vision model, and there is none here (surya.vlm)",
                kind="model_missing",
                is_permanent=True,
            )
        served, reason = _read_model(self._url)
        if served != self._model:
            self.stop()  # so that the next use attaches anew
            reason = reason or f"the vision model is {served}, and {self._model} is wanted"
            raise ModelAwayError(NAME, reason, has_left=was_there)


def _read_model(url: str) -> tuple[str, str]:
    """Return the name of the model that is served; where nobody answers, an empty name, and the reason."""
    try:
        answer = httpx.get(f"{url}/models", timeout=_PROBE_S, trust_env=False)
        if answer.is_success:
            return str(answer.json()["data"][0]["id"]), ""
        return "", f"the vision model is away: {answer.json()['error']['message']}"
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
        return "", f"the vision model is away: {type(error).__name__}"


def _drop_loops(batch: Sequence[Any], outputs: Sequence[Any]) -> int:
    """Replace answers that are loops by none; count the images that show something and have no answer."""
    for output in outputs:
        if _is_loop(output.raw):
            output.raw = ""
    return sum(not output.raw and not is_blank_region(item.image) for item, output in zip(batch, outputs, strict=True))


def _is_loop(text: str) -> bool:
    return detect_repeat_token(text) or (len(text) > _LOOP_TAIL and detect_repeat_token(text, cut_from_end=_LOOP_TAIL))
