"""Clients that mean ill, or dawdle, and faults of our own: none of them harms the others."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path

import pytest

from harness import wait_until
from markerd.config import Address
from markerd.monitoring.web.answers import Answer, Answers, build_plain_answer
from markerd.monitoring.web.server import MAX_CLIENTS, StatusServer
from markerd.monitoring.web.service import Web
from web_scene import ANY, ask


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
def test_garbage_requests_are_refused(address: Address, request_bytes: bytes) -> None:
    """The next client gets its answer."""
    with connected(address) as client:
        client.sendall(request_bytes)
        client.shutdown(socket.SHUT_WR)
        client.settimeout(20)
        client.recv(100)
    assert ask(address, "/livez").status == 200


def test_fault_in_a_page_is_logged_and_answered(caplog: pytest.LogCaptureFixture) -> None:
    """The client is told so in plain text, the log has the traceback, and the next request its answer."""
    faults = [ZeroDivisionError("ours")]

    def answer(_: str) -> Answer:
        if faults:
            raise faults.pop()
        return build_plain_answer(HTTPStatus.OK, "fine")

    server = StatusServer(ANY, answer)
    server.start()
    try:
        failed = ask(server.address, "/")
        assert (failed.status, failed.headers["Content-Type"]) == (500, "text/plain; charset=utf-8")
        assert failed.body == "This page could not be made: the log says why.\n"
        assert ask(server.address, "/").body == "fine\n"
    finally:
        server.stop()
    assert "ZeroDivisionError: ours" in caplog.text


def test_stop_does_not_wait_for_clients(web: Web, tmp_path: Path) -> None:
    """A client in mid-request is cut off."""
    with ExitStack() as stack:
        server = StatusServer(ANY, Answers(web.board, tmp_path / "journal.sqlite"), client_s=60)
        server.start()
        client = stack.enter_context(connected(server.address))
        client.sendall(b"GET / HTTP/1.1\r\n")
        server.stop()
        wait_until(lambda: is_ended(client), 20, "the cut")
