"""The unit files of systemd: values set in a given text, and the rules of the format. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

Setting = tuple[str, str]
"""Section and key, such as `("Service", "ExecStart")`."""


def edit_unit(text: str, settings: Mapping[Setting, Sequence[str]]) -> str:
    """Return the unit with these settings. Each key gets one line for each of its values, and comments stay.

    Values are written as they are: see `quote_path` and `quote_argument`. A key without values is removed. A key that
    the text lacks is added at the end of its section, which has to exist.
    """
    lines: list[str] = []
    section, waiting = "", {setting: list(values) for setting, values in settings.items()}
    for line in [*text.rstrip("\n").split("\n"), "["]:
        if line.startswith("["):
            lines[_find_end(lines) :] = [*_write_remaining(waiting, section), *lines[_find_end(lines) :]]
            section = line.strip("[]")
        setting = (section, line.split("=", 1)[0].strip())
        if setting in settings and "=" in line and not line.startswith("#"):
            lines += [f"{setting[1]}={value}" for value in waiting.pop(setting, [])]
        else:
            lines.append(line)
    if waiting:
        raise ValueError(f"no section for {sorted(waiting)}")
    return "\n".join(lines[:-1]) + "\n"


def _find_end(lines: Sequence[str]) -> int:
    """Return where the section's last setting ends. Blank lines and comments before the next header belong to that
    header."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return end


def _write_remaining(waiting: dict[Setting, list[str]], section: str) -> Iterator[str]:
    for setting in [setting for setting in waiting if setting[0] == section]:
        yield from (f"{setting[1]}={value}" for value in waiting.pop(setting))


def find_path_problem(path: Path) -> str | None:
    """Say why a path cannot stand in a unit. None means that it can."""
    text = str(path)
    if not text.isprintable():
        return f"{text!r}: a unit cannot name a path with control or undecodable characters; rename it"
    if '"' in text or "\\" in text:
        return f"{text}: systemd reads quotes and backslashes in paths differently from key to key; rename it"
    return None


def quote_path(path: Path) -> str:
    """Quote a path for keys that take a list of paths, such as ReadWritePaths= (systemd.syntax(7)).

    `%` is doubled, because it begins a specifier (systemd.unit(5)).
    """
    text = str(path).replace("%", "%%")
    return f'"{text}"' if any(character.isspace() or character in "';" for character in text) else text


def quote_argument(text: str) -> str:
    """Quote an argument of ExecStart=, in which `$` begins a variable (systemd.service(5))."""
    return quote_path(Path(text.replace("$", "$$"))) if text.startswith("/") else text.replace("%", "%%")
