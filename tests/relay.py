"""python -m tests.relay ADDRESS:PORT TO:PORT ...: takes connections at the one and carries them to the other."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from functools import partial

_CHUNK = 65_536


async def _relay(ends: list[str]) -> None:
    for here, there in zip(ends[::2], ends[1::2], strict=True):
        address, _, port = here.rpartition(":")
        await asyncio.start_server(partial(_carry, there), address, int(port))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def _carry(there: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    address, _, port = there.rpartition(":")
    try:
        their_reader, their_writer = await asyncio.open_connection(address, int(port))
    except OSError:
        writer.transport.abort()
        return
    await asyncio.gather(_pump(reader, their_writer), _pump(their_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()


if __name__ == "__main__":
    asyncio.run(_relay(sys.argv[1:]))
