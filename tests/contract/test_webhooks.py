"""Webhooks against real servers on the loopback: good ones, and those that are slow, down, wrong or malicious."""

from __future__ import annotations

import socket
import time
from email.utils import formatdate
from pathlib import Path
from typing import Any

import psutil
import pytest

from handing_over import KEY, QUICK, make_delivery, write_output
from markerd import __version__
from markerd.config.keys import Secret
from markerd.handover.hook import Address
from markerd.handover.results import Delivered, Failed, Gone
from markerd.handover.webhook import post
from markerd.journal.deliveries import Delivery
from receivers import (
    SECRET,
    Habit,
    answers,
    drips,
    floods,
    hangs_up,
    receiver,
    sends,
    waits,
)  # fmt: skip
from sending import NOW, OWN, reason_of, send, send_to


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    return make_delivery(tmp_path, "sub/ä\n.pdf", write_output(tmp_path / "outbox" / "a", "# Überschrift\n"))


def test_receiver_gets_a_signed_cloud_event(tmp_path: Path, delivery: Delivery) -> None:
    """Names, hashes, places and seconds; the key is the identifier of the event and of the webhook."""
    result, own = send_to(answers(204), delivery)
    assert result == Delivered()
    (request,) = own.requests
    assert request.line == "POST /hook?token=t0ken HTTP/1.1"
    assert request.is_signed()
    assert request.headers["webhook-id"] == KEY
    assert request.headers["webhook-timestamp"] == str(int(NOW))
    assert request.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert request.headers["user-agent"] == f"markerd/{__version__}"
    assert request.headers["host"] == f"localhost:{own.port}"
    event = request.event
    data = event.pop("data")
    assert event.pop("source") == f"file://{socket.gethostname()}{tmp_path}/inbox"
    assert event == {
        "specversion": "1.0", "id": KEY, "type": "markerd.document.published", "subject": "sub/ä\\x0a.pdf",
        "time": "1970-01-01T00:00:01.000+00:00", "datacontenttype": "application/json",
    }  # fmt: skip
    assert (data["path"], data["sha256"], data["seconds"]) == ("sub/ä\\x0a.pdf", "aa", {"convert": 0.5})
    assert data["output"] == str(tmp_path / "outbox" / "a")
    assert [(each["file"], each["role"]) for each in data["artifacts"]] == [("a.md", "markdown")]
    assert "content" not in data


def test_each_attempt_has_the_same_key(delivery: Delivery) -> None:
    """By which the receiver knows what it has; the time is that of the attempt."""
    with receiver(answers(503)) as own:
        address = Address(own.url, Secret(SECRET), OWN, 0)
        for now in (NOW, NOW + 60):
            assert "503" in reason_of(post(address, delivery, 20, None, now, QUICK))
    first, second = own.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 60
    assert second.is_signed()


@pytest.mark.parametrize(("limit", "expected"), [(100, "# Überschrift\n"), (5, None)])
def test_content_is_sent_along_up_to_a_limit(delivery: Delivery, limit: int, expected: str | None) -> None:
    """Markdown that is longer is left out as a whole."""
    with receiver(answers(200)) as own:
        assert send(own.url, delivery, content_bytes=limit) == Delivered()
    assert own.requests[0].event["data"]["content"] == expected


def test_files_of_a_later_conversion_are_not_those_of_the_event(tmp_path: Path) -> None:
    """Their own event follows."""
    output = write_output(tmp_path / "outbox" / "a", source={"sha256": "bb"})
    with receiver(answers(200)) as own:
        send(own.url, make_delivery(tmp_path, output=output), content_bytes=100)
    assert {"artifacts", "content"}.isdisjoint(own.requests[0].event["data"])


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_status_of_success_is_a_delivery(delivery: Delivery, status: int) -> None:
    """Whatever its body is: huge, dripped or cut off."""
    head = f"HTTP/1.1 {status} Yes\r\nContent-Length: 1000000000\r\n\r\n".encode()
    habits: list[Habit] = [answers(status)] if status == 204 else [sends(head), floods(head, b"x" * 65536), drips(head)]
    for habit in habits:
        started_s = time.monotonic()
        assert send_to(habit, delivery)[0] == Delivered()
        assert time.monotonic() - started_s < 5


def test_gone_disables(delivery: Delivery) -> None:
    """410 is no failure that is tried again."""
    result, _ = send_to(answers(410), delivery)
    assert result == Gone("the receiver answered 410 Gone: it wants nothing more")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(delivery: Delivery, status: int) -> None:
    """Nothing is sent to where it points."""
    with receiver(answers(200)) as elsewhere:
        result, own = send_to(answers(status, f"Location: {elsewhere.url}"), delivery)
    assert "redirects are not followed" in reason_of(result)
    assert (own.calls, elsewhere.calls) == (1, 0)


@pytest.mark.parametrize(
    ("status", "is_receivers"),
    [(400, False), (413, False), (422, False), (401, True), (404, True), (429, True), (500, True)],
)
def test_other_status_is_a_failure(delivery: Delivery, status: int, is_receivers: bool) -> None:
    """Of the event where the receiver says that, else of the receiver."""
    result, _ = send_to(answers(status, body=b"t0ken"), delivery)
    assert str(status) in reason_of(result)
    assert isinstance(result, Failed)
    assert result.is_receivers is is_receivers


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", 120.0), ("0", 0.0), (formatdate(NOW + 90, usegmt=True), 90.0), ("soon", None), ("-5", None), ("", None),
        ("9" * 400, 999999999.0), ("Thu, 99 Foo 99999 99:99:99 GMT", None),
    ],
)  # fmt: skip
def test_time_to_wait_is_understood(delivery: Delivery, value: str, expected: float | None) -> None:
    """Seconds or a date; what is neither says nothing."""
    result, _ = send_to(answers(503, f"Retry-After: {value}"), delivery)
    assert isinstance(result, Failed)
    assert result.retry_after_s == expected


@pytest.mark.parametrize(
    "habit",
    [
        sends(b""), hangs_up, sends(b"HTTP/1.1 200"), sends(b"HTTP/1.1 abc OK\r\n\r\n"), sends(b"SSH-2.0-OpenSSH\r\n"),
        sends(b"\0" * 5000), floods(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"a" * 9000 + b"\r\n"), floods(b"", b"y" * 9000),
        floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 500),
    ],
)  # fmt: skip
def test_answer_that_is_none(delivery: Delivery, habit: Habit) -> None:
    """Cut off, garbage, or without end: a failure soon, and never a delivery."""
    before, started_s = psutil.Process().memory_info().rss, time.monotonic()
    result, _ = send_to(habit, delivery)
    assert reason_of(result)
    assert time.monotonic() - started_s < 10
    assert psutil.Process().memory_info().rss - before < 30 << 20


@pytest.mark.parametrize("habit", [waits, drips(b""), drips(b"HTTP/1.1 200 OK\r\nX-A: ")])
def test_slow_receiver_has_as_long_as_it_has(delivery: Delivery, habit: Habit) -> None:
    """A byte now and then does not prolong it."""
    started_s = time.monotonic()
    result, _ = send_to(habit, delivery, timeout_s=0.6)
    assert reason_of(result)
    assert time.monotonic() - started_s < 3


def test_receiver_that_takes_nothing(tmp_path: Path) -> None:
    """The event is megabytes long, and nobody reads them."""
    output = write_output(tmp_path / "outbox" / "a", "x" * (9 << 20))
    with receiver(waits) as own:
        started_s = time.monotonic()
        result = send(own.url, make_delivery(tmp_path, output=output), timeout_s=0.6, content_bytes=10 << 20)
        assert "did not take the event in time" in reason_of(result)
        assert time.monotonic() - started_s < 3


def test_receiver_that_is_down(delivery: Delivery) -> None:
    """Nobody listens there, or there is no such host."""
    with receiver(answers(200)) as own:
        url = own.url
    assert "the receiver cannot be reached" in reason_of(send(url, delivery))
    nowhere = "http://no-such-host.invalid/hook"
    result = send(nowhere, delivery, hosts=frozenset({"no-such-host.invalid"}))
    assert "no-such-host.invalid cannot be resolved" in reason_of(result)


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::]"],
)
def test_private_address_is_refused(delivery: Delivery, host: str) -> None:
    """However it is written, nothing connects to it unless its host is named."""
    with receiver(answers(200)) as own:
        result = send(f"http://{host}:{own.port}/hook", delivery, hosts=frozenset({"other.example"}))
        assert own.calls == 0
    assert "no public address: name the host in private_hosts" in reason_of(result) or "resolved" in reason_of(result)


def test_name_is_resolved_once(delivery: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is connected to is what was checked: a name that leads elsewhere the second time gains nothing."""
    asked: list[str] = []
    with receiver(answers(200)) as own, receiver(answers(200)) as inner:

        def rebinding(host: str, port: int, **_: Any) -> list[Any]:
            asked.append(host)
            to = own.port if len(asked) == 1 else inner.port
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", to))]

        monkeypatch.setattr("markerd.handover.addresses.socket.getaddrinfo", rebinding)
        result = send("http://kb.example/hook", delivery, hosts=frozenset({"kb.example"}))
        monkeypatch.undo()
        assert (result, asked, own.calls, inner.calls) == (Delivered(), ["kb.example"], 1, 0)


def test_only_public_ones_of_several_addresses_are_tried(delivery: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads to this machine as well is not let in by the other address."""
    tried: list[object] = []
    with receiver(answers(200)) as own:
        both = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", own.port)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", own.port)),
        ]

        def connect(_self: socket.socket, address: object) -> None:
            tried.append(address)
            raise ConnectionRefusedError("not in a test")

        monkeypatch.setattr("markerd.handover.addresses.socket.getaddrinfo", lambda *_, **__: both)
        monkeypatch.setattr("markerd.handover.network.socket.socket.connect", connect)
        assert "cannot be reached" in reason_of(send("http://kb.example/hook", delivery))
        monkeypatch.undo()
        assert own.calls == 0
    assert tried == [("8.8.8.8", own.port)]


def test_proxies_of_the_environment_are_not_asked(delivery: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    """They would connect to whatever address they like."""
    with receiver(answers(200)) as proxy, receiver(answers(200)) as own:
        for name in ("http_proxy", "HTTPS_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert send(own.url, delivery) == Delivered()
        assert (proxy.calls, own.calls) == (0, 1)
