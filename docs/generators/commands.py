"""`reference/commands.md`: every command of `markerd.cli.app`, as `--help` shows it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from generators.markdown import code, document, sentence, table
from markerd.cli.app import app

_HEAD = """\
`markerd COMMAND --help` prints the same on a terminal. [Exit codes](exit-codes.md) are those of sysexits(3). `python
-m markerd` does the same as `markerd`."""


def page() -> str:
    """The page in Markdown."""
    found = list(_commands(app, click.Context(app, info_name="markerd")))
    overview = table(
        ("command", "does"),
        [
            (f"[{code(context.command_path)}](#{_anchor(context)})", sentence(command.help))
            for context, command in found
        ],
    )
    return document("Commands", _HEAD, overview, *(part for item in found for part in _section(*item)))


def _commands(group: click.Group, context: click.Context) -> Iterator[tuple[click.Context, click.Command]]:
    for name in group.list_commands(context):
        command = group.commands[name]
        inner = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            yield from _commands(command, inner)
        else:
            yield inner, command


def _anchor(context: click.Context) -> str:
    return context.command_path.replace(" ", "-")


def _section(context: click.Context, command: click.Command) -> Iterator[str]:
    yield f"## `{context.command_path}`"
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"```text\n{usage}\n```"
    yield sentence(command.help)
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    if options:
        yield table(("option", "meaning"), [_row(context, option) for option in options])


def _row(context: click.Context, option: click.Option) -> tuple[str, str]:
    names, meaning = option.get_help_record(context) or ("", "")
    return code(names), meaning
