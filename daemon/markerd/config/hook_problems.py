"""What can be wrong with hooks besides the types of their values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from markerd.config.hook_command import ArgumentError, check_argument, has_placeholder
from markerd.config.hook_section import OF_ADDRESSES, OF_PROGRAMS, HookConfig
from markerd.config.model import Config
from markerd.config.problems import Location, Problem

MOST_HOOKS = 64
"""Of all folders. Each has a thread, which rests while nothing is to be delivered."""


def find_hook_problems(config: Config | None) -> Iterator[Problem]:
    """Yield a problem for each hook that can never work, with its key."""
    folders = () if config is None else config.folders
    if sum(len(folder.hooks) for folder in folders) > MOST_HOOKS:
        yield Problem(("folders",), f"there are more than {MOST_HOOKS} hooks: let one program pass on to others")
    for index, folder in enumerate(folders):
        names = Counter(hook.name for hook in folder.hooks)
        for number, hook in enumerate(folder.hooks):
            location: Location = ("folders", index, "hooks", number)
            if names[hook.name] > 1:
                yield Problem((*location, "name"), f"{hook.name!r} is there more than once: give each its own name")
            yield from _find_problems(location, hook)


def _find_problems(location: Location, hook: HookConfig) -> Iterator[Problem]:
    if (hook.run is None) is (hook.url is None):
        what = "has neither `run` nor `url`" if hook.run is None else "has both `run` and `url`"
        yield Problem(location, f"{what}: write one of them")
        return
    foreign = OF_ADDRESSES if hook.url is None else OF_PROGRAMS
    for key in foreign:
        if key in hook.model_fields_set and getattr(hook, key) != HookConfig.model_fields[key].get_default():
            yield Problem((*location, key), f"says nothing for a hook with `{'run' if hook.url is None else 'url'}`")
    if hook.run is not None:
        yield from _find_command_problems((*location, "run"), hook.run)
    if hook.url is not None and (problem := _find_url_problem(hook.url, hook.private_hosts)):
        yield Problem((*location, "url"), problem)


def _find_command_problems(location: Location, run: tuple[str, ...]) -> Iterator[Problem]:
    for number, argument in enumerate(run):
        try:
            check_argument(argument)
            if number == 0 and has_placeholder(argument):
                yield Problem((*location, 0), "the program itself is not filled in: write its name or its path")
        except ArgumentError as error:
            yield Problem((*location, number), str(error))
    if not run[0] or ("/" in run[0] and not run[0].startswith("/")):
        yield Problem(
            (*location, 0), "is no program: write a name that is found in $PATH, or a path that begins with /"
        )


def _find_url_problem(url: str, private_hosts: tuple[str, ...]) -> str | None:
    """Say what is wrong, without the address: its path may be a secret."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is no address"
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isascii() or not url.isprintable():
        return "is no address: write one of ASCII characters that begins with https://"
    if parts.username is not None or parts.password is not None:
        return "has a name or a password in it: deliveries are signed instead, see secret_file"
    return _find_scheme_problem(parts, private_hosts)


def _find_scheme_problem(parts: SplitResult, private_hosts: tuple[str, ...]) -> str | None:
    if parts.fragment or " " in parts.geturl():
        return "has a space or a fragment in it: leave it out"
    if parts.scheme == "http" and parts.hostname not in {host.lower().strip("[]") for host in private_hosts}:
        return "is not encrypted: write https://, or name the host in private_hosts if it is your own"
    return None
