"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import rich_click as click

config_option: Callable[..., Callable[..., None]] = click.option(
    "--config",
    "-c",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The configuration file. Without it, the usual places are searched.",
)
