"""Webhooks over TLS: nothing is sent to a receiver that is not the host which is written."""

from __future__ import annotations

import ssl
import threading
import time
from pathlib import Path

import psutil
import pytest

from handing_over import make_delivery, write_output
from markerd.handover.results import Delivered
from markerd.journal.deliveries import Delivery
from receivers import Habit, answers, floods, hangs_up, make_certificates, receiver, sends, waits
from sending import reason_of, send, send_to


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    return make_delivery(tmp_path, "sub/ä\n.pdf", write_output(tmp_path / "outbox" / "a", "# Überschrift\n"))


@pytest.fixture
def encrypted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    authority, context = make_certificates(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    return context


def test_certificate_of_a_known_authority(delivery: Delivery, encrypted: ssl.SSLContext) -> None:
    """The receiver is the host that is written, and gets the event."""
    with receiver(answers(200), encrypted) as own:
        assert send(own.url, delivery) == Delivered()
    assert own.requests[0].is_signed()


def test_certificate_of_an_unknown_authority(
    delivery: Delivery, encrypted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent."""
    monkeypatch.delenv("SSL_CERT_FILE")
    with receiver(answers(200), encrypted) as own:
        assert "certificate verify failed" in reason_of(send(own.url, delivery)).lower()
    assert own.requests == []


def test_certificate_of_another_host(delivery: Delivery, encrypted: ssl.SSLContext) -> None:
    """The name in the address counts, not the address that it has."""
    with receiver(answers(200), encrypted) as own:
        url = own.url.replace("localhost", "127.0.0.1")
        assert "verify failed" in reason_of(send(url, delivery, hosts=frozenset({"127.0.0.1"}))).lower()
    assert own.requests == []


def test_handshake_that_never_ends(delivery: Delivery) -> None:
    """It is a part of the time that a delivery has."""
    with receiver(waits) as own:
        started_s = time.monotonic()
        result = send(own.url.replace("http:", "https:"), delivery, timeout_s=0.6)
        assert reason_of(result)
        assert time.monotonic() - started_s < 3


def test_nothing_leaks(delivery: Delivery, encrypted: ssl.SSLContext) -> None:
    """Descriptors and threads are the same after each end."""
    habits: list[Habit] = [answers(200), answers(302), hangs_up, sends(b"x"), floods(b"", b"y" * 9000)]
    send_to(answers(200), delivery)
    held = psutil.Process().num_fds(), threading.active_count()
    for habit in habits:
        send_to(habit, delivery)
        with receiver(habit, encrypted) as own:
            send(own.url, delivery)
    assert (psutil.Process().num_fds(), threading.active_count()) == held
