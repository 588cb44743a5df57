"""The hooks that the configuration names, with their secrets, and what is wrong with them on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from markerd.config import Config, FolderConfig, HookConfig
from markerd.config.keys import KeyPlaces, Secret, UnusableKeyError, read_key
from markerd.errors import ConfigurationError
from markerd.handover.hook import Address, Hook, Program
from markerd.handover.program import find_program
from markerd.handover.signature import check_secret
from markerd.journal.deliveries import Lane
from markerd.values import make_printable

_KB = 1 << 10
_HOUR_S = 3600.0


def choose_hooks(config: Config, path: Path, environ: Mapping[str, str] = os.environ) -> list[Hook]:
    """Return the hooks of all folders. Raises ConfigurationError, for the file at `path`, where one has no secret."""
    check(config, path, environ)
    return [_build_hook(folder, hook, environ) for folder in config.folders for hook in folder.hooks]


def check(config: Config, path: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Raise ConfigurationError, for the file at `path`, where the secret of an address cannot be used."""
    if problems := list(_find_secret_problems(config, environ)):
        raise ConfigurationError(str(path), problems)


def list_missing_programs(config: Config, environ: Mapping[str, str] = os.environ) -> list[str]:
    """List one line, with its key, for each program that is not there or may not be executed by this user."""
    return [
        f"{key}.run: {make_printable(hook.run[0])} is not there, or may not be executed by this user"
        for key, hook in iterate_hooks(config)
        if hook.run is not None and find_program(hook.run, environ) is None
    ]


def iterate_hooks(config: Config) -> Iterator[tuple[str, HookConfig]]:
    """Iterate over all hooks, each with its key."""
    for index, folder in enumerate(config.folders):
        for number, hook in enumerate(folder.hooks):
            yield f"folders[{index}].hooks[{number}]", hook


def _find_secret_problems(config: Config, environ: Mapping[str, str]) -> Iterator[str]:
    for key, hook in iterate_hooks(config):
        if hook.url is None:
            continue
        try:
            if (secret := read_key(_list_places(hook), environ)) is None:
                yield f"{key}.secret_file: there is no secret to sign with: put it into {_list_places(hook)}"
            else:
                check_secret(secret)
        except UnusableKeyError as error:
            yield f"{key}.secret_file: {error}"


def _build_hook(folder: FolderConfig, hook: HookConfig, environ: Mapping[str, str]) -> Hook:
    return Hook(
        lane=Lane(str(folder.path), hook.name),
        occasions=frozenset(hook.on),
        target=Program(hook.run) if hook.run is not None else _build_address(hook, environ),
        timeout_s=hook.timeout_s,
        give_up_after_s=hook.give_up_after_h * _HOUR_S,
    )


def _build_address(hook: HookConfig, environ: Mapping[str, str]) -> Address:
    assert hook.url is not None
    return Address(
        url=hook.url,
        secret=read_key(_list_places(hook), environ) or Secret(""),  # which `check` has refused
        private_hosts=frozenset(hook.private_hosts),
        content_bytes=hook.content_max_kb * _KB if hook.content else 0,
    )


def _list_places(hook: HookConfig) -> KeyPlaces:
    variable = f"MARKERD_HOOK_{hook.name.upper().replace('-', '_')}_SECRET"
    return KeyPlaces(f"markerd_hook_{hook.name}", "secret_file", hook.secret_file, (variable,))
