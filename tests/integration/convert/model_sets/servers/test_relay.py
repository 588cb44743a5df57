"""The relay between a confined converter and a service elsewhere, before real HTTP servers on the loopback."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx
import pytest

from markerd.convert.model_sets.servers import relay as relay_module
from markerd.convert.model_sets.servers.relay import Relay, Upstream
from server_scene import Events, await_that, find_free_port

KEY = "Bearer the-real-key-0123456789"


class Service(BaseHTTPRequestHandler):
    """Answers with what it was asked, and remembers it."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, str, dict[str, str], bytes]]

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.reply()

    def do_POST(self) -> None:
        self.reply(self.rfile.read(int(self.headers["Content-Length"])))

    def reply(self, body: bytes = b"") -> None:
        self.asked.append((self.command, self.path, dict(self.headers.items()), body))
        status = {"/v1/gone": 404, "/health": 404, "/v1/away": 302, "/v1/busy": 429}.get(self.path, 200)
        content = b"x" * 4096 if self.path == "/v1/long" else json.dumps({"path": self.path}).encode()
        if self.path.startswith("/v1/repeat"):
            content = f"{self.headers['Authorization']} and {KEY.split()[1]}".encode()
        if self.path == "/v1/huge":
            content = b"x" * (16 << 20)
        if self.path == "/v1/drip":
            content = b"x" * 100
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Set-Cookie", "session=1")
        if status == 302:
            self.send_header("Location", "http://192.0.2.1/elsewhere")
        if status == 429:
            self.send_header("Retry-After", "7")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        for piece in (content[at : at + 1] for at in range(100)) if self.path == "/v1/drip" else [content]:
            self.wfile.write(piece)
            if piece is not content:
                threading.Event().wait(0.05)


@pytest.fixture
def service() -> Iterator[tuple[ThreadingHTTPServer, list[tuple[str, str, dict[str, str], bytes]]]]:
    asked: list[tuple[str, str, dict[str, str], bytes]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Service", (Service,), {"asked": asked}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server, asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def relay(service: tuple[ThreadingHTTPServer, object]) -> Iterator[Relay]:
    port = service[0].server_address[1]
    made = Relay(Upstream("vision", f"http://127.0.0.1:{port}/v1", {"Authorization": KEY}), Events())
    yield made
    made.stop()


def test_request_gets_the_key_and_its_answer_comes_back(
    relay: Relay, service: tuple[ThreadingHTTPServer, list[tuple[str, str, dict[str, str], bytes]]]
) -> None:
    """Path, query and body are as they were; the client's own key, cookies and host are not passed on."""
    headers = {"Authorization": "Bearer EMPTY", "x-api-key": "stale", "Cookie": "a=b", "X-Own": "kept"}
    answer = httpx.post(f"{relay.url}/chat/completions?a=1", json={"prompt": "read"}, headers=headers)
    assert answer.json() == {"path": "/v1/chat/completions?a=1"}
    assert "set-cookie" not in answer.headers
    [(command, path, received, body)] = service[1]
    assert (command, path, json.loads(body)) == ("POST", "/v1/chat/completions?a=1", {"prompt": "read"})
    assert received["Authorization"] == KEY
    assert received["X-Own"] == "kept"
    assert not {"x-api-key", "Cookie"} & set(received)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/admin",
        "/v1x/models",
        "/v1/../admin",
        "/v1/%2e%2e/admin",
        "/v1/..%2fadmin",
        "http://192.0.2.1/v1",
        "/v1/..#",
        "/v1/%2e%2e#/x",
        "/v1/..;/admin",
        "/v1/..%00",
    ],
)
def test_nothing_beside_the_service_is_reached(
    relay: Relay, service: tuple[ThreadingHTTPServer, list[object]], path: str
) -> None:
    """Not even by a path that climbs, which a client of HTTP would tidy up: the request is written by hand."""
    host, port = "127.0.0.1", httpx.URL(relay.url).port
    connection = http.client.HTTPConnection(host, port or 0)
    connection.putrequest("GET", path, skip_host=False)
    connection.endheaders()
    assert connection.getresponse().status == http.client.FORBIDDEN
    connection.close()
    assert service[1] == []


def test_redirect_is_not_followed(relay: Relay) -> None:
    """It could lead to another host, with the key."""
    answer = httpx.get(f"{relay.url}/away", follow_redirects=True)
    assert answer.status_code == http.client.BAD_GATEWAY
    assert "redirects" in answer.json()["error"]["message"]


def test_refusals_of_the_service_come_back(relay: Relay) -> None:
    """With the time after which to ask again."""
    assert httpx.get(f"{relay.url}/gone").status_code == http.client.NOT_FOUND
    busy = httpx.get(f"{relay.url}/busy")
    assert (busy.status_code, busy.headers["retry-after"]) == (http.client.TOO_MANY_REQUESTS, "7")


def test_service_without_a_health_page_is_well(relay: Relay) -> None:
    """OpenAI's interface has none, and Surya asks for it."""
    assert httpx.get(f"{relay.url.removesuffix('/v1')}/health").status_code == http.client.OK


def test_service_that_is_away_is_a_bad_gateway() -> None:
    """It comes at once, with a reason, also for the health page."""
    relay = Relay(Upstream("vision", f"http://127.0.0.1:{find_free_port()}/v1"), Events())
    try:
        for url in (f"{relay.url}/models", relay.url.replace("/v1", "/health")):
            answer = httpx.get(url)
            assert answer.status_code == http.client.BAD_GATEWAY
            assert "ConnectError" in answer.json()["error"]["message"]
    finally:
        relay.stop()


def test_service_that_cannot_be_prepared_is_unavailable() -> None:
    """As a model that still loads; nothing is asked of it."""
    relay = Relay(Upstream("vision", "http://127.0.0.1:1/v1", prepare=lambda: "it loads"), Events())
    try:
        answer = httpx.get(f"{relay.url}/models")
        assert answer.status_code == http.client.SERVICE_UNAVAILABLE
        assert answer.json() == {"error": {"message": "markerd's relay: it loads"}}
    finally:
        relay.stop()


def test_long_requests_and_answers_are_refused(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever side sends them; a request without a length too."""
    monkeypatch.setattr(relay_module, "_MOST_BYTES", 1000)
    assert httpx.get(f"{relay.url}/long").status_code == http.client.BAD_GATEWAY
    long = httpx.post(f"{relay.url}/chat", content=b"x" * 2000)
    assert long.status_code == http.client.REQUEST_ENTITY_TOO_LARGE
    chunked = httpx.post(f"{relay.url}/chat", content=iter([b"x"]))
    assert chunked.status_code == http.client.REQUEST_ENTITY_TOO_LARGE


@pytest.mark.parametrize("path", ["/v1/models", "/wrong/v1/models", "/v1/chat/completions"])
def test_port_alone_does_not_lead_to_a_service_with_a_key(
    relay: Relay, service: tuple[ThreadingHTTPServer, list[object]], path: str
) -> None:
    """Another user of the machine may find the port, but not the token in the address."""
    url = httpx.URL(relay.url)
    assert httpx.get(url.copy_with(path=path)).status_code == http.client.FORBIDDEN
    assert service[1] == []


def test_only_the_request_of_the_service_is_passed_on(
    service: tuple[ThreadingHTTPServer, list[tuple[str, str, dict[str, str], bytes]]],
) -> None:
    """A converter that a document has taken over can list or delete nothing with the key."""
    upstream = Upstream(
        "llm",
        f"http://127.0.0.1:{service[0].server_address[1]}/v1",
        {"x-api-key": "k"},
        endpoint=re.compile("POST /v1/messages"),
    )
    relay = Relay(upstream, Events())
    try:
        assert httpx.post(f"{relay.url}/messages?beta=true", json={}).status_code == http.client.OK
        for path in ("files", "messages/x", "messages/../files"):
            assert httpx.post(f"{relay.url}/{path}", json={}).status_code == http.client.FORBIDDEN
        assert httpx.get(f"{relay.url}/messages").status_code == http.client.FORBIDDEN
    finally:
        relay.stop()
    assert [path for _, path, _, _ in service[1]] == ["/v1/messages?beta=true"]


def test_key_that_the_service_repeats_does_not_come_back(relay: Relay) -> None:
    """Neither whole nor without its scheme."""
    answer = httpx.get(f"{relay.url}/repeat?{KEY}")
    assert answer.status_code == http.client.OK
    assert "the-real-key" not in answer.text
    assert answer.text.count("***") == 2


def test_answer_that_drips_has_an_end(relay: Relay, service: tuple[ThreadingHTTPServer, object]) -> None:
    """Each piece comes in time, and the whole does not."""
    upstream = Upstream("llm", f"http://127.0.0.1:{service[0].server_address[1]}/v1", answer_s=0.5)
    dripping = Relay(upstream, Events())
    try:
        answer = httpx.get(f"{dripping.url}/drip", timeout=30)
        assert answer.status_code == http.client.BAD_GATEWAY
        assert "takes too long" in answer.json()["error"]["message"]
    finally:
        dripping.stop()


def test_key_is_not_shown() -> None:
    """Not where an upstream is printed, as in a traceback."""
    assert "real-key" not in repr(Upstream("vision", "http://127.0.0.1:1/v1", {"Authorization": KEY}))


def test_stop_ends_it_at_once(relay: Relay) -> None:
    began_s = time.monotonic()
    relay.stop()
    assert time.monotonic() - began_s < 5
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{relay.url}/models")


def test_clients_that_take_no_answer_keep_nobody_waiting(
    service: tuple[ThreadingHTTPServer, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor do those that send no request: after a while both lose their connections."""
    monkeypatch.setattr(relay_module, "_MOST_REQUESTS", 2)
    monkeypatch.setattr(relay_module._Handler, "timeout", 0.3)
    relay = Relay(Upstream("vision", f"http://127.0.0.1:{service[0].server_address[1]}/v1"), Events())
    address = ("127.0.0.1", urlsplit(relay.url).port)
    silent = [socket.create_connection(address) for _ in range(4)]
    try:
        for client in silent[:2]:
            client.sendall(b"GET /v1/huge HTTP/1.1\r\nHost: relay\r\n\r\n")
        assert httpx.get(f"{relay.url}/models", timeout=30).json() == {"path": "/v1/models"}
        silent[3].settimeout(30)
        assert silent[3].recv(1) == b""
    finally:
        for client in silent:
            client.close()
        relay.stop()


def test_connections_are_bounded(service: tuple[ThreadingHTTPServer, object], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too much is closed at once, and there is room again when others have gone."""
    monkeypatch.setattr(relay_module, "_MOST_CONNECTIONS", 2)
    relay = Relay(Upstream("vision", f"http://127.0.0.1:{service[0].server_address[1]}/v1"), Events())
    address = ("127.0.0.1", urlsplit(relay.url).port)
    open_ones = [socket.create_connection(address) for _ in range(2)]
    with socket.create_connection(address, timeout=30) as third:
        assert third.recv(1) == b""
    for client in open_ones:
        client.close()
    await_that(lambda: can_ask(f"{relay.url}/models"))
    relay.stop()


def can_ask(url: str) -> bool:
    try:
        return httpx.get(url, timeout=30).is_success
    except httpx.HTTPError:
        return False


def test_request_that_is_no_url_is_answered(relay: Relay) -> None:
    """The client learns that the relay does not pass it on, and does not wait for an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(relay.url).port, timeout=30)
    connection.putrequest("GET", f"{urlsplit(relay.url).path}/models")
    connection.putheader("X-Name", "\xe4")
    connection.endheaders()
    assert connection.getresponse().status == http.client.BAD_GATEWAY
    connection.close()
