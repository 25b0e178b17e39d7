"""What the pages, the worker and the command line may ask for; one file per job."""

from __future__ import annotations

from dataclasses import dataclass

from importers.services.connections import Connections
from importers.services.manage import Importers
from importers.services.people import People
from importers.services.runs import Runs
from importers.services.scheduling import Scheduling


@dataclass(frozen=True, slots=True)
class Services:
    """The bundle that `bootstrap.build` makes."""

    people: People
    connections: Connections
    importers: Importers
    runs: Runs
    scheduling: Scheduling
