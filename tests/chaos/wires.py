"""The network between Pipesheet and the vendors: TCP connections that can be refused, cut, or left without an answer."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

_LOCAL = "127.0.0.1"
# Below those from which the system takes ports for outgoing connections: one that is closed for a while stays free.
_PORTS = range(20_000, 32_000)
_CHUNK = 65_536
_RESETS = struct.pack("ii", 1, 0)


class Wire:
    """Carries connections to *port* of this machine, at an address of its own."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._is_silent = False
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wire", daemon=True)
        self._thread.start()
        self.port = self._do(self._listen_anywhere())

    @property
    def address(self) -> str:
        return f"http://{_LOCAL}:{self.port}"

    def refuse(self) -> None:
        """As when nobody is there any more: what was open is reset, what comes is refused."""
        self._do(self._close())

    def silence(self) -> None:
        """As behind a cable that was pulled out: connections are taken, and nothing comes back."""
        self._is_silent = True

    def reset(self) -> None:
        """What was open is cut, once; what comes next goes through."""
        self._do(self._reset())

    def heal(self) -> None:
        """As before. What was silent is cut: whoever is at the other end knows nothing of it any more."""
        if self._is_silent:
            self._is_silent = False
            self.reset()
        if self._server is None:
            self._do(self._listen(self.port))

    def close(self) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    def _do(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(timeout=10)

    async def _listen_anywhere(self) -> int:
        for port in random.SystemRandom().sample(_PORTS, 50):
            with suppress(OSError):
                await self._listen(port)
                return port
        raise AssertionError("no free port")

    async def _listen(self, port: int) -> None:
        self._server = await asyncio.start_server(self._carry, _LOCAL, port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._reset()

    async def _reset(self) -> None:
        for writer in list(self._writers):
            end = writer.get_extra_info("socket")
            if end is not None:
                with suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESETS)
            writer.transport.abort()
        self._writers.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            there, to_there = await asyncio.open_connection(_LOCAL, self._to)
        except OSError:
            writer.transport.abort()
            return
        self._writers.add(to_there)
        await asyncio.gather(self._pump(reader, to_there), self._pump(there, writer))
        self._writers -= {writer, to_there}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                if not self._is_silent:
                    writer.write(data)
                    await writer.drain()
        if not self._is_silent:
            with suppress(OSError):
                writer.close()
