"""What the Linux adapter reads out of names and /proc."""

from __future__ import annotations

import sys

import pytest

if sys.platform == "win32":
    pytest.skip("no /proc there", allow_module_level=True)

from markerd.convert.cleanup import linux
from markerd.convert.cleanup.linux import Owner

OWNER = Owner(pid=4194304, start_ticks=2**40, pid_namespace=0xEFFFFFFC)


def test_name_identifies_its_owner() -> None:
    """The owner in a name is the one whose prefix it carries."""
    assert linux.parse_owner(OWNER.prefix + "-a_b9z8y7") == OWNER


@pytest.mark.parametrize(
    "name",
    [
        "/mp-abcdefgh",
        "/mkd12-abcdefgh",
        "/mkd12.0123456789abcdef-abcdefgh",
        "/mkd0.1.2-abcdefgh",
        "/mkd12.1.2",
        "/mkd12.1.2-",
        "/mkd12.x.2-abcdefgh",
        "/mkd\u0661.1.2-abcdefgh",
        "/other/mkd12.1.2-abcdefgh",
    ],
)
def test_name_without_whole_identity_has_no_owner(name: str) -> None:
    """A name that does not carry a whole identity is nobody's."""
    assert linux.parse_owner(name) is None


def test_longest_name_fits_into_glibc_limit() -> None:
    """The longest name stays below glibc's 251 characters."""
    assert len(OWNER.prefix + "-abcdefgh") < 64


def test_stat_is_parsed_after_command_with_blanks_and_parentheses() -> None:
    """State and start time are found behind a command that holds blanks and parentheses."""
    text = "12 (a) S (b) R 1 12 12 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 32842 1000 50 1\n"
    assert linux.parse_stat(text) == ("R", 32842)


def test_mapping_is_identified_by_device_and_inode() -> None:
    """A semaphore is found in its maker's maps although it stands there under a deleted temporary name."""
    maps = (
        b"55d0c0000000-55d0c0001000 r--p 00000000 fe:00 29743                      /usr/bin/python3\n"
        b"7fb012c65000-7fb012c66000 rw-s 00000000 00:1b 2                          /dev/shm/sem.WRGuz8 (deleted)\n"
        b"7fb012c66000-7fb012c67000 rw-p 00000000 00:00 0 \n"
    )
    assert linux.parse_mappings(maps) == {(0xFE00, 29743), (0x1B, 2)}
