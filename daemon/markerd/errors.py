"""Every error that markerd raises itself. `exit_code` stands where the error ends the program.

The numbers are those of sysexits(3), which service managers know.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

EXIT_OK = 0
EXIT_NOT_RUNNING = 3
EXIT_USAGE = 64
EXIT_DOCUMENT = 65
EXIT_NO_INPUT = 66
EXIT_UNAVAILABLE = 69
EXIT_BUG = 70
EXIT_TEMPORARY = 75
EXIT_CONFIGURATION = 78
EXIT_HUNG_UP = 129
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143

EXIT_MEANINGS = {
    EXIT_OK: "The daemon stopped as asked, or the command succeeded.",
    EXIT_NOT_RUNNING: "`markerd status`: the daemon is not running.",
    EXIT_USAGE: "The command line is wrong.",
    EXIT_DOCUMENT: "`markerd convert`: a document could not be converted. The other documents were.",
    EXIT_NO_INPUT: "`markerd convert`: a file is missing or cannot be read. The others were converted.",
    EXIT_UNAVAILABLE: "A folder, a model or an address is not available, or another daemon holds the state directory.",
    EXIT_BUG: "A bug. The log has the traceback.",
    EXIT_TEMPORARY: "A temporary problem, such as a full disk or a broken converter: start the daemon again.",
    EXIT_CONFIGURATION: "The configuration is wrong.",
    EXIT_HUNG_UP: "`markerd convert`: its terminal was closed, which stops it as Ctrl-C does.",
    EXIT_INTERRUPTED: "`markerd convert`: stopped by Ctrl-C. What was finished stays, and nothing else is left.",
    EXIT_TERMINATED: "`markerd convert`: stopped by SIGTERM, as by Ctrl-C.",
}
"""What each exit code of every command means, for the reference."""

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
"""Error numbers of a full disk, or of a used-up quota."""
NO_DISK = frozenset({errno.EROFS, errno.ESTALE, errno.ENOTCONN, errno.ENODEV})
"""Error numbers of a disk or a share that went away, or that takes nothing more until somebody looks at it."""


class MarkerdError(Exception):
    """Anything that markerd itself reports."""

    exit_code = EXIT_BUG


class ConfigurationError(MarkerdError):
    """The configuration is wrong. `problems` holds one line for each fault, with its key."""

    exit_code = EXIT_CONFIGURATION

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        super().__init__(f"{source}: " + "; ".join(problems))
        self.source = source
        self.problems = tuple(problems)


class RefusedOptionsError(MarkerdError):
    """The options that a command gives for a conversion are refused, each for the reason in its line."""

    exit_code = EXIT_USAGE

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n  - ".join(["these options are refused:", *problems]))


class UnavailableError(MarkerdError):
    """A folder, a model or the state directory cannot be used at the start."""

    exit_code = EXIT_UNAVAILABLE


class ModelsMissingError(UnavailableError):
    """The chosen model set is not on this machine."""


class AlreadyRunningError(UnavailableError):
    """Another daemon holds the same state directory."""


class JournalError(MarkerdError):
    """The journal could not be written, because the disk is full or fails. What it held is safe."""

    exit_code = EXIT_TEMPORARY


class StorageError(MarkerdError):
    """A folder that is written to is full or gone, which is not a document's fault. `needed_bytes` had to fit into
    `place`."""

    exit_code = EXIT_TEMPORARY

    def __init__(self, message: str, place: Path, needed_bytes: int = 0) -> None:
        super().__init__(message)
        self.place = place
        self.needed_bytes = needed_bytes


class StopNowError(MarkerdError):
    """The current document is put back, because a stop leaves it no more time, or a reload waits after its part."""

    exit_code = EXIT_OK


class DaemonGoneError(MarkerdError):
    """The daemon, whose converters a command has borrowed, has stopped. The command goes on with its own."""

    exit_code = EXIT_TEMPORARY


class SourceChangedError(MarkerdError):
    """The source is no longer what was staged, or is being written. It goes back to settling."""


class SourceMoveError(MarkerdError):
    """The source could not be moved or deleted now. It is tried again at every scan."""


class DocumentError(MarkerdError):
    """This document could not be converted. `kind` names the reason in journal, logs and dead letters.

    Only a fault in code, of markerd or of a library, has `details`, and it comes again with the same document. They
    hold the `exception`, the place in the code (`where`), and the `versions` of the libraries.
    """

    kind = "conversion"
    is_permanent = False

    def __init__(
        self,
        message: str,
        *,
        kind: str | None = None,
        is_permanent: bool | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.details: Mapping[str, Any] = details or {}
        if kind is not None:
            self.kind = kind
        if is_permanent is not None:
            self.is_permanent = is_permanent

    @property
    def is_fault(self) -> bool:
        """Whether this is a fault in code, so that a third attempt would end as the second did."""
        return bool(self.details)


class ModelAwayError(DocumentError):
    """A model that the document needs cannot be reached now. `model` names it.

    That is no fault of the document's, unless the model was there first and `has_left` again and again while the
    document was in work.
    """

    kind = "model_away"

    def __init__(self, model: str, message: str, *, has_left: bool = False) -> None:
        super().__init__(message)
        self.model, self.has_left = model, has_left


class ConverterDiedError(DocumentError):
    """The converter process ended in mid-document."""

    kind = "converter_died"


class ActorLostError(DocumentError):
    """The actor on a cluster, or its node, was lost in mid-document. Many at once are no sign of a broken converter."""

    kind = "actor_lost"


class ConversionTimeoutError(DocumentError):
    """The document took longer than it may, and the converter was killed."""

    kind = "timeout"


class MemoryCeilingError(DocumentError):
    """The converter took more memory for the document than it may, and was killed."""

    kind = "memory"


class PublishError(DocumentError):
    """The output could not be written, because of a permission or because its place is taken."""

    kind = "publish"
