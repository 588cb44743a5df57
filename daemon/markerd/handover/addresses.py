"""Which addresses a webhook may reach: those of the internet, and others only where their host is named."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

_CARRYING = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("::/96"))
"""Addresses whose last 32 bits are an IPv4 address: of NAT64 (RFC 6052, RFC 8215), and compatible ones (RFC 4291)."""


class AddressError(OSError):
    """The host cannot be resolved, or leads to addresses that must not be reached alone."""


class Endpoint(NamedTuple):
    """An address to connect to, as `socket.connect` takes it."""

    family: socket.AddressFamily
    address: tuple[object, ...]


def is_public(text: str) -> bool:
    """Whether the address is one of the internet's: not of this machine, of a private network, of a link or of many.

    What an IPv6 address carries along counts: the IPv4 address of a mapping, of 6to4, Teredo and NAT64.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(each.is_global and not each.is_multicast for each in (address, *_list_carried(address)))


def resolve(host: str, port: int, *, may_be_private: bool) -> list[Endpoint]:
    """Resolve the host to what may be reached. Connect to these addresses and not to the name, which may change.

    Raises AddressError. The time that the system's resolver takes is its own.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressError(f"{host} cannot be resolved: {error}") from error
    endpoints = [Endpoint(family, tuple(address)) for family, _, _, _, address in found]
    allowed = [each for each in endpoints if may_be_private or is_public(str(each.address[0]))]
    if not allowed:
        shown = ", ".join(sorted({str(each.address[0]) for each in endpoints}))
        raise AddressError(f"{host} leads to {shown}, which is no public address: name the host in private_hosts")
    return allowed


def _list_carried(address: IPv4Address | IPv6Address) -> Iterable[IPv4Address]:
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    yield from address.teredo or ()
    if any(address in network for network in _CARRYING):
        yield IPv4Address(int(address) & 0xFFFFFFFF)
