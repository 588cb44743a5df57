"""Connections of a webhook: only to addresses that may be reached, within a deadline and a number of bytes.

The limits are those of the whole delivery: a receiver that sends a byte now and then gains nothing.
"""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from markerd.handover.addresses import AddressError, Endpoint, resolve

_PIECE_BYTES = 1 << 16


class CheckedBackend(httpcore.NetworkBackend):
    """Connects within a deadline, on the monotonic clock; `may_be_private` is said of the one host that is asked."""

    def __init__(self, deadline_s: float, most_bytes: int, *, may_be_private: bool) -> None:
        self._deadline_s = deadline_s
        self._most_bytes = most_bytes
        self._may_be_private = may_be_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers. Raises httpcore.ConnectError and ConnectTimeout."""
        del timeout, local_address, socket_options  # the deadline counts, and nothing else is asked for
        try:
            endpoints = resolve(host, port, may_be_private=self._may_be_private)
        except AddressError as error:
            raise httpcore.ConnectError(str(error)) from error
        return _Stream(self._connect(endpoints), self._deadline_s, self._most_bytes)

    def _connect(self, endpoints: list[Endpoint]) -> socket.socket:
        failure: OSError | None = None
        for number, endpoint in enumerate(endpoints):
            connecting = socket.socket(endpoint.family, socket.SOCK_STREAM)
            try:
                left_s = _measure_left_s(self._deadline_s, httpcore.ConnectTimeout)
                connecting.settimeout(left_s / (len(endpoints) - number))
                connecting.connect(endpoint.address)
                connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                connecting.close()
                failure = error
            except BaseException:
                connecting.close()
                raise
            else:
                return connecting
        raise httpcore.ConnectError(str(failure)) from failure


class _Stream(httpcore.NetworkStream):
    """A connection that may be read and written until the deadline."""

    def __init__(self, connected: socket.socket, deadline_s: float, left_bytes: int) -> None:
        self._socket = connected
        self._deadline_s = deadline_s
        self._left_bytes = left_bytes

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        if self._left_bytes <= 0:
            raise httpcore.ReadError("the answer is too long")
        try:
            self._socket.settimeout(_measure_left_s(self._deadline_s, httpcore.ReadTimeout))
            piece = self._socket.recv(min(max_bytes, self._left_bytes))
        except TimeoutError as error:
            raise httpcore.ReadTimeout("the answer takes too long") from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error
        self._left_bytes -= len(piece)
        return piece

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        left = memoryview(buffer)
        try:
            while left:
                self._socket.settimeout(_measure_left_s(self._deadline_s, httpcore.WriteTimeout))
                left = left[self._socket.send(left[:_PIECE_BYTES]) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout("the event is not taken in time") from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Raises httpcore.ConnectError where the certificate is not that of the host."""
        del timeout
        try:
            encrypted = ssl_context.wrap_socket(
                self._socket, server_hostname=server_hostname, do_handshake_on_connect=False
            )
            self._socket = encrypted  # which is closed in place of the plain one
            _shake_hands(encrypted, self._deadline_s)
        except (OSError, ValueError) as error:
            self.close()
            raise httpcore.ConnectError(str(error)) from error
        except BaseException:
            self.close()
            raise
        return _Stream(encrypted, self._deadline_s, self._left_bytes)

    def get_extra_info(self, info: str) -> Any:
        """Return nothing but the TLS of the connection: it is used once."""
        return self._socket if info == "ssl_object" and isinstance(self._socket, ssl.SSLSocket) else None


def _shake_hands(encrypted: ssl.SSLSocket, deadline_s: float) -> None:
    """Shake hands within the deadline. The limit of a socket is for one step; a hand may be stretched out slowly."""
    encrypted.setblocking(False)
    waits = {ssl.SSLWantReadError: select.POLLIN, ssl.SSLWantWriteError: select.POLLOUT}
    while True:
        left_s = _measure_left_s(deadline_s, httpcore.ConnectTimeout)
        try:
            encrypted.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as wanted:
            poll = select.poll()
            poll.register(encrypted, waits[type(wanted)])
            poll.poll(1000 * left_s)
        else:
            return


def _measure_left_s(deadline_s: float, late: type[Exception]) -> float:
    """Measure the seconds that are left. Raises `late` where none are."""
    left_s = deadline_s - time.monotonic()
    if left_s <= 0:
        raise late("timeout_s has passed")
    return left_s
