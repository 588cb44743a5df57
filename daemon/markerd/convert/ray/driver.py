"""The driver process: the client of the cluster. It reads requests from one pipe, and answers on another.

    python -m markerd.convert.ray.driver REQUESTS_FD RESPONSES_FD FOLDER SETTINGS

SETTINGS are `DriverSettings` as JSON. In FOLDER it leaves what came out of attempts. It ends with the daemon: at the
end of the pipe it leaves the cluster, or ends it where it started it. Ray itself ends this process where the cluster's
head is away too long; the daemon starts another one.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from markerd.convert.process.message_pipes import LineBuffer, Message, MessageWriter
from markerd.convert.ray.calls import CallEnd
from markerd.convert.ray.cluster import Cluster
from markerd.convert.ray.dispatcher import Dispatcher
from markerd.convert.ray.settings import parse_settings
from markerd.errors import UnavailableError

_LOOK_S = 0.5
"""The longest wait for a message; then the actors and the deadlines are looked at."""
_STOP = "stop"


def main() -> None:
    requests_fd, responses_fd = int(sys.argv[1]), int(sys.argv[2])
    folder, encoded = Path(sys.argv[3]), sys.argv[4]
    for fd in (requests_fd, responses_fd):
        os.set_inheritable(fd, False)
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the daemon decides what becomes of the documents
    out = MessageWriter(responses_fd)
    inbox: queue.Queue[Any] = queue.Queue()
    threading.Thread(target=_read_requests, args=(requests_fd, inbox), name="requests", daemon=True).start()
    with contextlib.suppress(BrokenPipeError):
        _serve(encoded, folder, inbox, out)


def _serve(encoded: str, folder: Path, inbox: queue.Queue[Any], out: MessageWriter) -> None:
    try:
        cluster = Cluster(parse_settings(encoded, folder).ray)
    except UnavailableError as error:
        out.send("unavailable", message=str(error), is_missing=False)
        return
    dispatcher = Dispatcher(cluster, encoded, folder, inbox, out)
    try:
        dispatcher.begin()
        while (message := _take(inbox)) != {"op": _STOP}:
            if isinstance(message, CallEnd):
                dispatcher.end_call(message)
            elif message is not None:
                dispatcher.handle(message)
            dispatcher.look_around()
    finally:
        dispatcher.stop()
        cluster.stop()


def _take(inbox: queue.Queue[Any]) -> CallEnd | Message | None:
    try:
        message: CallEnd | Message = inbox.get(timeout=_LOOK_S)
    except queue.Empty:
        return None
    return message


def _read_requests(fd: int, inbox: queue.Queue[Any]) -> None:
    buffer = LineBuffer()
    while data := os.read(fd, 1 << 16):
        for message in buffer.feed(data):
            inbox.put(message)
    inbox.put({"op": _STOP})  # the daemon is gone


if __name__ == "__main__":
    main()
