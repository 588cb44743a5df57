"""What runs on the cluster: an actor that owns a converter process, as the daemon owns one on a single machine.

So confinement, time limits, kills, replacement and cleanup are those of `ProcessConverter`. This module imports no Ray:
the driver makes the class an actor. Calls that work on documents come one at a time; those of the group "looks" come
meanwhile, in other threads, and never wait.
"""

from __future__ import annotations

import json
import os
import socket
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from markerd import __version__
from markerd.convert.cleanup.report import CleanupPoint, CleanupReport
from markerd.convert.process import memory_limits, wire_format
from markerd.convert.process.converter import ProcessConverter
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.protocol import ConversionRequest, JoinRequest
from markerd.convert.ray import parcel
from markerd.convert.ray.events import EventBuffer
from markerd.convert.ray.node_models import NodeModels
from markerd.convert.ray.owned_folder import OwnedFolder
from markerd.convert.ray.settings import parse_settings
from markerd.errors import DocumentError, ModelsMissingError, StopNowError, UnavailableError
from markerd.files import trees

HOME_VARIABLE = "MARKERD_CLUSTER_HOME"
"""The folder of a cluster that the driver started itself: the actors of that cluster keep their folders in it."""
_SECRETS = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH", HOME_VARIABLE)
"""Variables that the converter process must not inherit."""
_PREFIX = "markerd-actor-"
_SENT = frozenset({"source", "kept_dir", "parts_dir"})
"""The places of a request whose files go to the actor; the others are empty folders."""


class ConverterActor:
    """Converts one document at a time. `settings` are `DriverSettings` as JSON; answers are JSON, or parcels."""

    def __init__(self, settings: str) -> None:
        base = os.environ.get(HOME_VARIABLE)
        for name in _SECRETS:
            os.environ.pop(name, None)
        is_local = base is not None and Path(base).is_dir()
        self._folder = OwnedFolder(Path(base if base and is_local else tempfile.gettempdir()), _PREFIX)
        parsed = parse_settings(settings, self._folder.path / "converters")
        self._ray, self._process = parsed.ray, _limit_memory(parsed.process)
        self._events = EventBuffer()
        self._models: NodeModels | None = None
        if parsed.surya is not None:
            self._models = NodeModels(parsed.surya, self._folder.path / "servers", self._events)
        self._converter = ProcessConverter(self._process, self._events, self._tick)
        self._has_models = self._models is None
        self._is_working = threading.Lock()
        self._attempt = 0
        self._pages = 0
        self._given_up: dict[int, str] = {}
        self._recalled: set[int] = set()

    # --- calls that come one at a time --------------------------------------------------------------------------------

    def start(self) -> str:
        """Load the models, or answer at once where they are loaded."""
        with self._is_working:
            try:
                self._prepare_models()
                info = self._converter.start()
                if self._models is not None:
                    self._models.await_ready(self._tick)
            except UnavailableError as error:
                is_missing = isinstance(error, ModelsMissingError)
                return self._answer(unavailable=str(error), is_missing=is_missing)
        return self._answer(info=asdict(info), pid=os.getpid(), version=__version__)

    def _prepare_models(self) -> None:
        """Start the servers of Marker's own models; the converter, which has not started, is told where they are."""
        if self._models is not None and not self._has_models:
            process = replace(self._process, spec=self._models.prepare(self._process.spec))
            self._converter = ProcessConverter(process, self._events, self._tick)
            self._has_models = True

    def check_options(self, options: str) -> str:
        with self._is_working:
            return self._answer(problems=self._converter.check_options(json.loads(options)))

    def cleanup(self, point: str) -> str:
        with self._is_working:
            return self._answer(report=_describe(self._converter.cleanup(CleanupPoint(point))))

    def convert(self, sent: bytes) -> bytes:
        """Do the request in the parcel, and clean up behind it; returns a parcel with what came out.

        Raises ParcelError where the parcel did not arrive whole.
        """
        head = parcel.read_head(sent)
        job = self._folder.path / "job"
        trees.remove(job)
        job.mkdir()
        try:
            with self._is_working:
                return self._convert(sent, head, job)
        finally:
            self._forget_until(head["attempt"])
            trees.remove(job)

    def _forget_until(self, attempt: int) -> None:
        """Attempts come in the order of their numbers: no earlier one comes any more.

        Calls that come meanwhile note later ones, so that both are copied in one step, and changed where they are.
        """
        self._attempt = 0
        for number in self._given_up.copy():
            if number <= attempt:
                del self._given_up[number]
        for number in self._recalled.copy():
            if number <= attempt:
                self._recalled.remove(number)

    def _convert(self, sent: bytes, head: Mapping[str, Any], job: Path) -> bytes:
        if head["attempt"] in self._recalled or head["attempt"] in self._given_up:
            outcome = {"op": "stopped", "message": "it was taken back before it began"}
            return parcel.pack(self._describe_all(attempt=head["attempt"], outcome=outcome, report=None), {}, 0)
        places = {place: job / name for place, name in head["names"].items()}
        parcel.unpack(sent, places)
        for place, path in places.items():
            if place != "source":
                path.mkdir(exist_ok=True)
        self._pages, self._attempt = 0, head["attempt"]
        outcome, back = self._work(head, places)
        if outcome["op"] == "stopped" or (outcome["op"] == "result" and outcome["is_part"]):
            report = None
        else:
            report = self._converter.cleanup(CleanupPoint.BETWEEN_DOCUMENTS)
            if self._models is not None:
                self._models.recycle_large()
        answer = self._describe_all(attempt=head["attempt"], outcome=outcome, report=_describe(report))
        try:
            return parcel.pack(answer, back, self._ray.max_result_bytes)
        except parcel.ParcelError as error:
            wrong = DocumentError(f"its output: {error}", kind="too_large", is_permanent=True)
            answer["outcome"] = {"op": "error", **wire_format.build_error_fields(wrong)}
            return parcel.pack(answer, {}, 0)

    def _work(self, head: Mapping[str, Any], places: Mapping[str, Path]) -> tuple[dict[str, Any], dict[str, Path]]:
        """Return how the request ended, and the places whose files go back."""
        request = {**head["request"], **{place: str(path) for place, path in places.items()}}
        try:
            if head["is_join"]:
                result = self._converter.join(wire_format.parse_join_request(request))
            else:
                parsed = wire_format.parse_request(request)
                result = self._converter.convert(parsed, on_pages=self._note_pages)
        except StopNowError as error:
            return {"op": "stopped", "message": str(error)}, {}
        except DocumentError as error:
            return {"op": "error", **wire_format.build_error_fields(error)}, {}
        except UnavailableError as error:
            return {"op": "unavailable", "message": str(error), "is_missing": isinstance(error, ModelsMissingError)}, {}
        back = {"output_dir": places["output_dir"]}
        if result.is_part and head["request"].get("part") == 0:
            back["kept_dir"] = places["kept_dir"]
        return {"op": "result", **wire_format.fields_of(result)}, back

    def _note_pages(self, pages: int) -> None:
        self._pages = pages

    def _tick(self) -> None:
        if self._attempt in self._given_up:
            raise StopNowError(self._given_up[self._attempt])

    def stop(self) -> None:
        """End the converter with all its children, and remove the folder."""
        with self._is_working:
            self._converter.stop()
            if self._models is not None:
                self._models.stop()
            self._folder.remove()

    # --- calls that come meanwhile ------------------------------------------------------------------------------------

    def look(self) -> str:
        """Describe the actor; where it has nothing to do, carry on with a replacement that is under way."""
        if self._is_working.acquire(blocking=False):
            with suppress(UnavailableError, OSError):  # what became of the replacement is in the log
                try:
                    self._converter.tend()
                finally:
                    self._is_working.release()
        return self._answer()

    def recycle(self, reason: str) -> None:
        self._converter.recycle(reason)

    def give_up(self, attempt: int, reason: str) -> None:
        """End the document where it is in work, or do not begin with it."""
        self._given_up[attempt] = reason

    def recall(self, attempt: int) -> None:
        """Do not begin with the document. One that is in work goes on: its converter would have to be killed."""
        self._recalled.add(attempt)

    def _answer(self, **fields: Any) -> str:
        return json.dumps(self._describe_all(**fields))

    def _describe_all(self, **fields: Any) -> dict[str, Any]:
        state = {**asdict(self._converter.state()), "node": socket.gethostname()}
        doing = {"working_on": self._attempt, "pages": self._pages}
        return {**fields, **doing, "state": state, "events": self._events.take()}


def _describe(report: CleanupReport | None) -> dict[str, Any] | None:
    return None if report is None else wire_format.fields_of(report)


def _limit_memory(settings: ProcessSettings) -> ProcessSettings:
    """Hold the converter to the limit of the configuration, else to one by the memory of this machine."""
    if settings.max_rss_bytes is not None:
        return settings
    total_bytes = memory_limits.measure_memory().total_bytes
    return replace(settings, max_rss_bytes=memory_limits.derive_limits(None, None, total_bytes).max_bytes)


def build_request_head(
    attempt: int, request: ConversionRequest | JoinRequest
) -> tuple[dict[str, Any], dict[str, Path]]:
    """Build the head of a parcel with a request, and the places whose files go along. The head names no folder."""
    fields = asdict(request)
    paths = {place: Path(fields[place]) for place in request.places if fields[place]}
    head = {
        "attempt": attempt,
        "is_join": isinstance(request, JoinRequest),
        "names": {place: path.name for place, path in paths.items()},
        "request": {**fields, **dict.fromkeys(request.places, "")},
    }
    sent = {place: path for place, path in paths.items() if place in _SENT}
    return head, sent
