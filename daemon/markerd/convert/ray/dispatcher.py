"""Sends documents to actors and their outputs back, and looks after the actors.

What goes wrong with an actor costs the document that it has in work an attempt, and no other. The actor is out of use
until it answers again: Ray starts it anew, where there is room for it.
"""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markerd import __version__
from markerd.convert.process import wire_format
from markerd.convert.process.message_pipes import Message, MessageWriter
from markerd.convert.protocol import ConversionRequest, JoinRequest
from markerd.convert.ray import parcel
from markerd.convert.ray.actor import build_request_head
from markerd.convert.ray.calls import Call, CallEnd, Calls
from markerd.convert.ray.cluster import Cluster
from markerd.convert.ray.settings import parse_settings
from markerd.errors import DocumentError
from markerd.files import trees

_LOOKS = "looks"
_LOOK_EVERY_S = 1.0
_LOOK_S = 30.0
"""An actor that answers no look for so long is killed; a look takes 2 ms."""
_LOAD_S = 960.0
"""So long an actor may take for its first answer: the models may load for 900 s, and a node may have to come first."""
_CLEANUP_S = 120.0
_STOP_S = 10.0
_AGAIN_S = 1.0
"""So long after an actor was lost it is tried again."""
_REST_S = 60.0
"""The same where its models did not load."""


@dataclass
class _Actor:
    """An actor as the driver sees it. `convert` is its call with a document; it is in use where `is_up`."""

    number: int
    handle: Any
    is_up: bool = False
    convert: Call | None = None
    request: ConversionRequest | JoinRequest | None = None
    pages: int = 0
    try_at_s: float = 0.0
    look_at_s: float = 0.0


class Dispatcher:
    """The driver's main thread alone uses it. The ends of calls arrive in the `inbox`, answers go `out`."""

    def __init__(
        self, cluster: Cluster, encoded: str, folder: Path, inbox: queue.Queue[Any], out: MessageWriter
    ) -> None:
        self._cluster, self._encoded, self._folder, self._out = cluster, encoded, folder, out
        self._settings = parse_settings(encoded, folder)
        self._calls = Calls(inbox)
        self._actors: dict[int, _Actor] = {}
        self._beat_at_s = 0.0

    def begin(self) -> None:
        """Ask for the actors, and have them load their models."""
        for number in range(self._settings.ray.actors):
            self._actors[number] = _Actor(number, self._cluster.make_actor(self._encoded))
            self._call(self._actors[number], "start", (), _LOAD_S)

    def _call(self, actor: _Actor, method: str, arguments: tuple[Any, ...], timeout_s: float, **how: Any) -> Call:
        return self._calls.begin(actor.number, actor.handle, method, arguments, timeout_s, **how)

    # --- what the daemon wants ----------------------------------------------------------------------------------------

    def handle(self, message: Message) -> None:
        actor = self._actors[message["actor"]]
        match message["op"]:
            case "convert" | "join":
                self._send_document(actor, message)
            case "cleanup":
                self._call(actor, "cleanup", (message["point"],), _CLEANUP_S)
            case "check_options":
                self._call(actor, "check_options", (json.dumps(message["options"]),), _LOAD_S)
            case "recycle":
                self._call(actor, "recycle", (message["reason"],), _LOOK_S, group=_LOOKS)
            case "give_up":
                self._call(actor, "give_up", (message["attempt"], message["reason"]), _LOOK_S, group=_LOOKS)

    def _send_document(self, actor: _Actor, message: Message) -> None:
        is_join, attempt = message["op"] == "join", message["attempt"]
        request = (wire_format.parse_join_request if is_join else wire_format.parse_request)(message)
        head, places = build_request_head(attempt, request)
        try:
            sent = parcel.pack(head, places, self._settings.ray.max_document_bytes)
        except parcel.ParcelError as error:
            wrong = DocumentError(f"the document cannot be sent: {error}", kind="too_large", is_permanent=True)
            self._tell_end(actor, attempt, {"op": "error", **wire_format.build_error_fields(wrong)})
            return
        import ray

        actor.request, actor.pages = request, 0
        timeout_s = _LOAD_S + self._limit_s(request, 0)
        actor.convert = self._call(actor, "convert", (ray.put(sent),), timeout_s, attempt=attempt)

    def _limit_s(self, request: ConversionRequest | JoinRequest, pages: int) -> float:
        limits = self._settings.process.time_limits
        if isinstance(request, JoinRequest):
            return limits.limit_s(request.pages)
        return limits.limit_s(pages, request.part_pages)

    # --- what actors answer -------------------------------------------------------------------------------------------

    def end_call(self, end: CallEnd) -> None:
        if not self._calls.take(end.call):
            return  # too late, or of an actor that was given up meanwhile
        actor = self._actors[end.call.actor]
        if end.error is not None:
            self._lose(actor, end.call, _word(end.error))
        elif end.call.method == "convert":
            self._take_output(actor, end.call, end.value)
        elif isinstance(end.value, str):
            self._take_answer(actor, end.call.method, json.loads(end.value))

    def _take_answer(self, actor: _Actor, method: str, answer: Message) -> None:
        self._relay(actor, answer)
        if method == "start":
            self._note_start(actor, answer)
        elif method == "cleanup":
            self._out.send("cleaned", actor=actor.number, report=answer["report"])
        elif method == "check_options":
            self._out.send("options", actor=actor.number, problems=answer["problems"])

    def _note_start(self, actor: _Actor, answer: Message) -> None:
        wrong, is_missing = answer.get("unavailable"), bool(answer.get("is_missing"))
        if wrong is None and answer["version"] != __version__:
            wrong = f"markerd {answer['version']} is installed on its node; the daemon is {__version__}"
        if wrong is None:
            actor.is_up = True
            self._out.send("up", actor=actor.number, info=answer["info"])
        else:
            actor.try_at_s = time.monotonic() + _REST_S
            self._out.send("not_up", actor=actor.number, message=wrong, is_missing=is_missing)

    def _relay(self, actor: _Actor, answer: Mapping[str, Any]) -> None:
        """Pass on what an actor says of itself with each answer."""
        for level, event, fields in answer["events"]:
            self._out.send("log", actor=actor.number, level=level, event=event, fields=fields)
        self._out.send("seen", actor=actor.number, state=answer["state"])
        working, pages = actor.convert, answer["pages"]
        if working is not None and answer["working_on"] == working.attempt and pages > actor.pages:
            actor.pages = pages
            self._out.send("pages", attempt=working.attempt, pages=pages)
            assert actor.request is not None
            self._calls.extend(working, _LOAD_S + self._limit_s(actor.request, pages))

    def _take_output(self, actor: _Actor, call: Call, received: bytes) -> None:
        """Leave the output in a folder of this attempt alone; the daemon puts it in place where it still wants it."""
        arrived = self._folder / str(call.attempt)
        try:
            arrived.mkdir()
            head = parcel.unpack(received, {name: arrived / name for name in ("output_dir", "kept_dir")})
            if head["attempt"] != call.attempt:
                raise parcel.ParcelError("it is the answer to another attempt")
        except (parcel.ParcelError, OSError) as error:
            trees.remove(arrived)
            actor.convert = None
            self._out.send("lost", actor=actor.number, attempt=call.attempt, reason=f"its output was lost: {error}")
            return
        self._relay(actor, {**head, "working_on": call.attempt})
        self._tell_end(actor, call.attempt, head["outcome"], head["report"])

    def _tell_end(self, actor: _Actor, attempt: int, outcome: Message, report: Message | None = None) -> None:
        actor.convert = None
        self._out.send("done", actor=actor.number, attempt=attempt, outcome=outcome, report=report)

    # --- what goes wrong ----------------------------------------------------------------------------------------------

    def _lose(self, actor: _Actor, call: Call, reason: str, *, is_late: bool = False) -> None:
        """Take the actor out of use until it answers again; its document, if it has one, has lost an attempt."""
        self._calls.forget_actor(actor.number)
        working, actor.convert = actor.convert, None
        actor.is_up, actor.try_at_s = False, time.monotonic() + _AGAIN_S
        if working is not None:
            late = is_late and call.method == "convert"
            self._out.send("lost", actor=actor.number, attempt=working.attempt, reason=reason, is_late=late)
        self._out.send("away", actor=actor.number, reason=reason)
        if "ActorDiedError" in reason:  # for good: Ray starts it no more
            actor.handle = self._cluster.make_actor(self._encoded)

    def look_around(self) -> None:
        """Look at the actors and the deadlines; tell the daemon now and then that the driver lives."""
        now_s = time.monotonic()
        for call in self._calls.take_late():
            self._kill(call)
        for actor in self._actors.values():
            if not actor.is_up and actor.try_at_s <= now_s and not self._calls.is_under_way(actor.number, "start"):
                self._call(actor, "start", (), _LOAD_S)
            elif actor.is_up and actor.look_at_s <= now_s and not self._calls.is_under_way(actor.number, "look"):
                actor.look_at_s = now_s + _LOOK_EVERY_S
                self._call(actor, "look", (), _LOOK_S, group=_LOOKS)
        if self._beat_at_s <= now_s:
            self._beat_at_s = now_s + _LOOK_EVERY_S
            self._out.send("beat")

    def _kill(self, call: Call) -> None:
        import ray

        actor = self._actors[call.actor]
        self._lose(actor, call, f"it did not answer in time ({call.method})", is_late=True)
        ray.kill(actor.handle, no_restart=False)

    def stop(self) -> None:
        """End the actors with all that they started."""
        import ray

        asked = [actor.handle.stop.remote() for actor in self._actors.values() if actor.is_up and actor.convert is None]
        if asked:
            ray.wait(asked, num_returns=len(asked), timeout=_STOP_S)
        for actor in self._actors.values():
            ray.kill(actor.handle)


def _word(error: BaseException) -> str:
    """Say in a line what went wrong with a call, without Ray's advice."""
    said = str(error).partition("\n")[0].partition(" The task may")[0]
    return f"{type(error).__name__}: {said}"
