"""SqlStore: everything that is kept, in SQLite or PostgreSQL."""

from __future__ import annotations

from importers.store.ahead import Ahead
from importers.store.connections import Connections
from importers.store.first import First
from importers.store.importers import Importers
from importers.store.lines import Lines
from importers.store.notices import Notices
from importers.store.pauses import Pauses
from importers.store.people import People
from importers.store.processes import Processes
from importers.store.retention import Retention
from importers.store.runs import Runs
from importers.store.turns import Turns


class SqlStore(People, First, Connections, Importers, Runs, Lines, Turns, Ahead, Pauses, Retention, Notices, Processes):
    """
    Implements `interfaces.Store` on SQLAlchemy Core.

    `SqlStore(url)` opens nothing yet; `migrate.migrate(url)` must have run once.
    """
