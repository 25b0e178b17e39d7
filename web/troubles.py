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
    return current.services().connections.get(current.actor(), importer.connection_id)


def is_mended(run: Run, connection: Connection) -> bool:
    """Whether the run met a refusal of *connection*, which has been reconnected since, or let in again."""
    return connection.works and run.trouble is not None and run.trouble.code in _OF_THE_CONNECTION
