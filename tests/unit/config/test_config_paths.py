"""How the text of a path in the configuration becomes a path."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markerd.config.paths import PathError, escape_path, expand_path

BASE = Path("/etc/markerd")
ENVIRON = {"HOME": "/home/ada", "DATA": "/srv/data", "EMPTY": "", "TILDE": "~/in"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inbox", "/etc/markerd/inbox"),
        ("../var/inbox", "/etc/var/inbox"),
        ("./a/./b/../c/", "/etc/markerd/a/c"),
        ("/srv/in", "/srv/in"),
        ("//srv//in", "/srv/in"),
        ("~", "/home/ada"),
        ("~/in", "/home/ada/in"),
        ("a~b", "/etc/markerd/a~b"),
        ("$DATA/in", "/srv/data/in"),
        ("${DATA}in", "/srv/datain"),
        ("x$DATA", "/etc/markerd/x/srv/data"),
        ("$TILDE", "/home/ada/in"),
        ("price $$5", "/etc/markerd/price $5"),
        ("a$", "/etc/markerd/a$"),
        ("a$ b", "/etc/markerd/a$ b"),
    ],
)
def test_path_is_expanded_and_normalised(text: str, expected: str) -> None:
    """A path becomes absolute from the folder of the configuration file."""
    assert expand_path(text, BASE, ENVIRON) == Path(expected)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "empty"),
        ("$NOWHERE/in", "$NOWHERE is not set"),
        ("${NO WHERE}/in", "$NO WHERE is not set"),
        ("${}/in", "$ is not set"),
        ("$EMPTY/in", "$EMPTY is empty"),
        ("a\0b", "NUL"),
        ("a\udcffb", "UTF-8"),
        ("~nobody-of-this-name/in", "~nobody-of-this-name"),
    ],
)
def test_path_that_cannot_be_expanded_is_refused(text: str, fault: str) -> None:
    """It is refused with its reason, never left half expanded."""
    with pytest.raises(PathError) as caught:
        expand_path(text, BASE, ENVIRON)
    assert fault in str(caught.value)


@settings(deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_escape_is_the_inverse_of_expansion(name: str) -> None:
    """An expanded path, escaped, expands to itself whatever characters it has."""
    path = expand_path("/" + name.replace("$", "$$"), BASE, ENVIRON)
    assert expand_path(escape_path(path), BASE, {}) == path
