"""A server that answers as Surya's servers do, and loads nothing: `python quick_server.py PORT MODEL [HABIT]`.

HABIT is what is wrong with it: "dies" prints a reason and ends, "deaf" accepts connections and never answers,
"stubborn" ignores SIGTERM, "hungry" takes memory, "wrapped" runs the server as a child, as a shell script around
llama.cpp does.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HUNGRY_BYTES = 200 << 20


class Handler(BaseHTTPRequestHandler):
    model = ""

    def do_GET(self) -> None:
        answer = {"/health": {"status": "ok"}, "/v1/models": {"data": [{"id": self.model}]}}.get(self.path)
        body = json.dumps(answer).encode()
        self.send_response(404 if answer is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: what the server prints is read by the test."""


def main() -> None:
    port, model, habit = int(sys.argv[1]), sys.argv[2], (sys.argv[3:] or [""])[0]
    print(f"process {os.getpid()}, habit {habit or 'none'}", flush=True)
    if habit == "dies":
        print("the weights are damaged", flush=True)
        sys.exit(3)
    if habit in ("stubborn", "wrapped"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if habit == "wrapped":
        sys.exit(subprocess.Popen([sys.executable, __file__, str(port), model, "stubborn"]).wait())
    if habit == "deaf":
        with socket.create_server(("127.0.0.1", port)):
            while True:
                time.sleep(60)
    hoard = b"x" * HUNGRY_BYTES if habit == "hungry" else b""
    Handler.model = model
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
    del hoard


if __name__ == "__main__":
    main()
