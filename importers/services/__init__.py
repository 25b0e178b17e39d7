"""What the pages, the worker and the command line may ask for; one file per job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from importers.interfaces import Clock
from importers.services.channels import Channels
from importers.services.columns import Columns
from importers.services.connections import Connections
from importers.services.google import GoogleAccounts
from importers.services.health import Health
from importers.services.manage import Importers
from importers.services.noticing import Noticing
from importers.services.people import People
from importers.services.posting import Posting
from importers.services.prices import Prices
from importers.services.runs import Runs
from importers.services.scheduling import Scheduling
from importers.services.setup import Setup
from importers.services.upkeep import Upkeep


@dataclass(frozen=True, slots=True)
class Services:
    """The bundle that `bootstrap.build` makes. `close` lets go of database and Redis connections."""

    people: People
    connections: Connections
    google: GoogleAccounts
    importers: Importers
    prices: Prices
    columns: Columns
    runs: Runs
    scheduling: Scheduling
    channels: Channels
    noticing: Noticing
    posting: Posting
    setup: Setup
    health: Health
    upkeep: Upkeep
    clock: Clock
    close: Callable[[], None]
