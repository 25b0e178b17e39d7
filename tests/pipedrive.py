"""A source wired to the pretend Pipedrive, without a socket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from importers.http.governor import NullGovernor
from importers.http.session import make_session
from importers.interfaces import Governor, Stop, never_stop
from importers.model import Row, Selection
from importers.secret import Secret
from importers.sources.pipedrive.signin import ApiToken
from importers.sources.pipedrive.source import PipedriveSource
from sandbox.adapters import WSGIAdapter
from sandbox.pipedrive import create_app
from sandbox.world import TOKEN, World
from tests.fakes import FakeClock


@dataclass(frozen=True)
class Rig:
    """The source and everything around it that a test may want to touch."""

    world: World
    app: Any
    clock: FakeClock
    source: PipedriveSource
    told: list[str]

    @property
    def journal(self) -> Any:
        return self.app.extensions["sandbox"].journal

    @property
    def faults(self) -> Any:
        return self.app.extensions["sandbox"].faults

    def read(self, selection: Selection, *, stop: Stop = never_stop) -> list[Row]:
        reading = self.source.open(selection, tell=self.told.append, stop=stop)
        return [row for page in reading.pages() for row in page.rows]

    def table(self, selection: Selection) -> list[dict[str, Any]]:
        """The rows by header."""
        reading = self.source.open(selection)
        headers = [column.header for column in reading.columns]
        return [dict(zip(headers, row, strict=True)) for page in reading.pages() for row in page.rows]

    def paths(self) -> list[str]:
        return [call.path for call in self.journal.calls]


def an_app(world: World | None = None) -> Any:
    """A Pipedrive without limits."""
    return create_app(world or World(deals=120), plan="none")


def a_rig(
    *,
    world: World | None = None,
    app: Any = None,
    token: str = TOKEN,
    clock: FakeClock | None = None,
    governor: Governor | None = None,
    company_domain: str | None = "acme",
) -> Rig:
    """*app* is used again, forgetting what was asked of it before: making one takes longer than most tests."""
    app = app or an_app(world)
    sandbox = app.extensions["sandbox"]
    sandbox.faults.clear()
    sandbox.journal.clear()
    clock = clock or FakeClock()
    source = PipedriveSource(
        ApiToken(Secret(token)),
        session=make_session(reroutes={}, adapter=WSGIAdapter(app)),
        clock=clock,
        governor=governor or NullGovernor(),
        company_domain=company_domain,
    )
    return Rig(sandbox.world, app, clock, source, [])
