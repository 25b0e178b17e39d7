"""Whether what a run met is over, and what stands in the way of the next one."""

from __future__ import annotations

from flask import Flask

from importers.errors import CredentialsRejected, NeedsReconnecting
from importers.model import Connection, Importer, Run
from web import current

_OF_THE_CONNECTION = {CredentialsRejected.code, NeedsReconnecting.code}


def register(app: Flask) -> None:
    app.add_template_global(connection_of)
    app.add_template_global(is_mended)


def connection_of(importer: Importer) -> Connection:
    """The one that decides whether it can run: one that is refused, else that from which it reads."""
    return needed_by(*connections_of(importer))


def connections_of(importer: Importer) -> tuple[Connection, Connection | None]:
    """That from which it reads, and that with which it writes; a workbook needs none."""
    connections, writer_id = current.services().connections, importer.target.connection_id
    writer = connections.get(current.actor(), writer_id) if writer_id else None
    return connections.get(current.actor(), importer.connection_id), writer


def needed_by(reader: Connection, writer: Connection | None) -> Connection:
    return writer if writer and reader.works and not writer.works else reader


def is_mended(run: Run, connection: Connection) -> bool:
    """
    Whether the run met a refusal of a connection, which has been reconnected since, or let in again;
    *connection* is that which decides (`connection_of`), so all others work, too.
    """
    return connection.works and run.trouble is not None and is_of_the_connection(run.trouble.code)


def is_of_the_connection(trouble: str) -> bool:
    """Whether a trouble of that code was a refusal of a connection."""
    return trouble in _OF_THE_CONNECTION
