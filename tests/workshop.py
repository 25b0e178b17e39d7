"""Runs with a scripted source and a sheet in memory, where a test must hold a run in mid-air."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from cryptography.fernet import Fernet

from importers.doorbell import MemoryDoorbell
from importers.interfaces import Clock, ConsentApp, Destination, Grants, Locks, Source, Store
from importers.model import (
    Account,
    Actor,
    Bulletin,
    EntityInfo,
    Estimate,
    Event,
    Grid,
    Importer,
    Plan,
    PlanInfo,
    Run,
    Selection,
    Size,
    Target,
)
from importers.secret import Secret
from importers.services.accounts import Accounts
from importers.services.dispatch import Dispatch
from importers.services.execution import Execution
from importers.services.kinds import PickerMeans, Spreadsheets
from importers.services.runs import Runs
from importers.services.scheduling import Scheduling
from importers.vault import FernetVault
from tests.builders import a_connection, an_importer
from tests.fakes import DEALS, MemoryDestination, ScriptedSource

TOKEN = Secret("0123456789abcdef")


class ListQueue:
    """A Queue that keeps the run ids for whoever plays the worker."""

    def __init__(self) -> None:
        self.run_ids: list[int] = []

    def run_import(self, run_id: int) -> None:
        self.run_ids.append(run_id)

    def run_imports(self, run_ids: Sequence[int]) -> None:
        self.run_ids.extend(run_ids)

    def waiting(self) -> int:
        return len(self.run_ids)


class ScriptedKinds:
    def __init__(self, source: ScriptedSource, destination: MemoryDestination) -> None:
        self._source = source
        self._destination = destination
        self.tokens: list[Secret] = []
        self.says: Bulletin | None = None
        self.locks: Locks | None = None

    def entities(self) -> Sequence[EntityInfo]:
        return (DEALS,)

    def source(self, token: Secret, *, company_domain: str | None = None, plan: Plan | None = None) -> Source:
        self.tokens.append(token)
        return self._source

    def estimate(self, selection: Selection, sizes: Mapping[str, Size]) -> Estimate:
        raise NotImplementedError

    def bulletin(self) -> Bulletin | None:
        return self.says

    def plans(self) -> Sequence[PlanInfo]:
        return ()

    def app(self) -> ConsentApp | None:
        return None

    def source_of_app(self, grants: Grants, *, account: Account | None = None, plan: Plan | None = None) -> Source:
        raise NotImplementedError

    def workbooks(self, workspace_id: int) -> Destination:
        return self._destination

    def google_app(self) -> ConsentApp | None:
        return None

    def google_by_grant(self, grants: Grants, *, account: Account | None = None) -> Spreadsheets:
        raise NotImplementedError

    def google_by_key(self, key: Secret) -> Spreadsheets:
        raise NotImplementedError

    def google_picker(self) -> PickerMeans | None:
        return None

    def google_address(self, target: Target, address: str = "") -> str:
        raise NotImplementedError

    def give_up_place(self, target: Target) -> None:
        if self.locks:
            self.locks.leave(target.table)

    def beside(self, target: Target) -> Target:
        return self._destination.beside(target)

    def is_same_place(self, one: Target, other: Target) -> bool:
        return one == other

    def overlap(self, one: Target, width: int | None, other: Target, other_width: int | None) -> bool:
        return False

    def file(self, workspace_id: int, target: Target) -> Path:
        raise NotImplementedError

    def mirror(self, importer: Importer) -> Path:
        return self.mirrors() / str(importer.workspace_id) / f"{importer.id}.mirror"

    def mirrors(self) -> Path:
        return Path("/nowhere", "mirrors")

    def grid(self, workspace_id: int, target: Target, *, first: int, count: int) -> Grid:
        raise NotImplementedError

    def free_sheet_name(self, kind: str, wanted: str, taken: Iterable[str]) -> str:
        raise NotImplementedError


class Workshop:
    """Everything a worker and a clock need, on a store with an importer of *actor*'s."""

    def __init__(
        self, store: Store, actor: Actor, clock: Clock, source: ScriptedSource, *, look_every: float = 0.01
    ) -> None:
        self.store = store
        self.actor = actor
        self.queue = ListQueue()
        self.destination = MemoryDestination()
        self.kinds = ScriptedKinds(source, self.destination)
        vault = FernetVault([Secret(Fernet.generate_key().decode())])
        doorbell = MemoryDoorbell(clock)
        accounts = Accounts(store=store, vault=vault, kinds=self.kinds, clock=clock)
        self.leaving = threading.Event()
        self.execution = Execution(
            store=store,
            accounts=accounts,
            kinds=self.kinds,
            doorbell=doorbell,
            clock=clock,
            leaving=self.leaving.is_set,
            look_every=look_every,
        )
        dispatch = Dispatch(store=store, queue=self.queue, clock=clock)
        self.runs = Runs(
            store=store, kinds=self.kinds, dispatch=dispatch, doorbell=doorbell, clock=clock, execution=self.execution
        )
        self.scheduling = Scheduling(store=store, dispatch=dispatch, doorbell=doorbell, clock=clock)
        a_connection(store, actor.workspace.id, sealed=vault.seal(TOKEN))
        self._seal = vault.seal

    def an_importer(self, **changes: object) -> Importer:
        importer = an_importer(self.store, self.actor.workspace.id, **changes)
        a_connection(self.store, self.actor.workspace.id, sealed=self._seal(TOKEN))
        return importer

    def run(self) -> Run:
        """A run of a new importer, started and carried out."""
        run = self.runs.start(self.actor, self.an_importer().id)
        self.work()
        return self.runs.get(self.actor, run.id)

    def work(self) -> None:
        """Play the worker until the queue is empty."""
        while self.queue.run_ids:
            self.runs.execute(self.queue.run_ids.pop(0))

    def story(self, run: Run) -> list[str]:
        return [event.text for event in self.events(run)]

    def events(self, run: Run) -> Sequence[Event]:
        return self.runs.events(self.actor, run.id)
