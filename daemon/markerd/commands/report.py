"""`markerd report`."""

from __future__ import annotations

import os
import stat
import sys
import time
from pathlib import Path

from markerd import durable
from markerd.config import load_config
from markerd.errors import EXIT_OK, EXIT_USAGE, UnavailableError
from markerd.journal.history import History
from markerd.report import compose, period_of

_SIGN = b'<meta name="generator" content="markerd '
_SIGN_WITHIN_BYTES = 1024


def write(config: Path, target: Path, days: int) -> int:
    """Write the page to `target`, or to standard output where that is `-`; never over what is not a report."""
    journal = load_config(config).daemon.state_dir / "journal.sqlite"
    target = target if str(target) == "-" else Path(os.path.realpath(target))  # a link to a report is kept
    if str(target) != "-" and not _may_be_replaced(target):
        print(f"{target} exists and is no report of markerd; it is left as it is.", file=sys.stderr)
        return EXIT_USAGE
    now = time.time()
    with History(journal) as history:
        page, whole = compose(history, period_of(days, now, history.begins()), now)
    if str(target) == "-":
        sys.stdout.buffer.write(page.encode())
        return EXIT_OK
    _replace(target, page.encode())
    print(f"Wrote {target}: {whole.published:,} published, {whole.pages:,} pages, {whole.dead:,} dead letters")
    return EXIT_OK


def _may_be_replaced(target: Path) -> bool:
    """What is not there, is empty, or was written by us. Never a device: it would be replaced by a file, too."""
    try:
        if not stat.S_ISREG(target.stat().st_mode):
            return False
        with target.open("rb") as file:
            head = file.read(_SIGN_WITHIN_BYTES)
    except FileNotFoundError:
        return True
    except OSError as error:
        raise _cannot_write(target, error) from error
    return not head or _SIGN in head


def _replace(target: Path, content: bytes) -> None:
    try:
        durable.write_file(target.parent, target.name, content)
    except OSError as error:
        raise _cannot_write(target, error) from error


def _cannot_write(target: Path, error: OSError) -> UnavailableError:
    return UnavailableError(
        f"the report cannot be written to {target}: {error.strerror}; name another file with --html"
    )
