"""Receivers of webhooks on the loopback: good ones, and those that are slow, down, wrong or malicious."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from typing import Any

SECRET_BYTES = b"0123456789abcdef0123456789abcdef"
SECRET = f"whsec_{base64.b64encode(SECRET_BYTES).decode()}"


@dataclass(frozen=True)
class Request:
    """What a receiver got."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        event = json.loads(self.body)
        assert isinstance(event, dict)
        return event

    def is_signed(self) -> bool:
        """Checked as the specification of Standard Webhooks tells receivers to."""
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        digest = base64.b64encode(hmac.new(SECRET_BYTES, signed, hashlib.sha256).digest()).decode()
        return self.headers["webhook-signature"] == f"v1,{digest}"


Habit = Callable[[socket.socket, "Receiver"], object]


class Receiver:
    """Answers each connection in a thread of its own, as its habit has it; `requests` are those that it read."""

    def __init__(self, habit: Habit, tls: ssl.SSLContext | None = None) -> None:
        self.habit = habit
        self.requests: list[Request] = []
        self.calls = 0
        self.ending = threading.Event()
        self._tls = tls
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"{'http' if self._tls is None else 'https'}://localhost:{self.port}/hook?token=t0ken"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            if self.ending.is_set():
                connection.close()
                return
            self.calls += 1
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(30)
            if self._tls is None:
                self.habit(connection, self)
                return
            with self._tls.wrap_socket(connection, server_side=True) as encrypted:
                self.habit(encrypted, self)

    def read_request(self, connection: socket.socket) -> Request:
        data = b""
        while b"\r\n\r\n" not in data:
            data += _receive(connection)
        head, _, body = data.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
        while len(body) < int(headers["content-length"]):
            body += _receive(connection)
        request = Request(line, headers, body)
        self.requests.append(request)
        return request

    def close(self) -> None:
        self.ending.set()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 5).close()
        self._server.close()
        for thread in self._threads:
            thread.join(40)


def _receive(connection: socket.socket) -> bytes:
    data = connection.recv(1 << 16)
    if not data:
        raise ConnectionError("the sender hung up")
    return data


@contextmanager
def receiver(habit: Habit, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    opened = Receiver(habit, tls)
    try:
        yield opened
    finally:
        opened.close()


def answers(status: int, *headers: str, body: bytes = b"") -> Habit:
    def habit(connection: socket.socket, own: Receiver) -> None:
        own.read_request(connection)
        lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *headers]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return habit


def sends(data: bytes) -> Habit:
    """Whatever it is, once the request is read; then it hangs up."""

    def habit(connection: socket.socket, own: Receiver) -> None:
        own.read_request(connection)
        connection.sendall(data)

    return habit


def drips(data: bytes, every_s: float = 0.05) -> Habit:
    """The data, then the letter x for ever, a byte at a time."""

    def habit(connection: socket.socket, own: Receiver) -> None:
        own.read_request(connection)
        connection.sendall(data)
        while not own.ending.wait(every_s):
            connection.sendall(b"x")

    return habit


def floods(data: bytes, piece: bytes) -> Habit:
    """The data, then the piece for ever, as quickly as it goes."""

    def habit(connection: socket.socket, own: Receiver) -> None:
        own.read_request(connection)
        connection.sendall(data)
        while not own.ending.is_set():
            connection.sendall(piece)

    return habit


def waits(connection: socket.socket, own: Receiver) -> None:
    """It reads nothing and says nothing."""
    own.ending.wait(30)


def hangs_up(connection: socket.socket, own: Receiver) -> None:
    """At once."""


def make_certificates(folder: Path, host: str) -> tuple[Path, ssl.SSLContext]:
    """An authority's certificate in a file, and what a server for the host needs that it vouches for."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    now = datetime.now(timezone.utc)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def build(subject: str, public: Any, extension: x509.ExtensionType, *, is_critical: bool) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name("Test authority"))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(extension, critical=is_critical)
            .sign(root_key, hashes.SHA256())
        )

    basic = x509.BasicConstraints(ca=True, path_length=None)
    root = build("Test authority", root_key.public_key(), basic, is_critical=True)
    is_address = host.replace(".", "").isdecimal()
    names: list[x509.GeneralName] = [x509.IPAddress(ip_address(host)) if is_address else x509.DNSName(host)]
    own = build(host, key.public_key(), x509.SubjectAlternativeName(names), is_critical=False)
    authority, chain = folder / "authority.pem", folder / "server.pem"
    authority.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(private + own.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return authority, context
