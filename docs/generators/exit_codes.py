"""`reference/exit-codes.md`: exit codes, and the kinds of failed documents."""

from __future__ import annotations

from collections.abc import Iterator

from generators.markdown import code, document, sentence, table
from markerd import errors
from markerd.errors import EXIT_MEANINGS, DocumentError, MarkerdError
from markerd.pipeline.dead_letters import ADVICE

_HEAD = """\
The numbers are those of sysexits(3). The units for systemd restart the daemon after 69, 70 and 75, and not after 0,
64 and 78, which a restart cannot mend."""
_LOG_FILE = """\
A `log.file` that cannot be written does not end the daemon: standard error carries the log until the file can be
written again, and `log.file_lost` names the cause. Only a path that can never be a log file (a folder, or a path
below a file) is a wrong configuration."""
_ERRORS = """\
Each error of markerd's own that ends the program has one of these codes. Once the daemon has started, an
`UnavailableError` ends it with 75 instead of 69, because what it needs was available and may be again: a state
directory that was removed, a converter that died on five documents in a row, or, with `markerd run --once`, a folder
that has no room or a model that cannot be reached."""
_KINDS = """\
## Kinds of failures

The field `kind` of `document.failed`, `document.dead` and of `NAME.error.json` says what kind of failure it was;
`what_to_do` in `NAME.error.json` gives the advice. See [Retries and dead
letters](../guide/retries-and-dead-letters.md)."""


def page() -> str:
    """The page in Markdown."""
    meanings = table(("exit code", "meaning"), [(code(str(number)), text) for number, text in EXIT_MEANINGS.items()])
    ending = [
        (code(error.__name__), code(str(error.exit_code)), sentence(error.__doc__)) for error in _errors(MarkerdError)
    ]
    advice = table(("kind", "what to do"), [(code(kind), text) for kind, text in ADVICE.items()])
    return document(
        "Exit codes",
        _HEAD,
        meanings,
        _LOG_FILE,
        _ERRORS,
        table(("error", "exit code", "meaning"), ending),
        _KINDS,
        advice,
    )


def _errors(parent: type[MarkerdError]) -> Iterator[type[MarkerdError]]:
    """Every error that can end the program: those of one document cannot."""
    for error in parent.__subclasses__():
        if error.__module__ == errors.__name__ and not issubclass(error, DocumentError):
            if "exit_code" in vars(error) or error.exit_code != MarkerdError.exit_code:
                yield error
            yield from _errors(error)
