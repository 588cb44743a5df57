"""Where the status page may listen."""

from __future__ import annotations

import pytest

from markerd.config import Address, HttpConfig
from markerd.config.hints import list_known_keys
from markerd.config.listen import find_listen_problems, parse_address


def problems(listen: object, **others: object) -> list[str]:
    return [problem.to_line({}) for problem in find_listen_problems({"http": {"listen": listen, **others}})]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9464", Address("127.0.0.1", 9464)),
        ("127.8.9.10:1", Address("127.8.9.10", 1)),
        ("[::1]:9464", Address("::1", 9464)),
        ("localhost:0", Address("localhost", 0)),
        ("LocalHost:65535", Address("LocalHost", 65535)),
    ],
)
def test_loopback_address_is_allowed(text: str, address: Address) -> None:
    """IPv4, IPv6 in brackets, and `localhost` are allowed. Port 0 takes any free port."""
    assert problems(text) == []
    assert HttpConfig(listen=text).address == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text", ["0.0.0.0:9464", "[::]:9464", "192.168.1.5:80", "[fe80::1]:80", "example.org:80", "localhost.evil:80"]
)
def test_address_that_others_reach_needs_allow_remote(text: str) -> None:
    """The problem names the key, and the one that allows it."""
    (problem,) = problems(text)
    assert problem.startswith("http.listen: ")
    assert "http.allow_remote = true" in problem
    assert problems(text, allow_remote=True) == []
    assert len(problems(text, allow_remote="yes")) == 1


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "no port"),
        ("9464", "no port"),
        ("localhost", "no port"),
        ("127.0.0.1:", "no port from 0 to 65535"),
        ("127.0.0.1:65536", "no port from 0 to 65535"),
        ("127.0.0.1:000080", "no port from 0 to 65535"),
        ("127.0.0.1:-1", "no port from 0 to 65535"),
        ("127.0.0.1:http", "no port from 0 to 65535"),
        ("127.0.0.1:\N{ARABIC-INDIC DIGIT THREE}", "no port from 0 to 65535"),
        (":9464", "names no host"),
        ("::1:9464", "brackets"),
        ("[::g]:9464", "names no host"),
        ("127.0.0.256:9464", "names no host"),
        ("127.1:9464", "names no host"),
        ("http://localhost:9464", "brackets"),
        ("a b:9464", "names no host"),
        ("-a:9464", "names no host"),
        ("a" * 300 + ":9464", "names no host"),
    ],
)
def test_malformed_address_is_refused_with_its_key(text: str, advice: str) -> None:
    """It is refused whether or not other machines are allowed, and the line says what to write."""
    for others in ({}, {"allow_remote": True}):
        (problem,) = problems(text, **others)
        assert problem.startswith("http.listen: ")
        assert advice in problem


def test_server_is_off_by_default() -> None:
    """Without `listen`, nothing is served."""
    assert HttpConfig().address is None
    assert list(find_listen_problems({})) == []
    assert list_known_keys(("http",)) == ("listen", "allow_remote")


@pytest.mark.parametrize("http", ["127.0.0.1:9464", ["x"], {"listen": 9464}, {"listen": True}])
def test_wrong_type_of_listen_is_reported_once(http: object) -> None:
    """Pydantic reports it, and the check of addresses does not."""
    assert list(find_listen_problems({"http": http})) == []
