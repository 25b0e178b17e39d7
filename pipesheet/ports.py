"""Free ports of this machine."""

from __future__ import annotations

import socket

from importers.errors import SetupError

LOOPBACK = "127.0.0.1"
_TRIES = 50


def listen_on(port: int) -> socket.socket:
    """
    A listening socket on *port* or the next one that is free.

    The socket itself is what a server is given, so nobody can take the port
    between looking and using. Raises SetupError when many in a row are taken.
    """
    for candidate in range(port, min(port + _TRIES, 65536)):
        if found := _listen(candidate):
            return found
    raise SetupError(
        f"The ports from {port} on are all taken.",
        hint="Name a free one, for example PORT=9000 pipesheet up.",
    )


def free_port() -> int:
    """One that is free now; for servers that cannot be handed a socket."""
    with listen_on(0) as found:
        return int(found.getsockname()[1])


def _listen(port: int) -> socket.socket | None:
    try:
        return socket.create_server((LOOPBACK, port), backlog=128)
    except OSError:
        return None
