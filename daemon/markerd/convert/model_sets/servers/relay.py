"""Leads a confined converter to one service elsewhere: a port on the loopback, behind which host and key are fixed.

The converter speaks plain HTTP to the relay and never sees the key, the certificates or another host: Landlock limits
ports, not hosts. Requests are passed on as they are, below the path of the service; redirects are not followed.

Where there is a key, the relay's address has a token in it: another user of the machine who finds the port cannot use
the key.
"""

from __future__ import annotations

import hmac
import http.client
import json
import re
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote, urlsplit

from markerd.errors import UnavailableError
from markerd.logs import Log
from markerd.values import make_printable

if TYPE_CHECKING:
    import httpx

_MOST_BYTES = 128 << 20
"""Bytes of a request or an answer. A page is 2 to 10 MB as a PNG in base64."""
_PIECE_BYTES = 1 << 16
_MOST_REQUESTS = 64
"""Requests at once; Surya's clients send at most so many."""
_CONNECT_S, _ANSWER_S = 10.0, 600.0
"""Surya itself waits 600 s for an answer of the vision model."""
_OWN_HEADERS = frozenset({
    "authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie", "proxy-authorization", "host", "connection",
    "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length", "accept-encoding", "expect",
})  # fmt: skip
"""Headers of a request that are not passed on: whatever could be a key, and those of one connection alone."""
_SILENCE_S = 60.0
"""So long a client may leave the relay waiting, for its request or while it takes the answer: it is on this machine."""
_MOST_CONNECTIONS = 512
"""Connections at once; each has a thread."""
_CLIMB = re.compile(r"(?:^|[/\\])\.\.?(?:$|[/\\;\0])")
"""A step of a path that leads upwards, or nowhere. Some services cut a step at a semicolon, or a NUL."""
_NO_PROXY_FOR = ("all://127.0.0.1", "all://localhost", "all://[::1]")
_TOKEN_BYTES = 24
_SHORTEST_SECRET = 16
"""Characters. Keys of services have 32 and more; a server of one's own may want a word, which answers may have too."""
_MASK = b"***"
_PASSED_BACK = ("content-type", "retry-after", "x-should-retry")


@dataclass(frozen=True)
class Upstream:
    """The service: `url` is its whole address with the path below which it answers, `headers` have the key.

    `prepare` is called before each request, and says why the service cannot be reached now; empty where it can. With
    `endpoint` only requests whose method and path it matches are passed on. An answer may take `answer_s`.
    """

    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    prepare: Callable[[], str] = lambda: ""
    endpoint: re.Pattern[str] | None = None
    answer_s: float = _ANSWER_S

    def list_secrets(self) -> list[bytes]:
        """List what no answer may show: some services repeat a key that they refuse. The longest comes first."""
        secrets_ = {part for value in self.headers.values() for part in (value, value.rpartition(" ")[2])}
        return sorted((each.encode() for each in secrets_ if len(each) >= _SHORTEST_SECRET), key=len, reverse=True)


class Relay:
    """Listens from its making on. The main thread makes and stops it; each request has a thread of its own.

    Raises UnavailableError where the certificates of this machine cannot be read, or no port is free.
    """

    def __init__(self, upstream: Upstream, log: Log) -> None:
        import httpx

        timeout = httpx.Timeout(upstream.answer_s, connect=min(_CONNECT_S, upstream.answer_s))
        verify, mounts = _load_certificates(upstream), dict.fromkeys(_NO_PROXY_FOR)
        self._client = httpx.Client(timeout=timeout, follow_redirects=False, verify=verify, mounts=mounts)
        prefix = f"/{secrets.token_urlsafe(_TOKEN_BYTES)}" if upstream.headers else ""
        handler = type("Handler", (_Handler,), {
            "upstream": upstream, "prefix": prefix, "client": self._client, "log": log,
            "slots": threading.BoundedSemaphore(_MOST_REQUESTS),
        })  # fmt: skip
        try:
            self._server = _Server(("127.0.0.1", 0), handler)
        except OSError as error:
            self._client.close()
            raise UnavailableError(f"there is no port for the relay to {upstream.name}: {error.strerror}") from error
        self.name = upstream.name
        path = urlsplit(upstream.url).path.rstrip("/")
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{prefix}{path}"
        """The address for clients, with the path of the service. It is as secret as the key."""
        threading.Thread(target=self._server.serve_forever, name=f"relay-{upstream.name}", daemon=True).start()

    def stop(self) -> None:
        """Stop listening. It is safe to call this twice."""
        self._server.shutdown()
        self._server.server_close()
        self._client.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._connections = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the connection a thread; close it where there are too many."""
        if not self._connections.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread was started that would do this
            self._connections.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    def handle_error(self, *_: object) -> None:
        """Say nothing: the client has gone, because it was ended or waits no longer."""


def _load_certificates(upstream: Upstream) -> ssl.SSLContext | bool:
    """Load what proves the service's identity, where it is to have one: plain HTTP has none."""
    import httpx

    if not upstream.url.startswith("https:"):
        return False
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        raise UnavailableError(f"the certificates for {upstream.name} cannot be read: {error}") from error


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client; the class attributes are set for each relay."""

    protocol_version = "HTTP/1.1"
    timeout = _SILENCE_S
    upstream: ClassVar[Upstream]
    prefix: ClassVar[str]
    client: ClassVar[httpx.Client]
    log: ClassVar[Log]
    slots: ClassVar[threading.BoundedSemaphore]

    def log_message(self, *_: object) -> None:
        """Say nothing: what is asked of the service are parts of documents."""

    def do_GET(self) -> None:
        self._relay_unless_refused(0)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _MOST_BYTES:
            self.close_connection = True
            self._refuse(http.client.REQUEST_ENTITY_TOO_LARGE, "a request needs a length, and has a limit")
            return
        self._relay_unless_refused(int(length))

    def _relay_unless_refused(self, length: int) -> None:
        """Keep the content only of what may be asked: others on this machine must not fill the daemon's memory."""
        if reason := self._find_refusal():
            while length > 0 and (part := self.rfile.read(min(length, _PIECE_BYTES))):
                length -= len(part)
            self._refuse(http.client.FORBIDDEN, reason)
            return
        self._relay(self.rfile.read(length))

    def _find_refusal(self) -> str:
        """Say why this must not be asked, and take the prefix off the path; an empty string where it may be."""
        if not hmac.compare_digest(self.path[: len(self.prefix)].encode(), self.prefix.encode()):
            return "this is not the address that it was given"
        self.path = self.path[len(self.prefix) :]
        endpoint = self.upstream.endpoint
        if endpoint is not None and not endpoint.fullmatch(f"{self.command} {self.path.partition('?')[0]}"):
            return "this is not what the service is asked for"
        if self.path != _find_health(self.upstream.url) and not _is_below(self.path, _split(self.upstream.url)[1]):
            return "this is not below the path of the service"
        return ""

    def _relay(self, body: bytes) -> None:
        if reason := self.upstream.prepare():
            self._refuse(http.client.SERVICE_UNAVAILABLE, reason)
            return
        with self.slots:
            self._pass_on(body)

    def _pass_on(self, body: bytes) -> None:
        import httpx

        origin, _ = _split(self.upstream.url)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OWN_HEADERS}
        try:
            status, passed_back, content = self._ask(f"{origin}{self.path}", {**headers, **self.upstream.headers}, body)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            reason = f"{type(error).__name__}: {make_printable(str(error))}"
            self.log.debug("relay.failed", model=self.upstream.name, reason=reason)
            self._refuse(http.client.BAD_GATEWAY, reason)
            return
        if http.client.MULTIPLE_CHOICES <= status < http.client.BAD_REQUEST:
            self._refuse(http.client.BAD_GATEWAY, "the service redirects, which is not followed")
            return
        if self.path == _find_health(self.upstream.url) and status == http.client.NOT_FOUND:  # not every service has it
            status, passed_back, content = http.client.OK, {}, b""
        self._answer(status, passed_back, content)

    def _ask(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and content of the answer. Raises httpx.HTTPError, for one that is too long too."""
        import httpx

        deadline_s = time.monotonic() + self.upstream.answer_s
        with self.client.stream(self.command, url, headers=dict(headers), content=body or None) as answer:
            content = bytearray()
            for part in answer.iter_bytes():
                content += part
                if time.monotonic() > deadline_s:
                    raise httpx.ReadTimeout("the answer takes too long")
                if len(content) > _MOST_BYTES:
                    raise httpx.DecodingError("the answer is too long")
            passed_back = {name: answer.headers[name] for name in _PASSED_BACK if name in answer.headers}
            return answer.status_code, passed_back, _hide(bytes(content), self.upstream.list_secrets())

    def _refuse(self, status: int, reason: str) -> None:
        content = json.dumps({"error": {"message": f"markerd's relay: {reason}"}}).encode()
        self._answer(status, {"content-type": "application/json"}, content)

    def _answer(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _hide(content: bytes, hidden: list[bytes]) -> bytes:
    for secret in hidden:
        content = content.replace(secret, _MASK)
    return content


def _is_below(asked: str, path: str) -> bool:
    """Whether what is asked for lies below the path; one that climbs or has a fragment, which is cut, does not."""
    plain = unquote(asked.partition("?")[0])
    return f"{plain}/".startswith(f"{path}/") and "#" not in asked and not _CLIMB.search(plain)


def _find_health(url: str) -> str:
    """Return the path at which Surya asks whether the service is well: beside the /v1 of OpenAI's interface."""
    return f"{_split(url)[1].removesuffix('/v1')}/health"


def _split(url: str) -> tuple[str, str]:
    """Split a URL into scheme with host, and its path without a slash at the end."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
