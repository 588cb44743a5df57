"""What a unit or a plist names of this installation."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from urllib.parse import urlsplit

import markerd
from markerd.config import Address, Config, FolderConfig, Models, is_loopback
from markerd.config.choices import VisionRunner
from markerd.runtime import llm_choice
from markerd.values import After


class Scope(str, Enum):
    """Whose service it is: that of the user who installs it, or that of the machine."""

    USER = "user"
    SYSTEM = "system"


class Reach(Enum):
    """Who may reach the status page, or where the services are that the daemon asks."""

    NOBODY = "nobody"
    THIS_MACHINE = "this machine"
    OTHERS = "others"


@dataclass(frozen=True)
class Installation:
    """The paths and settings of this installation.

    All paths are absolute. `folders` holds, for each hot folder, the parent that it shares with its outputs.
    """

    interpreter: Path
    config: Path
    state_dir: Path
    folders: tuple[Path, ...]
    log_file: Path | None
    stop_timeout_s: float
    package: Path = Path("/")
    """The folder from which the interpreter imports markerd."""
    page: Reach = Reach.NOBODY
    services: Reach = Reach.NOBODY
    """Where the LLM service and the vision model are, to which the daemon relays, and the addresses of hooks."""


def describe(config: Config, config_path: Path) -> Installation:
    """Return the installation of the Python that runs this very command."""
    parents = dict.fromkeys(find_shared_parent(folder) for folder in config.folders)
    return Installation(
        interpreter=Path(sys.executable),
        config=config_path,
        state_dir=config.daemon.state_dir,
        folders=tuple(parents),
        log_file=config.log.file,
        stop_timeout_s=config.daemon.stop_timeout_s,
        package=Path(markerd.__file__).resolve().parent,
        page=_choose_reach(config.http.address),
        services=_find_services(config),
    )


def _choose_reach(address: Address | None) -> Reach:
    if address is None:
        return Reach.NOBODY
    return Reach.THIS_MACHINE if address.is_loopback else Reach.OTHERS


def _find_services(config: Config) -> Reach:
    has_vision = config.converter.models is not Models.EMBEDDED and config.surya.vlm in (
        VisionRunner.AUTO,
        VisionRunner.URL,
    )
    urls = [config.surya.vlm_url] if config.surya.vlm_url and has_vision else []
    if llm_choice.find_asking(config):
        urls.append(llm_choice.find_url(config))
    urls += [hook.url for folder in config.folders for hook in folder.hooks if hook.url is not None]
    if not urls:
        return Reach.NOBODY
    is_here = all(is_loopback(urlsplit(url).hostname or "") for url in urls)
    return Reach.THIS_MACHINE if is_here else Reach.OTHERS


def list_used_folders(folder: FolderConfig) -> Iterator[Path]:
    """List hot folder, output, failed, and the archive if it is used."""
    yield from (folder.path, folder.output, folder.failed)
    if folder.after is After.ARCHIVE:
        yield folder.archive


def find_shared_parent(folder: FolderConfig) -> Path:
    """Return the innermost folder that holds all folders of the entry."""
    return Path(os.path.commonpath(list(list_used_folders(folder))))
