"""Which addresses are the internet's."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.handover.addresses import is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fd00::1", "ff0e::1", "2001:db8::1",
        "localhost", "",
    ],
)  # fmt: skip
def test_other_addresses_are_not(address: str) -> None:
    """This machine, private networks, links, multicast, documentation, and what is no address."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_those_of_the_internet_are(address: str) -> None:
    """As they are, and as IPv6 carries them."""
    assert is_public(address)


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_no_way_of_writing_makes_an_address_public(address: IPv4Address) -> None:
    """Mapped, compatible, translated, 6to4: an IPv6 address is not more public than the IPv4 address in it."""
    number = int(address)
    carriers = (0xFFFF << 32, 0, 0x64FF9B << 96, (0x64FF9B << 96) | (1 << 80))
    written = [IPv6Address(carrier | number) for carrier in carriers]
    written += [IPv6Address((0x2002 << 112) | (number << 80)), IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF))]
    if not is_public(str(address)):
        assert not any(is_public(str(each)) for each in written)
