"""What runs cost, what the schedules of a company's importers cost a day, and what there is to spend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import msgspec

from importers.errors import SetupError
from importers.http.memo import remembered
from importers.interfaces import Clock, Memo, Store
from importers.model import Actor, Connection, Cost, Draft, Importer, PlanInfo, Role, Selection, Size, Standing
from importers.schedule import check
from importers.services.access import require
from importers.services.accounts import Accounts
from importers.services.books import Books, Budget, Load, Price, sizes_from
from importers.services.kinds import Kinds

_RUNS = 10
"""The last runs that count, of each importer."""

_SIZES_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Use:
    """What a connection has used up, as last reported, and what its importers' runs took of it today."""

    standing: Standing
    load: Load
    today: Mapping[int, Cost]
    day_began_at: datetime


@dataclass(frozen=True, slots=True)
class Overfull:
    """A company whose schedules ask for more `tokens` on their busiest day than its budget has."""

    company: str
    tokens: int
    budget: Budget


class Prices:
    def __init__(self, *, store: Store, accounts: Accounts, kinds: Kinds, memo: Memo, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._kinds = kinds
        self._memo = memo
        self._clock = clock

    def of(self, actor: Actor, importer_id: int) -> Price:
        """Asks nobody, as all of these but `count`."""
        importer = self._store.importer(actor.workspace.id, importer_id)
        return self._books(actor, importer.connection_id).price(importer, importer)

    def of_draft(self, actor: Actor, draft: Draft, *, importer_id: int | None = None) -> Price:
        """
        As it would be with *draft* saved in place of the importer, or as a new
        one. Raises InvalidSettings for a schedule that makes no sense.
        """
        check(draft.schedule)
        saved = None if importer_id is None else self._store.importer(actor.workspace.id, importer_id)
        return self._books(actor, draft.connection_id).price(draft, saved)

    def count(self, actor: Actor, connection_id: int, selection: Selection) -> None:
        """Ask Pipedrive, for a few tokens, how many records there are; remembered for a day."""
        require(actor, Role.EDITOR, "ask Pipedrive")
        connection = self._store.connection(actor.workspace.id, connection_id)
        with self._accounts.source(connection) as source:
            sizes = source.sizes(selection)
        known = self._remembered(connection) | dict(sizes)
        self._memo.put(_key(connection), msgspec.json.encode(known), _SIZES_KEPT)

    def loads(self, actor: Actor) -> Sequence[Load]:
        """One for each company that importers read from."""
        return [books.load() for books in self._books_of_all(actor)]

    def overfull(self, actor: Actor, *, may_be_old: bool = False) -> Sequence[Overfull]:
        """
        The companies whose schedules ask for more than there is in a day. With thousands of importers that takes
        seconds to reckon: if it *may_be_old*, it is as of a minute ago.
        """

        def find() -> list[Overfull]:
            loads = (books.load() for books in self._books_of_all(actor) if books.budget.daily is not None)
            return [Overfull(load.company, load.tokens, load.budget) for load in loads if not load.fits]

        if not may_be_old:
            return find()
        return remembered(self._memo, f"overfull:{actor.workspace.id}", find, list[Overfull])

    def use(self, actor: Actor, connection_id: int) -> Use:
        books = self._books(actor, connection_id)
        today = datetime.combine(self._clock.now().date(), time(), tzinfo=self._clock.now().tzinfo)
        spent = self._store.spent_since(actor.workspace.id, today)
        return Use(books.standing, books.load(), spent, today)

    def sizes(self, actor: Actor, connection_id: int) -> Mapping[str, Size]:
        """How many records there are of each entity, as far as anybody counted or read them."""
        return self._books(actor, connection_id).sizes

    def plans(self) -> Sequence[PlanInfo]:
        """What a company can have bought."""
        return self._kinds.plans()

    def _books_of_all(self, actor: Actor) -> Iterable[Books]:
        importers = self._store.importers(actor.workspace.id)
        connections = {one.id: one for one in self._store.connections(actor.workspace.id)}
        firsts = {connections[one.connection_id].account.company_domain: one.connection_id for one in importers}
        return (self._books(actor, connection_id, importers) for connection_id in firsts.values())

    def _books(self, actor: Actor, connection_id: int, everybody: Sequence[Importer] | None = None) -> Books:
        """What is known about the company of a connection; *everybody* are all importers, where they are known already."""
        store, workspace_id = self._store, actor.workspace.id
        connection = store.connection(workspace_id, connection_id)
        siblings = {one.id: one for one in store.connections(workspace_id) if _same_company(one, connection)}
        everybody = store.importers(workspace_id) if everybody is None else everybody
        importers = [one for one in everybody if one.connection_id in siblings]
        runs = store.done_runs(workspace_id, each=_RUNS)
        standing = self._standing(connection)
        return Books(
            company=connection.account.company,
            importers=importers,
            leaders={one.id: one for one in everybody},
            runs=runs,
            sizes=self._remembered(connection) | sizes_from(importers, runs),
            standing=standing,
            budget=self._budget(standing, [connection, *siblings.values()]),
            judge=self._kinds.estimate,
            now=self._clock.now(),
        )

    def _remembered(self, connection: Connection) -> dict[str, Size]:
        kept = self._memo.get(_key(connection))
        return msgspec.json.decode(kept, type=dict[str, Size]) if kept else {}

    def _standing(self, connection: Connection) -> Standing:
        try:
            with self._accounts.source(connection) as source:
                return source.standing()
        except SetupError:
            return Standing()

    def _budget(self, standing: Standing, connections: Iterable[Connection]) -> Budget:
        if standing.budget and standing.budget.of is not None:
            return Budget(standing.budget.of, is_told=True)
        daily = {plan.name: plan.daily for plan in self._kinds.plans()}
        entered = [one.plan for one in connections if one.plan and one.plan.name in daily]
        return Budget(daily[entered[0].name] * entered[0].seats) if entered else Budget()


def _same_company(one: Connection, other: Connection) -> bool:
    return one.account.company_domain == other.account.company_domain


def _key(connection: Connection) -> str:
    return f"sizes:{connection.workspace_id}:{connection.id}"
