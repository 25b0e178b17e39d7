"""A PostgreSQL server that other hosts reach."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipesheet.ports import free_port
from tests.hosts import Host
from tests.postgresql import REMEMBERS, a_server


@contextmanager
def a_postgresql(host: Host) -> Iterator[str]:
    """Its address, for all hosts."""
    port = free_port()
    with tempfile.NamedTemporaryFile("w", suffix=".hba") as access:
        access.write("local all all trust\nhost all all 127.0.0.0/8 trust\nhost all all 10.77.0.0/24 trust\n")
        access.flush()
        Path(access.name).chmod(0o644)
        addresses = ",".join({"127.0.0.1", host.address})
        own = f"-c listen_addresses={addresses} -c port={port} -c hba_file={access.name}"
        with a_server(f"{REMEMBERS} {own}"):
            yield f"postgresql+psycopg://postgres@{host.address}:{port}/postgres"
