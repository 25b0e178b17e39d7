"""Create, change, copy, pause, preview and delete importers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count, islice

from importers import schedule as timetable
from importers.errors import InvalidSettings
from importers.interfaces import Clock, Destination, Source, Store
from importers.model import (
    Actor,
    Choice,
    Column,
    Connection,
    Draft,
    EntityInfo,
    Frozen,
    Importer,
    Preview,
    Refresh,
    Role,
    Row,
    Run,
    Schedule,
    Selection,
    Target,
    Vanished,
)
from importers.questions import answered
from importers.services.access import require
from importers.services.accounts import Accounts
from importers.services.kinds import Kinds
from importers.tables.frozen import first_sight, fitted, selected

LONGEST_NAME = 200
MOST_PREVIEW_ROWS = 100
_ASK = "ask Pipedrive"


@dataclass(frozen=True, slots=True)
class ImporterCard:
    """One line of the list: an importer, its connection, its newest run (None before the first)."""

    importer: Importer
    connection: Connection
    last_run: Run | None


class Importers:
    def __init__(self, *, store: Store, accounts: Accounts, kinds: Kinds, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._kinds = kinds
        self._clock = clock

    def cards(self, actor: Actor) -> Sequence[ImporterCard]:
        """Every importer of the workspace, by name."""
        workspace_id = actor.workspace.id
        connections = {connection.id: connection for connection in self._store.connections(workspace_id)}
        last_runs = self._store.last_runs(workspace_id)
        return [
            ImporterCard(importer, connections[importer.connection_id], last_runs.get(importer.id))
            for importer in self._store.importers(workspace_id)
            if importer.connection_id in connections
        ]

    def get(self, actor: Actor, importer_id: int) -> Importer:
        return self._store.importer(actor.workspace.id, importer_id)

    def create(self, actor: Actor, draft: Draft) -> Importer:
        """
        Raises InvalidSettings: a name that is empty or another importer's (the
        fact `field` is then "name"), unknown entity or column, bad sheet name,
        target taken by another importer (names it), bad schedule.
        """
        require(actor, Role.EDITOR, "create importers")
        draft = self._checked(actor, draft, before=None)
        now = self._clock.now()
        next_run_at = timetable.next_run_after(draft.schedule, now)
        importer = self._store.add_importer(actor.workspace.id, draft, next_run_at=next_run_at, now=now)
        try:
            # The store guards the first sheet only; of two made at once, each sees the other by now.
            self._check_target(actor, draft, importer)
        except InvalidSettings:
            self._store.remove_importer(actor.workspace.id, importer.id)
            raise
        return importer

    def change(self, actor: Actor, importer_id: int, draft: Draft) -> Importer:
        """As `create`; a schedule that stays the same keeps its next turn."""
        require(actor, Role.EDITOR, "change importers")
        before = self.get(actor, importer_id)
        draft = self._checked(actor, draft, before=before)
        now = self._clock.now()
        next_run_at = self._next_turn(before, draft.schedule, now)
        return self._store.change_importer(actor.workspace.id, importer_id, draft, next_run_at=next_run_at, now=now)

    def copy_of(self, actor: Actor, importer_id: int) -> Draft:
        """A draft like the importer, name and sheet made free ("Copy of ...", "Deals (2)"); nothing is saved."""
        importer = self.get(actor, importer_id)
        others = self._store.importers(actor.workspace.id)
        place = importer.target.place.casefold()
        destination = self._kinds.destination(actor.workspace.id)
        taken = [target for other in others for target in _places(destination, other.target, other.selection)]
        sheets = [target.sheet for target in taken if target.place.casefold() == place]
        sheet = self._kinds.free_sheet_name(importer.target.sheet, sheets)
        return Draft(
            name=_free_name(importer.name, {other.name.casefold() for other in others}),
            connection_id=importer.connection_id,
            selection=importer.selection,
            target=replace(importer.target, sheet=sheet),
            schedule=importer.schedule,
        )

    def pause(self, actor: Actor, importer_id: int) -> Importer:
        """It is no longer run by its schedule; by hand it still can be."""
        require(actor, Role.EDITOR, "pause importers")
        return self._store.pause_importer(
            actor.workspace.id, importer_id, paused=True, next_run_at=None, now=self._clock.now()
        )

    def resume(self, actor: Actor, importer_id: int) -> Importer:
        """Its schedule counts again, from now: turns missed in the pause are not made up for."""
        require(actor, Role.EDITOR, "resume importers")
        importer, now = self.get(actor, importer_id), self._clock.now()
        next_run_at = timetable.next_run_after(importer.schedule, now)
        return self._store.pause_importer(
            actor.workspace.id, importer_id, paused=False, next_run_at=next_run_at, now=now
        )

    def delete(self, actor: Actor, importer_id: int) -> None:
        """Forgets the importer and its runs; the sheet it wrote stays."""
        require(actor, Role.EDITOR, "delete importers")
        importer = self.get(actor, importer_id)
        self._store.remove_importer(actor.workspace.id, importer_id)
        self._kinds.mirror(importer).unlink(missing_ok=True)

    def entities(self) -> Sequence[EntityInfo]:
        return self._kinds.entities()

    def columns(self, actor: Actor, connection_id: int, entity: str) -> tuple[Column, ...]:
        require(actor, Role.EDITOR, _ASK)
        self._check_entity(entity)
        with self._accounts.source(self._store.connection(actor.workspace.id, connection_id)) as source:
            return source.columns(entity)

    def filters(self, actor: Actor, connection_id: int, entity: str) -> Sequence[Choice]:
        require(actor, Role.EDITOR, _ASK)
        self._check_entity(entity)
        with self._accounts.source(self._store.connection(actor.workspace.id, connection_id)) as source:
            return source.filters(entity)

    def preview(self, actor: Actor, draft: Draft, *, rows: int = 20) -> Preview:
        """The first rows exactly as a run would write them; writes nothing. Editors only: nobody else chooses what is read."""
        require(actor, Role.EDITOR, _ASK)
        draft = _in_one_zone(draft)
        self._check_entity(draft.selection.entity)
        wanted = min(rows, MOST_PREVIEW_ROWS, draft.selection.limit or MOST_PREVIEW_ROWS)
        selection = replace(draft.selection, limit=wanted)
        with self._accounts.source(self._store.connection(actor.workspace.id, draft.connection_id)) as source:
            return _first_rows(source, selection, wanted)

    def _checked(self, actor: Actor, draft: Draft, *, before: Importer | None) -> Draft:
        draft = _thawed(_in_one_zone(replace(draft, name=_checked_name(draft.name))), before)
        self._check_name_is_free(actor, draft.name, before)
        timetable.check(draft.schedule)
        self._check_selection(draft.selection)
        self._check_target(actor, draft, before)
        return self._with_columns(actor, draft, before)

    def _check_selection(self, selection: Selection) -> None:
        """What can be judged without asking Pipedrive."""
        entity = self._check_entity(selection.entity)
        unknown = [status for status in selection.statuses if status not in entity.statuses]
        if unknown:
            raise InvalidSettings(
                f"{entity.label} have no status {', '.join(unknown)}.",
                hint=f"Choose from: {', '.join(entity.statuses)}." if entity.statuses else "Choose no status.",
            )
        if selection.filter_id is not None and not entity.takes_filter:
            raise InvalidSettings(f"{entity.label} take no filter.", hint="Choose none.")
        answered(entity.label, entity.questions, selection.options)
        if selection.refresh is not Refresh.EVERYTHING and not entity.tells_changes:
            raise InvalidSettings(
                f"Pipedrive does not tell what changed among {entity.label.lower()}.",
                hint="Choose to read everything, every time.",
            )
        if selection.vanished is not Vanished.REMOVE and not entity.tells_apart:
            raise InvalidSettings(
                f"{entity.label} have no ids, so nobody can tell which ones were removed.",
                hint="Choose to remove their rows.",
            )
        if selection.limit is not None and selection.limit < 1:
            raise InvalidSettings("The number of rows must be at least 1.", hint="Leave it empty to import all.")

    def _check_entity(self, name: str) -> EntityInfo:
        by_name = {entity.name: entity for entity in self._kinds.entities()}
        if name not in by_name:
            raise InvalidSettings(
                f"There is nothing called {name!r} to import.", hint=f"Choose one of: {', '.join(by_name)}."
            )
        return by_name[name]

    def _check_name_is_free(self, actor: Actor, name: str, before: Importer | None) -> None:
        """A name that stays the same stays, even one that two importers share from before."""
        if before and before.name.casefold() == name.casefold():
            return
        taken = [other.name for other in self._store.importers(actor.workspace.id)]
        if found := next((other for other in taken if other.casefold() == name.casefold()), None):
            raise InvalidSettings(
                f"There is an importer called “{found}” already.", hint="Give this one another name.", field="name"
            )

    def _check_target(self, actor: Actor, draft: Draft, before: Importer | None) -> None:
        """No sheet may be two importers', nor the one that either keeps for removed rows."""
        destination = self._kinds.destination(actor.workspace.id)
        ours = _places(destination, draft.target, draft.selection)
        if len({_place(target) for target in ours}) < len(ours):
            raise InvalidSettings(
                f"The removed rows of {draft.target.sheet} would go to a sheet of the same name.",
                hint="Choose another name for the sheet.",
                field="sheet",
            )
        self._check_others_targets(actor, destination, ours, before)
        for target in ours:
            destination.check(target)

    def _check_others_targets(
        self, actor: Actor, destination: Destination, ours: Sequence[Target], before: Importer | None
    ) -> None:
        for other in self._store.importers(actor.workspace.id):
            theirs = {_place(target) for target in _places(destination, other.target, other.selection)}
            shared = [target for target in ours if _place(target) in theirs]
            if shared and (before is None or other.id != before.id):
                raise InvalidSettings(
                    f"“{other.name}” writes to the sheet {shared[0].sheet} in {shared[0].place} already.",
                    hint="Choose another sheet or workbook name.",
                    field="sheet",
                )

    def _with_columns(self, actor: Actor, draft: Draft, before: Importer | None) -> Draft:
        """Those chosen, fitted to the sheet there is. Asks Pipedrive, so only when there is something new to ask."""
        connection = self._store.connection(actor.workspace.id, draft.connection_id)
        selection = draft.selection
        if selection.columns is None or (before and _asks_for_the_same(before, draft)):
            return draft
        if not selection.columns:
            raise InvalidSettings("No column is chosen.", hint="Choose at least one column.", field="columns")
        with self._accounts.source(connection) as source:
            columns = source.columns(selection.entity)
        return replace(draft, selection=_fitted(selection, selection.columns, columns))

    def _next_turn(self, before: Importer, schedule: Schedule, now: datetime) -> datetime | None:
        if before.paused:
            return None
        if schedule == before.schedule and before.next_run_at is not None:
            return before.next_run_at
        return timetable.next_run_after(schedule, now)


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise InvalidSettings("The importer has no name.", hint="Give it one, such as “Deals to Excel”.", field="name")
    if len(name) > LONGEST_NAME:
        raise InvalidSettings(
            "The importer's name is too long.", hint=f"Use at most {LONGEST_NAME} characters.", field="name"
        )
    return name


def _in_one_zone(draft: Draft) -> Draft:
    return replace(draft, selection=replace(draft.selection, time_zone=draft.schedule.time_zone))


def _thawed(draft: Draft, before: Importer | None) -> Draft:
    """Another account or another sort of record makes another sheet: nothing is left of its columns."""
    if before is None or _reads_the_same(before, draft):
        return draft
    return replace(draft, selection=replace(draft.selection, frozen=None))


def _places(destination: Destination, target: Target, selection: Selection) -> list[Target]:
    """The sheets of an importer."""
    return [target, destination.beside(target)] if selection.vanished is Vanished.MOVE else [target]


def _place(target: Target) -> tuple[str, str, str]:
    return target.kind, target.place.casefold(), target.sheet.casefold()


def _fitted(selection: Selection, chosen: Sequence[str], columns: Sequence[Column]) -> Selection:
    frozen = selection.frozen or Frozen(())
    known = {*(column.key for column in columns), *frozen.keys}
    unknown = [key for key in chosen if key not in known]
    if unknown:
        raise InvalidSettings(
            f"These columns do not exist (any more): {', '.join(unknown)}.",
            hint="Choose from the columns there are.",
            field="columns",
        )
    if selection.frozen is None:
        by_key = {column.key: column for column in columns}
        return selected(selection, first_sight((by_key[key] for key in dict.fromkeys(chosen)), columns))
    return selected(selection, fitted(frozen, chosen, columns))


def _reads_the_same(before: Importer, draft: Draft) -> bool:
    return (before.connection_id, before.selection.entity) == (draft.connection_id, draft.selection.entity)


def _asks_for_the_same(before: Importer, draft: Draft) -> bool:
    return _reads_the_same(before, draft) and before.selection.columns == draft.selection.columns


def _free_name(name: str, taken: set[str]) -> str:
    wanted = f"Copy of {name}"[: LONGEST_NAME - 10]
    names = (wanted if number == 1 else f"{wanted} ({number})" for number in count(1))
    return next(free for free in names if free.casefold() not in taken)


def _first_rows(source: Source, selection: Selection, wanted: int) -> Preview:
    reading = source.open(selection, is_glance=True)
    pages = reading.pages()
    rows: tuple[Row, ...] = tuple(islice((row for page in pages for row in page.rows), wanted))
    return Preview(reading.columns, rows, tuple(reading.notes))
