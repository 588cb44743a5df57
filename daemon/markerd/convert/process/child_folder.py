"""The folder of a converter process: all that the process may write to when it is confined."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from markerd.convert.protocol import ConversionRequest, JoinRequest
from markerd.files import trees

_Request = TypeVar("_Request", bound=ConversionRequest | JoinRequest)


class ChildFolder:
    """Makes the folder; raises OSError, and leaves nothing, where that fails.

    <working_dir>/converter-…/tmp/   the TMPDIR of the process
                              job/   the document in work with its folders
    """

    def __init__(self, working_dir: Path) -> None:
        working_dir.mkdir(parents=True, exist_ok=True)
        self.path = Path(tempfile.mkdtemp(prefix="converter-", dir=working_dir))
        self.temp, self._job = self.path / "tmp", self.path / "job"
        try:
            self.temp.mkdir()
            self._job.mkdir()
        except OSError:
            self.remove()
            raise

    def exists(self) -> bool:
        """Whether nobody removed the folder; without it the process can neither load the models nor convert."""
        return self.path.is_dir()

    @contextlib.contextmanager
    def lend(self, request: _Request) -> Iterator[_Request]:
        """Move the document and its folders here, where the process may reach them, and back at the end.

        Yields the request with the new places. Each move is a rename, because the spool is one file system.
        """
        names = [name for name in request.places if getattr(request, name)]
        places = [Path(getattr(request, name)) for name in names]
        lent = [self._job / place.name for place in places]
        for place, target in zip(places, lent, strict=True):
            place.rename(target)
        try:
            fields: dict[str, Any] = dict(zip(names, map(str, lent), strict=True))
            yield replace(request, **fields)
        finally:
            for place, target in zip(places, lent, strict=True):
                with contextlib.suppress(FileNotFoundError):  # a converter that was killed has left nothing
                    target.rename(place)
                with contextlib.suppress(OSError):  # its own folder was removed: it must not meet the next document
                    trees.remove(target)

    def remove(self) -> None:
        """Remove the folder, however deep its trees are: onnxruntime's telemetry, for one, leaves files there.

        What cannot be removed goes with the spool at the next start.
        """
        with contextlib.suppress(OSError):
            trees.remove(self.path)
