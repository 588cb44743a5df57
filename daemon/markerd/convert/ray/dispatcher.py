"""Sends documents to actors and their outputs back, and looks after the actors.

What goes wrong with an actor costs the document that it converts an attempt, and no other. The actor is out of use
until it answers again: Ray starts it anew, where there is room for it.
"""

from __future__ import annotations

import json
import math
import queue
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markerd import __version__
from markerd.convert.process import wire_format
from markerd.convert.process.message_pipes import Message, MessageWriter
from markerd.convert.protocol import JoinRequest
from markerd.convert.ray import parcel
from markerd.convert.ray.actor import build_request_head
from markerd.convert.ray.calls import Call, CallEnd, Calls
from markerd.convert.ray.cluster import Cluster
from markerd.convert.ray.hired_actor import LAST_PING_S, HiredActor, Leavers, SentDocument, Stage
from markerd.convert.ray.settings import parse_settings
from markerd.errors import DocumentError
from markerd.files import trees

_LOOKS = "looks"
_LOOK_EVERY_S = 1.0
_LOOK_S = 30.0
"""An actor that answers no look for so long is killed; a look takes 2 ms."""
_LOAD_S = 960.0
"""So long an actor may take to load its models: its converter may take 900 s for them."""
_CLEANUP_S = 120.0
_AGAIN_S = 1.0
"""So long after an actor was lost it is tried again."""
_REST_S = 60.0
"""The same where its models did not load."""


class Dispatcher:
    """The driver's main thread alone uses it. The ends of calls arrive in the `inbox`, answers go `out`."""

    def __init__(
        self, cluster: Cluster, encoded: str, folder: Path, inbox: queue.Queue[Any], out: MessageWriter
    ) -> None:
        self._cluster, self._encoded, self._folder, self._out = cluster, encoded, folder, out
        self._settings = parse_settings(encoded, folder)
        self._calls = Calls(inbox)
        self._actors: dict[int, HiredActor] = {}
        self._leavers = Leavers()
        self._beat_at_s = 0.0

    def begin(self) -> None:
        """Ask for the least number of actors."""
        for number in range(self._settings.ray.min_actors):
            self._add(number, 0)

    def _add(self, number: int, hire: int) -> None:
        self._actors[number] = HiredActor(number, hire, self._cluster.make_actor(self._encoded))

    def _remove(self, number: int) -> None:
        self._calls.forget_actor(number)
        self._leavers.dismiss(self._actors.pop(number).handle)

    def _tell(self, actor: HiredActor, op: str, **fields: Any) -> None:
        """Tell the daemon something of an actor."""
        self._out.send(op, actor=actor.number, hire=actor.hire, **fields)

    def _call(self, actor: HiredActor, method: str, arguments: tuple[Any, ...], timeout_s: float, **how: Any) -> Call:
        return self._calls.begin(actor.number, actor.handle, method, arguments, timeout_s, **how)

    # --- what the daemon wants ----------------------------------------------------------------------------------------

    def handle(self, message: Message) -> None:
        number = message["actor"]
        if message["op"] == "add":
            self._add(number, message["hire"])
        elif message["op"] == "remove":
            self._remove(number)
        else:
            self._ask(self._actors[number], message)

    def _ask(self, actor: HiredActor, message: Message) -> None:
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
            case "recall":
                self._call(actor, "recall", (message["attempt"],), _LOOK_S, group=_LOOKS)

    def _send_document(self, actor: HiredActor, message: Message) -> None:
        is_join, attempt = message["op"] == "join", message["attempt"]
        if actor.stage is not Stage.UP:  # it was lost while the message was on its way
            self._tell(actor, "back", attempt=attempt)
            return
        request = (wire_format.parse_join_request if is_join else wire_format.parse_request)(message)
        head, places = build_request_head(attempt, request)
        try:
            sent = parcel.pack(head, places, self._settings.ray.max_document_bytes)
        except parcel.ParcelError as error:
            wrong = DocumentError(f"the document cannot be sent: {error}", kind="too_large", is_permanent=True)
            self._tell_end(actor, attempt, {"op": "error", **wire_format.build_error_fields(wrong)})
            return
        import ray

        call = self._call(actor, "convert", (ray.put(sent),), math.inf, attempt=attempt)
        actor.documents.append(SentDocument(call, request))
        if len(actor.documents) == 1:
            self._set_deadline(actor)

    def _set_deadline(self, actor: HiredActor) -> None:
        """Give the document that the actor converts the time that it may take."""
        first, limits = actor.documents[0], self._settings.process.time_limits
        if isinstance(first.request, JoinRequest):
            limit_s = limits.limit_s(first.request.pages)
        else:
            limit_s = limits.limit_s(first.pages, first.request.part_pages)
        self._calls.set_timeout(first.call, _LOAD_S + limit_s)

    # --- what actors answer -------------------------------------------------------------------------------------------

    def end_call(self, end: CallEnd) -> None:
        if not self._calls.take(end.call):
            return  # too late, or of an actor that was given up meanwhile
        actor = self._actors[end.call.actor]
        if end.call.method == "convert":
            self._end_document(actor, actor.find(end.call), end)
        elif end.error is not None:
            self._lose(actor, _word(end.error))
        elif isinstance(end.value, str):
            self._take_answer(actor, end.call.method, json.loads(end.value))

    def _take_answer(self, actor: HiredActor, method: str, answer: Message) -> None:
        self._relay(actor, answer)
        if method == "start":
            self._note_start(actor, answer)
        elif method == "cleanup":
            self._tell(actor, "cleaned", report=answer["report"])
        elif method == "check_options":
            self._tell(actor, "options", problems=answer["problems"])
        elif actor.stage is Stage.AWAITED:  # it is there
            actor.stage = Stage.LOADING
            self._call(actor, "start", (), _LOAD_S)

    def _note_start(self, actor: HiredActor, answer: Message) -> None:
        wrong, is_missing = answer.get("unavailable"), bool(answer.get("is_missing"))
        if wrong is None and answer["version"] != __version__:
            wrong = f"markerd {answer['version']} is installed on its node; the daemon is {__version__}"
        if wrong is None:
            actor.stage = Stage.UP
            self._tell(actor, "up", info=answer["info"])
        else:
            actor.begin_again(actor.handle, _REST_S)
            self._tell(actor, "not_up", message=wrong, is_missing=is_missing)

    def _relay(self, actor: HiredActor, answer: Mapping[str, Any]) -> None:
        """Pass on what an actor says of itself with each answer."""
        for level, event, fields in answer["events"]:
            self._tell(actor, "log", level=level, event=event, fields=fields)
        self._tell(actor, "seen", state=answer["state"])
        first, pages = (actor.documents[0] if actor.documents else None), answer["pages"]
        if first is not None and answer["working_on"] == first.call.attempt and pages > first.pages:
            first.pages = pages
            self._out.send("pages", attempt=first.call.attempt, pages=pages)
            self._set_deadline(actor)

    def _end_document(self, actor: HiredActor, document: SentDocument, end: CallEnd) -> None:
        if end.error is not None:
            document.error = _word(end.error)
        else:
            actor.documents.remove(document)
            self._take_output(actor, end.call.attempt, end.value)
        if not actor.documents:
            return
        first = actor.documents[0]
        if first.error:  # a failure of the second one waits for the end of the first one, which may be good
            self._lose(actor, first.error)
        elif first is not document:
            self._set_deadline(actor)

    def _take_output(self, actor: HiredActor, attempt: int, received: bytes) -> None:
        """Leave the output in a folder of this attempt alone; the daemon puts it in place where it still wants it."""
        arrived = self._folder / str(attempt)
        try:
            arrived.mkdir()
            head = parcel.unpack(received, {name: arrived / name for name in ("output_dir", "kept_dir")})
            if head["attempt"] != attempt:
                raise parcel.ParcelError("it is the answer to another attempt")
        except (parcel.ParcelError, OSError) as error:
            trees.remove(arrived)
            self._tell(actor, "lost", attempt=attempt, reason=f"its output was lost: {error}")
            return
        if head["pages"]:
            self._out.send("pages", attempt=attempt, pages=head["pages"])
        self._relay(actor, {**head, "working_on": 0})
        self._tell_end(actor, attempt, head["outcome"], head["report"])

    def _tell_end(self, actor: HiredActor, attempt: int, outcome: Message, report: Message | None = None) -> None:
        self._tell(actor, "done", attempt=attempt, outcome=outcome, report=report)

    # --- what goes wrong ----------------------------------------------------------------------------------------------

    def _lose(self, actor: HiredActor, reason: str, *, is_late: bool = False) -> None:
        """Take the actor out of use until it answers again.

        The document that it converts has lost an attempt, and the one behind it nothing.
        """
        self._calls.forget_actor(actor.number)
        attempt = actor.documents[0].call.attempt if actor.documents else 0
        self._tell(actor, "away", attempt=attempt, reason=reason, is_late=is_late)
        is_for_good = "ActorDiedError" in reason  # Ray starts it no more
        actor.begin_again(self._cluster.make_actor(self._encoded) if is_for_good else actor.handle, _AGAIN_S)

    def look_around(self) -> None:
        """Look at the actors and the deadlines; tell the daemon now and then that the driver lives."""
        for call in self._calls.take_late():
            self._end_late(self._actors[call.actor], call)
        now_s = time.monotonic()
        for actor in self._actors.values():
            self._look_at(actor, now_s)
        self._leavers.look_around()
        if self._beat_at_s <= now_s:
            self._beat_at_s = now_s + _LOOK_EVERY_S
            self._out.send("beat")

    def _look_at(self, actor: HiredActor, now_s: float) -> None:
        if self._calls.is_under_way(actor.number, "look"):
            return
        if actor.stage is Stage.AWAITED and actor.try_at_s <= now_s:
            self._call(actor, "look", (), actor.ping_s, group=_LOOKS)
        elif actor.stage is not Stage.AWAITED and actor.look_at_s <= now_s:
            actor.look_at_s = now_s + _LOOK_EVERY_S
            self._call(actor, "look", (), _LOOK_S, group=_LOOKS)

    def _end_late(self, actor: HiredActor, call: Call) -> None:
        """Ask an actor again that is not there yet; kill one that is, and let it come back."""
        if actor.stage is Stage.AWAITED:
            actor.ping_s = min(2 * actor.ping_s, LAST_PING_S)
            return
        import ray

        handle = actor.handle
        self._lose(actor, f"it did not answer in time ({call.method})", is_late=call.method == "convert")
        ray.kill(handle, no_restart=False)

    def stop(self) -> None:
        """End the actors with all that they started."""
        import ray

        for actor in self._actors.values():
            if actor.stage is Stage.UP and not actor.documents:
                self._leavers.dismiss(actor.handle)
            else:
                ray.kill(actor.handle)
        self._leavers.finish()


def _word(error: BaseException) -> str:
    """Say in a line what went wrong with a call, without Ray's advice."""
    said = str(error).partition("\n")[0].partition(" The task may")[0]
    return f"{type(error).__name__}: {said}"
