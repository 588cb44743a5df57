"""Where the status page listens, and how it moves."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

import pytest

from markerd.config import Address
from markerd.errors import EXIT_UNAVAILABLE, UnavailableError
from markerd.monitoring.web.server import StatusServer
from markerd.monitoring.web.service import Web
from web_scene import ANY, ask

ELSEWHERE = "192.0.2.1"
"""An address that no machine has: for documentation alone, by RFC 5737."""


def test_a_port_in_use_is_unavailable(web: Web, address: Address) -> None:
    """The address and the key are named, and the exit code is that of what is unavailable."""
    with pytest.raises(UnavailableError, match=rf"http\.listen.*127\.0\.0\.1:{address.port}.*in use") as caught:
        Web(Path("/nowhere")).listen(address)
    assert caught.value.exit_code == EXIT_UNAVAILABLE


def test_a_name_that_means_nothing_is_unavailable() -> None:
    """An address of another machine too."""
    with pytest.raises(UnavailableError, match=r"192\.0\.2\.1"):
        Web(Path("/nowhere")).listen(Address(ELSEWHERE, 0))


def test_localhost_and_ipv6_are_served(web: Web) -> None:
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


def test_new_host_on_the_same_port_is_served(web: Web, address: Address) -> None:
    """All addresses and one of them exclude each other on one port: the old one makes way."""
    everywhere = Address("0.0.0.0", address.port)
    assert web.listen(everywhere) == everywhere
    assert ask(address, "/livez", Host="status.example").status == 200  # served to other machines, under any name


def test_where_the_new_address_fails_the_old_one_stays(web: Web, address: Address) -> None:
    """On another port, and on its own, also where the system had chosen that: it is the same as before."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        with pytest.raises(UnavailableError):
            web.listen(Address("127.0.0.1", taken.getsockname()[1]))
        assert ask(address, "/livez").status == 200
    for old in (ANY, address):
        web.listen(old)
        with pytest.raises(UnavailableError):
            web.listen(Address(ELSEWHERE, address.port))
        assert ask(address, "/livez").status == 200
        assert web.listen(old) is None


class Overtaken(Web):
    """Somebody takes the port in the moment in which nobody listens there."""

    taker: socket.socket | None = None

    def _start(self, wanted: Address) -> StatusServer:
        try:
            return super()._start(wanted)
        except UnavailableError:
            self.taker = self.taker or socket.create_server(("127.0.0.1", wanted.port))
            raise


def test_where_the_old_address_is_lost_too_it_can_be_had_again(tmp_path: Path) -> None:
    """To ask for it later is news then, not the address that it was; to end it meanwhile does no harm."""
    web = Overtaken(tmp_path / "none.sqlite")
    address = web.listen(ANY)
    assert address is not None
    with pytest.raises(UnavailableError, match="in use"):
        web.listen(Address(ELSEWHERE, address.port))
    assert web.taker is not None
    web.taker.close()
    assert web.listen(None) is None
    assert web.listen(address) == address
    assert ask(address, "/livez").status == 200
    web.stop()
