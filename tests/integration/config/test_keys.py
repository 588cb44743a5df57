"""Where the key of a service comes from, and that nothing shows it."""

from __future__ import annotations

import json
import os
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.config.keys import KeyPlaces, Secret, UnusableKeyError, read_key

KEY = "s3cret-key"


def write_key(path: Path, text: str = KEY, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def places(file: Path | None = None) -> KeyPlaces:
    return KeyPlaces("markerd_llm_key", "llm.key_file", file, ("MARKERD_LLM_KEY", "OPENAI_API_KEY"))


def reveal(key: Secret | None) -> str | None:
    return None if key is None else key.get_secret_value()


def test_first_place_that_has_a_key_is_taken(tmp_path: Path) -> None:
    """The credential of systemd, the file, markerd's variable, the usual variable: in this order."""
    environ = {"MARKERD_LLM_KEY": "third", "OPENAI_API_KEY": "fourth", "CREDENTIALS_DIRECTORY": str(tmp_path)}
    file = write_key(tmp_path / "file", "second\n")
    credential = write_key(tmp_path / "markerd_llm_key", "first\n", 0o400)
    assert reveal(read_key(places(file), environ)) == "first"
    credential.unlink()
    assert reveal(read_key(places(file), environ)) == "second"
    assert reveal(read_key(places(), environ)) == "third"
    assert reveal(read_key(places(), environ | {"MARKERD_LLM_KEY": " "})) == "fourth"
    assert read_key(places(), {"CREDENTIALS_DIRECTORY": str(tmp_path / "none")}) is None


@pytest.mark.parametrize(
    ("text", "mode", "reason"),
    [
        (KEY, 0o604, "can be read by everybody: run `chmod o-rwx"),
        ("", 0o600, "is empty"),
        ("two words", 0o600, "one line of ASCII"),
        ("two\nlines", 0o600, "one line of ASCII"),
        ("schlüssel", 0o600, "one line of ASCII"),
        ("x" * 20_000, 0o600, "one line of ASCII"),
    ],
)
def test_file_without_a_key_of_its_own_is_refused(tmp_path: Path, text: str, mode: int, reason: str) -> None:
    """The line says what to do, and never what the file holds."""
    with pytest.raises(UnusableKeyError, match=reason) as raised:
        read_key(places(write_key(tmp_path / "file", text, mode)), {"MARKERD_LLM_KEY": "other"})
    assert not text or text not in str(raised.value)


def test_key_for_the_group_of_the_service_is_read(tmp_path: Path) -> None:
    """Such a file belongs to root and is read by the service's group."""
    assert reveal(read_key(places(write_key(tmp_path / "file", KEY, 0o640)), {})) == KEY


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A file that is named and missing is not passed over for another key. Nobody waits for a writer into a pipe."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "missing", tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(UnusableKeyError, match=str(path)):
            read_key(places(path), {"MARKERD_LLM_KEY": KEY})


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126)).map("k3y-{}".format))
def test_no_way_of_showing_a_key_has_it(text: str) -> None:
    """Not repr, str, format, JSON, nor the traceback of what fails with it."""
    key = read_key(places(), {"MARKERD_LLM_KEY": text})
    assert reveal(key) == text
    shown = [repr(key), str(key), f"{key} {[key]} {key!r:>60}", json.dumps({"key": key}, default=str)]
    try:
        raise ValueError(key)
    except ValueError as error:
        shown += traceback.format_exception(error)[-1:]
    assert not [line for line in shown if text in line]


def test_places_are_named() -> None:
    assert (
        str(places()) == "llm.key_file, $MARKERD_LLM_KEY or $OPENAI_API_KEY, or the systemd credential markerd_llm_key"
    )
