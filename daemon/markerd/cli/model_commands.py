"""The commands `markerd models …`. What they do is imported when they run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import rich_click as click

from markerd.cli.options import config_option
from markerd.errors import EXIT_TEMPORARY


@click.group("models")
def models_group() -> None:
    """Look after Marker's own models, which are downloaded by `pull` alone."""


_service_account_option: Callable[..., Callable[..., None]] = click.option(
    "--system", "is_system", is_flag=True, help="Act as the service of the machine: with its user and its cache."
)


@models_group.command("status")
@config_option
@_service_account_option
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object.")
def models_status(config: Path | None, is_system: bool, is_json: bool) -> None:
    """Show which models are on this machine, where, and in which revision. The exit code is 69 if one is missing."""
    sys.exit(_import_models(is_system=is_system).show_status(config, is_json=is_json))


@models_group.command("pull")
@config_option
@_service_account_option
def models_pull(config: Path | None, is_system: bool) -> None:
    """Download the models that are missing or damaged. It goes on where an earlier one stopped.

    HF_ENDPOINT, HF_TOKEN and the usual variables for proxies are honoured. The exit code is 69 where something cannot
    be had, and 75 where the disk is full.
    """
    try:
        sys.exit(_import_models(is_system=is_system).pull(config))
    except KeyboardInterrupt:
        click.echo("markerd: stopped: what has come is kept, and the next pull goes on there", err=True)
        sys.exit(EXIT_TEMPORARY)


@models_group.command("path")
@_service_account_option
def models_path(is_system: bool) -> None:
    """Show the folders that hold the models: Hugging Face's cache and that of surya's own store."""
    sys.exit(_import_models(is_system=is_system).show_paths())


def _import_models(*, is_system: bool) -> ModuleType:
    if is_system:
        from markerd.cli.service_account import become_service

        become_service()
    from markerd.cli import models

    return models
