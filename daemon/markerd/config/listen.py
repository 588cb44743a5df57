"""The address of the status page: `host:port`, on this machine alone unless the configuration allows more."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markerd.config.problems import Problem, show_value

_EXAMPLE = 'write it like "127.0.0.1:9464"'
_MAX_PORT = 65535
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.(?!-)[A-Za-z0-9-]{1,63})*")
_ONLY_DIGITS_LAST = re.compile(r"(.*\.)?[0-9]+")  # a resolver takes these for IPv4 addresses


@dataclass(frozen=True)
class Address:
    """An address to listen at.

    `host` is a name or an IP address, IPv6 without brackets. Port 0 stands for any free port.
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether the name or the address, IPv6 without brackets, means this machine alone, whoever resolves it."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_address(text: str) -> Address:
    """Return the address in `text`.

    Raise ValueError, which says what is wrong and what to do, if the text is not an address.
    """
    host, colon, port = text.rpartition(":")
    if not colon:
        raise ValueError(f"has no port: {_EXAMPLE}")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= _MAX_PORT):
        raise ValueError(f"has no port from 0 to {_MAX_PORT} at its end: {_EXAMPLE}")
    return Address(_parse_host(host), int(port))


def _parse_host(text: str) -> str:
    if not text:
        raise ValueError(f"names no host: {_EXAMPLE}")
    if text.startswith("[") and text.endswith("]"):
        return str(ipaddress.IPv6Address(text[1:-1]))
    if ":" in text:
        raise ValueError('has an IPv6 address without brackets: write it like "[::1]:9464"')
    if _ONLY_DIGITS_LAST.fullmatch(text):
        return str(ipaddress.IPv4Address(text))
    if not _HOST_NAME.fullmatch(text):
        raise ValueError(f"names no host: {_EXAMPLE}")
    return text


def find_listen_problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with `http.listen` in an unchecked document. Pydantic reports values of a wrong type."""
    http = document.get("http")
    listen = http.get("listen") if isinstance(http, dict) else None
    if not isinstance(http, dict) or not isinstance(listen, str):
        return
    try:
        address = parse_address(listen)
    except ValueError as error:
        yield Problem(("http", "listen"), f"{show_value(listen)} {_to_sentence(error)}")
        return
    if not address.is_loopback and http.get("allow_remote") is not True:
        hint = "use 127.0.0.1, or set http.allow_remote = true: there is no password"
        yield Problem(("http", "listen"), f"{show_value(listen)} can be reached from other machines: {hint}")


def _to_sentence(error: ValueError) -> str:
    return f"names no host: {error}" if isinstance(error, ipaddress.AddressValueError) else str(error)
