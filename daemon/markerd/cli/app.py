"""The command line: it parses arguments, puts the parts together, and ends with an exit code.

The module of a command is imported when the command runs, so that no other command waits for it.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import rich_click as click

from markerd import __version__
from markerd.cli.convert_command import convert_command
from markerd.cli.hook_commands import hooks_group
from markerd.cli.model_commands import models_group
from markerd.cli.options import config_option
from markerd.errors import EXIT_BUG, EXIT_OK, EXIT_USAGE, ConfigurationError, MarkerdError

_CLICK_USAGE = 2  # the exit code of click's own usage errors, for which sysexits(3) has 64

_target_argument: Callable[..., Callable[..., None]] = click.argument(
    "path", metavar="[FILE]", required=False, type=click.Path(path_type=Path)
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.version_option(__version__, message="markerd %(version)s")
@click.pass_context
def app(context: click.Context) -> None:
    """Watch folders and turn every document dropped there into Markdown, JSON, HTML or chunks."""
    if context.invoked_subcommand is None:
        from markerd.cli.first_steps import write_first_steps

        click.echo(write_first_steps(), err=True)
        sys.exit(EXIT_USAGE)


@app.command()
@config_option
@click.option("--once", is_flag=True, help="Convert what lies in the folders, then exit.")
@click.option(
    "--verbose",
    "-v",
    "is_verbose",
    is_flag=True,
    help="On a terminal, show every step with the name of its event, not only the beginning and end of a document.",
)
@click.option(
    "--as-success",
    metavar="CODE",
    type=int,
    multiple=True,
    help="An exit code to report as 0, for launchd, which restarts the daemon after any other. Can be repeated.",
)
def run(config: Path | None, once: bool, is_verbose: bool, as_success: tuple[int, ...]) -> None:
    """Watch the hot folders and convert what is dropped there, until stopped."""
    from markerd.cli import run as command

    try:
        code = command.run(_find_config(config), is_once=once, is_verbose=is_verbose)
    except MarkerdError as error:
        code = _report_error(error)
    except KeyboardInterrupt:  # the daemon does not listen to signals yet: nothing was started
        code = EXIT_OK
    except Exception:  # noqa: BLE001 - service managers know what 70 means, and 1 tells them nothing
        traceback.print_exc()
        code = EXIT_BUG
    sys.exit(EXIT_OK if code in as_success else code)


@app.command()
@config_option
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object.")
@click.option("--watch", "is_watch", is_flag=True, help="Renew the table each second until Ctrl-C.")
@click.option(
    "--prometheus",
    "is_prometheus",
    is_flag=True,
    help="Print metrics, for node_exporter's textfile collector. The exit code is 0 even if the daemon is not running: "
    "a monitor sees `markerd_up 0`, while a failed job would leave the last good textfile in place.",
)
def status(config: Path | None, is_json: bool, is_watch: bool, is_prometheus: bool) -> None:
    """Show what the daemon is doing. The exit code is 3 if it is not running."""
    from markerd.cli import status as command

    if is_json + is_watch + is_prometheus > 1:
        raise click.UsageError("Use only one of --json, --watch and --prometheus.")
    asked = ((is_json, command.show_json), (is_watch, command.watch), (is_prometheus, command.show_metrics))
    chosen = next((show for is_wanted, show in asked if is_wanted), command.show)
    sys.exit(chosen(_find_config(config)))


@app.command()
@click.option(
    "--html",
    "target",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path, allow_dash=True),
    help="The file for the page, or - for standard output. An earlier report there is replaced.",
)
@click.option("--days", type=click.IntRange(1, 100_000), default=30, show_default=True, help="How many days to report.")
@config_option
def report(target: Path, days: int, config: Path | None) -> None:
    """Write a page that shows what was converted: how much, how quickly, what failed and why."""
    from markerd.cli import report as command

    sys.exit(command.write(_find_config(config), target, days))


@app.command()
@click.argument("name", required=False)
@click.option("--all", "is_all", is_flag=True, help="Put back every dead letter.")
@config_option
def retry(name: str | None, is_all: bool, config: Path | None) -> None:
    """Put dead letters back into their hot folder. NAME is the name of the file, or its path in `failed`."""
    from markerd.cli import retry as command

    if (name is None) is not is_all:
        raise click.UsageError("Give either a NAME or --all.")
    sys.exit(command.retry(_find_config(config), name))


@app.command()
@_target_argument
@click.option("--system", "is_system", is_flag=True, help="Write /etc/markerd/markerd.toml, for a system service.")
def init(path: Path | None, is_system: bool) -> None:
    """Write a commented configuration and make the folders that it names."""
    from markerd.cli import configuration

    if is_system and path is not None:
        raise click.UsageError("Give either a FILE or --system.")
    sys.exit(configuration.init_system() if is_system else configuration.init(path))


@app.command()
@config_option
@click.option("--faults", "is_faults_only", is_flag=True, help="Show only what keeps markerd from working.")
def doctor(config: Path | None, is_faults_only: bool) -> None:
    """Look for what is missing or wrong on this machine. The exit code is 69 if there is a fault."""
    from markerd.cli import doctor as command

    sys.exit(command.examine(config, is_faults_only=is_faults_only))


@app.group("service")
def service_group() -> None:
    """Run the daemon as a service: systemd on Linux, launchd on macOS."""


_system_option: Callable[..., Callable[..., None]] = click.option(
    "--system", "is_system", is_flag=True, help="Use the service of the machine instead of your own."
)
_dry_run_option: Callable[..., Callable[..., None]] = click.option(
    "--dry-run", "is_dry_run", is_flag=True, help="Show what would be done, and do nothing."
)


@service_group.command("install")
@config_option
@_system_option
@_dry_run_option
def service_install(config: Path | None, is_system: bool, is_dry_run: bool) -> None:
    """Install the service for this configuration. It starts with your session, or with the machine (--system)."""
    from markerd.cli import service

    sys.exit(service.install(_find_config(config), is_system=is_system, is_dry_run=is_dry_run))


@service_group.command("uninstall")
@_system_option
@_dry_run_option
def service_uninstall(is_system: bool, is_dry_run: bool) -> None:
    """Stop the service and remove it. Documents, configuration and journal stay."""
    from markerd.cli import service

    sys.exit(service.uninstall(is_system=is_system, is_dry_run=is_dry_run))


def _add_drive_command(verb: str, text: str) -> None:
    def drive(is_system: bool) -> None:
        from markerd.cli import service

        sys.exit(service.drive(verb, is_system=is_system))

    service_group.command(verb, help=text)(_system_option(drive))


_add_drive_command("start", "Start the service.")
_add_drive_command("stop", "Stop the service. The current document may end first.")
_add_drive_command("restart", "Stop the service and start it again.")


@service_group.command("status")
@_system_option
def service_status(is_system: bool) -> None:
    """Show the state of the service as the service manager sees it."""
    from markerd.cli import service

    sys.exit(service.status(is_system=is_system))


@service_group.command("logs")
@_system_option
@click.option("--lines", "-n", default=50, show_default=True, help="How many lines to show.")
@click.option("--follow", "-f", "is_following", is_flag=True, help="Show new lines as they come, until Ctrl-C.")
def service_logs(is_system: bool, lines: int, is_following: bool) -> None:
    """Show the log of the service."""
    from markerd.cli import service

    sys.exit(service.logs(is_system=is_system, lines=lines, is_following=is_following))


app.add_command(convert_command)
app.add_command(models_group)
app.add_command(hooks_group)


@app.group("config")
def config_group() -> None:
    """Check, show or write the configuration."""


@config_group.command("check")
@config_option
def config_check(config: Path | None) -> None:
    """Check the configuration, with the options of Marker. The exit code is 78 if it is wrong."""
    from markerd.cli import configuration

    sys.exit(configuration.check(_find_config(config)))


@config_group.command("show")
@config_option
def config_show(config: Path | None) -> None:
    """Show the configuration in force: file, defaults and environment together."""
    from markerd.cli import configuration

    sys.exit(configuration.show(_find_config(config)))


@config_group.command("init")
@_target_argument
def config_init(path: Path | None) -> None:
    """Do the same as `markerd init`."""
    from markerd.cli import configuration

    sys.exit(configuration.init(path))


def _find_config(config: Path | None) -> Path:
    from markerd.config import find_config

    return config if config is not None else find_config()


def main() -> None:
    """Run the console script.

    An error of markerd's own is printed in words and ends with its exit code. Any other error is a bug and shows its
    traceback.
    """
    try:
        app(prog_name="markerd")
    except SystemExit as leaving:
        sys.exit(EXIT_USAGE if leaving.code == _CLICK_USAGE else leaving.code)
    except MarkerdError as error:
        sys.exit(_report_error(error))


def _report_error(error: MarkerdError) -> int:
    """Print the error and return its exit code."""
    if isinstance(error, ConfigurationError):
        _print_error(f"{error.source}: the configuration is wrong", *error.problems)
    else:
        _print_error(str(error))
    return error.exit_code


def _print_error(headline: str, *details: str) -> None:
    click.echo("\n".join([f"markerd: {headline}", *(f"  - {detail}" for detail in details)]), err=True)
