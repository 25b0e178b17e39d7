"""A company in which things happen between any two requests, and an importer that reads it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from flask import request

from importers.errors import RunStopped, TemporaryError
from importers.http.governor import NullGovernor
from importers.http.session import make_session
from importers.interfaces import Stop, never_stop
from importers.model import MirrorFile, Refresh, Row, Selection, Vanished
from importers.secret import Secret
from importers.sources.pipedrive.signin import ApiToken
from importers.sources.pipedrive.source import PipedriveSource
from sandbox.adapters import WSGIAdapter
from sandbox.bustle import Bustle
from sandbox.kinds import KINDS
from sandbox.moments import NOW
from sandbox.pipedrive import create_app
from sandbox.world import TOKEN, World
from tests.fakes import FakeClock

_STEPS = (0, 0, 0, 0, 0.4, 1, 3, 70, 400, 4000)
"""Seconds between changes: mostly none, sometimes more than any margin."""
_LATE = 0.002


class Overtaking(WSGIAdapter):
    """Answers that were given one after the other arrive in any order."""

    def send(self, *given: Any, **more: Any) -> requests.Response:
        answer = super().send(*given, **more)
        time.sleep(random.random() * _LATE)
        return answer


@dataclass(frozen=True, kw_only=True)
class Read:
    """What is read: on which shelf it stands, what sort of records it holds, and where its changes are asked for first."""

    shelf: str
    kind: str
    feed: str


READ = {
    "deals": Read(shelf="deals", kind="deal", feed="/api/v2/deals"),
    "archived-deals": Read(shelf="deals/archived", kind="deal", feed="/api/v2/deals/archived"),
    "persons": Read(shelf="persons", kind="person", feed="/api/v2/persons"),
    "organizations": Read(shelf="organizations", kind="organization", feed="/api/v2/organizations"),
    "activities": Read(shelf="activities", kind="activity", feed="/api/v2/activities"),
    "products": Read(shelf="products", kind="product", feed="/api/v2/products"),
    "leads": Read(shelf="leads", kind="lead", feed="/api/v1/leads"),
    "notes": Read(shelf="notes", kind="note", feed="/api/v1/notes"),
}


class Meddler:
    """
    Changes the company before requests. `is_calm` says that nothing happened
    since the importer last began to ask what changed.
    """

    def __init__(self, world: World, clock: FakeClock, chance: random.Random, what: Read) -> None:
        self._world, self._clock, self._chance, self._what = world, clock, chance, what
        self._bustle = Bustle(world, chance, (*[what.kind] * 3, "person"))
        self._rounds_left = 0
        self.is_calm = True
        self.requests = 0

    def happen(self, most: int) -> None:
        """Some things, some time apart."""
        for _ in range(self._chance.randint(0, most)):
            self._chance.choices((self._go_on, self._strike, self._touch_again), (5, 3, 4))[0]()
            self.is_calm = False

    def _go_on(self) -> None:
        self._clock.advance(seconds=self._chance.choice(_STEPS))
        self._bustle.go_on()

    def meddle(self, *, rounds: int) -> None:
        """From now on, until the importer has begun to ask so many times what changed."""
        self._rounds_left = rounds

    def __call__(self, path: str) -> None:
        self.requests += 1
        if path == self._what.feed and _asks_what_changed():
            self._rounds_left -= 1
            self.is_calm = True
        if self._rounds_left > 0 and self._chance.random() < 0.7:
            self.happen(3)

    def _strike(self) -> None:
        """Something happens where walks begin and end: to a record that was changed last, or longest ago."""
        self._clock.advance(seconds=self._chance.choice(_STEPS))
        changes, shelf = self._world.changes, self._world.shelf(self._what.shelf)
        ends = shelf.select(None, limit=3, sort="update_time", descending=self._chance.random() < 0.5)
        if ends:
            number, kind = self._chance.choice(ends), self._what.kind
            archive = changes.archive if kind == "deal" else changes.delete
            rename = self._bustle.rename
            self._chance.choice((changes.delete, archive, rename, rename))(kind, number)

    def _touch_again(self) -> None:
        """What changed a moment ago is called something else in the same second."""
        listed = self._world.shelf(self._what.shelf).ids
        latest = [change.number for change in self._world.changes.latest if change.kind == self._what.kind]
        if latest and latest[-1] in listed:
            self._bustle.rename(self._what.kind, int(latest[-1]))


def _asks_what_changed() -> bool:
    return "updated_since" in request.args and "sort_by" not in request.args and not _is_later_page()


def _is_later_page() -> bool:
    return "cursor" in request.args or request.args.get("start", "0") != "0"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a seed is about."""

    deals: int = 60
    page: int = 7
    entity: str = "deals"
    statuses: tuple[str, ...] = ()
    refresh: Refresh = Refresh.WEEKLY
    vanished: Vanished = Vanished.REMOVE

    @classmethod
    def by(cls, chance: random.Random, **fixed: Any) -> Shape:
        drawn = cls(
            deals=chance.choice((0, 9, 24, 60, 130)),
            page=chance.choice((3, 7, 20)),
            entity=chance.choice(("deals", "deals", "deals", "archived-deals")),
            statuses=chance.choice(((), (), ("open",), ("won", "lost"), ("open", "won", "lost"))),
            refresh=chance.choice((Refresh.WEEKLY, Refresh.WEEKLY, Refresh.EVERYTHING)),
        )
        return replace(drawn, **fixed)


class Office:
    """
    An importer of a bustling company: `run` is one run of it, `full` what one
    quiet full reading gives. `removed` are the rows of the second table.
    """

    def __init__(self, shape: Shape, chance: random.Random, folder: Path) -> None:
        self.chance, self.clock = chance, FakeClock(datetime.fromtimestamp(NOW, UTC))
        self.world = World(
            shape.deals, chance.randrange(10), custom_fields=4, clock=lambda: self.clock.now().timestamp()
        )
        self.app = create_app(self.world, plan="none", most_per_page=shape.page)
        self.sandbox = self.app.extensions["sandbox"]
        self.meddler = Meddler(self.world, self.clock, chance, READ[shape.entity])
        self.sandbox.before_each.append(self.meddler)
        self.shelf = self.world.shelf(READ[shape.entity].shelf)
        self.mirror = folder / "1.mirror"
        self.reader = "alice at acme"
        self.removed: list[Row] = []
        self.told: list[str] = []
        self.selection = Selection(
            shape.entity,
            columns=self._columns(shape.entity),
            statuses=shape.statuses,
            refresh=shape.refresh,
            vanished=shape.vanished,
        )

    def _columns(self, entity: str) -> tuple[str, ...]:
        """All but those that Pipedrive works out on the side, which can change without its telling."""
        columns = self.source(WSGIAdapter(self.app)).columns(entity)
        return tuple(column.key for column in columns if column.key not in self.shelf.optional)

    def run(self, *, stop: Stop = never_stop, keeps: bool = True) -> list[Row]:
        """The rows of one run. Without *keeps* they were never written."""
        source, mirror = self.source(Overtaking(self.app)), MirrorFile(self.mirror, self.reader, company="acme")
        with closing(source.open(self.selection, mirror=mirror, tell=self.told.append, stop=stop)) as reading:
            rows = [row for page in reading.pages() for row in page.rows]
            if reading.removed_columns:
                self.removed = [row for page in reading.removed_pages() for row in page.rows]
            if keeps:
                reading.keep()
        return rows

    def full(self) -> list[Row]:
        """Read by somebody else, who remembers nothing, while nothing happens."""
        self.sandbox.faults.clear()
        with self._quiet():
            selection = replace(self.selection, refresh=Refresh.EVERYTHING, vanished=Vanished.REMOVE)
            reading = self.source(WSGIAdapter(self.app)).open(selection)
            return [row for page in reading.pages() for row in page.rows]

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        self.sandbox.before_each.remove(self.meddler)
        yield
        self.sandbox.before_each.append(self.meddler)

    def ids(self) -> list[Any]:
        """Which belong into the table, by the company's own books."""
        status, wanted = self.shelf.facts.get("status", str), self.selection.statuses
        numbers = [number for number in list(self.shelf.ids) if not wanted or status(number) in wanted]  # type: ignore[call-overload]
        return list(map(KINDS[READ[self.selection.entity].kind].identify, numbers))

    def place(self, column: str) -> int:
        return (self.selection.columns or ()).index(column)

    def source(self, adapter: WSGIAdapter) -> PipedriveSource:
        return PipedriveSource(
            ApiToken(Secret(TOKEN)),
            session=make_session(reroutes={}, adapter=adapter),
            clock=self.clock,
            governor=NullGovernor(),
            company_domain="acme",
        )

    # trouble ------------------------------------------------------------------------------

    def forget(self) -> None:
        """What is remembered is lost or worth less, one way or another, in a moment in which nothing else happens."""
        self.chance.choice((self._damage, self._change_reader, self._read_few))()
        with self._quiet():
            self.run()

    def _damage(self) -> None:
        content = self.mirror.read_bytes()
        place = self.chance.randrange(len(content))
        self.mirror.write_bytes(self.chance.choice((b"", content[:place], b"damaged" + content[7:])))

    def _change_reader(self) -> None:
        self.reader = "bob at acme" if self.reader.startswith("alice") else "alice at acme"

    def _read_few(self) -> None:
        whole, self.selection = self.selection, replace(self.selection, limit=3)
        with self._quiet():
            self.run()
        self.selection = whole

    def lose_answers(self) -> None:
        """Some of the next answers do not arrive, or not whole; the importer asks again."""
        for kind in self.chance.choices(("cut", "truncate", "broken_json", "server_error"), k=2):
            self.sandbox.faults.add(kind, count=1, after=self.chance.randint(0, 12))

    def cut_short(self) -> None:
        """A run whose table is never written, as it ends too early, one way or another."""
        before = self.mirror.read_bytes() if self.mirror.exists() else b""
        self.chance.choice((self._stopped, self._cut_off, self._unwritten))()
        self.sandbox.faults.clear()
        assert before == (self.mirror.read_bytes() if self.mirror.exists() else b"")

    def _stopped(self) -> None:
        last = self.meddler.requests + self.chance.randint(1, 20)

        def stop() -> None:
            if self.meddler.requests >= last:
                raise RunStopped("The run was cancelled.")

        with suppress(RunStopped):  # short runs get to their end before
            self.run(stop=stop, keeps=False)

    def _cut_off(self) -> None:
        self.sandbox.faults.add("cut", after=self.chance.randint(1, 20))
        with suppress(TemporaryError):
            self.run(keeps=False)

    def _unwritten(self) -> None:
        self.run(keeps=False)


def by_id(rows: Sequence[Row], office: Office) -> dict[Any, Row]:
    """The rows, each of which must be there once."""
    found = {row[office.place("id")]: row for row in rows}
    assert len(found) == len(rows)
    return found
