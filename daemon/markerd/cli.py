"""The command line: arguments in, parts put together, an exit code out.

Modules of single commands are imported when their command runs: the others must not wait for them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from markerd import __version__
from markerd.errors import EXIT_USAGE, ConfigurationError, MarkerdError

_TYPER_USAGE = 2  # the exit code of typer's own usage errors; sysexits(3) has 64 for them

app = typer.Typer(
    name="markerd",
    help="Watches folders and turns every document dropped there into Markdown, JSON, HTML or chunks.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
config_app = typer.Typer(help="Look at the configuration.", no_args_is_help=True)
app.add_typer(config_app, name="config")

ConfigOption = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads the annotation at run time, on Python 3.10 too
    typer.Option("--config", "-c", metavar="FILE", help="The configuration; without it the usual places are searched."),
]


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.", is_eager=True)] = False,
) -> None:
    if version:
        typer.echo(f"markerd {__version__}")
        raise typer.Exit


@app.command()
def run(
    config: ConfigOption = None,
    once: Annotated[bool, typer.Option("--once", help="Convert what lies in the folders, then exit.")] = False,
) -> None:
    """Watch the hot folders and convert what is dropped there, until stopped."""
    from markerd.commands import run as command

    raise typer.Exit(command.run(_found(config), is_once=once))


@app.command()
def status(
    config: ConfigOption = None,
    json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Show what the daemon is doing. Exit code 3 when it is not running."""
    from markerd.commands import status as command

    raise typer.Exit(command.show(_found(config), is_json=json))


@app.command()
def retry(
    name: Annotated[Optional[str], typer.Argument(help="The dead letter's file name or path in `failed`.")] = None,  # noqa: UP045
    all_: Annotated[bool, typer.Option("--all", help="Every dead letter.")] = False,
    config: ConfigOption = None,
) -> None:
    """Put dead letters back into their hot folder."""
    from markerd.commands import retry as command

    if (name is None) is not all_:
        typer.echo("Say which: a NAME, or --all.", err=True)
        raise typer.Exit(EXIT_USAGE)
    raise typer.Exit(command.retry(_found(config), name))


@app.command()
def init(
    path: Annotated[Optional[Path], typer.Argument(metavar="FILE", help="Where the configuration goes.")] = None,  # noqa: UP045
) -> None:
    """Write a commented configuration and make the folders it names."""
    from markerd.commands import configuration

    raise typer.Exit(configuration.init(path))


@app.command()
def doctor(config: ConfigOption = None) -> None:
    """Look for what is missing or wrong on this machine. Exit code 69 when something is."""
    from markerd.commands import doctor as command

    raise typer.Exit(command.examine(config))


@config_app.command("check")
def config_check(config: ConfigOption = None) -> None:
    """Check the configuration, Marker's options too. Exit code 78 when it is wrong."""
    from markerd.commands import configuration

    raise typer.Exit(configuration.check(_found(config)))


@config_app.command("show")
def config_show(config: ConfigOption = None) -> None:
    """Show the configuration in force: file, defaults and environment together."""
    from markerd.commands import configuration

    raise typer.Exit(configuration.show(_found(config)))


@config_app.command("init")
def config_init(
    path: Annotated[Optional[Path], typer.Argument(metavar="FILE", help="Where the configuration goes.")] = None,  # noqa: UP045
) -> None:
    """The same as `markerd init`."""
    from markerd.commands import configuration

    raise typer.Exit(configuration.init(path))


def _found(config: Path | None) -> Path:
    from markerd.config import find_config

    return config if config is not None else find_config()


def main() -> None:
    """The console script. Errors of ours are told in words, with their exit code; others are bugs and show all."""
    try:
        app()
    except SystemExit as leaving:
        sys.exit(EXIT_USAGE if leaving.code == _TYPER_USAGE else leaving.code)
    except ConfigurationError as error:
        _tell(f"{error.source}: the configuration is wrong", *error.problems)
        sys.exit(error.exit_code)
    except MarkerdError as error:
        _tell(str(error))
        sys.exit(error.exit_code)


def _tell(headline: str, *details: str) -> None:
    typer.echo("\n".join([f"markerd: {headline}", *(f"  - {detail}" for detail in details)]), err=True)
