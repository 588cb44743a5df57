"""The command `markerd convert`. What it does is imported when it runs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import rich_click as click

from markerd.cli.options import config_option
from markerd.errors import EXIT_INTERRUPTED
from markerd.values import Format

STANDARD_OUTPUT = "-"


@click.command("convert")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@click.option(
    "--output",
    "-o",
    metavar="DIR",
    default=".",
    show_default=True,
    type=click.Path(),
    help="The folder in which each output gets a folder of its own, or - to write the text to standard output.",
)
@click.option(
    "--format",
    "-f",
    "formats",
    multiple=True,
    type=click.Choice([wanted.value for wanted in Format]),
    help="What is written; markdown if nothing is given. Can be repeated.",
)
@click.option(
    "--option",
    "options",
    metavar="KEY=VALUE",
    multiple=True,
    help="An option of Marker, such as force_ocr=true, or a key of a folder: converter, spans, web_boilerplate, "
    "front_matter, chunk_tokens or chunk_overlap_tokens. Can be repeated.",
)
@config_option
@click.option("--no-daemon", "is_alone", is_flag=True, help="Start converters here, even if a daemon is running.")
@click.option(
    "--explain", "is_explaining", is_flag=True, help="Show for each page how it was read, and why, on standard output."
)
@click.option("--json", "is_json", is_flag=True, help="Print what became of each file as JSON, with its pages.")
@click.option("--quiet", "-q", "is_quiet", is_flag=True, help="Print nothing but problems.")
@click.option("--verbose", "-v", "is_verbose", is_flag=True, help="Show the log on standard error.")
def convert_command(
    files: tuple[str, ...],
    output: str,
    formats: tuple[str, ...],
    options: tuple[str, ...],
    config: Path | None,
    **flags: bool,
) -> None:
    """Convert files now, through the running daemon if there is one. The files stay as they are.

    The exit code is 65 if a document cannot be converted and 66 if a file cannot be read; the other files are
    converted. It is 69 if the models are missing, and 130 after Ctrl-C.
    """
    try:
        sys.exit(_run(files, output, formats, options, config, flags))
    except KeyboardInterrupt:  # signals are not listened to yet, or no more: there is nothing to clean up
        sys.exit(EXIT_INTERRUPTED)


def _run(
    files: tuple[str, ...],
    output: str,
    formats: tuple[str, ...],
    options: tuple[str, ...],
    config: Path | None,
    flags: Mapping[str, bool],
) -> int:
    from markerd.cli import convert as command

    wanted = command.Wanted(
        files, output, tuple(map(Format, dict.fromkeys(formats))) or (Format.MARKDOWN,), options, config, **flags
    )
    if wanted.is_to_standard_output and (len(files) > 1 or len(wanted.formats) > 1):
        raise click.UsageError("Only one FILE in one format can be written to standard output.")
    if wanted.is_to_standard_output and (wanted.is_explaining or wanted.is_json):
        raise click.UsageError("Use --explain and --json with a folder for --output.")
    if problems := wanted.problems:
        raise click.UsageError("--option " + "\n--option ".join(problems))
    return command.convert(wanted)
