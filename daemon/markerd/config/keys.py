"""Keys of services: where they come from, and a type that does not show them.

A key is no value of the configuration: the file is readable by more people than the service, `config show` prints it,
and a backup copies it. Only the path of a file that holds a key may be written there.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from markerd.config.problems import join_words
from markerd.values import make_printable

Secret = SecretStr
"""A text that no repr, log or dump shows."""
CREDENTIALS_DIRECTORY = "CREDENTIALS_DIRECTORY"
"""Where systemd puts what `LoadCredential=` names (systemd.exec(5))."""
_MOST_BYTES = 16 << 10
"""Keys have up to a few hundred characters; tokens with claims in them up to some thousand."""


class UnusableKeyError(ValueError):
    """A key is there and cannot be used. The message says why and what to do, never what the key is."""


@dataclass(frozen=True)
class KeyPlaces:
    """Where a key is looked for, in this order: a systemd credential, a file, environment variables.

    `credential` is the name of the credential, `file_key` the place in the configuration that names `file`.
    """

    credential: str
    file_key: str
    file: Path | None
    variables: tuple[str, ...]

    def __str__(self) -> str:
        """Name the places, for people who have to choose one."""
        variables = join_words(f"${name}" for name in self.variables)
        return f"{self.file_key}, {variables}, or the systemd credential {self.credential}"


def read_key(places: KeyPlaces, environ: Mapping[str, str] = os.environ) -> Secret | None:
    """Return the first key that is there; None where there is none.

    Raises UnusableKeyError for a key that is there and cannot be read, or that no header can hold, and for a file that
    everybody can read.
    """
    if (folder := environ.get(CREDENTIALS_DIRECTORY)) and (path := Path(folder, places.credential)).exists():
        return _parse(_read_file(path), f"the systemd credential {places.credential}")
    if places.file is not None:
        return _parse(_read_file(places.file), f"{places.file_key} = {make_printable(str(places.file))}")
    for name in places.variables:
        if environ.get(name, "").strip():
            return _parse(environ[name], f"${name}")
    return None


def _read_file(path: Path) -> str:
    name = make_printable(str(path))
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise UnusableKeyError(f"{name} is no file: name one that holds the key")
            if found.st_mode & stat.S_IROTH:
                raise UnusableKeyError(f"{name} can be read by everybody: run `chmod o-rwx {name}`")
            return file.read(_MOST_BYTES + 1).decode("ascii", "replace")
    except OSError as error:
        raise UnusableKeyError(f"{name} cannot be read: {error.strerror}") from error


def _open_at_once(path: str, flags: int) -> int:
    """Open the file without waiting for somebody who writes into a pipe of this name."""
    return os.open(path, flags | os.O_NONBLOCK)


def _parse(text: str, origin: str) -> Secret:
    key = text.strip()
    if not key:
        raise UnusableKeyError(f"{origin} is empty: write the key there")
    if len(key) > _MOST_BYTES or not key.isascii() or not key.isprintable() or " " in key:
        raise UnusableKeyError(f"{origin} is no key: it has to be one line of ASCII without spaces")
    return Secret(key)
