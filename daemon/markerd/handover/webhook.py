"""Sends an event to an address: signed, once, to the host that is written, and judged by the status alone."""

from __future__ import annotations

import http.client
import os
import ssl
import time
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpcore
import httpx

from markerd import __version__
from markerd.handover.facts import build_cloud_event
from markerd.handover.hook import Address
from markerd.handover.network import CheckedBackend
from markerd.handover.output_files import read_output_files
from markerd.handover.results import Delivered, Failed, Gone, Result
from markerd.handover.signature import sign
from markerd.handover.thresholds import THRESHOLDS, Thresholds
from markerd.journal.deliveries import Delivery
from markerd.values import make_harmless

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
_OF_THE_EVENT = frozenset({
    http.client.BAD_REQUEST, http.client.CONFLICT, http.client.REQUEST_ENTITY_TOO_LARGE,
    http.client.UNSUPPORTED_MEDIA_TYPE, http.client.UNPROCESSABLE_ENTITY,
})  # fmt: skip
"""Statuses by which a receiver refuses this event; others of its events may pass."""
_Headers = Iterable[tuple[bytes, bytes]]


def load_certificates(address: Address) -> ssl.SSLContext | None:
    """Load what proves the receiver's identity; None for plain HTTP. Raises OSError where that cannot be read."""
    return httpx.create_ssl_context() if address.url.startswith("https:") else None


def post(
    address: Address,
    delivery: Delivery,
    timeout_s: float,
    certificates: ssl.SSLContext | None,
    now: float,
    limits: Thresholds = THRESHOLDS,
) -> Result:
    """Send the event; `now` is the time of the attempt. Nothing is sent to where a redirect points."""
    body = build_cloud_event(delivery, read_output_files(delivery.output), address.content_bytes)
    headers: dict[bytes | str, bytes | str] = {
        "host": urlsplit(address.url).netloc,
        "content-type": CONTENT_TYPE,
        "user-agent": f"markerd/{__version__}",
        "webhook-id": delivery.key,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": sign(address.secret, delivery.key, int(now), body),
        "connection": "close",
    }
    may_be_private = is_named(address)
    backend = CheckedBackend(time.monotonic() + timeout_s, limits.answer_bytes, may_be_private=may_be_private)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=certificates, network_backend=backend) as pool,
            pool.stream("POST", address.url, headers=headers, content=body) as answer,
        ):
            return _judge(answer.status, answer.headers, now)
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        return Failed(_describe(error))


def is_named(address: Address) -> bool:
    """Whether the host of the address is among those that may be private."""
    return urlsplit(address.url).hostname in {host.lower().strip("[]") for host in address.private_hosts}


def name_origin(url: str) -> str:
    """Name the host of an address for people; the rest of it may be a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _judge(status: int, headers: _Headers, now: float) -> Result:
    told = f"{status} {http.client.responses.get(status, '')}".rstrip()
    if http.client.OK <= status < http.client.MULTIPLE_CHOICES:
        return Delivered()
    if status == http.client.GONE:
        return Gone(f"the receiver answered {told}: it wants nothing more")
    if http.client.MULTIPLE_CHOICES <= status < http.client.BAD_REQUEST:
        return Failed(f"the receiver answered {told}: redirects are not followed, write the new address")
    retry_after_s = _parse_retry_after(headers, now)
    return Failed(f"the receiver answered {told}", status not in _OF_THE_EVENT, retry_after_s=retry_after_s)


def _parse_retry_after(headers: _Headers, now: float) -> float | None:
    """Parse the seconds, or the date, in `Retry-After`; None for what is neither."""
    value = next((value for name, value in headers if name.lower() == b"retry-after"), b"")
    text = value.decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return parsedate_to_datetime(text).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return None


def _describe(error: Exception) -> str:
    words = {
        httpcore.ConnectTimeout: "the receiver cannot be reached in time",
        httpcore.ReadTimeout: "the receiver did not answer in time",
        httpcore.WriteTimeout: "the receiver did not take the event in time",
        httpcore.ConnectError: "the receiver cannot be reached",
        httpcore.RemoteProtocolError: "the receiver's answer is no HTTP",
    }
    said = words.get(type(error), "the connection broke")
    detail = make_harmless(os.fsdecode(str(error).encode("utf-8", "surrogateescape")))
    return f"{said}: {detail}" if detail else said
