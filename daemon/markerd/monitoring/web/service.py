"""Serves at the address of the configuration, and moves when that changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from markerd.config import Address
from markerd.errors import UnavailableError
from markerd.monitoring.web.board import Board

if TYPE_CHECKING:
    from markerd.monitoring.web.server import StatusServer


class Web:
    """The status page, served or not. Called by the main thread alone; `board` is its display."""

    def __init__(self, journal: Path) -> None:
        self.board = Board()
        self._journal = journal
        self._server: StatusServer | None = None
        self._wanted: Address | None = None  # what `_server` serves, as the configuration wrote it

    def listen(self, wanted: Address | None) -> Address | None:
        """Serve at this address from now on, and no longer at the old one; None stands for none. Returns the address
        when it is a new one.

        Raises UnavailableError, for instance where the port is taken; then all is as it was. Should the old address
        be lost as well, nothing is served, and every address is a new one.
        """
        if wanted == self._wanted:
            return None
        old = self._server
        if old and wanted and wanted.port == old.address.port:
            self._trade_places(old, wanted)
        else:
            self._server = self._start(wanted) if wanted else None
            if old:
                old.stop()
        self._wanted = wanted
        return self._server.address if self._server else None

    def stop(self) -> None:
        """Serve no longer."""
        if self._server is not None:
            self._server.stop()
        self._server = self._wanted = None

    def _trade_places(self, old: StatusServer, wanted: Address) -> None:
        """127.0.0.1 and 0.0.0.0 exclude each other on one port: the old one has to go first."""
        before = self._wanted
        self.stop()
        try:
            self._server = self._start(wanted)
        except UnavailableError:
            # Where it really was: port 0 would be another one now.
            self._server, self._wanted = self._start(old.address), before
            raise

    def _start(self, wanted: Address) -> StatusServer:
        # Imported here, because a daemon without a page should not carry the libraries.
        from markerd.monitoring.web.answers import Answers
        from markerd.monitoring.web.server import StatusServer

        server = StatusServer(wanted, Answers(self.board, self._journal))
        server.start()
        return server
