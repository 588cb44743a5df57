"""`markerd report`."""

from __future__ import annotations

import os
import stat
import sys
import time
from pathlib import Path

from markerd.config import load_config
from markerd.errors import EXIT_OK, EXIT_USAGE, UnavailableError
from markerd.files import durable
from markerd.journal.history import History
from markerd.monitoring.report import Tally, build_period, compose_page
from markerd.values import count_with_noun, make_printable

_SIGN = b'<meta name="generator" content="markerd '
_SIGN_WITHIN_BYTES = 1024


def write(config: Path, target: Path, days: int) -> int:
    """Write the page to `target`, or to standard output if that is `-`, but never over a file that is not a report."""
    journal = load_config(config).daemon.state_dir / "journal.sqlite"
    if str(target) == "-":
        sys.stdout.buffer.write(_compose_page(journal, days)[0])
        return EXIT_OK
    target = Path(os.path.realpath(target))  # the file behind a link is replaced, not the link
    shown = make_printable(str(target))
    if not _may_be_replaced(target):
        print(f"{shown} exists and is not a report of markerd; it is left as it is.", file=sys.stderr)
        return EXIT_USAGE
    page, whole = _compose_page(journal, days)
    _replace(target, page)
    pages, dead = count_with_noun(whole.pages, "page", ","), count_with_noun(whole.dead, "dead letter", ",")
    print(f"Wrote {shown}: {whole.published:,} published, {pages}, {dead}")
    return EXIT_OK


def _compose_page(journal: Path, days: int) -> tuple[bytes, Tally]:
    now = time.time()
    with History(journal) as history:
        page, whole = compose_page(history, build_period(days, now, history.find_beginning()), now)
    return page.encode(), whole


def _may_be_replaced(target: Path) -> bool:
    """Whether the target is missing, is empty, or was written by markerd.

    A device is never replaced, because a file would take its place.
    """
    try:
        if not stat.S_ISREG(target.stat().st_mode):
            return False
        with target.open("rb") as file:
            head = file.read(_SIGN_WITHIN_BYTES)
    except FileNotFoundError:
        return True
    except OSError as error:
        raise _explain_unwritable(target, error) from error
    return not head or _SIGN in head


def _replace(target: Path, content: bytes) -> None:
    try:
        durable.write_file(target.parent, target.name, content)
    except OSError as error:
        raise _explain_unwritable(target, error) from error


def _explain_unwritable(target: Path, error: OSError) -> UnavailableError:
    shown = make_printable(str(target))
    return UnavailableError(f"the report cannot be written to {shown}: {error.strerror}; name another file with --html")
