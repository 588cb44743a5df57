"""The HTTP server: one thread that listens and a few that answer, none of which can hold up the end of the program."""

from __future__ import annotations

import logging
import math
import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from markerd.config import Address, is_loopback
from markerd.errors import UnavailableError
from markerd.monitoring.web.answers import Answer, build_plain_answer

MAX_CLIENTS = 16
"""The most requests that are answered at the same time; others get 503 and may come back."""
CLIENT_S = 10.0
"""The seconds after which a client is cut off that has not sent its request and taken its answer."""

_BUSY = b"HTTP/1.0 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

GetAnswer = Callable[[str], Answer]


class StatusServer:
    """Listens once it is made; `start` begins to answer, `stop` ends both. Making it raises UnavailableError."""

    def __init__(self, wanted: Address, get_answer: GetAnswer, *, client_s: float = CLIENT_S) -> None:
        self.wanted = wanted
        family, host = _resolve(wanted)
        try:
            self._server = _Server(family, (host, wanted.port), get_answer, wanted.is_loopback, client_s)
        except OSError as error:
            raise UnavailableError(f"http.listen: cannot listen on {wanted}: {error.strerror}") from error
        self._thread = threading.Thread(target=self._server.serve_until_stopped, name="http", daemon=True)

    @property
    def address(self) -> Address:
        """With the port that the system chose, where 0 was wanted."""
        return Address(self.wanted.host, self._server.server_address[1])

    def start(self) -> None:
        """Begin to answer, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; requests in work are cut off."""
        self._server.request_stop()
        if self._thread.ident is not None:
            self._thread.join()
        self._server.server_close()
        self._server.cut_off(older_than_s=0.0)


def _resolve(wanted: Address) -> tuple[socket.AddressFamily, str]:
    # `localhost` may have two addresses, or what a file says; its clients try this one in any case.
    host = "127.0.0.1" if wanted.host.lower() == "localhost" else wanted.host
    try:
        family, _, _, _, address = socket.getaddrinfo(host, wanted.port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise UnavailableError(f"http.listen: {wanted.host} is no address of this machine: {error.strerror}") from error
    return family, str(address[0])


class _Server(ThreadingHTTPServer):
    """At most MAX_CLIENTS threads, none of them for longer than `client_s` seconds."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64  # a burst of clients fills the base's 5, and a client that finds it full waits a second

    def __init__(
        self,
        family: socket.AddressFamily,
        address: tuple[str, int],
        get_answer: GetAnswer,
        is_local: bool,
        client_s: float,
    ) -> None:
        self.address_family = family
        self.get_answer = get_answer
        self.is_local = is_local
        self.client_s = client_s
        self._lock = threading.Lock()
        self._clients: dict[Any, float] = {}
        self._stop_asked, self._stop_asking = socket.socketpair()
        super().__init__(address, _Handler)
        self.timeout = 0.0  # `handle_request` is called when there is one

    def server_bind(self) -> None:
        """Bind as the base does, without asking a name server for the name of this machine."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            is_welcome = len(self._clients) < MAX_CLIENTS
            if is_welcome:
                self._clients[request] = time.monotonic()
        if is_welcome:
            super().process_request(request, client_address)
            return
        with suppress(OSError):
            request.settimeout(0)
            request.send(_BUSY)
        self.shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._clients.pop(request, None)
        super().shutdown_request(request)

    def serve_until_stopped(self) -> None:
        """Answer requests until a stop is requested. The thread rests while nothing comes: the base's own loop looks
        again and again whether it is to end."""
        with selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            selector.register(self._stop_asked, selectors.EVENT_READ)
            while self._stop_asked not in (ready := self._wait(selector)):
                if self in ready:
                    self.handle_request()
                self.cut_off(older_than_s=self.client_s)

    def _wait(self, selector: selectors.BaseSelector) -> list[Any]:
        """Wait until something can be read, or a client is to be cut off; return what can be read."""
        with self._lock:
            oldest = min(self._clients.values(), default=math.inf)
        rest_s = None if oldest == math.inf else max(oldest + self.client_s - time.monotonic(), 0.0)
        return [key.fileobj for key, _ in selector.select(rest_s)]

    def request_stop(self) -> None:
        """Let `serve_until_stopped` end, in whatever thread that is."""
        self._stop_asking.close()  # whose peer can be read then

    def server_close(self) -> None:
        """Stop listening. The thread that answers must have ended."""
        self._stop_asking.close()
        self._stop_asked.close()
        super().server_close()

    def cut_off(self, *, older_than_s: float) -> None:
        """Cut off old clients. A timeout for each read alone would let a client stay that sends a byte now and then."""
        before = time.monotonic() - older_than_s
        with self._lock:
            for request, since in self._clients.items():
                if since <= before:
                    self._clients[request] = math.inf  # once is enough
                    with suppress(OSError):
                        request.shutdown(socket.SHUT_RDWR)  # which wakes the thread that waits for it

    def handle_error(self, *_: Any, **__: Any) -> None:
        """A client that goes away in mid-answer is no event; anything else is a fault of ours, for the log."""
        if not isinstance(sys.exc_info()[1], OSError):
            logging.getLogger(__name__).exception("A request could not be answered")


class _Handler(BaseHTTPRequestHandler):
    """Answers one request, then ends the connection."""

    server: _Server

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(self.server.client_s)

    def do_GET(self) -> None:
        hosts = self.headers.get_all("Host", [])
        if self.server.is_local and not all(is_local_host(host) for host in hosts):
            self._send(build_plain_answer(HTTPStatus.MISDIRECTED_REQUEST, "This page is for requests to localhost."))
        else:
            self._send(self._answer())

    def _answer(self) -> Answer:
        try:
            return self.server.get_answer(self.path)
        except Exception:  # a fault in one page must not leave its client without an answer
            logging.getLogger(__name__).exception("A page could not be made")
            return build_plain_answer(
                HTTPStatus.INTERNAL_SERVER_ERROR, "This page could not be made: the log says why."
            )

    do_HEAD = do_GET

    def send_error(self, code: int, *_: Any, **__: Any) -> None:
        """Answer what the base finds wrong with a request, such as a method that is not implemented here."""
        status = HTTPStatus(code)
        if status is HTTPStatus.NOT_IMPLEMENTED:
            status = HTTPStatus.METHOD_NOT_ALLOWED
        self.close_connection = True
        self._send(build_plain_answer(status, status.phrase))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if answer.status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def version_string(self) -> str:
        """Leave out the version of Python, which concerns no client."""
        return "markerd"

    def log_message(self, *_: Any, **__: Any) -> None:
        """Log nothing: the log is about documents, and a scrape comes every few seconds."""


def is_local_host(header: str) -> bool:
    """Whether a Host header names this machine itself.

    A foreign page can let its own name resolve to 127.0.0.1 and then read what is served there (DNS rebinding); its
    name stands in the header. Any port will do, because there are tunnels.
    """
    host, colon, port = header.strip().rpartition(":")
    if not colon or header.endswith("]"):
        host, port = header.strip(), ""
    if port and not port.isdigit():
        return False
    return is_loopback(host[1:-1] if host.startswith("[") and host.endswith("]") else host)
