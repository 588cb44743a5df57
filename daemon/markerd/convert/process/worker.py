"""The converter process: it reads requests from one pipe, answers on another, and ends when the daemon is gone.

    python -m markerd.convert.process.worker REQUESTS_FD RESPONSES_FD FOLDER [REFUSALS_FD]

The environment has a `ConverterSpec` as JSON, since arguments are seen by every user of the machine. The main thread
converts. A second thread reads the requests, so that the end of the pipe, which is the end of the daemon, is noticed in
mid-document too. With REFUSALS_FD the log names refused system calls.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import queue
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markerd.convert import model_sets
from markerd.convert.cleanup.report import CleanupPoint
from markerd.convert.process import wire_format
from markerd.convert.process.message_pipes import LineBuffer, Message, MessageWriter
from markerd.convert.protocol import ConversionResult, ConverterSpec
from markerd.convert.sandbox import confinement
from markerd.errors import DocumentError, ModelsMissingError, UnavailableError

if TYPE_CHECKING:
    from markerd.convert.engine import Engine

_PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> None:
    requests_fd, responses_fd = int(sys.argv[1]), int(sys.argv[2])
    folder, spec = Path(sys.argv[3]), wire_format.parse_spec(os.environ.pop(wire_format.SPEC_VARIABLE))
    refusals = socket.socket(fileno=int(sys.argv[4])) if len(sys.argv) > 4 else None
    for fd in (requests_fd, responses_fd):
        os.set_inheritable(fd, False)  # a server that Surya starts must not keep our pipes open
    faulthandler.enable()
    _die_with_daemon()
    _offer_to_oom_killer()
    out = MessageWriter(responses_fd)
    _confine(folder, spec, refusals, out)
    inbox: queue.Queue[Message] = queue.Queue()
    threading.Thread(target=_read_requests, args=(requests_fd, inbox), name="requests", daemon=True).start()
    _serve(inbox, out, spec)


def _confine(folder: Path, spec: ConverterSpec, refusals: socket.socket | None, out: MessageWriter) -> None:
    """Confine the process while this is its only thread, and before a library is imported that a document could
    exploit.
    """
    if spec.confine == "off":
        confined, level = confinement.build_unwanted('converter.confine = "off"'), "info"
    else:
        confined = confinement.confine(model_sets.find_reach(folder, spec), refusals)
        level = "info" if confined.level is confinement.Level.FULL else "warning"
    out.send("log", level=level, event="converter.confined", fields=confinement.build_log_fields(confined))


def _serve(inbox: queue.Queue[Message], out: MessageWriter, spec: ConverterSpec) -> None:
    from markerd.convert.engine import Engine

    def emit(level: str, event: str, **fields: Any) -> None:
        out.send("log", level=level, event=event, fields=fields)

    engine = Engine(emit, spec, Path(tempfile.gettempdir()))
    while (message := inbox.get())["op"] != "stop":
        if message["op"] == "start" and not _start(engine, out):
            return
        _answer(engine, message, out)


def _start(engine: Engine, out: MessageWriter) -> bool:
    try:
        info = engine.load()
        out.send("ready", **wire_format.fields_of(info))
    except UnavailableError as error:
        out.send("unavailable", message=str(error), is_missing=isinstance(error, ModelsMissingError))
        return False
    return True


def _answer(engine: Engine, message: Message, out: MessageWriter) -> None:
    if message["op"] in ("convert", "join"):
        try:
            out.send("result", **wire_format.fields_of(_convert_or_join(engine, message, out)))
        except DocumentError as error:
            out.send("error", **wire_format.build_error_fields(error))
    elif message["op"] == "cleanup":
        out.send("cleaned", **wire_format.fields_of(engine.cleanup(CleanupPoint(message["point"]))))
    elif message["op"] == "check_options":
        out.send("options", problems=engine.check_options(message["options"]))


def _convert_or_join(engine: Engine, message: Message, out: MessageWriter) -> ConversionResult:
    if message["op"] == "join":
        return engine.join(wire_format.parse_join_request(message))
    return engine.convert(wire_format.parse_request(message), lambda pages: out.send("pages", pages=pages))


def _read_requests(fd: int, inbox: queue.Queue[Message]) -> None:
    buffer = LineBuffer()
    while data := os.read(fd, 1 << 16):
        for message in buffer.feed(data):
            inbox.put(message)
    # The daemon is gone, or has closed the pipe to end this process. Its children would outlive it.
    _kill_children()
    os._exit(0)


def _kill_children() -> None:
    import psutil

    for child in psutil.Process().children(recursive=True):
        try:
            child.kill()
        except psutil.NoSuchProcess:
            pass
        except psutil.AccessDenied:  # where Landlock does not limit signals, only those to our own group are allowed
            os.kill(0, signal.SIGKILL)


def _die_with_daemon() -> None:
    """Linux: let a signal at the daemon's death end this process, even while a library holds the interpreter's lock."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _offer_to_oom_killer() -> None:
    """Linux: when memory runs out, the kernel shall end this process, which costs one attempt, and not the daemon."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")


if __name__ == "__main__":
    main()
