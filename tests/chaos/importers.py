"""Who reads the company and where to: an importer of every mode, and the accounts they use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.google import KEY, PretendGoogle
from importers.model import (
    EXCEL,
    GOOGLE_SHEETS,
    Actor,
    Draft,
    Every,
    Mode,
    Refresh,
    Schedule,
    Selection,
    Target,
    Vanished,
)
from importers.secret import Secret
from importers.services import Services
from sandbox.world import TOKEN
from tests.chaos.company import FIELDS
from tests.people import ALICE, PASSWORD

EVERY_MINUTE = Schedule(Every.MINUTES, 1)


@dataclass(frozen=True)
class Plot:
    """An importer to be made: what it reads, where to and how; `after` names the one it follows."""

    name: str
    kind: str
    mode: Mode = Mode.REPLACE
    vanished: Vanished = Vanished.REMOVE
    refresh: Refresh = Refresh.EVERYTHING
    book: str = ""
    """The workbook; without one it is a spreadsheet of its own."""
    after: str = ""

    @property
    def is_excel(self) -> bool:
        return bool(self.book)

    @property
    def keeps(self) -> bool:
        """Whether rows of removed records stay in the table."""
        return self.vanished in (Vanished.KEEP, Vanished.MARK)


PLOTS = (
    Plot("Deals in Excel", "deals", book="Sales"),
    Plot("People in Excel", "persons", book="Sales", after="Deals in Excel"),
    Plot("Deals kept", "deals", vanished=Vanished.KEEP, refresh=Refresh.DAILY, book="Sales"),
    Plot("Deals marked", "deals", vanished=Vanished.MARK, refresh=Refresh.DAILY, book="Marked"),
    Plot("Deals moved", "deals", vanished=Vanished.MOVE, refresh=Refresh.DAILY, book="Moved"),
    Plot("Deals in Google", "deals"),
    Plot("Organizations appended", "organizations", mode=Mode.APPEND),
    Plot("Deals updated", "deals", mode=Mode.UPDATE, refresh=Refresh.DAILY),
    Plot("People updated", "persons", mode=Mode.UPDATE, vanished=Vanished.KEEP, after="Deals in Google"),
)

TROUBLED = "Not shared"
"""One whose spreadsheet is not shared with the account it writes with, before the owner does so."""


@dataclass(frozen=True)
class Made:
    """An importer that was made, and where it writes."""

    plot: Plot
    id: int
    place: str
    """The id of the spreadsheet, or the name of the workbook."""
    sheet: str


@dataclass(frozen=True)
class Estate:
    """All that was made, by name; `webhook_key` is what notices are signed with."""

    actor: Actor
    importers: Mapping[str, Made]
    troubled: Made
    webhook_key: str


def made(services: Services, google: PretendGoogle, *, webhook: str) -> Estate:
    actor = services.people.sign_up_owner(ALICE, PASSWORD)
    reads = services.connections.link(actor, Secret(TOKEN)).id
    writes = services.google.link_service_account(actor, KEY).id
    _, key = services.channels.add_webhook(actor, "Webhook", Secret(webhook))
    services.channels.add_email(actor, "E-mail", ALICE)
    builder = _Builder(services, actor, google, reads, writes)
    importers: dict[str, Made] = {}
    for plot in PLOTS:
        importers[plot.name] = builder.importer(plot, after=importers[plot.after].id if plot.after else None)
    return Estate(actor, importers, builder.troubled(), key.reveal())


@dataclass(frozen=True)
class _Builder:
    services: Services
    actor: Actor
    google: PretendGoogle
    reads: int
    writes: int

    def importer(self, plot: Plot, *, after: int | None) -> Made:
        place = plot.book or self.google.new_spreadsheet(plot.name, "alex@northwind.example")
        schedule = Schedule(Every.AFTER, after_id=after) if after else EVERY_MINUTE
        return self._made(plot, self._target(plot, place), schedule)

    def troubled(self) -> Made:
        """Shared for as long as it takes to be made."""
        plot = Plot(TROUBLED, "organizations")
        place = self.google.new_spreadsheet(plot.name, "alex@northwind.example")
        found = self._made(plot, self._target(plot, place), EVERY_MINUTE)
        share(self.google, found, role="none")
        return found

    def _target(self, plot: Plot, place: str) -> Target:
        sheet = plot.name[:20]
        if plot.is_excel:
            return Target(EXCEL, place, sheet)
        is_appended = plot.mode is Mode.APPEND
        return Target(
            GOOGLE_SHEETS, place, sheet, connection_id=self.writes, mode=plot.mode, key="id", stamps_rows=is_appended
        )

    def _made(self, plot: Plot, target: Target, schedule: Schedule) -> Made:
        columns = ("id", *FIELDS[plot.kind])
        selection = Selection(plot.kind, columns, refresh=plot.refresh, vanished=plot.vanished)
        draft = Draft(plot.name, self.reads, selection, target, schedule)
        kept = self.services.importers.create(self.actor, draft, start_anyway=True)
        return Made(plot, kept.id, kept.target.place, kept.target.sheet)


def share(google: PretendGoogle, one: Made, *, role: str = "writer") -> None:
    """With the service account; the role "none" ends it."""
    google.share(one.place, role=role)
