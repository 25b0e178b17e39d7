"""
What an answer travels on, so that trouble can happen to the connection itself.

Who calls the application puts a wire into the WSGI environment under KEY;
behind gunicorn it is made from the socket.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from typing import Any, Protocol

KEY = "sandbox.wire"


class Wire(Protocol):
    def wait(self, seconds: float) -> None:
        """Let the caller wait."""

    def cut(self) -> None:
        """End the connection; nothing more arrives."""

    def half(self, body: bytes) -> Iterator[bytes]:
        """Deliver the first half, then end the connection."""


class SocketWire:
    """Waiting ends early when the caller hangs up, so that no thread sleeps for nobody."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def wait(self, seconds: float) -> None:
        select.select([self._socket], [], [], seconds)

    def cut(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # gone already, which is what we wanted

    def half(self, body: bytes) -> Iterator[bytes]:
        yield body[: len(body) // 2]
        self.cut()


class NoWire:
    """For callers without a connection, as Flask's test client: there is nothing to cut."""

    def wait(self, seconds: float) -> None:
        """Waiting helps nobody here."""

    def cut(self) -> None:
        """Nothing to cut: the empty answer has to do."""

    def half(self, body: bytes) -> Iterator[bytes]:
        yield body[: len(body) // 2]


def wire_of(environ: dict[str, Any]) -> Wire:
    if KEY in environ:
        wire: Wire = environ[KEY]
        return wire
    sock = environ.get("gunicorn.socket")
    return NoWire() if sock is None else SocketWire(sock)
