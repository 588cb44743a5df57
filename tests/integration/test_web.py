"""The status page's server on the loopback, with a real journal behind it."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

import browser
from harness import wait_until
from markerd.config import Address
from markerd.errors import EXIT_UNAVAILABLE, UnavailableError
from markerd.journal import Journal, Outcome
from markerd.status import STALE_AFTER_S, Current, DaemonState, Snapshot
from markerd.values import Fingerprint, State
from markerd.web.answers import Answer, Answers, plain
from markerd.web.server import MAX_CLIENTS, StatusServer
from markerd.web.service import Web

ANY = Address("127.0.0.1", 0)
HOSTILE = "<script>document.title='owned'</script>&amp;\"'.pdf"
PATHS = ("/", "/metrics", "/livez", "/healthz", "/status.json")


@dataclass(frozen=True)
class Response:
    """An answer as the client got it."""

    status: int
    headers: dict[str, str]
    body: str


def ask(address: Address, path: str, method: str = "GET", **headers: str) -> Response:
    with closing(http.client.HTTPConnection(address.host, address.port, timeout=20)) as connection:
        connection.request(method, path, headers=headers)
        got = connection.getresponse()
        return Response(got.status, dict(got.getheaders()), got.read().decode())


def snapshot(**changes: object) -> Snapshot:
    """Of a daemon that is well and at work."""
    folder = {"path": "/srv/<in>", "output": "/out", "observer": "native", "since": 1.0, "paused": None, "settling": 2}
    values: dict[str, object] = {
        "state": DaemonState.CONVERTING,
        "is_ready": True,
        "silent_s": {"loop": 0.0, "observers": 0.1, "converter": 0.1},
        "counts": {"published": 4711, "skipped": 1, "dead": 2, "waiting": 3},
        "totals": {"published": 4711, "pages": 9422, "convert_seconds": 4711.0},
        "current": Current("now.pdf", 1.0, 12),
        "folders": [folder],
        "last_errors": [
            {"at": 1.0, "path": HOSTILE, "outcome": "dead", "kind": "unreadable", "reason": "<b>broken</b>"}
        ],
        **changes,
    }
    return Snapshot(**values)  # type: ignore[arg-type]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """One document published, one dead, both named to do harm."""
    with closing(Journal(tmp_path / "journal.sqlite")) as journal:
        for number, name in enumerate(("first.pdf", HOSTILE)):
            journal.seen("/srv/in", name, Fingerprint(1, number, number))
            found = journal.find("/srv/in", name)
            assert found is not None
            if name == HOSTILE:
                journal.dead(found, Outcome(State.DEAD, "unreadable", "<b>broken</b>"))
            else:
                outcome = Outcome(State.PUBLISHED, pages=7, model_set="embedded", seconds={"convert": 2.5})
                journal.published(found, Path("/out/first"), outcome, "0" * 64)
        yield journal


@pytest.fixture
def web(tmp_path: Path, journal: Journal) -> Iterator[Web]:
    made = Web(tmp_path / "journal.sqlite")
    made.board.update(snapshot())
    yield made
    made.stop()


@pytest.fixture
def address(web: Web) -> Address:
    found = web.listen(ANY)
    assert found is not None
    return found


# --- what is answered ----------------------------------------------------------------------------------------------


def test_the_page_shows_state_documents_and_failures(address: Address) -> None:
    """With the numbers of the status and the rows of the journal."""
    page = ask(address, "/")
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    for wanted in ("converting", "now.pdf", "12 pages", "4,711", "first.pdf", "2.5 s", "dead letter", "500 ms"):
        assert wanted in page.body
    assert '<meta http-equiv="refresh" content="5">' in page.body


def test_names_on_the_page_are_text(address: Address) -> None:
    """A document's name, a folder's and a reason cannot become markup; nothing on the page can run."""
    page = ask(address, "/").body
    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page
    assert "/srv/&lt;in&gt;" in page


@pytest.mark.parametrize("path", [*PATHS, "/nothing"])
def test_headers_that_keep_browsers_safe(address: Address, path: str) -> None:
    """On every answer; and no word of the Python behind it."""
    headers = ask(address, path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Python" not in headers["Server"]


def test_metrics(address: Address) -> None:
    """The format that Prometheus reads, with its content type."""
    answer = ask(address, "/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = {family.name: family.samples for family in text_string_to_metric_families(answer.body)}
    assert found["markerd_up"][0].value == 1
    assert {sample.labels["outcome"]: sample.value for sample in found["markerd_documents"]}["published"] == 4711


def test_status_json_is_that_of_the_command(address: Address) -> None:
    """With `is_running`, and the silence of each part."""
    answer = ask(address, "/status.json")
    content = json.loads(answer.body)
    assert (content["state"], content["is_running"], content["counts"]["published"]) == ("converting", True, 4711)
    assert content["schema"] == 1


def test_a_daemon_that_is_well(address: Address) -> None:
    """Both checks say so with 200; a `?` with whatever follows changes nothing."""
    for path in ("/livez", "/healthz", "/healthz?verbose=1"):
        answer = ask(address, path)
        assert (answer.status, json.loads(answer.body)) == (200, {"status": "ok", "reasons": []})


def test_alive_but_not_well(web: Web, address: Address) -> None:
    """A paused folder: 503 from /healthz with the reason, 200 from /livez."""
    web.board.update(snapshot(folders=[{**snapshot().folders[0], "observer": None, "paused": "no such folder"}]))
    assert ask(address, "/livez").status == 200
    answer = ask(address, "/healthz")
    assert answer.status == 503
    assert json.loads(answer.body)["reasons"] == ["/srv/<in> cannot be used: no such folder"]
    assert "no such folder" in ask(address, "/").body


def test_a_part_that_stands_still(web: Web, address: Address) -> None:
    """503 from both, naming it; the page and the metrics are still served and say it too."""
    web.board.update(snapshot(silent_s={"loop": 0.0, "observers": STALE_AFTER_S + 5, "converter": 0.0}))
    for path in ("/livez", "/healthz"):
        answer = ask(address, path)
        assert answer.status == 503
        assert "observers" in answer.body
    assert "has shown no life" in ask(address, "/").body
    assert "markerd_up 0.0" in ask(address, "/metrics").body


def test_before_the_daemon_is_ready(web: Web, address: Address) -> None:
    """While the models load it lives, and every page can be made of the little that is known."""
    web.board.update(Snapshot())
    assert [ask(address, path).status for path in PATHS] == [200, 200, 200, 503, 200]


def test_without_a_journal_the_rest_is_shown(tmp_path: Path) -> None:
    """And it is not made by reading it."""
    web = Web(tmp_path / "none.sqlite")
    web.board.update(snapshot())
    address = web.listen(ANY)
    assert address is not None
    try:
        page = ask(address, "/")
        assert page.status == 200
        assert "The journal cannot be read now." in page.body
        assert "4,711" in page.body
        assert list(tmp_path.iterdir()) == []
    finally:
        web.stop()


def test_head_has_the_headers_alone(address: Address) -> None:
    """The length is that of the page."""
    for path in ("/metrics", "/livez"):
        head = ask(address, path, "HEAD")
        assert (head.status, head.body) == (200, "")
        assert int(head.headers["Content-Length"]) > 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "WHATEVER"])
def test_nothing_can_be_changed(address: Address, method: str) -> None:
    """Other methods are refused, with those that are not."""
    answer = ask(address, "/", method)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD"


def test_no_other_page(address: Address) -> None:
    """404, whatever the path looks like."""
    for path in ("/nothing", "/../../etc/passwd", "/metrics/", "metrics", "*"):
        assert ask(address, path).status == 404, path


def test_a_foreign_host_is_refused(address: Address) -> None:
    """DNS rebinding: a page elsewhere whose name now means this machine learns nothing."""
    for path in PATHS:
        for host in ("evil.example", f"evil.example:{address.port}", "192.168.1.5"):
            answer = ask(address, path, Host=host)
            assert answer.status == 421
            assert "markerd_up" not in answer.body
    assert ask(address, "/livez", Host="localhost:8080").status == 200


# --- clients that mean ill -----------------------------------------------------------------------------------------


def serving(answers: Answers, *, client_s: float, stack: ExitStack) -> Address:
    server = StatusServer(ANY, answers, client_s=client_s)
    server.start()
    stack.callback(server.stop)
    return server.address


def connected(address: Address) -> socket.socket:
    return socket.create_connection((address.host, address.port), timeout=20)


def is_ended(client: socket.socket) -> bool:
    """Whether the server has closed; a byte more of an endless request is sent."""
    try:
        client.sendall(b"a")
        client.settimeout(0.01)
        return client.recv(100) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_a_slow_client_is_cut_off(web: Web, tmp_path: Path) -> None:
    """Even one that sends a byte every now and then, so that no single read takes long."""
    with ExitStack() as stack:
        address = serving(Answers(web.board, tmp_path / "journal.sqlite"), client_s=0.5, stack=stack)
        client = stack.enter_context(connected(address))
        client.sendall(b"GET / HTTP/1.1\r\nX-Endless: ")
        wait_until(lambda: is_ended(client), 20, "the cut")


def test_many_clients_take_no_more_threads_than_allowed(web: Web, tmp_path: Path) -> None:
    """More are told to come back, at once; when the others have gone all is as before."""
    before = threading.active_count()
    with ExitStack() as stack:
        address = serving(Answers(web.board, tmp_path / "journal.sqlite"), client_s=60, stack=stack)
        with ExitStack() as crowd:
            for _ in range(MAX_CLIENTS):
                crowd.enter_context(connected(address))
            refused = ask(address, "/livez")
            assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
            assert threading.active_count() <= before + 1 + MAX_CLIENTS
        wait_until(lambda: ask(address, "/livez").status == 200, 20, "room")


@pytest.mark.parametrize(
    "request_bytes",
    [b"\x00\xff\xfe\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 70_000, b"\r\n"],
)
def test_garbage_harms_nobody(address: Address, request_bytes: bytes) -> None:
    """The next client gets its answer."""
    with connected(address) as client:
        client.sendall(request_bytes)
        client.shutdown(socket.SHUT_WR)
        client.settimeout(20)
        client.recv(100)
    assert ask(address, "/livez").status == 200


def test_a_fault_of_ours_is_logged_and_ends_there(caplog: pytest.LogCaptureFixture) -> None:
    """The client gets no answer, the log the traceback, and the next request its answer."""
    faults = [ZeroDivisionError("ours")]

    def answer(_: str) -> Answer:
        if faults:
            raise faults.pop()
        return plain(HTTPStatus.OK, "fine")

    server = StatusServer(ANY, answer)
    server.start()
    try:
        with pytest.raises(http.client.RemoteDisconnected):
            ask(server.address, "/")
        assert ask(server.address, "/").body == "fine\n"
    finally:
        server.stop()
    assert "ZeroDivisionError: ours" in caplog.text


def test_the_end_does_not_wait_for_clients(web: Web, tmp_path: Path) -> None:
    """A client in mid-request is cut off."""
    with ExitStack() as stack:
        server = StatusServer(ANY, Answers(web.board, tmp_path / "journal.sqlite"), client_s=60)
        server.start()
        client = stack.enter_context(connected(server.address))
        client.sendall(b"GET / HTTP/1.1\r\n")
        server.stop()
        wait_until(lambda: is_ended(client), 20, "the cut")


# --- where it listens ----------------------------------------------------------------------------------------------


def test_a_port_in_use_is_unavailable(web: Web, address: Address) -> None:
    """The address and the key are named, and the exit code is that of what is unavailable."""
    with pytest.raises(UnavailableError, match=rf"http\.listen.*127\.0\.0\.1:{address.port}.*in use") as caught:
        Web(Path("/nowhere")).listen(address)
    assert caught.value.exit_code == EXIT_UNAVAILABLE


def test_a_name_that_means_nothing_is_unavailable() -> None:
    """An address of another machine too."""
    with pytest.raises(UnavailableError, match=r"192\.0\.2\.1"):
        Web(Path("/nowhere")).listen(Address("192.0.2.1", 0))


def test_localhost_and_ipv6(web: Web) -> None:
    """`localhost` is 127.0.0.1; the IPv6 loopback is served where there is one."""
    address = web.listen(Address("localhost", 0))
    assert address is not None
    assert ask(Address("127.0.0.1", address.port), "/livez").status == 200
    if not Path("/proc/net/if_inet6").exists() or not Path("/proc/net/if_inet6").read_text():
        return
    six = web.listen(Address("::1", 0))
    assert six is not None
    assert ask(six, "/livez").status == 200


def test_a_new_address_replaces_the_old_one(web: Web, address: Address) -> None:
    """The same one again is no change; none at all ends it."""
    assert web.listen(ANY) is None
    moved = web.listen(Address("127.0.0.2", 0))
    assert moved is not None
    assert ask(moved, "/livez").status == 200
    with pytest.raises(ConnectionRefusedError):
        ask(address, "/livez")
    assert web.listen(None) is None
    with pytest.raises(ConnectionRefusedError):
        ask(moved, "/livez")


def test_a_new_host_on_the_same_port(web: Web, address: Address) -> None:
    """All addresses and one of them exclude each other on one port: the old one makes way."""
    everywhere = Address("0.0.0.0", address.port)
    assert web.listen(everywhere) == everywhere
    assert ask(address, "/livez", Host="status.example").status == 200  # served to other machines, under any name


def test_where_the_new_address_fails_the_old_one_stays(web: Web, address: Address) -> None:
    """On another port, and on its own."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        with pytest.raises(UnavailableError):
            web.listen(Address("127.0.0.1", taken.getsockname()[1]))
        assert ask(address, "/livez").status == 200
    with pytest.raises(UnavailableError):
        web.listen(Address("192.0.2.1", address.port))
    wait_until(lambda: web.listen(ANY) is None, 5)


# --- in a browser --------------------------------------------------------------------------------------------------


def test_a_browser_finds_the_numbers(address: Address) -> None:
    """Headless Chromium parses the page: its numbers are where they belong, and no script ran."""
    dom = browser.dom_of(f"http://{address}/").html
    assert '<dd id="published" class="">4,711</dd>' in dom
    assert '<dd id="dead" class="bad">2</dd>' in dom
    assert ">converting</span>" in dom
    assert "<title>converting" in dom
    assert "first.pdf" in dom
    assert "<script" not in dom
