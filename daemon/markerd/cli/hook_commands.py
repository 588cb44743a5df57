"""The commands `markerd hooks …`. What they do is imported when they run."""

from __future__ import annotations

import sys
from pathlib import Path

import rich_click as click

from markerd.cli.options import config_option


@click.group("hooks")
def hooks_group() -> None:
    """Look after the programs and addresses that are told of outcomes."""


@hooks_group.command("list")
@click.argument("name", required=False)
@config_option
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--limit",
    "-n",
    type=click.IntRange(1, 1_000_000),
    default=50,
    show_default=True,
    help="How many deliveries to list.",
)
def hooks_list(name: str | None, config: Path | None, is_json: bool, limit: int) -> None:
    """Show the hooks, what waits for them, and what was given up and why. NAME is the name of a hook."""
    from markerd.cli import hooks as command

    sys.exit(command.show(_find_config(config), name, limit, is_json=is_json))


@hooks_group.command("retry")
@click.argument("what", metavar="[NAME|DELIVERY]", required=False)
@click.option("--all", "is_all", is_flag=True, help="Retry everything that was given up.")
@click.option("--to", metavar="NAME", help="Hand it over to this hook instead, as when a hook was renamed.")
@config_option
def hooks_retry(what: str | None, is_all: bool, to: str | None, config: Path | None) -> None:
    """Deliver again what was given up: for the hook NAME, or one DELIVERY of `markerd hooks list`.

    A hook that its receiver disabled (410 Gone) is enabled again. The exit code is 69 if there is nothing of that name.
    """
    from markerd.cli import hooks as command

    if (what is None) is not is_all:
        raise click.UsageError("Give either a NAME, a DELIVERY or --all.")
    sys.exit(command.retry(_find_config(config), what, to))


def _find_config(config: Path | None) -> Path:
    from markerd.config import find_config

    return config if config is not None else find_config()
